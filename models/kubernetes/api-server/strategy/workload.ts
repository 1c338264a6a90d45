/**
 * Strategies of workloads, jobs, budgets and autoscalers.
 * Upstream: pkg/registry/{apps,batch,policy,autoscaling,core/replicationcontroller}/**\/strategy.go.
 */
import type { KubeObject } from '../../object/types.ts';
import type { Json } from '../defaults/fill.ts';
import { defaultJob } from '../defaults/workload.ts';
import { updateStrategy } from '../registry/strategy.ts';
import type { Prepare, PrepareUpdate, Strategy, Validate, ValidateUpdate } from '../registry/kind.ts';
import * as autoscaling from '../validation/autoscaling.ts';
import * as batch from '../validation/batch.ts';
import { sameJson } from '../validation/check.ts';
import { validateRevision, validateRevisionUpdate } from '../validation/config.ts';
import { validateIngressStatus } from '../validation/load-balancer-status.ts';
import { nameIsLabel, nameIsPathSegment } from '../validation/name.ts';
import * as ingress from '../validation/ingress.ts';
import { validateNetworkPolicy } from '../validation/network-policy.ts';
import * as budget from '../validation/disruption-budget.ts';
import * as workload from '../validation/workload.ts';
import { bumpedWhen, countSpec, fresh, keep, keepSpec, keepStatus, keepStatusAndCount, withGeneration } from './standard.ts';

interface Parts {
  readonly schema: string;
  readonly validate: Validate;
  readonly validateUpdate: ValidateUpdate;
  readonly validateStatus?: ValidateUpdate;
  readonly more?: Partial<Strategy>;
}

/** A kind with spec, status and generation. */
const counted = ({ schema, validate, validateUpdate, validateStatus, more }: Parts): Partial<Strategy> => ({
  prepareForCreate: fresh(schema, true),
  validate,
  prepareForUpdate: keepStatusAndCount,
  validateUpdate,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpec, ...(validateStatus === undefined ? {} : { validateUpdate: validateStatus }) }) },
  ...more,
});

const counts: ValidateUpdate = (next) => workload.validateCounts(next);

// A Deployment counts changes of annotations too, and its status writes keep the labels.
const deploymentUpdate: PrepareUpdate = (next, old) => {
  const isChanged = next['spec'] !== old['spec'] && !sameJson(next['spec'], old['spec']);
  return bumpedWhen(keep(next, old, 'status'), old, isChanged || !sameJson(next.metadata.annotations, old.metadata.annotations));
};
const deploymentStatus: PrepareUpdate = (next, old) => {
  const kept = keep(next, old, 'spec');
  if (kept.metadata.labels === old.metadata.labels) return kept;
  const { labels: _labels, ...metadata } = kept.metadata;
  return { ...kept, metadata: old.metadata.labels === undefined ? metadata : { ...metadata, labels: old.metadata.labels } };
};

export const DEPLOYMENT = counted({
  schema: 'apps.v1.Deployment',
  validate: workload.validateDeployment,
  validateUpdate: workload.validateDeploymentUpdate,
  more: {
    prepareForUpdate: deploymentUpdate,
    subresources: { status: updateStrategy({ prepareForUpdate: deploymentStatus, validateUpdate: counts }) },
  },
});

export const REPLICA_SET = counted({
  schema: 'apps.v1.ReplicaSet',
  validate: workload.validateReplicaSet,
  validateUpdate: workload.validateReplicaSetUpdate,
  validateStatus: counts,
});

export const STATEFUL_SET = counted({
  schema: 'apps.v1.StatefulSet',
  validate: workload.validateStatefulSet,
  validateUpdate: workload.validateStatefulSetUpdate,
  validateStatus: counts,
  more: { validateName: nameIsLabel },
});

/** The template's own generation shows as an annotation in apps/v1 (pkg/apis/apps/v1/conversion.go). */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';
const withTemplateGeneration = (object: KubeObject, value: number): KubeObject => {
  const annotations = { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(value) };
  return { ...object, metadata: { ...object.metadata, annotations } };
};
const templateGenerationOf = (object: KubeObject): number => Number(object.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);

const freshDaemonSet = fresh('apps.v1.DaemonSet', true);
const daemonSetCreate: Prepare = (object, context) => {
  const given = templateGenerationOf(object);
  return withTemplateGeneration(freshDaemonSet(object, context), given < 1 ? 1 : given);
};
// A new template counts up, and whatever the client says of the number does not matter.
const daemonSetUpdate: PrepareUpdate = (next, old, context) => {
  const counted = keepStatusAndCount(next, old, context);
  const isSame = sameJson(next['spec']?.template, old['spec']?.template);
  const value = templateGenerationOf(old) + (isSame ? 0 : 1);
  return templateGenerationOf(counted) === value && counted.metadata.annotations !== undefined ? counted : withTemplateGeneration(counted, value);
};

