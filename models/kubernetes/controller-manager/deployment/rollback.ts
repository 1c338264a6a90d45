/**
 * Rollback by the deprecated annotation: the template of an earlier revision becomes the Deployment's template again.
 *
 * `kubectl rollout undo` patches the template itself and does not come here. Source: pkg/controller/deployment/rollback.go.
 */
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { DEPLOYMENTS } from '../../client/resources.ts';
import type { Deployment, ReplicaSet } from '../../object/types.ts';
import type { DeploymentSync } from './deployment-sync.ts';
import { copiedAnnotations, equalIgnoreHash, revisionOf, ROLLBACK_TO, withoutHash } from './deployment-util.ts';
import { replicaSetsAndRevision } from './sync.ts';

/** The revision that the annotation asks for; 0 means the one before the last. */
export function rollbackRevision(deployment: Deployment): number | undefined {
  const text = deployment.metadata.annotations?.[ROLLBACK_TO];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

export function* rollback(sync: DeploymentSync): Task<Err> {
  const sets = yield* replicaSetsAndRevision(sync, true);
  if (sets.error !== undefined) return sets.error;
  const { all } = sets.value;
  const wanted = BigInt(rollbackRevision(sync.deployment) ?? 0) || lastRevision(all);
  if (wanted === 0n) {
    warn(sync, 'DeploymentRollbackRevisionNotFound', 'Unable to find last revision.');
    return yield* clearRollback(sync, sync.deployment);
  }
  const target = all.find((set) => revisionOf(set) === wanted);
  if (target === undefined) {
    warn(sync, 'DeploymentRollbackRevisionNotFound', 'Unable to find the revision to rollback to.');
    return yield* clearRollback(sync, sync.deployment);
  }
  const { deployment } = sync;
  if (equalIgnoreHash(deployment.spec.template, target.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment "${deployment.metadata.name}"`;
    warn(sync, 'DeploymentRollbackTemplateUnchanged', message);
    return yield* clearRollback(sync, deployment);
  }
  const error = yield* clearRollback(sync, withTemplateOf(deployment, target));
  if (error === undefined) {
    const message = `Rolled back deployment "${deployment.metadata.name}" to revision ${wanted}`;
    sync.recorder.event(deployment, 'Normal', 'DeploymentRollback', message);
  }
  return error;
}

/** The second largest revision; 0 when there is none. */
function lastRevision(sets: readonly ReplicaSet[]): bigint {
  let [most, second] = [0n, 0n];
  for (const revision of sets.map(revisionOf)) {
    if (revision >= most) [most, second] = [revision, most];
    else if (revision > second) second = revision;
  }
  return second;
}

function withTemplateOf(deployment: Deployment, set: ReplicaSet): Deployment {
  const template = set.spec.template as NonNullable<ReplicaSet['spec']['template']>;
  const replaced = copiedAnnotations(deployment);
  const own = Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !(name in replaced)));
  const annotations = { ...own, ...copiedAnnotations(set as unknown as Deployment) };
  const metadata = { ...template.metadata, labels: withoutHash(template) };
  return { ...deployment, metadata: { ...deployment.metadata, annotations }, spec: { ...deployment.spec, template: { ...template, metadata } } };
}

function* clearRollback(sync: DeploymentSync, deployment: Deployment): Task<Err> {
  const { [ROLLBACK_TO]: _revision, ...annotations } = deployment.metadata.annotations ?? {};
  const body = { ...deployment, metadata: { ...deployment.metadata, annotations } };
  return failureOf(yield* sync.client.update<Deployment>(DEPLOYMENTS, body));
}

function warn(sync: DeploymentSync, reason: string, message: string): void {
  sync.recorder.event(sync.deployment, 'Warning', reason, message);
}
