/**
 * A small world for the laws of network faults: one sender, two receivers, numbered messages of two kinds at fixed intervals.
 */
import { Kernel, PlainNetwork, type Context, type LogRecord, type Message } from '../../../src/index.ts';
import { Injector } from '../../../src/fault/injector.ts';
import { FaultNetwork } from '../../../src/fault/network.ts';
import type { FaultPlan } from '../../../src/fault/plan.ts';

export interface Letter extends Message {
  readonly kind: 'letter' | 'parcel';
  readonly n: number;
  readonly sent: number;
}

/** One arrival, as the receiver saw it. */
export interface Arrival {
  readonly to: string;
  readonly kind: string;
  readonly n: number;
  readonly sent: number;
  readonly at: number;
}

/** µs between two messages of one kind to one receiver, and what a link takes. */
export const EVERY = 10;
export const LATENCY = 100;

/** Sends `count` letters and parcels to each of `left` and `right` under a fault plan; the receivers answer each with an echo. */
export function post(seed: string, count: number, plan: FaultPlan): { readonly arrivals: readonly Arrival[]; readonly echoes: readonly Arrival[]; readonly records: readonly LogRecord[] } {
  const network = new FaultNetwork(new PlainNetwork({ default: { min: LATENCY, max: LATENCY } }));
  const kernel = new Kernel({ seed, network, guard: false, freeze: false });
  const arrivals: Arrival[] = [];
  const echoes: Arrival[] = [];
  const records: LogRecord[] = [];
  kernel.setSink((record) => records.push(record));
  kernel.spawn({
    id: 'sender',
    type: 'sender',
    behavior: {
      start: (context: Context) => {
        context.setTimer('next', EVERY, { kind: 'next' });
        return { n: 0 };
      },
      step(state: { n: number }, message: Message, context: Context) {
        if (message.kind !== 'next') return void echoes.push({ to: 'sender', ...(message as Letter), at: context.now });
        for (const to of ['left', 'right']) {
          for (const kind of ['letter', 'parcel'] as const) context.send(to, { kind, n: state.n, sent: context.now } as Letter);
        }
        if (++state.n < count) context.setTimer('next', EVERY, message);
        return undefined;
      },
    },
  });
  for (const id of ['left', 'right']) {
    kernel.spawn({
      id,
      type: 'receiver',
      behavior: {
        start: () => ({}),
        step(_state: object, message: Letter, context: Context) {
          arrivals.push({ to: id, kind: message.kind, n: message.n, sent: message.sent, at: context.now });
          context.send('sender', message);
        },
      },
    });
  }
  new Injector(kernel, plan, { network });
  kernel.run();
  return { arrivals, echoes, records };
}
