/**
 * A network with faults: wraps another network and decides, message by message, what the active faults do.
 *
 * A partition also swallows what is in flight when it begins. Which faults may touch a link is worked out once for each pair of
 * actors and kind of message; a run without active network faults pays one comparison a message.
 */
import type { Message } from '../actor/actor.ts';
import { LOST, type Network, type Peer, type Routing } from '../kernel/network.ts';
import { matches, matchesActor, streamOf, type LinkPattern, type NetworkFault } from './plan.ts';

const MILLION = 1_000_000;

export class FaultNetwork implements Network {
  /** What it wraps. */
  readonly inner: Network;
  /** Active faults, in the order in which they began. */
  private active: readonly NetworkFault[] = [];
  private readonly touching = new Map<string, readonly NetworkFault[]>();

  constructor(inner: Network) {
    this.inner = inner;
  }

  /** A fault begins. */
  begin(fault: NetworkFault): void {
    this.active = [...this.active, fault];
    this.touching.clear();
  }

  /** A fault ends; nothing happens if it is not active. */
  end(fault: NetworkFault): void {
    this.active = this.active.filter((other) => other !== fault);
    this.touching.clear();
  }

  /** The names of the faults that are active. */
  activeNames(): readonly string[] {
    return this.active.map((fault) => fault.name);
  }

  delay(from: Peer, to: Peer, message: Message, routing: Routing): number {
    let delay = this.inner.delay(from, to, message, routing);
    if (this.active.length === 0 || delay === LOST) return delay;
    for (const fault of this.faultsOn(from, to, message.kind)) {
      if (fault.kind === 'partition') return LOST;
      if (routing.choose(streamOf(fault), fault.kind, MILLION) >= fault.ppm) continue;
      if (fault.kind === 'loss') return LOST;
      if (fault.kind === 'duplicate') routing.duplicate(delay);
      else if ('min' in fault) delay += fault.min + routing.choose(streamOf(fault), 'amount', fault.max - fault.min + 1);
    }
    return delay;
  }

  ordered(from: Peer, to: Peer, message: Message): boolean {
    if (this.active.length > 0 && this.faultsOn(from, to, message.kind).some((fault) => fault.kind === 'reorder')) return false;
    return this.inner.ordered?.(from, to, message) !== false;
  }

  arrives(from: Peer, to: Peer, message: Message, now: number): boolean {
    if (this.active.length > 0 && this.faultsOn(from, to, message.kind).some((fault) => fault.kind === 'partition')) return false;
    return this.inner.arrives?.(from, to, message, now) !== false;
  }

  private faultsOn(from: Peer, to: Peer, kind: string): readonly NetworkFault[] {
    if (from.id === to.id) return [];
    const link = `${from.id}\n${to.id}\n${kind}`;
    let found = this.touching.get(link);
    if (found === undefined) {
      found = this.active.filter((fault) => isOnLink(fault.link, from, to, kind));
      this.touching.set(link, found);
    }
    return found;
  }
}

/** Does a pattern mean messages of this kind between these two? */
export function isOnLink(link: LinkPattern, from: Peer, to: Peer, kind: string): boolean {
  if (link.messages !== undefined && !link.messages.some((pattern) => matches(pattern, kind))) return false;
  if (matchesActor(link.from, from) && matchesActor(link.to, to)) return true;
  return link.both === true && matchesActor(link.from, to) && matchesActor(link.to, from);
}
