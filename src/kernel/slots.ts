/**
 * Storage for waiting events: one slot each, in parallel arrays with a free list.
 *
 * Slots keep the heap small (three numbers an event) and make cancelling a timer O(1): the slot is marked dead and the heap
 * drops it when it meets it.
 */
import type { Message } from '../actor/actor.ts';
import type { Via } from '../log/record.ts';
import type { Cell } from './cell.ts';
import { KERNEL } from './ledger.ts';
import type { ReadyEvent } from './options.ts';

/** Why a slot waits; `dead` means cancelled. */
export type SlotVia = Via | 'host' | 'dead' | 'free';

export class Slots {
  readonly via: SlotVia[] = [];
  readonly cell: (Cell | undefined)[] = [];
  readonly from: (Cell | undefined)[] = [];
  readonly message: (Message | undefined)[] = [];
  /** The step that caused the event. */
  readonly cause: number[] = [];
  readonly incarnation: number[] = [];
  /** The key of a timer. */
  readonly timer: (string | undefined)[] = [];
  /** True for what came from outside the run: it is written into the log, not made again. */
  readonly external: boolean[] = [];
  private readonly unused: number[] = [];

  /** A slot for an event. */
  take(via: SlotVia, cell: Cell | undefined, message: Message | undefined, cause: number): number {
    const slot = this.unused.pop() ?? this.via.length;
    this.via[slot] = via;
    this.cell[slot] = cell;
    this.from[slot] = undefined;
    this.message[slot] = message;
    this.cause[slot] = cause;
    this.incarnation[slot] = cell === undefined ? 0 : cell.incarnation;
    this.timer[slot] = undefined;
    this.external[slot] = false;
    return slot;
  }

  /** A waiting event as an order sees it. */
  describe(slot: number): ReadyEvent {
    const { via, cell, from, message, cause } = this;
    return { via: via[slot] as string, actor: cell[slot]?.id ?? KERNEL, from: from[slot]?.id, kind: message[slot]?.kind ?? 'start', cause: cause[slot] as number };
  }

  /** Gives a slot back. */
  release(slot: number): void {
    this.via[slot] = 'free';
    this.cell[slot] = undefined;
    this.from[slot] = undefined;
    this.message[slot] = undefined;
    this.unused.push(slot);
  }
}
