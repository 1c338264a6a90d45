/**
 * The workloads of upstream's scheduler_perf that both benchmarks of the scheduler run, with upstream's thresholds: the minimum average
 * throughput in pods/s. Source: test/integration/scheduler_perf/{misc,affinity}/performance-config.yaml.
 */
import type { Namespace, Node, Pod } from '../../models/kubernetes/object/types.ts';

/** Makes a pod by its name. */
export type PodMaker = (name: string) => Pod;

/** Nodes and pods to begin with, and the pods whose scheduling is measured. */
export interface Workload {
  readonly name: string;
  readonly nodes: number;
  readonly initial: readonly (readonly [number, PodMaker])[];
  readonly measured: readonly [number, PodMaker];
  /** pods/s. */
  readonly threshold: number;
  readonly zones?: readonly string[];
  readonly namespaces?: readonly Namespace[];
  /** Impossible pods that come every so many measured ones. */
  readonly churn?: readonly [number, PodMaker];
}

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';

/** A node as scheduler_perf makes it: 4 CPUs, 32 Gi, 110 pods. */
export const nodeOf = (name: string, zone: string | undefined): Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, labels: { [HOST]: name, ...(zone === undefined ? {} : { [ZONE]: zone }) } },
    spec: {},
    status: { allocatable: { cpu: '4', memory: '32Gi', pods: '110' } },
  }) as unknown as Node;

const pod =
  (requests: Record<string, string>, spec: object = {}, labels: Record<string, string> = {}, namespace = 'default'): PodMaker =>
  (name) =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, uid: `${namespace}/${name}`, labels },
      spec: {
        schedulerName: 'default-scheduler',
        containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10', ports: [{ containerPort: 80 }], resources: { requests } }],
        tolerations: [
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
          { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        ],
        priority: 0,
        ...spec,
      },
      status: { phase: 'Pending' },
    }) as unknown as Pod;

const SMALL = { cpu: '100m', memory: '500Mi' };
export const plain = pod(SMALL);
const term = (topologyKey: string, color: string): object => ({
  labelSelector: { matchLabels: { color } },
  topologyKey,
  namespaces: ['default'],
});
const affine = (kind: string, terms: object, color: string): PodMaker => pod(SMALL, { affinity: { [kind]: terms } }, { color });
const required = (...terms: object[]): object => ({ requiredDuringSchedulingIgnoredDuringExecution: terms });
const preferred = (podAffinityTerm: object): object => ({
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm }],
});
const spreading = (whenUnsatisfiable: string): PodMaker =>
  pod(
    SMALL,
    {
      topologySpreadConstraints: [
        { maxSkew: 5, topologyKey: ZONE, whenUnsatisfiable, labelSelector: { matchLabels: { color: 'blue' } } },
      ],
    },
    { color: 'blue' },
  );
const nodeAffine = pod(SMALL, {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: 'In', values: ['zone1', 'zone2'] }] }],
      },
    },
  },
});
const antiAffine = affine('podAntiAffinity', required(term(HOST, 'green')), 'green');
const zoneAffine = affine('podAffinity', required(term(ZONE, 'blue')), 'blue');
const likes = affine('podAffinity', preferred(term(HOST, 'red')), 'red');
const dislikes = affine('podAntiAffinity', preferred(term(HOST, 'yellow')), 'yellow');

export const WORKLOADS: readonly Workload[] = [
  { name: 'SchedulingBasic', nodes: 5000, initial: [[1000, plain]], measured: [10000, plain], threshold: 270 },
  { name: 'SchedulingNodeAffinity', nodes: 5000, initial: [[5000, nodeAffine]], measured: [10000, nodeAffine], threshold: 220, zones: ['zone1'] },
  { name: 'TopologySpreading', nodes: 5000, initial: [[5000, plain]], measured: [5000, spreading('DoNotSchedule')], threshold: 85, zones: ['moon-1', 'moon-2', 'moon-3'] },
  { name: 'PreferredTopologySpreading', nodes: 5000, initial: [[5000, plain]], measured: [5000, spreading('ScheduleAnyway')], threshold: 125, zones: ['moon-1', 'moon-2', 'moon-3'] },
  { name: 'SchedulingPodAntiAffinity', nodes: 5000, initial: [[1000, antiAffine]], measured: [2000, antiAffine], threshold: 70 },
  { name: 'SchedulingPodAffinity', nodes: 5000, initial: [[5000, zoneAffine]], measured: [5000, zoneAffine], threshold: 35, zones: ['zone1'] },
  { name: 'SchedulingPreferredPodAffinity', nodes: 5000, initial: [[5000, likes]], measured: [5000, likes], threshold: 90 },
  { name: 'SchedulingPreferredPodAntiAffinity', nodes: 5000, initial: [[5000, dislikes]], measured: [5000, dislikes], threshold: 90 },
  {
    name: 'MixedSchedulingBasePod', nodes: 5000, threshold: 140, zones: ['zone1'],
    initial: [[2000, plain], [2000, zoneAffine], [2000, antiAffine], [2000, likes], [2000, dislikes]], measured: [5000, plain],
  },
  {
    name: 'PreemptionBasic', nodes: 500, threshold: 18,
    initial: [[2000, pod({ cpu: '900m', memory: '500Mi' }, { terminationGracePeriodSeconds: 0 })]], measured: [500, pod({ cpu: '3000m', memory: '500Mi' }, { priority: 10 })],
  },
  {
    name: 'Unschedulable', nodes: 5000, threshold: 250, initial: [], measured: [10000, plain],
    churn: [50, pod({ cpu: '9', memory: '500Mi' })],
  },
];
