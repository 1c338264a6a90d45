/**
 * Storage for waiting events: one slot each, by number, with a free list.
 *
 * Numbers keep the heap small (three of them an event, none a reference that the collector has to be told of) and make cancelling a
 * timer O(1): the slot is marked dead and the heap drops it when it meets it. What is known of an event lies in one object, since of thousands of
 * waiting events the next one's is in no cache.
 */
import type { Message } from '../actor/actor.ts';
import type { Via } from '../log/record.ts';
import type { Cell } from './cell.ts';
import { KERNEL } from './ledger.ts';
import type { ReadyEvent } from './options.ts';

/** Why a slot waits; `dead` means cancelled. */
export type SlotVia = Via | 'host' | 'dead' | 'free';

/** A waiting event. */
export class Slot {
  via: SlotVia;
  cell: Cell | undefined;
  from: Cell | undefined = undefined;
  message: Message | undefined;
  /** The step that caused the event. */
  cause: number;
  /** The receiver's incarnation when the event was made. */
  incarnation: number;
  /** The key of a timer. */
  timer: string | undefined = undefined;
  /** True for what came from outside the run: it is written into the log, not made again. */
  external = false;

  constructor(via: SlotVia, cell: Cell | undefined, message: Message | undefined, cause: number) {
    this.via = via;
    this.cell = cell;
    this.message = message;
    this.cause = cause;
    this.incarnation = cell === undefined ? 0 : cell.incarnation;
  }
}

export class Slots {
  private readonly slots: Slot[] = [];
  private readonly unused: number[] = [];

  /** What waits in a slot. */
  at(slot: number): Slot {
    return this.slots[slot] as Slot;
  }

  /** A slot for an event. */
  take(via: SlotVia, cell: Cell | undefined, message: Message | undefined, cause: number): number {
    const unused = this.unused.pop();
    if (unused === undefined) return this.slots.push(new Slot(via, cell, message, cause)) - 1;
    const slot = this.slots[unused] as Slot;
    slot.via = via;
    slot.cell = cell;
    slot.from = undefined;
    slot.message = message;
    slot.cause = cause;
    slot.incarnation = cell === undefined ? 0 : cell.incarnation;
    slot.timer = undefined;
    slot.external = false;
    return unused;
  }

  /** A waiting event as an order sees it. */
  describe(slot: number): ReadyEvent {
    const { via, cell, from, message, cause } = this.at(slot);
    return { via, actor: cell?.id ?? KERNEL, from: from?.id, kind: message?.kind ?? 'start', cause };
  }

  /** Gives a slot back. */
  release(slot: number): void {
    const released = this.at(slot);
    released.via = 'free';
    released.cell = undefined;
    released.from = undefined;
    released.message = undefined;
    this.unused.push(slot);
  }
}
