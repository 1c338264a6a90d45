/**
 * Recycling: a pod scrubs the volume, after which it is offered again. Deprecated upstream, and still there.
 *
 * Source: pkg/controller/volume/persistentvolume/pv_controller.go (recycleVolumeOperation), pkg/volume/util/recyclerclient,
 * pkg/volume/{hostpath,nfs}, pkg/volume/plugins.go (NewPersistentVolumeRecyclerPodTemplate).
 */
import { failureOf, type Err } from '../../../client/failure.ts';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUMES, PODS } from '../../../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../../../client/result.ts';
import type { PersistentVolume, Pod } from '../../../object/types.ts';
import { BY_CLAIM } from './sync-claim.ts';
import { isReleased, type VolumeSyncContext } from './sync-volume.ts';

const SCRUB = 'test -e /scrub && find /scrub -mindepth 1 -delete && test -z "$(ls -A /scrub)" || exit 1';
const POLL = 1_000_000;

export function* recycle(context: VolumeSyncContext, { metadata: { name } }: PersistentVolume): Task<Err> {
  const { client, recorder, writer } = context;
  const live = yield* client.get<PersistentVolume>(PERSISTENT_VOLUMES, undefined, name);
  if (!live.ok) return isNotFound(live) ? undefined : failureOf(live);
  const volume = live.object;
  if (!isReleased(context, volume)) return undefined;
  const { namespace, name: claim } = volume.spec.claimRef ?? {};
  const users = context.pods.indexer.byIndex(BY_CLAIM, `${namespace}/${claim}`).filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  if (users.length > 0) {
    recorder.event(volume, 'Normal', 'VolumeFailedRecycle', `Volume is used by pods: ${users.map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`).join(',')}`);
    return undefined;
  }
  const problem = volume.spec.hostPath === undefined && volume.spec.nfs === undefined ? 'No recycler plugin found for the volume!' : yield* scrub(context, volume);
  if (problem !== undefined) {
    const failed = yield* writer.volumePhase(volume, 'Failed', { type: 'Warning', reason: 'VolumeFailedRecycle', message: problem });
    return failed.ok ? { message: problem } : failureOf(failed);
  }
  recorder.event(volume, 'Normal', 'VolumeRecycled', 'Volume recycled');
  return yield* writer.unbind(volume);
}

/** Runs the recycler pod to its end and takes it away. */
function* scrub({ client, pods, recorder, process }: VolumeSyncContext, volume: PersistentVolume): Task<string | undefined> {
  const name = `recycler-for-${volume.metadata.name}`;
  const { hostPath, nfs } = volume.spec;
  const container = { name: 'pv-recycler', image: 'registry.k8s.io/build-image/debian-base:bookworm-v1.0.4', command: ['/bin/sh'], args: ['-c', SCRUB], volumeMounts: [{ name: 'vol', mountPath: '/scrub' }] };
  const spec = { activeDeadlineSeconds: 60, restartPolicy: 'Never', volumes: [{ name: 'vol', ...(hostPath === undefined ? { nfs } : { hostPath: { path: hostPath.path } }) }], containers: [container] };
  const created = yield* client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec });
  if (!created.ok && !isAlreadyExists(created)) return `Recycle failed: unexpected error creating recycler pod:  ${created.status.message ?? ''}`;
  if (!created.ok) recorder.event(volume, 'Normal', 'RecyclerPod', `Recycler pod: ${name} already exists`);
  for (;;) {
    yield* process.sleep('recycler', POLL);
    const pod: Pod | undefined = pods.lister.get('default', name);
    if (pod === undefined && created.ok) return 'Recycle failed: recycler pod was deleted';
    const phase = pod?.status?.phase;
    if (phase !== 'Succeeded' && phase !== 'Failed') continue;
    const removed = yield* client.delete(PODS, 'default', name);
    if (!removed.ok && !isNotFound(removed)) return `Recycle failed: failed to delete recycler pod: ${removed.status.message ?? ''}`;
    return phase === 'Succeeded' ? undefined : `Recycle failed: ${pod?.status?.message ?? 'pod failed, pod.Status.Message unknown'}`;
  }
}
