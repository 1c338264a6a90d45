import { describe, expect, it } from 'vitest';
import { Kernel, PlainNetwork } from '../../../src/index.ts';
import { processBehavior } from '../client/process.ts';
import type { Process, Task } from '../client/process.ts';
import { BoundedFrequencyRunner } from './bounded-frequency-runner.ts';

const MS = 1000;

/** Times of runs (ms) when runs are asked for at the given times (ms). */
function runs(requests: readonly number[], minInterval: number, duration = 0): number[] {
  const times: number[] = [];
  const kernel = new Kernel({ seed: 'runner', network: new PlainNetwork({ default: { min: 0, max: 0 } }) });
  const script = function* (process: Process): Task {
    const run = (): number => {
      times.push(process.now / MS);
      return duration * MS;
    };
    const runner = new BoundedFrequencyRunner(process, 'sync', run, { minInterval: minInterval * MS, burst: 2 });
    for (const time of requests) {
      if (time * MS > process.now) yield* process.sleep('next', time * MS - process.now);
      runner.request();
    }
  };
  kernel.spawn({ id: 'p', type: 'p', behavior: processBehavior((process) => process.go(script(process))) });
  kernel.run({ until: 60_000 * MS });
  return times;
}

describe('BoundedFrequencyRunner', () => {
  it('runs twice at once, then once in the interval, and folds requests together', () => {
    expect(runs([0, 10, 20, 30, 40], 1000)).toEqual([0, 10, 1010]);
    expect(runs([0, 5000, 10_000], 1000)).toEqual([0, 5000, 10_000]);
  });

  it('knows no limit without an interval', () => {
    expect(runs([0, 1, 2, 3], 0)).toEqual([0, 1, 2, 3]);
  });

  it('makes one run of what is asked for while it runs', () => {
    expect(runs([0, 10, 20, 30], 0, 50)).toEqual([0, 50]);
  });
});
