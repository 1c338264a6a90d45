/**
 * Workloads with the knobs that their controllers have, for campaigns of one kind: strategies, policies, limits, and what users change.
 */
import fc from 'fast-check';
import type { KubeObject } from '../../object/types.ts';
import { RECREATE, type Patch, type WorkloadKind } from '../kind.ts';

/** Containers that run for ever and cost nothing. */
const image = fc.constantFrom('registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.8');
const meta = (name: string): KubeObject['metadata'] => ({ name, namespace: 'default' }) as KubeObject['metadata'];
const count = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });
const scaled = (most: number): fc.Arbitrary<Patch> => count(most).map((replicas) => ({ spec: { replicas } }));
const reimaged: fc.Arbitrary<Patch> = image.map((from) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: from }] } } } }));

function template(app: string, container: Record<string, unknown>, spec: Record<string, unknown> = {}): Record<string, unknown> {
  return { metadata: { labels: { app } }, spec: { terminationGracePeriodSeconds: 2, ...spec, containers: [{ name: 'main', ...container }] } };
}

const deployment: WorkloadKind = {
  name: 'Deployment',
  manifest: (name) =>
    fc.record({
      replicas: count(5), image, bounds: fc.constantFrom([1, 0], [0, 1], ['25%', '25%'], ['50%', 0], [2, 2]),
      minReadySeconds: fc.constantFrom(0, 0, 2), revisionHistoryLimit: fc.constantFrom(10, 1, 0),
    }).map(({ replicas, image: from, bounds: [maxSurge, maxUnavailable], ...spec }) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta(name),
      spec: {
        replicas,
        ...spec,
        selector: { matchLabels: { app: name } },
        ...(name === 'b' ? RECREATE : { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } }),
        template: template(name, { image: from }),
      },
    })),
  patch: fc.oneof(scaled(5), reimaged, reimaged),
};

const replicaSet: WorkloadKind = {
  name: 'ReplicaSet',
  manifest: (name) =>
    fc.record({ replicas: count(5), image, minReadySeconds: fc.constantFrom(0, 2) }).map(({ replicas, image: from, minReadySeconds }) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: meta(name),
      spec: { replicas, minReadySeconds, selector: { matchLabels: { app: name } }, template: template(name, { image: from }) },
    })),
  patch: scaled(5),
};

/** Ordered ones have no minReadySeconds: upstream's may forget a pod that is too much while it is ready and not yet available. */
const statefulSet: WorkloadKind = {
  name: 'StatefulSet',
  manifest: (name) =>
    fc.record({
      replicas: count(4), image, podManagementPolicy: fc.constantFrom('OrderedReady', 'OrderedReady', 'Parallel'), partition: fc.constantFrom(0, 0, 1, 2),
      start: fc.constantFrom(0, 0, 3), minReadySeconds: fc.constantFrom(0, 0, 1), revisionHistoryLimit: fc.constantFrom(10, 1), onDelete: fc.integer({ min: 0, max: 5 }),
    }).map(({ replicas, image: from, partition, start, onDelete, minReadySeconds, ...spec }) => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta(name),
      spec: {
        replicas,
        ...spec,
        minReadySeconds: spec.podManagementPolicy === 'Parallel' ? minReadySeconds : 0,
        serviceName: name,
        ordinals: { start },
        updateStrategy: onDelete === 0 ? { type: 'OnDelete' } : { type: 'RollingUpdate', rollingUpdate: { partition } },
        selector: { matchLabels: { app: name } },
        template: template(name, { image: from }),
      },
    })),
  patch: fc.oneof(scaled(4), reimaged),
};

const SURGE = { maxUnavailable: 0, maxSurge: 1 };

/**
 * One that surges has no minReadySeconds, and pods that no kubelet evicts: upstream's forgets to look again when a new pod has become
 * available, and makes pods without a pause where they fail (`properties/kubernetes/workloads/upstream.test.ts`).
 */
const daemonSet: WorkloadKind = {
  name: 'DaemonSet',
  livesOnce: true,
  manifest: (name) =>
    fc.record({ image, update: fc.constantFrom({ maxUnavailable: 1 }, { maxUnavailable: 2 }, { maxUnavailable: '50%' }, SURGE, undefined), minReadySeconds: fc.constantFrom(0, 0, 1) }).map(({ image: from, update, minReadySeconds }) => ({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: meta(name),
      spec: {
        minReadySeconds: update === SURGE ? 0 : minReadySeconds,
        selector: { matchLabels: { app: name } },
        updateStrategy: update === undefined ? { type: 'OnDelete' } : { type: 'RollingUpdate', rollingUpdate: update },
        template: template(name, { image: from }, update === SURGE ? { priorityClassName: 'system-node-critical' } : {}),
      },
    })),
  patch: reimaged,
};

