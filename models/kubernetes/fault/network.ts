/**
 * The cluster's network as faults use it: streams can be held up and looked at.
 *
 * Components speak over TCP, which loses, repeats and reorders nothing: what a bad network does to a stream is to hold it up, and
 * in the end to break it. So a hold delays messages until it ends and keeps their order; breaking is telling both ends
 * (`connection.ts`). Without holds and taps a message costs two comparisons.
 */
import { LOST, type Message, type Network, type Peer, type Routing } from '../../../src/index.ts';
import { isOnLink } from '../../../src/fault/network.ts';
import type { LinkPattern } from '../../../src/fault/plan.ts';

/** Sees a message, when it is sent or when it arrives. */
export type Tap = (from: Peer, to: Peer, message: Message) => void;

/** Picks messages. */
export type Pick = (from: Peer, to: Peer, message: Message) => boolean;

interface Hold {
  readonly link: LinkPattern;
  /** When it ends, µs. */
  readonly until: number;
}

export class StreamNetwork implements Network {
  private readonly inner: Network;
  private holds: readonly Hold[] = [];
  private taps: readonly Tap[] = [];
  private arrivalTaps: readonly Tap[] = [];
  private losses: readonly Pick[] = [];
  private repeats: readonly Pick[] = [];

  constructor(inner: Network) {
    this.inner = inner;
  }

  /** Holds up what is sent on a link until `until`, µs. Returns what ends it for later messages. */
  hold(link: LinkPattern, until: number): () => void {
    const hold: Hold = { link, until };
    this.holds = [...this.holds, hold];
    return () => {
      this.holds = this.holds.filter((other) => other !== hold);
    };
  }

  /** Shows every message that is sent, before it is routed. Returns what ends it. */
  tap(see: Tap): () => void {
    this.taps = [...this.taps, see];
    return () => {
      this.taps = this.taps.filter((other) => other !== see);
    };
  }

  /** Shows every message that arrives, before its receiver gets it. */
  tapArrivals(see: Tap): void {
    this.arrivalTaps = [...this.arrivalTaps, see];
  }

  /** Loses messages; whoever does that also breaks the connection, since TCP loses nothing. Returns what ends it. */
  lose(isLost: Pick): () => void {
    this.losses = [...this.losses, isLost];
    return () => {
      this.losses = this.losses.filter((other) => other !== isLost);
    };
  }

  /** Delivers messages twice. Returns what ends it. */
  repeat(isRepeated: Pick): () => void {
    this.repeats = [...this.repeats, isRepeated];
    return () => {
      this.repeats = this.repeats.filter((other) => other !== isRepeated);
    };
  }

  delay(from: Peer, to: Peer, message: Message, routing: Routing): number {
    if (this.taps.length > 0) for (const see of this.taps) see(from, to, message);
    if (this.losses.length > 0 && this.losses.some((isLost) => isLost(from, to, message))) return LOST;
    const delay = this.inner.delay(from, to, message, routing);
    if (delay === LOST) return LOST;
    const held = this.holds.length === 0 ? delay : this.held(from, to, message, routing.now, delay);
    if (this.repeats.length > 0 && this.repeats.some((isRepeated) => isRepeated(from, to, message))) routing.duplicate(held);
    return held;
  }

  private held(from: Peer, to: Peer, message: Message, now: number, delay: number): number {
    let held = delay;
    for (const { link, until } of this.holds) {
      if (until > now && until !== Infinity && isOnLink(link, from, to, message.kind)) held = Math.max(held, until - now + delay);
    }
    return held;
  }

  ordered(from: Peer, to: Peer, message: Message): boolean {
    return this.inner.ordered?.(from, to, message) !== false;
  }

  arrives(from: Peer, to: Peer, message: Message, now: number): boolean {
    if (this.inner.arrives?.(from, to, message, now) === false) return false;
    if (this.arrivalTaps.length > 0) for (const see of this.arrivalTaps) see(from, to, message);
    return true;
  }
}
