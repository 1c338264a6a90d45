/**
 * Removal of the tracking finalizer, and the memory of removals that the cache has not shown yet.
 *
 * Source: pkg/controller/job/tracking_utils.go (uidTrackingExpectations), job_controller.go (removeTrackingFinalizerFromPods).
 */
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { PODS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { Pod } from '../../object/types.ts';
import type { JobSync } from './job-sync.ts';
import { hasTrackingFinalizer, TRACKING_FINALIZER } from './job-util.ts';

export const REMOVE_FINALIZER_PATCH = Object.freeze({ metadata: { '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } });

/** Takes the finalizer off one pod. A pod that is gone is fine. */
export function* removeTrackingFinalizer({ client }: Pick<JobSync, 'client'>, pod: Pod): Task<Err> {
  if (!hasTrackingFinalizer(pod)) return undefined;
  const { namespace, name } = pod.metadata;
  const result = yield* client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', REMOVE_FINALIZER_PATCH);
  return isNotFound(result) ? undefined : failureOf(result);
}

/** Takes the finalizer off all of these; returns the UIDs of those that lost it, and the first failure. */
export function* removeTrackingFinalizers(sync: JobSync, pods: readonly Pod[]): Task<{ removed: Set<string>; error: Err }> {
  const expected = sync.removals.get(sync.key) ?? new Set<string>();
  sync.removals.set(sync.key, expected);
  for (const pod of pods) expected.add(pod.metadata.uid);
  const removed = new Set<string>();
  const errors = yield* sync.process.join(pods.map((pod) => removeTrackingFinalizer(sync, pod)));
  errors.forEach((error, at) => {
    const { uid } = (pods[at] as Pod).metadata;
    if (error === undefined) removed.add(uid);
    else expected.delete(uid);
  });
  return { removed, error: errors.find((error) => error !== undefined) };
}
