/** The life of a pod's worker (pkg/kubelet/pod_workers.go): a UID that began to terminate is never synced again. */
import { setup } from 'xstate';

export type PodWorkerEvent = { type: 'UPDATE' } | { type: 'SYNC_OK' } | { type: 'SYNC_ERROR' } | { type: 'TERMINATE' } | { type: 'STOPPED' } | { type: 'CLEANED' } | { type: 'FORGET' };

export const podWorkerMachine = setup({ types: { events: {} as PodWorkerEvent } }).createMachine({
  id: 'pod-worker',
  initial: 'waiting',
  states: {
    waiting: { on: { UPDATE: 'syncing', TERMINATE: 'finished' } },
    syncing: { on: { UPDATE: 'syncing', SYNC_OK: 'syncing', SYNC_ERROR: 'syncing', TERMINATE: 'terminating' } },
    terminating: { on: { UPDATE: 'terminating', SYNC_ERROR: 'terminating', STOPPED: 'terminated' } },
    terminated: { on: { SYNC_ERROR: 'terminated', CLEANED: 'finished' } },
    finished: { on: { FORGET: 'forgotten' } },
    forgotten: { type: 'final' },
  },
});
