/**
 * The arithmetic of Deployments: which ReplicaSet is new, what surge and unavailability mean in pods, proportions.
 *
 * Source: pkg/controller/deployment/util/deployment_util.go.
 */
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { getCondition } from '../../object/meta.ts';
import { templateHash } from '../../object/template-hash.ts';
import type { apps, core, Deployment, ReplicaSet } from '../../object/types.ts';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
export const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_INT32 = 2_147_483_647;
/** deployment_util.go: maxRevHistoryLengthInChars. */
const REVISION_HISTORY_LENGTH_MAX = 2000;

/** Annotations that belong to a ReplicaSet alone. */
const ANNOTATIONS_TO_SKIP: ReadonlySet<string> = new Set([LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO]);

export const replicasOf = (object: { readonly spec: { replicas?: number } }): number => object.spec.replicas ?? 0;

export const sumReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0);

const sumStatus = (sets: readonly ReplicaSet[], field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
  sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);

export const actualReplicas = (sets: readonly ReplicaSet[]): number => sumStatus(sets, 'replicas');
export const readyReplicas = (sets: readonly ReplicaSet[]): number => sumStatus(sets, 'readyReplicas');
export const availableReplicas = (sets: readonly ReplicaSet[]): number => sumStatus(sets, 'availableReplicas');

export const isActive = (set: ReplicaSet): boolean => replicasOf(set) > 0;

export const isRollingUpdate = (deployment: Deployment): boolean => deployment.spec.strategy?.type !== 'Recreate';

/** Oldest first, then by name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const [timeA, timeB] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

/** Whether two templates are equal apart from the hash label. */
export function equalIgnoreHash(a: Readonly<core.PodTemplateSpec> | undefined, b: Readonly<core.PodTemplateSpec> | undefined): boolean {
  return semanticEqual(a?.spec, b?.spec) && semanticEqual({ ...a?.metadata, labels: withoutHash(a) }, { ...b?.metadata, labels: withoutHash(b) });
}

export function withoutHash(template: Readonly<core.PodTemplateSpec> | undefined): Record<string, string> {
  const { [HASH_LABEL]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return labels;
}

/** The oldest ReplicaSet with the Deployment's template. */
export function findNewReplicaSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  let found: ReplicaSet | undefined;
  for (const set of sets) {
    if (found !== undefined && byCreation(found, set) < 0) continue;
    if (equalIgnoreHash(set.spec.template, deployment.spec.template)) found = set;
  }
  return found;
}

/** All ReplicaSets but the new one. */
export function findOldReplicaSets(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet[] {
  const fresh = findNewReplicaSet(deployment, sets);
  return sets.filter((set) => set.metadata.uid !== fresh?.metadata.uid);
}

export function podTemplateHash(deployment: Deployment): string {
  return templateHash(deployment.spec.template, deployment.status?.collisionCount);
}

/** An int-or-percent of `total`, rounded up or down. */
export function scaledValue(value: number | string | undefined, total: number, roundUp: boolean): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = Number.parseInt(value, 10);
  return roundUp ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}

/** Surge and unavailability in pods; at least one of them is not 0 (`ResolveFenceposts`). */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {};
  const desired = replicasOf(deployment);
  const surge = scaledValue(maxSurge as number | string | undefined, desired, true);
  const unavailable = scaledValue(maxUnavailable as number | string | undefined, desired, false);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export function maxUnavailable(deployment: Deployment): number {
  if (!isRollingUpdate(deployment) || replicasOf(deployment) === 0) return 0;
  return Math.min(fenceposts(deployment).unavailable, replicasOf(deployment));
}

export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0;
}

/** How many replicas the new ReplicaSet should have now (`NewRSNewReplicas`). */
export function newReplicaSetReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  if (!isRollingUpdate(deployment)) return replicasOf(deployment);
  const most = replicasOf(deployment) + maxSurge(deployment);
  const total = sumReplicas(all);
  if (total >= most) return current;
  return current + Math.min(most - total, replicasOf(deployment) - current);
}

/** Revisions are 64-bit integers upstream. */
export function revisionOf(object: { readonly metadata: { annotations?: Record<string, string> } }): bigint {
  return parseRevision(object.metadata.annotations?.[REVISION]);
}

const parseRevision = (text: string | undefined): bigint => (text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : 0n);

export function maxRevision(sets: readonly ReplicaSet[]): bigint {
  return sets.map(revisionOf).reduce((most, revision) => (revision > most ? revision : most), 0n);
}

