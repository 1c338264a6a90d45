/**
 * Two-phase commit, as in Gray and Lamport, "Consensus on Transaction Commit": a transaction manager and n resource managers.
 *
 * A calibration model: its numbers of reachable states are published (288 with three resource managers, 8,832 with five, 665
 * with five and Stateright's symmetry reduction), so a search that finds other numbers is wrong. States are plain data whose sets
 * of resource managers are bit masks, which makes a state's key one integer.
 */
import type { Model } from '../../src/explore/model.ts';

/** What a resource manager may be, in the order in which symmetry reduction sorts. */
export const RM = { working: 0, prepared: 1, committed: 2, aborted: 3 } as const;
/** What the transaction manager may be. */
export const TM = { init: 0, committed: 1, aborted: 2 } as const;

export interface TwoPhaseState {
  /** Each resource manager's state. */
  readonly rms: readonly number[];
  readonly tm: number;
  /** Bit i: the transaction manager knows that i is prepared. */
  readonly known: number;
  /** Bit i: i's Prepared message was sent. */
  readonly prepared: number;
  readonly isCommitSent: boolean;
  readonly isAbortSent: boolean;
}

export interface TwoPhaseAction {
  readonly kind: 'receive-prepared' | 'commit' | 'abort' | 'prepare' | 'choose-abort' | 'receive-commit' | 'receive-abort';
  readonly rm: number;
}

export interface TwoPhaseOptions {
  readonly managers: number;
  /**
   * The planted bug: the transaction manager commits when all but one have prepared. The property `consistent` must find it.
   */
  readonly isHasty?: boolean;
}

/** The model of a transaction over `managers` resource managers (at most 8: the key is one integer). */
export function twoPhaseCommit({ managers, isHasty = false }: TwoPhaseOptions): Model<TwoPhaseState, TwoPhaseAction> {
  const full = 2 ** managers - 1;
  return {
    name: isHasty ? 'two-phase-commit-hasty' : 'two-phase-commit',
    initial: () => [
      { rms: Array.from({ length: managers }, () => RM.working), tm: TM.init, known: 0, prepared: 0, isCommitSent: false, isAbortSent: false },
    ],
    actions(state, actions) {
      const isReady = isHasty ? bits(state.known) >= managers - 1 : state.known === full;
      if (state.tm === TM.init && isReady) actions.push({ kind: 'commit', rm: -1 });
      if (state.tm === TM.init) actions.push({ kind: 'abort', rm: -1 });
      for (let rm = 0; rm < managers; rm++) {
        if (state.tm === TM.init && (state.prepared & (1 << rm)) !== 0) actions.push({ kind: 'receive-prepared', rm });
        if (state.rms[rm] === RM.working) {
          actions.push({ kind: 'prepare', rm }, { kind: 'choose-abort', rm });
        }
        if (state.isCommitSent) actions.push({ kind: 'receive-commit', rm });
        if (state.isAbortSent) actions.push({ kind: 'receive-abort', rm });
      }
    },
    next,
    key(state) {
      let key = ((((state.tm * 256 + state.known) * 256 + state.prepared) * 2 + Number(state.isCommitSent)) * 2) + Number(state.isAbortSent);
      for (const rm of state.rms) key = key * 4 + rm;
      return key;
    },
    representative,
    describe: ({ kind, rm }) => (rm < 0 ? `transaction manager: ${kind}` : `resource manager ${rm}: ${kind}`),
    properties: [
      { kind: 'sometimes', name: 'abort agreement', holds: ({ rms }) => rms.every((rm) => rm === RM.aborted) },
      { kind: 'sometimes', name: 'commit agreement', holds: ({ rms }) => rms.every((rm) => rm === RM.committed) },
      { kind: 'always', name: 'consistent', holds: ({ rms }) => !(rms.includes(RM.aborted) && rms.includes(RM.committed)) },
    ],
  };
}

function next(state: TwoPhaseState, { kind, rm }: TwoPhaseAction): TwoPhaseState {
  const { rms, tm, known, prepared, isCommitSent, isAbortSent } = state;
  switch (kind) {
    case 'receive-prepared':
      return { rms, tm, known: known | (1 << rm), prepared, isCommitSent, isAbortSent };
    case 'commit':
      return { rms, tm: TM.committed, known, prepared, isCommitSent: true, isAbortSent };
    case 'abort':
      return { rms, tm: TM.aborted, known, prepared, isCommitSent, isAbortSent: true };
    case 'prepare':
      return { rms: become(rms, rm, RM.prepared), tm, known, prepared: prepared | (1 << rm), isCommitSent, isAbortSent };
    case 'receive-commit':
      return { rms: become(rms, rm, RM.committed), tm, known, prepared, isCommitSent, isAbortSent };
    case 'choose-abort':
    case 'receive-abort':
      return { rms: become(rms, rm, RM.aborted), tm, known, prepared, isCommitSent, isAbortSent };
  }
}

function become(rms: readonly number[], rm: number, state: number): readonly number[] {
  const changed = rms.slice();
  changed[rm] = state;
  return changed;
}

/**
 * Sorts the resource managers by their state (stably) and renames them throughout. As published, the sort looks at a manager's
 * state only, so the representative is not canonical: some states that are equal up to renaming keep different ones.
 */
function representative(state: TwoPhaseState): TwoPhaseState {
  const order = state.rms.map((_, rm) => rm).sort((x, y) => (state.rms[x] as number) - (state.rms[y] as number) || x - y);
  const rename = (mask: number): number => order.reduce((renamed, rm, i) => ((mask & (1 << rm)) === 0 ? renamed : renamed | (1 << i)), 0);
  return { ...state, rms: order.map((rm) => state.rms[rm] as number), known: rename(state.known), prepared: rename(state.prepared) };
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
