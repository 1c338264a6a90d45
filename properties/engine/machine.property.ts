/**
 * A compiled chart and XState agree: value, context and actions, over random events, for every chart of the models and for one
 * that has everything a table can hold.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as xstate from 'xstate';
import { assign, setup, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { Chart, UncompilableChart } from '../../src/actor/machine.ts';
import { containerMachine } from '../../models/kubernetes/container-runtime/container.machine.ts';
import { imagePullMachine } from '../../models/kubernetes/container-runtime/image-pull.machine.ts';
import { sandboxMachine } from '../../models/kubernetes/container-runtime/sandbox.machine.ts';
import { podWorkerMachine } from '../../models/kubernetes/kubelet/pod-worker.machine.ts';
import { probeMachine } from '../../models/kubernetes/kubelet/probe/probe.machine.ts';

type Step = [AnyMachineSnapshot, { type: string; params?: unknown }[]];
/** XState's own functions, for machines of any type. */
const initialTransition = xstate.initialTransition as unknown as (machine: AnyStateMachine) => Step;
const transition = xstate.transition as unknown as (machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: { type: string }) => Step;

interface Count {
  readonly count: number;
}

/** Nested states, guards, assignments, wildcards, entry and exit actions, self transitions, a final state. */
const everything = setup({
  types: { context: {} as Count, events: {} as { type: 'UP' | 'DOWN' | 'NEXT' | 'SELF' | 'AGAIN' | 'END' | 'OTHER' } },
  guards: { isHigh: ({ context }) => context.count >= 3, isLow: ({ context }) => context.count < 3 },
  actions: { enter: () => {}, leave: () => {}, note: () => {}, raise: assign({ count: ({ context }) => context.count + 1 }), reset: assign(() => ({ count: 0 })) },
}).createMachine({
  id: 'everything',
  context: { count: 0 },
  initial: 'outer',
  on: { END: { target: '.over', guard: 'isHigh' } },
  states: {
    outer: {
      initial: 'first',
      entry: ['enter', 'raise'],
      exit: 'leave',
      on: { SELF: '.first', AGAIN: { target: 'outer', reenter: true }, DOWN: { actions: 'reset' } },
      states: {
        first: { entry: 'enter', exit: 'leave', on: { NEXT: 'second', UP: { actions: ['raise', { type: 'note', params: { why: 'up' } }] } } },
        second: { entry: 'raise', on: { NEXT: [{ target: 'first', guard: 'isLow', actions: 'note' }, { target: '#everything.other' }], SELF: 'second' } },
      },
    },
    other: { entry: 'enter', exit: 'leave', on: { NEXT: 'outer.second', '*': { actions: 'note' } } },
    over: { type: 'final', entry: 'note' },
  },
});

const MACHINES = [
  ['everything', everything],
  ['container', containerMachine],
  ['sandbox', sandboxMachine],
  ['image pull', imagePullMachine],
  ['pod worker', podWorkerMachine],
  ['probe', probeMachine],
] as unknown as readonly (readonly [name: string, machine: AnyStateMachine])[];

const flat = (value: unknown): string => (typeof value === 'string' ? value : Object.entries(value as object).map(([key, inner]) => `${key}.${flat(inner)}`).join());
const emitted = (actions: readonly { type: string; params?: unknown }[]): { type: string; params: unknown }[] => actions.map(({ type, params }) => ({ type, params }));

describe('a compiled chart', () => {
  it.each(MACHINES)('agrees with XState: %s', (_name, machine) => {
    const chart = new Chart(machine);
    const events = [...new Set(machine.events as readonly string[])].filter((type) => type !== '*').concat('UNKNOWN');
    let transitions = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 40 }), (types) => {
        let [snapshot, actions] = initialTransition(machine);
        let step = chart.initial;
        for (const type of [undefined, ...types]) {
          // A done actor takes no events; XState's pure function would go on.
          if (snapshot.status === 'done') break;
          if (type !== undefined) {
            const event = { type };
            [snapshot, actions] = transition(machine, snapshot, event);
            step = chart.step(step.state, event);
          }
          expect(step.state.value).toBe(flat(snapshot.value));
          expect(step.state.context ?? {}).toEqual(snapshot.context ?? {});
          expect(step.state.isDone).toBe(snapshot.status === 'done');
          expect(emitted(step.actions)).toEqual(emitted(actions));
          if (step.state.value !== chart.initial.state.value) transitions++;
        }
      }),
      { numRuns: 300, seed: 20250103 },
    );
    expect(transitions).toBeGreaterThan(0);
  });

  it.each([
    ['a delayed transition', { initial: 'a', states: { a: { after: { 1000: 'b' } }, b: {} } }],
    ['a parallel state', { type: 'parallel', states: { a: {}, b: {} } }],
    ['an eventless transition', { initial: 'a', states: { a: { always: 'b' }, b: {} } }],
    ['an inline action', { initial: 'a', states: { a: { on: { GO: { actions: () => undefined } } } } }],
  ])('refuses %s, with the reason', (what, config) => {
    expect(() => new Chart(setup({}).createMachine(config as never) as unknown as AnyStateMachine)).toThrow(UncompilableChart);
    expect(() => new Chart(setup({}).createMachine(config as never) as unknown as AnyStateMachine)).toThrow(new RegExp(what.replace(/^an? /, '')));
  });
});
