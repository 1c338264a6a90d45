/**
 * The kinds of apps, batch, autoscaling and policy.
 * Upstream: pkg/registry/{apps,batch,autoscaling,policy}/rest/storage_*.go.
 */
import { autoscalerFromV2, autoscalerToV2 } from './autoscaler-conversion.ts';
import { RULES } from './rules.ts';
import { defineKind } from './define.ts';
import type { KindDefinition } from './define.ts';
import type { KindInfo } from './kind.ts';
import { WORKLOAD_SCALE } from './scale.ts';
import { JOB_FIELDS, jobFields, REPLICA_FIELDS, replicaFields } from './selectable.ts';

const inGroup =
  (group: string) =>
  (part: Omit<KindDefinition, 'group' | 'schema' | 'namespaced'>): KindInfo =>
    defineKind({ ...part, group, namespaced: true, schema: `${group}.v1.${part.kind}` });

const apps = inGroup('apps');
const batch = inGroup('batch');
const policy = inGroup('policy');

/** Kinds of apps/v1. */
export const APPS_KINDS: readonly KindInfo[] = [
  apps({ kind: 'ControllerRevision', resource: 'controllerrevisions' }),
  apps({ kind: 'DaemonSet', resource: 'daemonsets', shortNames: ['ds'], categories: ['all'], subresources: ['status'] }),
  apps({
    kind: 'Deployment',
    resource: 'deployments',
    shortNames: ['deploy'],
    categories: ['all'],
    scale: WORKLOAD_SCALE,
    subresources: ['scale', 'status'],
  }),
  apps({
    kind: 'ReplicaSet',
    resource: 'replicasets',
    shortNames: ['rs'],
    categories: ['all'],
    scale: WORKLOAD_SCALE,
    fieldLabels: REPLICA_FIELDS,
    selectableFields: replicaFields,
    subresources: ['scale', 'status'],
  }),
  apps({
    kind: 'StatefulSet',
    resource: 'statefulsets',
    shortNames: ['sts'],
    categories: ['all'],
    scale: WORKLOAD_SCALE,
    subresources: ['scale', 'status'],
  }),
];

/** Kinds of batch/v1. */
export const BATCH_KINDS: readonly KindInfo[] = [
  batch({ kind: 'CronJob', resource: 'cronjobs', shortNames: ['cj'], categories: ['all'], subresources: ['status'] }),
  batch({
    kind: 'Job',
    resource: 'jobs',
    categories: ['all'],
    defaultPropagation: 'Orphan',
    fieldLabels: JOB_FIELDS,
    selectableFields: jobFields,
    subresources: ['status'],
  }),
];

/** Kinds of autoscaling: one stored form (v2), served as v2 and v1. */
export const AUTOSCALING_KINDS: readonly KindInfo[] = [
  defineKind({
    group: 'autoscaling',
    kind: 'HorizontalPodAutoscaler',
    resource: 'horizontalpodautoscalers',
    namespaced: true,
    shortNames: ['hpa'],
    categories: ['all'],
    versions: [
      {
        version: 'v2',
        schema: 'autoscaling.v2.HorizontalPodAutoscaler',
        defaults: RULES['autoscaling.v2.HorizontalPodAutoscaler']?.defaults ?? ((object) => object),
        toStorage: (object) => object,
        fromStorage: (object) => object,
      },
      {
        version: 'v1',
        schema: 'autoscaling.v1.HorizontalPodAutoscaler',
        defaults: (object) => (object['spec']?.minReplicas === undefined ? { ...object, spec: { ...object['spec'], minReplicas: 1 } } : object),
        toStorage: autoscalerToV2,
        fromStorage: autoscalerFromV2,
      },
    ],
    subresources: ['status'],
  }),
];

/** Kinds of policy/v1. */
export const POLICY_KINDS: readonly KindInfo[] = [
  policy({
    kind: 'PodDisruptionBudget',
    resource: 'poddisruptionbudgets',
    shortNames: ['pdb'],
    subresources: ['status'],
    strategy: { allowUnconditionalUpdate: false },
  }),
];
