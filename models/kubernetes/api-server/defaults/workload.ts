/**
 * Defaults of the workload kinds.
 * Upstream: pkg/apis/{apps,batch,core,autoscaling}/v1/defaults.go, pkg/apis/autoscaling/v2/defaults.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { fill, over, overEach, put } from './fill.ts';
import type { Json } from './fill.ts';
import { defaultTemplate } from './pod.ts';

const spec = (object: KubeObject, change: (spec: Json) => Json): KubeObject => over(object, 'spec', change);
const template = (value: Json): Json => over(value, 'template', defaultTemplate);

/** Deployment: a quarter may be down, a quarter may be extra. */
export const defaultDeployment = (object: KubeObject): KubeObject =>
  spec(object, (value) => {
    const out = fill(value, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} });
    return template(over(out, 'strategy', rollingStrategy));
  });

function rollingStrategy(strategy: Json): Json {
  const out = fill(strategy, { type: 'RollingUpdate' });
  if (out.type !== 'RollingUpdate') return out;
  return put(out, 'rollingUpdate', fill(out.rollingUpdate ?? {}, { maxUnavailable: '25%', maxSurge: '25%' }));
}

export const defaultReplicaSet = (object: KubeObject): KubeObject =>
  spec(object, (value) => template(fill(value, { replicas: 1 })));

/** ReplicationController: selector and labels come from the template when empty. */
export function defaultReplicationController(object: KubeObject): KubeObject {
  const out = defaultReplicaSet(object);
  const labels = out['spec']?.template?.metadata?.labels as Record<string, string> | undefined;
  if (labels === undefined) return out;
  const withSelector = over(out, 'spec', (value) => fill(value, { selector: labels }));
  return out.metadata.labels === undefined ? put(withSelector, 'metadata', { ...out.metadata, labels }) : withSelector;
}

export const defaultStatefulSet = (object: KubeObject): KubeObject =>
  spec(object, (value) => {
    let out = fill(value, {
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      updateStrategy: {},
      persistentVolumeClaimRetentionPolicy: {},
    });
    out = over(out, 'persistentVolumeClaimRetentionPolicy', (policy) => fill(policy, { whenDeleted: 'Retain', whenScaled: 'Retain' }));
    out = over(out, 'updateStrategy', partitioned);
    return template(overEach(out, 'volumeClaimTemplates', (claim) => namedClaim(defaultClaim(claim as KubeObject))));
  });

/** Whatever a claim template says it is, it is read as a claim (Convert_apps_StatefulSetSpec_To_v1_StatefulSetSpec). */
const namedClaim = (claim: KubeObject): KubeObject => ({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' });

// The rollingUpdate struct is made up only when the type was empty (SetDefaults_StatefulSet).
function partitioned(strategy: Json): Json {
  if (strategy.type === undefined) {
    return { ...strategy, type: 'RollingUpdate', rollingUpdate: fill(strategy.rollingUpdate ?? {}, { partition: 0 }) };
  }
  return strategy.type === 'RollingUpdate' ? over(strategy, 'rollingUpdate', (value) => fill(value, { partition: 0 })) : strategy;
}

export const defaultDaemonSet = (object: KubeObject): KubeObject =>
  spec(object, (value) => {
    const out = fill(value, { revisionHistoryLimit: 10, updateStrategy: {} });
    return template(over(out, 'updateStrategy', daemonStrategy));
  });

function daemonStrategy(strategy: Json): Json {
  const out = fill(strategy, { type: 'RollingUpdate' });
  if (out.type !== 'RollingUpdate') return out;
  return put(out, 'rollingUpdate', fill(out.rollingUpdate ?? {}, { maxUnavailable: 1, maxSurge: 0 }));
}

export const defaultPodTemplate = (object: KubeObject): KubeObject => template(object) as KubeObject;

/** batch.DefaultJobBackOffLimit and the limit that applies with backoffLimitPerIndex. */
const BACKOFF_LIMIT = 6;
const BACKOFF_UNLIMITED = 2147483647;

function defaultJobSpec(value: Json): Json {
  const bothUnset = value.completions === undefined && value.parallelism === undefined;
  let out = fill(value, {
    ...(bothUnset ? { completions: 1 } : {}),
    parallelism: 1,
    backoffLimit: value.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : BACKOFF_UNLIMITED,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: value.manualSelector,
    podReplacementPolicy: value.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
  });
  out = over(out, 'podFailurePolicy', (policy) =>
    overEach(policy, 'rules', (rule) => overEach(rule, 'onPodConditions', (condition) => fill(condition, { status: 'True' }))),
  );
  return template(out);
}

/** Job: a lone template's labels become the Job's. */
export function defaultJob(object: KubeObject): KubeObject {
  const out = spec(object, (value) => fill(defaultJobSpec(value), { manualSelector: false }));
  const labels = out['spec']?.template?.metadata?.labels as Record<string, string> | undefined;
  return labels === undefined || out.metadata.labels !== undefined ? out : put(out, 'metadata', { ...out.metadata, labels });
}

export const defaultCronJob = (object: KubeObject): KubeObject =>
  spec(object, (value) => {
    const out = fill(value, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    return over(out, 'jobTemplate', (job) => over(job, 'spec', template));
  });

const SCALE_UP: Json = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const SCALE_DOWN: Json = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };
const CPU_METRIC: Json = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } };

/** HorizontalPodAutoscaler in its stored version, v2. */
export const defaultAutoscaler = (object: KubeObject): KubeObject =>
  spec(object, (value) => {
    const out = fill(value, { minReplicas: 1, metrics: [CPU_METRIC] });
    return over(out, 'behavior', (behavior) => ({
      ...behavior,
      scaleUp: fill(behavior.scaleUp ?? {}, SCALE_UP),
      scaleDown: fill(behavior.scaleDown ?? {}, SCALE_DOWN),
    }));
  });

/** PersistentVolumeClaim, alone or as a template of a StatefulSet. */
export function defaultClaim(object: KubeObject): KubeObject {
  const out = fill(object, { status: {} });
  return over(over(out, 'spec', (value) => fill(value, { volumeMode: 'Filesystem' })), 'status', (value) => fill(value, { phase: 'Pending' }));
}
