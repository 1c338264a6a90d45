/**
 * A shared counter: n workers each read it, add one, and write it back.
 *
 * The smallest model with a race, and the tutorial's first: with a lock (a compare-and-swap on the value that was read) no
 * increment is lost; the broken variant writes what it read plus one, whatever happened meanwhile.
 */
import type { Model } from '../../src/explore/model.ts';

export interface CounterState {
  readonly value: number;
  /** What each worker has read; -1: nothing yet, -2: it is done. */
  readonly read: readonly number[];
}

export interface CounterAction {
  readonly kind: 'read' | 'write';
  readonly worker: number;
}

export interface CounterOptions {
  readonly workers: number;
  /** The planted bug: writes without comparing. */
  readonly isRacy?: boolean;
}

const NOT_READ = -1;
const DONE = -2;

/** The model. Its property: when all are done, all increments are there. */
export function counter({ workers, isRacy = false }: CounterOptions): Model<CounterState, CounterAction> {
  return {
    name: isRacy ? 'counter-racy' : 'counter',
    initial: () => [{ value: 0, read: Array.from({ length: workers }, () => NOT_READ) }],
    actions({ read }, actions) {
      read.forEach((seen, worker) => {
        if (seen !== DONE) actions.push({ kind: seen === NOT_READ ? 'read' : 'write', worker });
      });
    },
    next(state, { kind, worker }) {
      if (kind === 'read') return { value: state.value, read: state.read.with(worker, state.value) };
      const seen = state.read[worker] as number;
      if (isRacy || seen === state.value) return { value: seen + 1, read: state.read.with(worker, DONE) };
      return { value: state.value, read: state.read.with(worker, NOT_READ) };
    },
    key: ({ value, read }) => `${value};${read.join(',')}`,
    representative: ({ value, read }) => ({ value, read: read.toSorted((x, y) => x - y) }),
    describe: ({ kind, worker }) => `worker ${worker} ${kind}s`,
    properties: [
      {
        kind: 'always',
        name: 'no increment is lost',
        holds: ({ value, read }) => value === workers || read.some((seen) => seen !== DONE),
      },
      { kind: 'sometimes', name: 'all are done', holds: ({ read }) => read.every((seen) => seen === DONE) },
    ],
  };
}
