/**
 * Two-phase commit as actors that exchange messages: resource managers 0…n-1, and the transaction manager n.
 *
 * `two-phase-commit.ts` has the published transition system, in which messages are a set that anybody may read again; here each is
 * delivered at most once, so the numbers of states are others and the property is the same. A decision that an actor makes by
 * itself (to prepare, to abort) is a message to itself that arrives some time.
 */
import { ActorModel, type ModelActor } from '../../src/explore/actors.ts';
import { RM, TM } from './two-phase-commit.ts';

export type CommitMessage = { readonly kind: 'prepare' | 'choose-abort' | 'give-up' | 'prepared' | 'commit' | 'abort' };
/** What a manager is, and for the transaction manager which resource managers it knows to be prepared. */
export type CommitLocal = { readonly state: number; readonly known: number };

/** The system of one transaction over `managers` resource managers. `isHasty` is the planted bug of the transition system. */
export function twoPhaseActors({ managers, isHasty = false }: { readonly managers: number; readonly isHasty?: boolean }): ActorModel<CommitLocal, CommitMessage, null> {
  const name = (self: number): string => (self === managers ? 'transaction manager' : `resource manager ${self}`);
  return new ActorModel<CommitLocal, CommitMessage, null>({
    name: isHasty ? 'two-phase-commit-hasty' : 'two-phase-commit',
    actors: [...Array.from({ length: managers }, () => resourceManager(managers)), transactionManager(managers, isHasty)],
    history: null,
    properties: [
      {
        kind: 'always',
        name: 'consistent',
        holds: ({ locals }) => {
          const rms = locals.slice(0, managers);
          return !(rms.some(({ state }) => state === RM.aborted) && rms.some(({ state }) => state === RM.committed));
        },
      },
      { kind: 'sometimes', name: 'abort agreement', holds: ({ locals }) => locals.slice(0, managers).every(({ state }) => state === RM.aborted) },
      { kind: 'sometimes', name: 'commit agreement', holds: ({ locals }) => locals.slice(0, managers).every(({ state }) => state === RM.committed) },
    ],
    describe: ({ from, to, body }) => (from === to ? `${name(to)}: ${body.kind}` : `${name(from)} → ${name(to)}: ${body.kind}`),
  });
}

function resourceManager(manager: number): ModelActor<CommitLocal, CommitMessage> {
  const become = (state: number): CommitLocal => ({ state, known: 0 });
  return {
    start: (self) => ({ state: become(RM.working), sends: [{ to: self, body: { kind: 'prepare' } }, { to: self, body: { kind: 'choose-abort' } }] }),
    receive(_self, { state }, _from, { kind }) {
      if (kind === 'commit' && state !== RM.committed) return { state: become(RM.committed), sends: [] };
      if (kind === 'abort' && state !== RM.aborted) return { state: become(RM.aborted), sends: [] };
      if (state !== RM.working) return undefined;
      if (kind === 'choose-abort') return { state: become(RM.aborted), sends: [] };
      return { state: become(RM.prepared), sends: [{ to: manager, body: { kind: 'prepared' } }] };
    },
  };
}

function transactionManager(managers: number, isHasty: boolean): ModelActor<CommitLocal, CommitMessage> {
  const enough = isHasty ? managers - 1 : managers;
  const toAll = (kind: 'commit' | 'abort'): { to: number; body: CommitMessage }[] => Array.from({ length: managers }, (_, to) => ({ to, body: { kind } }));
  return {
    start: (self) => ({ state: { state: TM.init, known: 0 }, sends: [{ to: self, body: { kind: 'give-up' } }] }),
    receive(_self, { state, known }, from, { kind }) {
      if (state !== TM.init) return undefined;
      if (kind === 'give-up') return { state: { state: TM.aborted, known }, sends: toAll('abort') };
      const now = known | (1 << from);
      const isReady = now.toString(2).replaceAll('0', '').length >= enough;
      return { state: { state: isReady ? TM.committed : TM.init, known: now }, sends: isReady ? toAll('commit') : [] };
    },
  };
}
