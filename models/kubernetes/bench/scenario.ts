/**
 * Benchmarks of reconcile loops: what a cluster is asked for, and when it is done.
 *
 * A scenario is phases; each is an act of the user and the state that ends it. Sizes are parameters, so the same scenario is a test of a second or a
 * measurement of minutes.
 */
import type { ClusterConfig } from '../cluster/config.ts';
import type { Simulation } from '../cluster/simulation.ts';
import type { Deployment, KubeObject } from '../object/types.ts';

export interface Phase {
  readonly name: string;
  /** Not measured: it only prepares what comes next. */
  readonly isSetup?: boolean;
  act(cluster: Simulation): void;
  isDone(cluster: Simulation): boolean;
}

export interface Scenario {
  readonly name: string;
  /** In words, with its sizes. */
  readonly description: string;
  readonly config: Partial<ClusterConfig>;
  readonly phases: readonly Phase[];
}

export type Sizes = Readonly<Record<string, number>>;

/** A scenario that the command knows by name. */
export interface ScenarioKind {
  readonly description: string;
  /** Sizes that can be set, with their defaults. */
  readonly sizes: Sizes;
  make(sizes: Sizes): Scenario;
}

const PAUSE = 'registry.k8s.io/pause:3.9';
/** Pods that a node takes; kubelets allow 110. */
const PODS_PER_NODE = 100;

function deployment(name: string, replicas: number, image = PAUSE): KubeObject {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image }] } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' }, spec: { replicas, selector: { matchLabels: labels }, template } } as unknown as KubeObject;
}

const many = (count: number, make: (index: number) => KubeObject): KubeObject[] => Array.from({ length: count }, (_, index) => make(index));

const isUserDone = (cluster: Simulation): boolean => cluster.user.isDone && cluster.user.running === 0;

/** All Deployments have seen their spec and have all replicas updated and available. */
function areAvailable(cluster: Simulation): boolean {
  return (cluster.list('deployments') as readonly Deployment[]).every(({ metadata, spec, status }) => {
    const wanted = spec.replicas ?? 1;
    const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status ?? {};
    return observedGeneration >= (metadata.generation ?? 0) && updatedReplicas === wanted && availableReplicas === wanted && replicas === wanted;
  });
}

/** A cluster whose size fits so many pods, without the parts that no loop looks at. */
const clusterFor = (pods: number): Partial<ClusterConfig> => ({ nodes: Math.max(1, Math.ceil(pods / PODS_PER_NODE)), timing: 'fast', disable: ['kube-proxy', 'coredns'], addons: [] });

export const SCENARIOS: Readonly<Record<string, ScenarioKind>> = {
  deployments: {
    description: 'Deployments are created at once, until all their pods are available',
    sizes: { deployments: 1000, replicas: 10 },
    make: ({ deployments = 0, replicas = 0 }) => ({
      name: 'deployments',
      description: `${deployments} Deployments of ${replicas} replicas`,
      config: clusterFor(deployments * replicas),
      phases: [
        {
          name: 'create',
          act: (cluster) => cluster.apply(many(deployments, (index) => deployment(`d-${index}`, replicas))),
          isDone: (cluster) => isUserDone(cluster) && cluster.list('deployments').length === deployments && areAvailable(cluster),
        },
      ],
    }),
  },
  rollout: {
    description: 'a new image is rolled out over running Deployments, until all pods are new',
    sizes: { pods: 5000, deployments: 50 },
    make: ({ pods = 0, deployments = 1 }) => {
      const replicas = Math.max(1, Math.round(pods / deployments));
      const done = (cluster: Simulation): boolean => isUserDone(cluster) && cluster.list('deployments').length === deployments && areAvailable(cluster);
      return {
        name: 'rollout',
        description: `${deployments} Deployments of ${replicas} replicas get a new image`,
        // Room for the surge.
        config: clusterFor(Math.ceil(deployments * replicas * 1.3)),
        phases: [
          { name: 'create', isSetup: true, act: (cluster) => cluster.apply(many(deployments, (index) => deployment(`d-${index}`, replicas))), isDone: done },
          { name: 'rollout', act: (cluster) => cluster.apply(many(deployments, (index) => deployment(`d-${index}`, replicas, 'registry.k8s.io/pause:3.10'))), isDone: done },
        ],
      };
    },
  },
  'namespace-deletion': {
    description: 'a namespace full of objects is deleted, until it is gone',
    sizes: { objects: 10_000 },
    make: ({ objects = 0 }) => ({
      name: 'namespace-deletion',
      description: `a namespace of ${objects} objects is deleted`,
      config: clusterFor(1),
      phases: [
        {
          name: 'fill',
          isSetup: true,
          act: (cluster) => {
            cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'full' } } as KubeObject]);
            cluster.runUntil((at) => at.get('namespaces', undefined, 'full') !== undefined, 60_000_000);
            cluster.apply(many(objects, (index) => ({ apiVersion: 'v1', kind: index % 2 === 0 ? 'ConfigMap' : 'Secret', metadata: { name: `o-${index}`, namespace: 'full' } }) as unknown as KubeObject));
          },
          isDone: isUserDone,
        },
        {
          name: 'delete',
          act: (cluster) => cluster.delete([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'full' } } as KubeObject]),
          isDone: (cluster) => isUserDone(cluster) && cluster.get('namespaces', undefined, 'full') === undefined,
        },
      ],
    }),
  },
};

/** The user's own manifests: applied at once, until everything is as it is asked for. */
export function manifestScenario(name: string, manifests: readonly KubeObject[], config: Partial<ClusterConfig>): Scenario {
  return {
    name,
    description: `${manifests.length} objects of ${name}`,
    config,
    phases: [{ name: 'apply', act: (cluster) => cluster.apply(manifests), isDone: (cluster) => isUserDone(cluster) && cluster.pending().length === 0 }],
  };
}
