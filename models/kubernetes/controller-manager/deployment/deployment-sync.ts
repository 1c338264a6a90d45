/**
 * One sync of one Deployment: the object as this sync sees it, and what it may use.
 *
 * As upstream's sync works on a deep copy, `deployment` changes during the sync while its resourceVersion stays; a second status
 * write therefore conflicts, and the sync is repeated on fresh data. Source: pkg/controller/deployment/sync.go.
 */
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { DEPLOYMENTS, REPLICA_SETS } from '../../client/resources.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import type { RateLimitingQueue } from '../../client/workqueue.ts';
import type { apps, Deployment, Pod, ReplicaSet } from '../../object/types.ts';
import { DESIRED_REPLICAS, MAX_REPLICAS, maxSurge, replicasAnnotations, replicasOf } from './deployment-util.ts';

export interface DeploymentSync {
  deployment: Deployment;
  /** The ReplicaSets that were claimed, without order. */
  readonly replicaSets: readonly ReplicaSet[];
  readonly key: string;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly clock: WallClock;
  readonly queue: RateLimitingQueue;
  /** The cached ReplicaSet of this name. */
  cachedReplicaSet(name: string): ReplicaSet | undefined;
  /** The cached pods that this ReplicaSet controls. */
  podsOf(set: ReplicaSet): readonly Pod[];
}

/** What a step of the sync yields, unless it failed. */
export type Outcome<T> = { readonly error: NonNullable<Err> } | { readonly error: undefined; readonly value: T };

export const done = <T>(value: T): Outcome<T> => ({ error: undefined, value });

/** Puts the status into the sync's Deployment and writes it. */
export function* writeStatus(sync: DeploymentSync, status: apps.DeploymentStatus = sync.deployment.status): Task<Err> {
  sync.deployment = { ...sync.deployment, status };
  return failureOf(yield* sync.client.updateStatus<Deployment>(DEPLOYMENTS, sync.deployment));
}

/** Resizes a ReplicaSet and says so; does nothing when it has this size. */
export function* scaleAndRecord(sync: DeploymentSync, set: ReplicaSet, size: number): Task<Outcome<{ scaled: boolean; set: ReplicaSet }>> {
  if (replicasOf(set) === size) return done({ scaled: false, set });
  return yield* scaleReplicaSet(sync, set, size);
}

/** Resizes a ReplicaSet and brings its annotations about the Deployment's size up to date. */
export function* scaleReplicaSet(sync: DeploymentSync, set: ReplicaSet, size: number): Task<Outcome<{ scaled: boolean; set: ReplicaSet }>> {
  const { deployment, client, recorder } = sync;
  const annotations = replicasAnnotations(replicasOf(deployment), replicasOf(deployment) + maxSurge(deployment));
  const before = replicasOf(set);
  const needsAnnotations = [DESIRED_REPLICAS, MAX_REPLICAS].some((name) => set.metadata.annotations?.[name] !== annotations[name]);
  if (before === size && !needsAnnotations) return done({ scaled: false, set });
  const metadata = { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } };
  const result = yield* client.update<ReplicaSet>(REPLICA_SETS, { ...set, metadata, spec: { ...set.spec, replicas: size } });
  if (!result.ok) return { error: failureOf(result) as NonNullable<Err> };
  if (before !== size) {
    const direction = before < size ? 'up' : 'down';
    recorder.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`);
  }
  return done({ scaled: before !== size, set: result.object });
}
