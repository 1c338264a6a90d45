/**
 * Kinds of workloads that campaigns draw: what a manifest looks like, and what a user does to one later.
 *
 * To add a kind: write a {@link WorkloadKind}, give it small numbers (a world should hold ten objects), and add it to {@link WORKLOADS}.
 * Say in `cluster/convergence.ts` when an object of the kind has reached what it asks for; that is all that the convergence law needs.
 */
import fc from 'fast-check';
import type { KubeObject } from '../object/types.ts';

/** A later change of an object: a merge patch of what is not metadata. */
export type Patch = { readonly [field: string]: unknown };

export interface WorkloadKind {
  readonly name: string;
  /** The manifest, given its name. */
  readonly manifest: (name: string) => fc.Arbitrary<KubeObject>;
  /** Merge patches that a user may apply to it; absent: it is only applied and deleted. */
  readonly patch?: fc.Arbitrary<Patch>;
  /** How often it is drawn, against the others. Default 1. */
  readonly weight?: number;
  /** True: once deleted, no other takes its name. For situations in which upstream itself waits for ever (`properties/kubernetes/workloads/upstream.test.ts`). */
  readonly livesOnce?: boolean;
}

/** Containers that run for ever and cost nothing. */
const IMAGES = ['registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.10'] as const;
const image = fc.constantFrom(...IMAGES);
const replicas = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });
/** Requests that sometimes fill a node of 4 CPUs. */
const requests = fc.constantFrom(undefined, undefined, '100m', '1', '1500m', '3');

const meta = (name: string): KubeObject['metadata'] => ({ name, namespace: 'default' }) as KubeObject['metadata'];

function template(app: string, container: Record<string, unknown>, spec: Record<string, unknown> = {}): Record<string, unknown> {
  return { metadata: { labels: { app } }, spec: { terminationGracePeriodSeconds: 2, ...spec, containers: [{ name: 'main', ...container }] } };
}

const container = fc.record({ image, cpu: requests }).map(({ image: from, cpu }) => ({ image: from, ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }) }));

/**
 * The strategy of every Deployment that is named b: one that becomes Recreate may never get on (`properties/kubernetes/workloads/upstream.test.ts`).
 * Where a pod of the old ReplicaSet has failed, it waits for its deadline (kubernetes#128798), which is short therefore.
 */
export const RECREATE = { strategy: { type: 'Recreate' }, progressDeadlineSeconds: 60 };

const deployment: WorkloadKind = {
  name: 'Deployment',
  weight: 3,
  manifest: (name) =>
    fc.record({ replicas: replicas(4), container, surge: fc.constantFrom('25%', 1, 0) }).map(({ replicas: count, container: main, surge }) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: meta(name),
      spec: {
        replicas: count,
        selector: { matchLabels: { app: name } },
        ...(name === 'b' ? RECREATE : { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: surge === 0 ? 1 : '25%' } } }),
        template: template(name, main),
      },
    })),
  patch: fc.oneof(
    replicas(4).map((count) => ({ spec: { replicas: count } })),
    image.map((from) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: from }] } } } })),
  ),
};

const replicaSet: WorkloadKind = {
  name: 'ReplicaSet',
  manifest: (name) =>
    fc.record({ replicas: replicas(4), container }).map(({ replicas: count, container: main }) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: meta(name),
      spec: { replicas: count, selector: { matchLabels: { app: name } }, template: template(name, main) },
    })),
  patch: replicas(4).map((count) => ({ spec: { replicas: count } })),
};

const statefulSet: WorkloadKind = {
  name: 'StatefulSet',
  manifest: (name) =>
    fc.record({ replicas: replicas(3), image, parallel: fc.boolean() }).map(({ replicas: count, image: from, parallel }) => ({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: meta(name),
      spec: {
        replicas: count,
        serviceName: name,
        podManagementPolicy: parallel ? 'Parallel' : 'OrderedReady',
        selector: { matchLabels: { app: name } },
        template: template(name, { image: from }),
      },
    })),
  patch: fc.oneof(
    replicas(3).map((count) => ({ spec: { replicas: count } })),
    image.map((from) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: from }] } } } })),
  ),
};

const daemonSet: WorkloadKind = {
  name: 'DaemonSet',
  livesOnce: true,
  manifest: (name) =>
    image.map((from) => ({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: meta(name),
      spec: { selector: { matchLabels: { app: name } }, template: template(name, { image: from }) },
    })),
  patch: image.map((from) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: from }] } } } })),
};

const job: WorkloadKind = {
  name: 'Job',
  livesOnce: true,
  manifest: (name) =>
    fc.record({ completions: fc.integer({ min: 1, max: 3 }), parallelism: fc.integer({ min: 1, max: 2 }), seconds: fc.integer({ min: 0, max: 5 }) }).map(({ completions, parallelism, seconds }) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: meta(name),
      spec: {
        completions,
        parallelism,
        backoffLimit: 100,
        template: template(name, { image: 'busybox:1.36', command: ['sh', '-c', `sleep ${seconds}`] }, { restartPolicy: 'Never' }),
      },
    })),
};

const service: WorkloadKind = {
  name: 'Service',
  weight: 2,
  manifest: (name) =>
    fc.boolean().map((headless) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta(name),
      spec: { selector: { app: name }, ports: [{ port: 80 }], ...(headless ? { clusterIP: 'None' } : {}) },
    })),
};

/** All kinds, in the order in which they were added (a plan depends on it). */
export const WORKLOADS: readonly WorkloadKind[] = Object.freeze([deployment, replicaSet, statefulSet, daemonSet, job, service]);
