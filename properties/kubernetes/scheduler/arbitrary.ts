/**
 * Random clusters and pods for laws about decisions: few names and values, so that rules meet.
 */
import fc from 'fast-check';
import type { Namespace, Node, Pod } from '../../../models/kubernetes/object/types.ts';

export const ZONE = 'topology.kubernetes.io/zone';
export const HOST = 'kubernetes.io/hostname';

const sometimes = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

const label = fc.constantFrom('a', 'b', 'c');
const selector = fc.oneof(
  label.map((app) => ({ matchLabels: { app } })),
  fc
    .uniqueArray(label, { minLength: 1, maxLength: 2 })
    .map((values) => ({ matchExpressions: [{ key: 'app', operator: 'In', values }] })),
  fc.constant({}),
);
const topologyKey = fc.constantFrom(ZONE, HOST);

const term = fc.record({ labelSelector: selector, topologyKey });
const weighted = fc.record({ weight: fc.integer({ min: 1, max: 100 }), podAffinityTerm: term });
const rules = fc.record(
  {
    requiredDuringSchedulingIgnoredDuringExecution: fc.array(term, { maxLength: 2 }),
    preferredDuringSchedulingIgnoredDuringExecution: fc.array(weighted, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const spread = fc.record({
  maxSkew: fc.integer({ min: 1, max: 2 }),
  topologyKey,
  whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
  labelSelector: selector,
});

const toleration = fc.constantFrom(
  { key: 'dedicated', operator: 'Exists' },
  { key: 'dedicated', operator: 'Equal', value: 'x', effect: 'NoSchedule' },
);

export interface PodShape {
  readonly cpu: number;
  readonly app: string;
  readonly priority: number;
  readonly spec: object;
  readonly namespace: string;
}

export const podShape: fc.Arbitrary<PodShape> = fc.record({
  cpu: fc.constantFrom(0, 100, 500, 900, 1500),
  app: label,
  priority: fc.constantFrom(0, 0, 10, 20),
  namespace: fc.constantFrom('default', 'other'),
  spec: fc
    .record({
      affinity: sometimes(fc.record({ podAffinity: rules, podAntiAffinity: rules }, { requiredKeys: [] })),
      topologySpreadConstraints: sometimes(
        fc.uniqueArray(spread, { maxLength: 2, selector: (c) => `${c.topologyKey} ${c.whenUnsatisfiable}` }),
      ),
      tolerations: sometimes(fc.array(toleration, { maxLength: 1 })),
      nodeSelector: sometimes(label.map((disk) => ({ disk }))),
      hostPort: sometimes(fc.constantFrom(80, 81)),
    })
    .map(({ hostPort, ...spec }) => ({ ...spec, ...(hostPort === undefined ? {} : { hostPort }) })),
});

export const podFrom = (shape: PodShape, name: string, start = '2026-01-01T00:00:00Z'): Pod => {
  const { hostPort, ...spec } = shape.spec as { hostPort?: number };
  const ports = hostPort === undefined ? {} : { ports: [{ containerPort: hostPort, hostPort }] };
  const requests = shape.cpu === 0 ? {} : { cpu: `${shape.cpu}m`, memory: '128Mi' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: shape.namespace, uid: `uid-${name}`, labels: { app: shape.app } },
    spec: {
      schedulerName: 'default-scheduler',
      priority: shape.priority,
      containers: [{ name: 'c', image: 'web:1', resources: { requests }, ...ports }],
      ...spec,
    },
    status: { phase: 'Running', startTime: start },
  } as unknown as Pod;
};

export interface NodeShape {
  readonly cpu: number;
  readonly zone: string | undefined;
  readonly disk: string;
  readonly tainted: boolean;
  readonly cordoned: boolean;
}

export const nodeShape: fc.Arbitrary<NodeShape> = fc.record({
  cpu: fc.constantFrom(1000, 2000, 4000),
  zone: sometimes(fc.constantFrom('z1', 'z2', 'z3')),
  disk: label,
  tainted: fc.boolean(),
  cordoned: fc.constantFrom(false, false, false, true),
});

export const nodeFrom = (shape: NodeShape, name: string): Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      uid: name,
      labels: { [HOST]: name, disk: shape.disk, ...(shape.zone === undefined ? {} : { [ZONE]: shape.zone }) },
    },
    spec: {
      ...(shape.tainted ? { taints: [{ key: 'dedicated', value: 'x', effect: 'PreferNoSchedule' }] } : {}),
      ...(shape.cordoned ? { unschedulable: true } : {}),
    },
    status: { allocatable: { cpu: `${shape.cpu}m`, memory: '8Gi', pods: '20' } },
  }) as unknown as Node;

export const NAMESPACES = ['default', 'other'].map(
  (name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { name } } }) as unknown as Namespace,
);

/** One change of the cluster. Indices are taken modulo what is there. */
export type Change =
  | { readonly kind: 'pod'; readonly shape: PodShape }
  | { readonly kind: 'delete-pod'; readonly index: number }
  | { readonly kind: 'terminate-pod'; readonly index: number }
  | { readonly kind: 'node'; readonly shape: NodeShape }
  | { readonly kind: 'update-node'; readonly index: number; readonly shape: NodeShape }
  | { readonly kind: 'delete-node'; readonly index: number };

const index = fc.nat({ max: 1000 });

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 10, arbitrary: podShape.map((shape): Change => ({ kind: 'pod', shape })) },
  { weight: 2, arbitrary: index.map((i): Change => ({ kind: 'delete-pod', index: i })) },
  { weight: 1, arbitrary: index.map((i): Change => ({ kind: 'terminate-pod', index: i })) },
  { weight: 1, arbitrary: nodeShape.map((shape): Change => ({ kind: 'node', shape })) },
  {
    weight: 1,
    arbitrary: fc
      .record({ i: index, shape: nodeShape })
      .map(({ i, shape }): Change => ({ kind: 'update-node', index: i, shape })),
  },
  { weight: 1, arbitrary: index.map((i): Change => ({ kind: 'delete-node', index: i })) },
);
