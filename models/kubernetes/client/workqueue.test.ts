import { describe, expect, it } from 'vitest';
import type { Process, Task } from './process.ts';
import { ItemExponentialFailureRateLimiter } from './rate-limiter.ts';
import { harness } from './testing/harness.ts';
import { RateLimitingQueue } from './workqueue.ts';

/** A queue whose workers take 100 ms a key; writes down when each key starts. */
function run(workers: number, script: (queue: RateLimitingQueue, process: Process) => void): { log: string[]; queue: RateLimitingQueue } {
  const log: string[] = [];
  let queue: RateLimitingQueue | undefined;
  const made = harness((process) => {
    const own = new RateLimitingQueue(process, 'test', new ItemExponentialFailureRateLimiter(5_000, 20_000));
    queue = own;
    function* worker(): Task {
      for (;;) {
        const key = yield* own.get();
        log.push(`${process.now / 1000} ${key}`);
        yield* process.sleep('work', 100_000);
        own.done(key);
      }
    }
    for (let i = 0; i < workers; i++) process.go(worker());
    script(own, process);
  });
  made.run(10_000_000);
  return { log, queue: queue as unknown as RateLimitingQueue };
}

describe('work queue', () => {
  it('merges adds of one key and never gives it to two workers', () => {
    const { log, queue } = run(2, (queue, process) => {
      queue.add('a');
      queue.add('a');
      queue.add('b');
      process.after('test', 50_000, () => {
        queue.add('a');
        queue.add('a');
      });
    });
    expect(log).toEqual(['0 a', '0 b', '100 a']);
    expect(queue.counters.latency.percentiles()).toMatchObject({ count: 3, sum: 50_000, max: 50_000 });
    expect(queue.counters.work.percentiles()).toMatchObject({ count: 3, p50: 100_000 });
    expect(queue.isIdle).toBe(true);
  });

  it('keeps the earlier of two delays and lets a plain add pass', () => {
    const { log } = run(1, (queue) => {
      queue.addAfter('a', 500_000);
      queue.addAfter('a', 300_000);
      queue.addAfter('b', 400_000);
      queue.add('a');
    });
    expect(log).toEqual(['0 a', '300 a', '400 b']);
  });

  it('doubles the delay with every failure until it is forgotten', () => {
    const limiter = new ItemExponentialFailureRateLimiter(5_000, 20_000);
    expect([1, 2, 3, 4].map(() => limiter.when('a'))).toEqual([5_000, 10_000, 20_000, 20_000]);
    expect(limiter.numRequeues('a')).toBe(4);
    limiter.forget('a');
    expect(limiter.when('a')).toBe(5_000);
  });
});

describe('delayed keys', () => {
  it('come in the order of their times, however often they are moved to an earlier one', () => {
    const delays = [...Array(60).keys()].map((index) => ((index * 37) % 61) * 1_000 + 200_000);
    const { log } = run(60, (queue) => {
      delays.forEach((delay, index) => queue.addAfter(`k${index}`, delay));
      delays.forEach((delay, index) => index % 3 === 0 && queue.addAfter(`k${index}`, delay - 100_000));
      delays.forEach((delay, index) => index % 5 === 0 && queue.addAfter(`k${index}`, delay + 50_000));
    });
    const expected = delays.map((delay, index) => ({ key: `k${index}`, at: index % 3 === 0 ? delay - 100_000 : delay })).sort((a, b) => a.at - b.at);
    expect(log).toEqual(expected.map(({ key, at }) => `${at / 1000} ${key}`));
  });
});
