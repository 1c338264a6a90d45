/**
 * The bare kernel: events per second when actors do next to nothing.
 *
 * Half of the events are timers, half are messages to another actor. "bare" keeps no records; "recorded" makes every record;
 * "logged" also encodes, hashes and compresses it.
 */
import { performance } from 'node:perf_hooks';
import { Kernel, type Behavior, type Message } from '../src/index.ts';
import { makeHeader } from '../src/log/header.ts';
import { BROTLI, nodeSha256 } from '../src/log/node.ts';
import { LogWriter } from '../src/log/writer.ts';
import { best, line } from './machine.ts';

const TICK: Message = Object.freeze({ kind: 'tick' });
const HI: Message = Object.freeze({ kind: 'hi' });

function build(actors: number): Kernel {
  const kernel = new Kernel({ seed: '1', freeze: false });
  const ids = Array.from({ length: actors }, (_, index) => `actor-${index}`);
  for (const [index, id] of ids.entries()) {
    const peer = ids[(index * 7 + 1) % actors] as string;
    const behavior: Behavior<{ n: number }> = {
      start: (context) => {
        context.setTimer('tick', 1000 + index, TICK);
        return { n: 0 };
      },
      step: (state, message, context) => {
        state.n++;
        if (message.kind !== 'tick') {
          context.record('count', { n: state.n });
          return;
        }
        context.setTimer('tick', 1000, TICK);
        context.send(peer, HI);
      },
    };
    kernel.spawn({ id, type: 'actor', behavior });
  }
  return kernel;
}

function eventsPerSecond(actors: number, events: number, prepare: (kernel: Kernel) => void): number {
  const kernel = build(actors);
  prepare(kernel);
  const started = performance.now();
  kernel.run({ steps: events });
  return (events / (performance.now() - started)) * 1000;
}

/** Prints the kernel's numbers. */
export function kernelBench(): void {
  const nothing = (): void => undefined;
  line('kernel, bare, 100 actors', best(5, () => eventsPerSecond(100, 1_000_000, nothing)), 'events/s', '≥ 1,000,000');
  line('kernel, bare, 5,000 actors', best(3, () => eventsPerSecond(5000, 1_000_000, nothing)), 'events/s');
  line('kernel, recorded, 100 actors', best(3, () => eventsPerSecond(100, 500_000, (kernel) => kernel.setSink(nothing))), 'events/s');
  const logged = (kernel: Kernel): void => {
    const header = makeHeader({ model: { name: 'bench', fingerprint: '1' }, config: null, seed: '1' });
    const writer = new LogWriter({ write: nothing }, header, { codec: BROTLI, sha256: nodeSha256 });
    kernel.setSink((record) => writer.append(record));
  };
  line('kernel, logged and hashed, 100 actors', best(3, () => eventsPerSecond(100, 300_000, logged)), 'events/s', '≥ 150,000');
}
