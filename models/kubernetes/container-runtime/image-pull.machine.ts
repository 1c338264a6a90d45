/** One image of one pod, from the wish to have it until it is there (kubelet/images). Back-off is the kubelet's. */
import { setup } from 'xstate';

export type ImagePullEvent =
  | { type: 'ENSURE_PRESENT' }
  | { type: 'ENSURE_IN_BACKOFF' }
  | { type: 'ENSURE' }
  | { type: 'SLOT' }
  | { type: 'OK' }
  | { type: 'FAIL' };

export const imagePullMachine = setup({ types: { events: {} as ImagePullEvent } }).createMachine({
  id: 'image-pull',
  initial: 'idle',
  states: {
    idle: { on: { ENSURE_PRESENT: 'present', ENSURE: 'queued' } },
    queued: { on: { SLOT: 'pulling' } },
    pulling: { on: { OK: 'present', FAIL: 'failed' } },
    failed: { on: { ENSURE_IN_BACKOFF: 'backoff', ENSURE: 'queued' } },
    backoff: { on: { ENSURE_IN_BACKOFF: 'backoff', ENSURE: 'queued' } },
    present: { on: { ENSURE_PRESENT: 'present', ENSURE: 'queued' } },
  },
});
