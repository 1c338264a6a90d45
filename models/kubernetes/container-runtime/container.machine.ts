/**
 * The life of one container instance, as a statechart. A restart is a new instance.
 *
 * Delays are the runtime's timers, so there is no `after`; actions are names only. `container.ts` follows this chart and a
 * test walks both.
 */
import { setup } from 'xstate';

export type ContainerEvent =
  | { type: 'START' }
  | { type: 'START_FAILED' }
  | { type: 'PROCESS_EXIT' }
  | { type: 'OOM' }
  | { type: 'STOP' }
  | { type: 'GRACE_OVER' }
  | { type: 'RUNTIME_LOST' }
  | { type: 'REMOVE' };

export const containerMachine = setup({
  types: { events: {} as ContainerEvent },
  actions: { noteStart: () => {}, noteExit: () => {}, sendStopSignal: () => {}, sendKill: () => {}, dropLayer: () => {} },
}).createMachine({
  id: 'container',
  initial: 'created',
  states: {
    created: {
      on: {
        START: { target: 'running', actions: 'noteStart' },
        START_FAILED: { target: 'exited', actions: 'noteExit' },
        RUNTIME_LOST: 'unknown',
        REMOVE: { target: 'removed', actions: 'dropLayer' },
      },
    },
    running: {
      on: {
        PROCESS_EXIT: { target: 'exited', actions: 'noteExit' },
        OOM: { target: 'exited', actions: 'noteExit' },
        STOP: { target: 'stopping', actions: 'sendStopSignal' },
        RUNTIME_LOST: 'unknown',
      },
    },
    stopping: {
      on: {
        PROCESS_EXIT: { target: 'exited', actions: 'noteExit' },
        OOM: { target: 'exited', actions: 'noteExit' },
        GRACE_OVER: { target: 'exited', actions: ['sendKill', 'noteExit'] },
        RUNTIME_LOST: 'unknown',
      },
    },
    exited: { on: { REMOVE: { target: 'removed', actions: 'dropLayer' } } },
    unknown: { on: { REMOVE: { target: 'removed', actions: 'dropLayer' } } },
    removed: { type: 'final' },
  },
});