/** The annotations of the Deployment that its ReplicaSets get as well. */
export function copiedAnnotations(deployment: Deployment): Record<string, string> {
  return Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !ANNOTATIONS_TO_SKIP.has(name)));
}

/** The annotations of the new ReplicaSet at this revision; the same object when nothing changes (`SetNewReplicaSetAnnotations`). */
export function newReplicaSetAnnotations(deployment: Deployment, old: Record<string, string> | undefined, revision: bigint, exists: boolean): Record<string, string> {
  const merged: Record<string, string> = { ...old, ...copiedAnnotations(deployment) };
  const oldText = merged[REVISION] ?? '';
  if (parseRevision(oldText) < revision) {
    merged[REVISION] = String(revision);
    if (exists && oldText !== '') appendHistory(merged, oldText);
  }
  if (!exists) Object.assign(merged, replicasAnnotations(replicasOf(deployment), replicasOf(deployment) + maxSurge(deployment)));
  return semanticEqual(merged, old) && old !== undefined ? old : merged;
}

function appendHistory(annotations: Record<string, string>, revision: string): void {
  const entries = (annotations[REVISION_HISTORY] ?? '').split(',').filter((entry) => entry !== '');
  if (entries.at(-1) === revision) return;
  entries.push(revision);
  while (entries.length > 1 && entries.join(',').length > REVISION_HISTORY_LENGTH_MAX) entries.shift();
  annotations[REVISION_HISTORY] = entries.join(',');
}

export function replicasAnnotations(desired: number, most: number): Record<string, string> {
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(most) };
}

/** The annotation's number, undefined when it is absent or no number. */
export function annotatedNumber(set: ReplicaSet, name: string): number | undefined {
  const text = set.metadata.annotations?.[name];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** All desired pods run the new template, nothing old is left, and the generation was observed. */
export function deploymentComplete(deployment: Deployment, status: apps.DeploymentStatus): boolean {
  const desired = replicasOf(deployment);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** Whether the rollout came nearer to its end since the old status. */
export function deploymentProgressing(deployment: Deployment, status: apps.DeploymentStatus): boolean {
  const old = deployment.status ?? {};
  const oldPods = (old.replicas ?? 0) - (old.updatedReplicas ?? 0);
  const newOldPods = (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    newOldPods < oldPods ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

export function hasProgressDeadline(deployment: Deployment): boolean {
  const { progressDeadlineSeconds } = deployment.spec;
  return progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== MAX_INT32;
}

export function hasRevisionHistoryLimit(deployment: Deployment): boolean {
  const { revisionHistoryLimit } = deployment.spec;
  return revisionHistoryLimit !== undefined && revisionHistoryLimit !== MAX_INT32;
}

/** Whether the deadline has passed since the last progress (`DeploymentTimedOut`). */
export function deploymentTimedOut(deployment: Deployment, status: apps.DeploymentStatus, clock: WallClock): boolean {
  if (!hasProgressDeadline(deployment)) return false;
  const condition = getCondition(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const deadline = (deployment.spec.progressDeadlineSeconds ?? 0) * 1_000_000;
  return clock.parse(condition.lastUpdateTime as string | undefined) + deadline < clock.now;
}

/** `newDeploymentCondition`. */
export function newCondition(type: string, status: string, reason: string, message: string, clock: WallClock): apps.DeploymentCondition {
  return { type, status, lastUpdateTime: clock.text as never, lastTransitionTime: clock.text as never, reason, message };
}

/** Puts the condition in, at the end, unless status and reason are as they were (`SetDeploymentCondition`). */
export function withCondition(status: apps.DeploymentStatus, condition: apps.DeploymentCondition): apps.DeploymentStatus {
  const old = getCondition(status.conditions, condition.type);
  if (old !== undefined && old.status === condition.status && old.reason === condition.reason) return status;
  const merged = old !== undefined && old.status === condition.status ? { ...condition, lastTransitionTime: old.lastTransitionTime } : condition;
  const others = (status.conditions ?? []).filter((entry) => entry.type !== condition.type);
  return { ...status, conditions: [...others, merged as apps.DeploymentCondition] };
}

export function withoutCondition(status: apps.DeploymentStatus, type: string): apps.DeploymentStatus {
  if (getCondition(status.conditions, type) === undefined) return status;
  return { ...status, conditions: (status.conditions ?? []).filter((entry) => entry.type !== type) };
}
