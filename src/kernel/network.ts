/**
 * Links between actors.
 *
 * A network decides when a message arrives. The plain one gives each pair of actor types an integer latency range; messages
 * of one sender to one receiver keep their order, as on one TCP connection. Faults wrap a network (`src/fault/`): they may
 * lose, delay, duplicate or reorder, and may swallow what is still in flight.
 */
import type { Message } from '../actor/actor.ts';

/** One end of a link. */
export interface Peer {
  readonly id: string;
  readonly type: string;
}

/** What a network may use while it routes: the time, and draws from streams that belong to the link. */
export interface Routing {
  readonly now: number;
  choose(owner: string, kind: string, n: number): number;
  /** Delivers one more copy after `delay` µs. */
  duplicate(delay: number): void;
}

/** The message never arrives. */
export const LOST = -1;

/** Decides the fate of messages. */
export interface Network {
  /** The delay in µs until the message arrives, or {@link LOST}. */
  delay(from: Peer, to: Peer, message: Message, routing: Routing): number;
  /** False when messages between these two may overtake each other. Absent: they may not. */
  ordered?(from: Peer, to: Peer, message: Message): boolean;
  /** Asked when a message arrives: false swallows it (a partition that began while it was in flight). */
  arrives?(from: Peer, to: Peer, message: Message, now: number): boolean;
}

/** An inclusive range of latencies in whole µs. */
export interface Latency {
  readonly min: number;
  readonly max: number;
}

/** Latencies by the types of sender and receiver; `default` for pairs that are not named. */
export interface LatencyTable {
  readonly default: Latency;
  /** Keys are `from>to`, where either side may be `*`. */
  readonly links?: Readonly<Record<string, Latency>>;
}

/** A network without faults: a uniform integer latency per pair of types. */
export class PlainNetwork implements Network {
  private readonly table: LatencyTable;
  private readonly resolved = new Map<string, Map<string, Latency>>();

  constructor(table: LatencyTable) {
    this.table = table;
  }

  delay(from: Peer, to: Peer, _message: Message, routing: Routing): number {
    if (from.id === to.id) return 0;
    const { min, max } = this.latency(from.type, to.type);
    return max === min ? min : min + routing.choose(from.id, 'latency', max - min + 1);
  }

  private latency(from: string, to: string): Latency {
    let row = this.resolved.get(from);
    if (row === undefined) this.resolved.set(from, (row = new Map()));
    let found = row.get(to);
    if (found === undefined) {
      const links = this.table.links ?? {};
      found = links[`${from}>${to}`] ?? links[`${from}>*`] ?? links[`*>${to}`] ?? this.table.default;
      row.set(to, found);
    }
    return found;
  }
}
