/**
 * What every sync of a Deployment needs: its new and old ReplicaSets with revisions, proportional scaling, history, status.
 *
 * A ReplicaSet with an equal template is reused, never made twice; only a changed template makes one; revisions only grow.
 * Source: pkg/controller/deployment/sync.go.
 */
import { failureOf, failure, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import type { Task } from '../../client/process.ts';
import { REPLICA_SETS } from '../../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../../client/result.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import { controllerOf, getCondition, isTerminating } from '../../object/meta.ts';
import type { apps, ReplicaSet } from '../../object/types.ts';
import { done, scaleAndRecord, scaleReplicaSet, writeStatus, type DeploymentSync, type Outcome } from './deployment-sync.ts';
import {
  actualReplicas, annotatedNumber, availableReplicas, byCreation, DESIRED_REPLICAS, equalIgnoreHash, findNewReplicaSet, findOldReplicaSets,
  hasProgressDeadline, hasRevisionHistoryLimit, HASH_LABEL, isActive, isRollingUpdate, MAX_REPLICAS, maxRevision, maxSurge, maxUnavailable, newCondition,
  newReplicaSetAnnotations, newReplicaSetReplicas, podTemplateHash, readyReplicas, replicasOf, REVISION, revisionOf, sumReplicas, withCondition,
} from './deployment-util.ts';

/** apps/v1: what a Deployment is called in owner references. */
export const DEPLOYMENT_KIND = Object.freeze({ apiVersion: 'apps/v1', kind: 'Deployment' });

export interface ReplicaSets {
  readonly fresh: ReplicaSet | undefined;
  readonly old: ReplicaSet[];
  readonly all: readonly ReplicaSet[];
}

/** The Deployment's ReplicaSets, the new one with its revision and annotations up to date; makes it if `create`. */
export function* replicaSetsAndRevision(sync: DeploymentSync, create: boolean): Task<Outcome<ReplicaSets>> {
  const old = findOldReplicaSets(sync.deployment, sync.replicaSets);
  const found = yield* newReplicaSet(sync, old, create);
  if (found.error !== undefined) return found;
  const fresh = found.value;
  return done({ fresh, old, all: fresh === undefined ? old : [...old, fresh] });
}

function* newReplicaSet(sync: DeploymentSync, old: readonly ReplicaSet[], create: boolean): Task<Outcome<ReplicaSet | undefined>> {
  const existing = findNewReplicaSet(sync.deployment, sync.replicaSets);
  const revision = maxRevision(old) + 1n;
  if (existing !== undefined) return yield* syncExisting(sync, existing, revision);
  if (!create) return done(undefined);
  return yield* createReplicaSet(sync, old, revision);
}

function* syncExisting(sync: DeploymentSync, existing: ReplicaSet, revision: bigint): Task<Outcome<ReplicaSet | undefined>> {
  const { deployment, clock } = sync;
  const annotations = newReplicaSetAnnotations(deployment, existing.metadata.annotations, revision, true);
  const { minReadySeconds = 0 } = deployment.spec;
  if (annotations !== existing.metadata.annotations || (existing.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    const spec = { ...existing.spec, minReadySeconds };
    const result = yield* sync.client.update<ReplicaSet>(REPLICA_SETS, { ...existing, metadata: { ...existing.metadata, annotations }, spec });
    return result.ok ? done(result.object) : { error: failureOf(result) as NonNullable<Err> };
  }
  let needsUpdate = setRevision(sync, annotations[REVISION] ?? '');
  if (hasProgressDeadline(deployment) && getCondition(deployment.status?.conditions, 'Progressing') === undefined) {
    const message = `Found new replica set "${existing.metadata.name}"`;
    setCondition(sync, newCondition('Progressing', 'True', 'FoundNewReplicaSet', message, clock));
    needsUpdate = true;
  }
  const error = needsUpdate ? yield* writeStatus(sync) : undefined;
  return error === undefined ? done(existing) : { error };
}

function* createReplicaSet(sync: DeploymentSync, old: readonly ReplicaSet[], revision: bigint): Task<Outcome<ReplicaSet | undefined>> {
  const { deployment, client, recorder, clock } = sync;
  const draft = draftReplicaSet(sync, old, revision);
  const size = replicasOf(draft);
  const result = yield* client.create<ReplicaSet>(REPLICA_SETS, deployment.metadata.namespace, draft);
  let created = result.ok ? result.object : undefined;
  const error = failureOf(result);
  if (isAlreadyExists(result)) {
    const taken = sync.cachedReplicaSet(draft.metadata.name);
    if (taken === undefined) return { error: failure(`replicaset.apps "${draft.metadata.name}" not found`) };
    const isOurs = controllerOf(taken)?.uid === deployment.metadata.uid && equalIgnoreHash(deployment.spec.template, taken.spec.template);
    if (!isOurs) {
      const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
      yield* writeStatus(sync, { ...deployment.status, collisionCount });
      return { error: error as NonNullable<Err> };
    }
    created = taken;
  } else if (error !== undefined) {
    if (!isNamespaceTerminating(error)) {
      const message = `Failed to create new replica set "${draft.metadata.name}": ${error.message}`;
      if (hasProgressDeadline(deployment)) {
        setCondition(sync, newCondition('Progressing', 'False', 'ReplicaSetCreateError', message, clock));
        yield* writeStatus(sync);
      }
      recorder.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
    }
    return { error };
  }
  const { name } = (created as ReplicaSet).metadata;
  if (result.ok && size > 0) recorder.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`);
  let needsUpdate = setRevision(sync, String(revision));
  if (result.ok && hasProgressDeadline(deployment)) {
    setCondition(sync, newCondition('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, clock));
    needsUpdate = true;
  }
  const statusError = needsUpdate ? yield* writeStatus(sync) : undefined;
  return statusError === undefined ? done(created) : { error: statusError };
}

function draftReplicaSet(sync: DeploymentSync, old: readonly ReplicaSet[], revision: bigint): ReplicaSet {
  const { deployment } = sync;
  const hash = podTemplateHash(deployment);
  const labels = { ...deployment.spec.template?.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec.selector;
  const { minReadySeconds } = deployment.spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      ...(deployment.metadata.namespace ? { namespace: deployment.metadata.namespace } : {}),
      ownerReferences: [newControllerRef(deployment, DEPLOYMENT_KIND)],
      labels,
      annotations: newReplicaSetAnnotations(deployment, undefined, revision, false),
    },
    spec: {
      replicas: newReplicaSetReplicas(deployment, old, 0),
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } },
    },
  } as unknown as ReplicaSet;
}

/** Notes the revision on the sync's Deployment (written with its status); whether it changed. */
function setRevision(sync: DeploymentSync, revision: string): boolean {
  const { metadata } = sync.deployment;
  if (metadata.annotations?.[REVISION] === revision) return false;
  sync.deployment = { ...sync.deployment, metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } } };
  return true;
}

export function setCondition(sync: DeploymentSync, condition: apps.DeploymentCondition): void {
  sync.deployment = { ...sync.deployment, status: withCondition(sync.deployment.status ?? {}, condition) };
}

/** Whether the Deployment's size was changed since its ReplicaSets were last sized. */
export function* isScalingEvent(sync: DeploymentSync): Task<Outcome<boolean>> {
  const sets = yield* replicaSetsAndRevision(sync, false);
  if (sets.error !== undefined) return sets;
  const desired = replicasOf(sync.deployment);
  return done(sets.value.all.some((set) => {
    const annotated = isActive(set) ? annotatedNumber(set, DESIRED_REPLICAS) : undefined;
    return annotated !== undefined && annotated !== desired;
  }));
}

/** Scales and writes the status: what is done for a paused Deployment, or after its size was changed. */
export function* syncScale(sync: DeploymentSync, hasRollback: boolean): Task<Err> {
  const sets = yield* replicaSetsAndRevision(sync, false);
  if (sets.error !== undefined) return sets.error;
  const scaleError = yield* scale(sync, sets.value);
  if (scaleError !== undefined) return scaleError;
  if (sync.deployment.spec.paused === true && !hasRollback) {
    const cleanupError = yield* cleanupDeployment(sync, sets.value.old);
    if (cleanupError !== undefined) return cleanupError;
  }
  return yield* syncStatus(sync, sets.value);
}

/** Only counts, for a Deployment that is being deleted. */
export function* syncStatusOnly(sync: DeploymentSync): Task<Err> {
  const sets = yield* replicaSetsAndRevision(sync, false);
  return sets.error ?? (yield* syncStatus(sync, (sets as { value: ReplicaSets }).value));
}

function* syncStatus(sync: DeploymentSync, sets: ReplicaSets): Task<Err> {
  const status = calculateStatus(sync, sets);
  return semanticEqual(sync.deployment.status, status) ? undefined : yield* writeStatus(sync, status);
}

function* scale(sync: DeploymentSync, { fresh, old }: ReplicaSets): Task<Err> {
  const { deployment } = sync;
  const only = activeOrLatest(fresh, old);
  if (only !== undefined) return (yield* scaleAndRecord(sync, only, replicasOf(deployment))).error;
  if (isSaturated(sync, fresh)) {
    for (const set of old.filter(isActive)) {
      const { error } = yield* scaleAndRecord(sync, set, 0);
      if (error !== undefined) return error;
    }
    return undefined;
  }
  if (!isRollingUpdate(deployment)) return undefined;
  return yield* scaleProportionally(sync, [...old, ...(fresh === undefined ? [] : [fresh])].filter(isActive));
}

function activeOrLatest(fresh: ReplicaSet | undefined, old: readonly ReplicaSet[]): ReplicaSet | undefined {
  const newestFirst = [...old].sort((a, b) => byCreation(b, a));
  const active = [...newestFirst, ...(fresh === undefined ? [] : [fresh])].filter(isActive);
  if (active.length === 0) return fresh ?? newestFirst[0];
  return active.length === 1 ? active[0] : undefined;
}

function isSaturated({ deployment }: DeploymentSync, set: ReplicaSet | undefined): boolean {
  if (set === undefined) return false;
  const desired = replicasOf(deployment);
  return replicasOf(set) === desired && annotatedNumber(set, DESIRED_REPLICAS) === desired && (set.status?.availableReplicas ?? 0) === desired;
}

/** Spreads a change of size over all active ReplicaSets in proportion to their sizes; the largest takes what rounding leaves. */
function* scaleProportionally(sync: DeploymentSync, active: ReplicaSet[]): Task<Err> {
  const { deployment } = sync;
  const desired = replicasOf(deployment);
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - sumReplicas(active);
  if (toAdd > 0) active.sort((a, b) => replicasOf(b) - replicasOf(a) || byCreation(b, a));
  if (toAdd < 0) active.sort((a, b) => replicasOf(b) - replicasOf(a) || byCreation(a, b));
  let added = 0;
  const sizes = active.map((set) => {
    const share = proportion(sync, set, toAdd, added);
    added += share;
    return replicasOf(set) + share;
  });
  if (toAdd !== 0 && sizes.length > 0) sizes[0] = Math.max(0, (sizes[0] as number) + toAdd - added);
  for (const [index, set] of active.entries()) {
    const { error } = yield* scaleReplicaSet(sync, set, sizes[index] as number);
    if (error !== undefined) return error;
  }
  return undefined;
}

function proportion({ deployment }: DeploymentSync, set: ReplicaSet, toAdd: number, added: number): number {
  if (replicasOf(set) === 0 || toAdd === 0 || toAdd === added) return 0;
  const fraction = replicaSetFraction(deployment, set);
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
}

function replicaSetFraction(deployment: DeploymentSync['deployment'], set: ReplicaSet): number {
  const desired = replicasOf(deployment);
  const size = replicasOf(set);
  if (desired === 0) return -size;
  const before = annotatedNumber(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.floor((size * (desired + maxSurge(deployment))) / before + 0.5) - size;
}

/** Deletes the oldest ReplicaSets beyond the history limit; those that still have pods stay, but count. */
export function* cleanupDeployment(sync: DeploymentSync, old: readonly ReplicaSet[]): Task<Err> {
  const { deployment, client } = sync;
  if (!hasRevisionHistoryLimit(deployment)) return undefined;
  const alive = old.filter((set) => !isTerminating(set));
  const excess = alive.length - (deployment.spec.revisionHistoryLimit ?? 0);
  if (excess <= 0) return undefined;
  alive.sort((a, b) => Number(revisionOf(a) - revisionOf(b)) || byCreation(a, b));
  for (const set of alive.slice(0, excess)) {
    const { replicas = 0, observedGeneration = 0 } = set.status ?? {};
    if (replicas !== 0 || replicasOf(set) !== 0 || (set.metadata.generation ?? 0) > observedGeneration) continue;
    const result = yield* client.delete(REPLICA_SETS, set.metadata.namespace, set.metadata.name);
    if (!result.ok && !isNotFound(result)) return failureOf(result);
  }
  return undefined;
}

/** The status that follows from the ReplicaSets' statuses. */
export function calculateStatus({ deployment, clock }: DeploymentSync, { fresh, all }: ReplicaSets): apps.DeploymentStatus {
  const available = availableReplicas(all);
  const counts: Record<string, number> = {
    replicas: actualReplicas(all),
    updatedReplicas: fresh === undefined ? 0 : actualReplicas([fresh]),
    readyReplicas: readyReplicas(all),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumReplicas(all) - available),
  };
  const { collisionCount, conditions } = deployment.status ?? {};
  const status = {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(conditions === undefined ? {} : { conditions }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
  const isAvailable = available >= replicasOf(deployment) - maxUnavailable(deployment);
  const condition = isAvailable
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', clock)
    : newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', clock);
  return withCondition(status, condition);
}
