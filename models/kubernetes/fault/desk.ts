/**
 * The fault desk: where a person orders faults while a simulation runs.
 *
 * An order is an input, so it is in the log, and a replay carries it out again at the same place. The desk only passes it on.
 */
import type { ActorSpec, Kernel, Message } from '../../../src/index.ts';
import type { Fault } from '../../../src/fault/plan.ts';

export const FAULT_DESK = 'faults';

/** Begin this fault, or end the ones of this name. */
export type Order = { readonly begin: Fault } | { readonly end: string };

interface OrderMessage extends Message {
  readonly kind: 'fault.order';
  readonly order: Order;
}

/** The desk of a run; `carryOut` is called for each order, outside of all actors. */
export function faultDesk(kernel: Kernel, carryOut: (order: Order) => void): ActorSpec {
  return {
    id: FAULT_DESK,
    type: 'faults',
    behavior: {
      start: () => ({}),
      step: (_state, message: OrderMessage, context) => {
        context.record('fault.order', 'begin' in message.order ? { begin: message.order.begin.name } : { end: message.order.end });
        kernel.host(kernel.now, () => carryOut(message.order));
      },
    },
  };
}

/** Gives an order. The run must have a desk: its configuration asks for a gateway. */
export function order(kernel: Kernel, what: Order): void {
  kernel.input(FAULT_DESK, { kind: 'fault.order', order: what } as unknown as Message);
}
