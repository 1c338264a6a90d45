/**
 * All kinds of faults that the Kubernetes model adds to those of the engine (`src/fault/plan.ts`: loss, delay, duplicate, reorder,
 * partition; crash, pause, slow; skew, jump), by name.
 */
import type { ModelAction } from '../../../src/fault/injector.ts';
import { containerCrash, containerHang, containerOom } from './container.ts';
import { cut, etcdReset } from './link.ts';
import type { FaultKind, Surroundings } from './kind.ts';
import { leaderChange } from './leader.ts';
import { diskPressure, kubeletStop, memoryPressure, powerLoss, runtimeStop } from './node.ts';
import { compaction, failedWrite, laggingCache, lostResponse, writeConflict } from './store.ts';
import { crashBetweenWrites, duplicateEvent, staleRead, timeTravel, unobservedState, watchDrop, watchExpired } from './watch.ts';

export const FAULT_KINDS: readonly FaultKind[] = Object.freeze([
  cut, etcdReset,
  laggingCache, compaction, failedWrite, lostResponse, writeConflict,
  watchDrop, watchExpired, duplicateEvent, staleRead, timeTravel, unobservedState, crashBetweenWrites,
  leaderChange,
  powerLoss, kubeletStop, runtimeStop, diskPressure, memoryPressure,
  containerCrash, containerOom, containerHang,
]);

/** What the injector of a run is given. */
export function faultActions(around: Surroundings): Readonly<Record<string, ModelAction>> {
  return Object.fromEntries(FAULT_KINDS.map(({ name, action }) => [name, action(around)]));
}
