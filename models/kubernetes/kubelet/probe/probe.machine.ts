/** The life of a probe worker: one per container and kind of probe. */
import { setup } from 'xstate';

export type ProbeEvent = { type: 'NEW_CONTAINER' } | { type: 'TICK' } | { type: 'RESULT' } | { type: 'THRESHOLD_FINAL' } | { type: 'ERROR' } | { type: 'STOP' };

export const probeMachine = setup({
  types: { events: {} as ProbeEvent },
  actions: { setInitialResult: () => {}, noteResult: () => {}, tellError: () => {}, forgetResult: () => {} },
}).createMachine({
  id: 'probe',
  initial: 'noContainer',
  states: {
    noContainer: { on: { NEW_CONTAINER: { target: 'armed', actions: 'setInitialResult' }, STOP: 'stopped' } },
    armed: { on: { TICK: 'probing', NEW_CONTAINER: { target: 'armed', actions: 'setInitialResult' }, STOP: { target: 'stopped', actions: 'forgetResult' } } },
    probing: {
      on: {
        RESULT: { target: 'armed', actions: 'noteResult' },
        THRESHOLD_FINAL: { target: 'onHold', actions: 'noteResult' },
        ERROR: { target: 'armed', actions: 'tellError' },
        STOP: { target: 'stopped', actions: 'forgetResult' },
      },
    },
    onHold: { on: { NEW_CONTAINER: { target: 'armed', actions: 'setInitialResult' }, STOP: { target: 'stopped', actions: 'forgetResult' } } },
    stopped: { type: 'final' },
  },
});
