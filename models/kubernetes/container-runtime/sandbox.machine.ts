/** The life of a pod sandbox: it owns the pod's network namespace and IP. A new attempt is a new sandbox. */
import { setup } from 'xstate';

export type SandboxEvent = { type: 'CREATED' } | { type: 'FAILED' } | { type: 'STOP' } | { type: 'REBOOT' } | { type: 'REMOVE' };

export const sandboxMachine = setup({
  types: { events: {} as SandboxEvent },
  actions: { takeIp: () => {}, freeIp: () => {}, killContainers: () => {} },
}).createMachine({
  id: 'sandbox',
  initial: 'creating',
  states: {
    creating: { on: { CREATED: { target: 'ready', actions: 'takeIp' }, FAILED: 'removed' } },
    ready: {
      on: {
        STOP: { target: 'notReady', actions: ['killContainers', 'freeIp'] },
        REBOOT: { target: 'notReady', actions: ['killContainers', 'freeIp'] },
      },
    },
    notReady: { on: { REMOVE: 'removed', STOP: 'notReady' } },
    removed: { type: 'final' },
  },
});