export const DAEMON_SET = counted({
  schema: 'apps.v1.DaemonSet',
  validate: workload.validateDaemonSet,
  validateUpdate: workload.validateDaemonSetUpdate,
  validateStatus: counts,
  more: { prepareForCreate: daemonSetCreate, prepareForUpdate: daemonSetUpdate },
});

export const REPLICATION_CONTROLLER = counted({
  schema: 'core.v1.ReplicationController',
  validate: workload.validateController,
  validateUpdate: workload.validateControllerUpdate,
  validateStatus: counts,
});

export const CONTROLLER_REVISION: Partial<Strategy> = { validate: validateRevision, validateUpdate: validateRevisionUpdate };

export const POD_TEMPLATE: Partial<Strategy> = {
  prepareForCreate: (object) => withGeneration(object, 1),
  validate: batch.validatePodTemplate,
  prepareForUpdate: (next, old) => bumpedWhen(next, old, !sameJson(next['template'], old['template'])),
  validateUpdate: (next) => batch.validatePodTemplate(next),
};

/** Labels by which a Job finds its pods (job/strategy.go, generateSelector). */
function withGeneratedSelector(job: KubeObject): KubeObject {
  const spec = job['spec'] as Json | undefined;
  if (spec === undefined || spec['manualSelector'] === true) return job;
  const { uid, name = '' } = job.metadata;
  const template = (spec['template'] as Json | undefined) ?? {};
  const labels = { ...template['metadata']?.['labels'] } as Record<string, string>;
  for (const [key, value] of [['job-name', name], ['batch.kubernetes.io/job-name', name], ['controller-uid', uid], ['batch.kubernetes.io/controller-uid', uid]] as const) {
    labels[key] ??= value;
  }
  const selector = (spec['selector'] as Json | undefined) ?? {};
  const matchLabels = { ...selector['matchLabels'] } as Record<string, string>;
  matchLabels['batch.kubernetes.io/controller-uid'] ??= uid;
  const generated = { ...job, spec: { ...spec, selector: { ...selector, matchLabels }, template: { ...template, metadata: { ...template['metadata'], labels } } } };
  // Labels that the Job has from its template are the template's own map, upstream, so it gets these too.
  const isShared = job.metadata.labels !== undefined && job.metadata.labels === template['metadata']?.['labels'];
  return isShared ? { ...generated, metadata: { ...job.metadata, labels } } : generated;
}

const freshJob = fresh('batch.v1.Job', true);
// Decoding what was stored gives a Job without labels those of its template, so the stored object has them.
const jobCreate: Prepare = (object, context) => defaultJob(withGeneratedSelector(freshJob(object, context)));

export const JOB = counted({
  schema: 'batch.v1.Job',
  validate: batch.validateJob,
  validateUpdate: batch.validateJobUpdate,
  validateStatus: batch.validateJobStatusUpdate,
  more: { prepareForCreate: jobCreate },
});

export const CRON_JOB = counted({
  schema: 'batch.v1.CronJob',
  validate: batch.validateCronJob,
  validateUpdate: batch.validateCronJobUpdate,
});

export const BUDGET = counted({
  schema: 'policy.v1.PodDisruptionBudget',
  validate: budget.validateBudget,
  validateUpdate: budget.validateBudgetUpdate,
  validateStatus: (next) => budget.validateBudgetStatus(next),
  more: { allowUnconditionalUpdate: false, validateName: nameIsPathSegment },
});

/** An autoscaler has no generation. */
export const AUTOSCALER: Partial<Strategy> = {
  prepareForCreate: fresh('autoscaling.v2.HorizontalPodAutoscaler', false),
  validate: autoscaling.validateAutoscaler,
  prepareForUpdate: keepStatus,
  validateUpdate: autoscaling.validateAutoscalerUpdate,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpec }) },
};

export const INGRESS = counted({
  schema: 'networking.v1.Ingress',
  validate: ingress.validateIngressCreate,
  validateUpdate: (next, old) => (next['spec'] === old['spec'] ? [] : ingress.validateIngress(next)),
  validateStatus: validateIngressStatus,
});

/** Spec and generation, no status. */
const countedSpec = (validate: Validate, validateUpdate: ValidateUpdate): Partial<Strategy> => ({
  prepareForCreate: (object) => withGeneration(object, 1),
  validate,
  prepareForUpdate: countSpec,
  validateUpdate,
});

export const INGRESS_CLASS = countedSpec(ingress.validateIngressClass, (next, old) => [
  ...ingress.validateIngressClassUpdate(next, old),
  ...(next['spec'] === old['spec'] ? [] : ingress.validateIngressClass(next)),
]);

/** An update is validated twice, as upstream has it. */
export const NETWORK_POLICY = countedSpec(validateNetworkPolicy, (next, old) =>
  next['spec'] === old['spec'] ? [] : [...validateNetworkPolicy(next), ...validateNetworkPolicy(next)],
);

