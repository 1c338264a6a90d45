import { describe, expect, it } from 'vitest';
import { UidTrackingExpectations } from './expectations.ts';
import { slowStartBatch } from './slow-start.ts';
import { failure } from './failure.ts';
import type { Process, Task } from './process.ts';
import { harness } from './testing/harness.ts';

describe('expectations', () => {
  it('are satisfied by what is seen, once for each deletion, or by time', () => {
    let own: Process | undefined;
    let expectations: UidTrackingExpectations | undefined;
    const made = harness((process) => {
      own = process;
      expectations = new UidTrackingExpectations(process);
    });
    made.run(1);
    const tracker = expectations as unknown as UidTrackingExpectations;
    expect(own).toBeDefined();
    tracker.expectCreations('a', 2);
    tracker.creationObserved('a');
    expect(tracker.satisfied('a')).toBe(false);
    tracker.creationObserved('a');
    expect(tracker.satisfied('a')).toBe(true);
    tracker.expectDeletionsOf('a', ['p', 'q']);
    tracker.deletionObservedOf('a', 'p');
    tracker.deletionObservedOf('a', 'p');
    expect(tracker.satisfied('a')).toBe(false);
    tracker.deletionObservedOf('a', 'q');
    expect(tracker.satisfied('a')).toBe(true);
    tracker.expectCreations('b', 1);
    tracker.delete('b');
    expect(tracker.satisfied('b')).toBe(true);
  });
});

describe('slow start', () => {
  it('doubles its batches and stops after one with an error', () => {
    const calls: string[] = [];
    let result: unknown;
    harness((process) => {
      function* call(index: number): Task<ReturnType<typeof failure> | undefined> {
        calls.push(`${process.now / 1000}:${index}`);
        yield* process.sleep('call', 1_000);
        return index === 4 ? failure('no') : undefined;
      }
      process.go(function* (): Task {
        result = yield* slowStartBatch(process, 20, 1, call);
      }());
    }).run(1_000_000);
    expect(calls).toEqual(['0:0', '1:1', '1:2', '2:3', '2:4', '2:5', '2:6']);
    expect(result).toEqual({ successes: 6, error: { message: 'no' } });
  });
});
