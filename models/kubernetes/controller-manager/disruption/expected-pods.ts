/**
 * How many pods a budget is about, and how many of them have to be healthy.
 *
 * Percentages and maxUnavailable refer to the sizes that the pods' controllers want, not to the pods that happen to exist.
 * Source: pkg/controller/disruption/disruption.go (getExpectedPodCount, the finders).
 */
import type { Client } from '../../client/client.ts';
import { allResources, implementsScale } from '../../client/discovery.ts';
import { failure, failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { isNotFound } from '../../client/result.ts';
import type { Lister } from '../../client/store.ts';
import { controllerOf } from '../../object/meta.ts';
import type { Deployment, KubeObject, OwnerReference, Pod, PodDisruptionBudget, ReplicaSet, ReplicationController, StatefulSet } from '../../object/types.ts';
import { scaledValue } from '../deployment/deployment-util.ts';

export interface ScaleSources {
  readonly client: Client;
  readonly replicationControllers: Lister<ReplicationController>;
  readonly replicaSets: Lister<ReplicaSet>;
  readonly deployments: Lister<Deployment>;
  readonly statefulSets: Lister<StatefulSet>;
  definitions(): Iterable<KubeObject>;
}

export interface ExpectedPods {
  readonly expected: number;
  readonly desiredHealthy: number;
  readonly unmanaged: readonly string[];
}

type Found<T> = { readonly error: NonNullable<Err> } | { readonly error: undefined; readonly value: T };

export function* expectedPods(sources: ScaleSources, { spec }: PodDisruptionBudget, pods: readonly Pod[]): Task<Found<ExpectedPods>> {
  const { maxUnavailable, minAvailable } = spec as { maxUnavailable?: number | string; minAvailable?: number | string };
  if (maxUnavailable === undefined && typeof minAvailable === 'number') {
    return { error: undefined, value: { expected: pods.length, desiredHealthy: minAvailable, unmanaged: [] } };
  }
  if (maxUnavailable === undefined && minAvailable === undefined) return { error: undefined, value: { expected: 0, desiredHealthy: 0, unmanaged: [] } };
  const scale = yield* expectedScale(sources, pods);
  if (scale.error !== undefined) return scale;
  const { expected, unmanaged } = scale.value;
  const desiredHealthy = maxUnavailable === undefined ? scaledValue(minAvailable, expected, true) : Math.max(0, expected - scaledValue(maxUnavailable, expected, true));
  return { error: undefined, value: { expected, desiredHealthy, unmanaged } };
}

function* expectedScale(sources: ScaleSources, pods: readonly Pod[]): Task<Found<{ expected: number; unmanaged: string[] }>> {
  const scales = new Map<string, number>();
  const seen = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const ref = controllerOf(pod);
    if (ref === undefined) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (seen.has(ref.uid)) continue;
    seen.add(ref.uid);
    const found = cachedScale(sources, pod.metadata.namespace, ref) ?? (yield* liveScale(sources, pod.metadata.namespace, ref));
    if (found === undefined) return { error: failure(`found no controllers for pod "${pod.metadata.name}"`) };
    if ('message' in found) return { error: found };
    scales.set(found.uid, found.scale);
  }
  return { error: undefined, value: { expected: [...scales.values()].reduce((sum, scale) => sum + scale, 0), unmanaged } };
}

interface Scale {
  readonly uid: string;
  readonly scale: number;
}

function cachedScale(sources: ScaleSources, namespace: string | undefined, { kind, name, uid }: OwnerReference): Scale | undefined {
  const of = (object: ReplicationController | ReplicaSet | Deployment | StatefulSet | undefined): Scale | undefined =>
    object === undefined ? undefined : { uid: object.metadata.uid, scale: (object.spec as { replicas?: number }).replicas ?? 1 };
  const same = <T extends KubeObject>(object: T | undefined): T | undefined => (object?.metadata.uid === uid ? object : undefined);
  if (kind === 'ReplicationController') return of(same(sources.replicationControllers.get(namespace, name)));
  if (kind === 'StatefulSet') return of(same(sources.statefulSets.get(namespace, name)));
  if (kind !== 'ReplicaSet') return undefined;
  const set = same(sources.replicaSets.get(namespace, name));
  const owner = set === undefined ? undefined : controllerOf(set);
  if (owner?.kind !== 'Deployment') return of(set);
  const deployment = sources.deployments.get(namespace, owner.name);
  return deployment?.metadata.uid === owner.uid ? of(deployment) : undefined;
}

/** Any other kind says its size through its scale subresource. */
function* liveScale({ client, definitions }: ScaleSources, namespace: string | undefined, { apiVersion, kind, name, uid }: OwnerReference): Task<Scale | NonNullable<Err> | undefined> {
  const resource = allResources(definitions()).find((entry) => entry.kind === kind && entry.apiVersion === apiVersion);
  if (resource === undefined) return failure(`no matches for kind "${kind}" in version "${apiVersion}"`);
  const result = yield* client.call('get', resource.gvr, { ...(namespace ? { namespace } : {}), name, subresource: 'scale' });
  if (result.ok) return result.object.metadata.uid === uid ? { uid, scale: (result.object['spec']?.replicas as number | undefined) ?? 0 } : undefined;
  if (!isNotFound(result)) return failureOf(result);
  // Either the object is gone, or its kind has no size at all.
  if (implementsScale(resource.gvr, definitions())) return undefined;
  const group = resource.gvr.group === '' ? '' : `.${resource.gvr.group}`;
  return failure(`${resource.gvr.resource}${group} does not implement the scale subresource`);
}
