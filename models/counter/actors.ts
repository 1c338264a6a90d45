/**
 * The counter as actors: a register, and workers that read it, add one and ask it to write.
 *
 * The register writes when it still has the value that the worker read (compare and swap), and refuses otherwise; the broken variant
 * always writes. The same race as in `counter.ts`, but over messages, so it can be run with faults and explored with reduction.
 */
import { ActorModel, type ModelActor } from '../../src/explore/actors.ts';

export type CounterMessage =
  | { readonly kind: 'read' }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'write'; readonly seen: number }
  | { readonly kind: 'written' }
  | { readonly kind: 'refused'; readonly seen: number; readonly value: number };

/** The register's value; what a worker has read (-1: nothing yet) and whether it is done. */
type Register = { readonly value: number };
type Worker = { readonly seen: number; readonly isDone: boolean };
export type CounterLocal = Register | Worker;

const REGISTER = 0;
const NOTHING = -1;

/** The system: actor 0 is the register, actors 1…workers are workers. */
export function counterActors({ workers, isRacy = false }: { readonly workers: number; readonly isRacy?: boolean }): ActorModel<CounterLocal, CounterMessage, null> {
  return new ActorModel<CounterLocal, CounterMessage, null>({
    name: isRacy ? 'counter-racy' : 'counter',
    actors: [register(isRacy), ...Array.from({ length: workers }, worker)],
    history: null,
    properties: [
      {
        kind: 'always',
        name: 'no increment is lost',
        holds: ({ locals }) => (locals[REGISTER] as Register).value >= locals.slice(1).filter((local) => (local as Worker).isDone).length,
      },
      { kind: 'sometimes', name: 'all are done', holds: ({ locals }) => locals.slice(1).every((local) => (local as Worker).isDone) },
    ],
    describe: ({ from, to, body }) => `${from === REGISTER ? 'register' : `worker ${from}`} → ${to === REGISTER ? 'register' : `worker ${to}`}: ${body.kind}`,
  });
}

function register(isRacy: boolean): ModelActor<CounterLocal, CounterMessage> {
  return {
    start: () => ({ state: { value: 0 }, sends: [] }),
    receive(_self, local, from, body) {
      const { value } = local as Register;
      if (body.kind === 'read') return { state: local, sends: [{ to: from, body: { kind: 'value', value } }] };
      if (body.kind !== 'write') return undefined;
      const { seen } = body;
      if (!isRacy && seen !== value) return { state: local, sends: [{ to: from, body: { kind: 'refused', seen, value } }] };
      return { state: { value: seen + 1 }, sends: [{ to: from, body: { kind: 'written' } }] };
    },
  };
}

function worker(): ModelActor<CounterLocal, CounterMessage> {
  const write = (seen: number): { state: Worker; sends: { to: number; body: CounterMessage }[] } =>
    ({ state: { seen, isDone: false }, sends: [{ to: REGISTER, body: { kind: 'write', seen } }] });
  return {
    start: () => ({ state: { seen: NOTHING, isDone: false }, sends: [{ to: REGISTER, body: { kind: 'read' } }] }),
    receive(_self, local, _from, body) {
      const { seen, isDone } = local as Worker;
      if (isDone) return undefined;
      if (body.kind === 'value' && seen === NOTHING) return write(body.value);
      if (body.kind === 'refused' && body.seen === seen) return write(body.value);
      return body.kind === 'written' ? { state: { seen, isDone: true }, sends: [] } : undefined;
    },
  };
}
