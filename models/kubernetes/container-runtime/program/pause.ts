/** `pause`, which does nothing until it is told to stop, and what an image does about which nothing is known. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';

/** registry.k8s.io/pause: exits 0 on SIGINT and SIGTERM (build/pause/linux/pause.c). */
export function* pause(system: System): Run {
  system.onSignal('TERM', 'catch');
  system.onSignal('INT', 'catch');
  yield* system.pause();
  return 0;
}

/** Runs until SIGTERM. Most servers end orderly then, so the status is 0. */
export function* anything(system: System): Run {
  return yield* pause(system);
}