/** Programs that end well, badly, or well on the second try only. */
const program = fc.constantFrom('true', 'sleep 1', 'sleep 3', 'exit 1', 'sleep 1; exit 7', '[ "$JOB_COMPLETION_INDEX" != 1 ]');
const failurePolicy = fc.constantFrom(
  undefined, undefined,
  { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [7] } }] },
  { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
);

/** Deadlines and lifetimes are short: a cluster that has settled has none left to pass. */
const job: WorkloadKind = {
  name: 'Job',
  livesOnce: true,
  manifest: (name) =>
    fc.record({
      completions: fc.constantFrom(undefined, 1, 2, 3), parallelism: fc.integer({ min: 1, max: 3 }), program, isIndexed: fc.boolean(), backoffLimit: fc.integer({ min: 0, max: 2 }),
      perIndex: fc.boolean(), failurePolicy, deadline: fc.constantFrom(undefined, undefined, 2), isSuspended: fc.integer({ min: 0, max: 6 }), ttl: fc.constantFrom(undefined, 0),
      succeeds: fc.boolean(), restarts: fc.boolean(),
    }).map(({ completions, parallelism, program: command, isIndexed, backoffLimit, perIndex, failurePolicy: podFailurePolicy, deadline, isSuspended, ttl, succeeds, restarts }) => {
      const indexed = isIndexed && completions !== undefined;
      return {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: meta(name),
        spec: {
          parallelism,
          ...(completions === undefined ? {} : { completions }),
          ...(indexed ? { completionMode: 'Indexed' } : {}),
          ...(indexed && perIndex ? { backoffLimitPerIndex: backoffLimit } : { backoffLimit }),
          ...(indexed && succeeds ? { successPolicy: { rules: [{ succeededCount: 1 }] } } : {}),
          ...(podFailurePolicy === undefined ? {} : { podFailurePolicy }),
          ...(deadline === undefined ? {} : { activeDeadlineSeconds: deadline }),
          ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }),
          ...(isSuspended === 0 ? { suspend: true } : {}),
          template: template(name, { image: 'busybox:1.36', command: ['sh', '-c', command] }, { restartPolicy: restarts && podFailurePolicy === undefined && !perIndex ? 'OnFailure' : 'Never' }),
        },
      };
    }),
  patch: fc.oneof(fc.boolean().map((suspend) => ({ spec: { suspend } })), fc.integer({ min: 1, max: 3 }).map((parallelism) => ({ spec: { parallelism } }))),
};

/** The schedules end with the campaign's horizon: what runs for longer than a minute would never let a cluster rest. */
const cronJob: WorkloadKind = {
  name: 'CronJob',
  manifest: (name) =>
    fc.record({
      schedule: fc.constantFrom('1-3 0 * * *', '1,3 0 * * *'), concurrencyPolicy: fc.constantFrom('Allow', 'Forbid', 'Replace'), startingDeadlineSeconds: fc.constantFrom(undefined, 20, 200),
      seconds: fc.constantFrom(1, 30, 90), isSuspended: fc.integer({ min: 0, max: 5 }),
    }).map(({ schedule, concurrencyPolicy, startingDeadlineSeconds, seconds, isSuspended }) => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: meta(name),
      spec: {
        schedule,
        concurrencyPolicy,
        suspend: isSuspended === 0,
        ...(startingDeadlineSeconds === undefined ? {} : { startingDeadlineSeconds }),
        jobTemplate: { spec: { backoffLimit: 100, template: template(name, { image: 'busybox:1.36', command: ['sh', '-c', `sleep ${seconds}`] }, { restartPolicy: 'OnFailure' }) } },
      },
    })),
  patch: fc.oneof(fc.boolean().map((suspend) => ({ spec: { suspend } })), fc.constantFrom('Allow', 'Forbid', 'Replace').map((concurrencyPolicy) => ({ spec: { concurrencyPolicy } }))),
};

export const KINDS = Object.freeze({ deployment, replicaset: replicaSet, statefulset: statefulSet, daemonset: daemonSet, job, cronjob: cronJob });
export type WorkloadName = keyof typeof KINDS;
