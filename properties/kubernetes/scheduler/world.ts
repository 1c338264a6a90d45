/**
 * A small world for laws about the scheduler as a process: etcd, an API server, one or two schedulers, and a hand that
 * creates nodes and pods. No kubelet runs, so bound pods just stay.
 */
import { Kernel, PlainNetwork } from '../../../src/index.ts';
import { kubeApiServer } from '../../../models/kubernetes/api-server/server.ts';
import { Client } from '../../../models/kubernetes/client/client.ts';
import { processBehavior, type Process, type Task } from '../../../models/kubernetes/client/process.ts';
import { NODES, PODS, SERVICE_ACCOUNTS } from '../../../models/kubernetes/client/resources.ts';
import { SharedInformerFactory } from '../../../models/kubernetes/client/shared-informer.ts';
import { etcd } from '../../../models/kubernetes/etcd/etcd.ts';
import type { KubeObject, Node, Pod } from '../../../models/kubernetes/object/types.ts';
import {
  kubeScheduler,
  type SchedulerOptions,
  schedulerState,
  type SchedulerState,
} from '../../../models/kubernetes/scheduler/scheduler.ts';

export const EPOCH = 1_767_225_600_000;
const USER = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

export const nodeNamed = (
  name: string,
  cpu: string,
  rest: { labels?: Record<string, string>; taints?: object[] } = {},
): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...rest.labels } },
    spec: rest.taints === undefined ? {} : { taints: rest.taints },
    status: { capacity: { cpu, memory: '32Gi', pods: '110' }, allocatable: { cpu, memory: '32Gi', pods: '110' } },
  }) as unknown as KubeObject;

export const podNamed = (
  name: string,
  cpu: string,
  spec: object = {},
  labels: Record<string, string> = {},
): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', image: 'web:1', resources: { requests: { cpu, memory: '64Mi' } } }],
      ...spec,
    },
  }) as unknown as KubeObject;

/** Binds the pod to the node, as another scheduler would; what the API server thinks of it does not matter here. */
export const bind = (name: string, node: string): Deed['run'] =>
  function* (client): Task {
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace: 'default' },
      target: { kind: 'Node', name: node },
    };
    yield* client.call('create', PODS, { namespace: 'default', name, subresource: 'binding', body });
  };

/** What the hand does, and when (µs after the start). */
export interface Deed {
  readonly at: number;
  readonly run: (client: Client, process: Process) => Task;
}

export const create = (object: KubeObject): Deed['run'] =>
  function* (client): Task {
    const resource = object.kind === 'Node' ? NODES : PODS;
    const made = yield* client.create(resource, object.metadata.namespace, object);
    if (!made.ok) throw new Error(`${object.kind} ${object.metadata.name}: ${made.status.message ?? ''}`);
    if (made.ok && object.kind === 'Node') {
      // Admission taints every new node as not ready; no controller is there to take that back.
      const ready = yield* client.update(NODES, { ...made.object, spec: object['spec'] } as KubeObject);
      if (ready.ok) yield* client.updateStatus(NODES, { ...ready.object, status: object['status'] } as KubeObject);
    }
  };

export const remove = (kind: 'Node' | 'Pod', name: string): Deed['run'] =>
  function* (client): Task {
    if (kind === 'Node') yield* client.delete(NODES, undefined, name);
    else yield* client.delete(PODS, 'default', name, { gracePeriodSeconds: 0 });
  };

export interface World {
  readonly kernel: Kernel;
  /** All nodes that each pod (by UID) was ever seen on. */
  readonly placements: ReadonlyMap<string, ReadonlySet<string>>;
  readonly scheduler: (id?: string) => SchedulerState;
  run(us: number): void;
  pods(): Pod[];
  pod(name: string): Pod | undefined;
  nodes(): Node[];
  events(): KubeObject[];
}

/** How long the API server takes to create the objects of a fresh cluster, µs. */
const BOOT = 2_000_000;

/** Starts the world; deeds begin once the API server is up. */
export const world = (
  deeds: readonly Deed[],
  schedulers: readonly Partial<SchedulerOptions>[] = [{}],
  seed = 'scheduler',
): World => {
  const placements = new Map<string, Set<string>>();
  const kernel = new Kernel({ seed, network: new PlainNetwork({ default: { min: 500, max: 1_500 } }) });
  const seen: { pods: Pod[]; nodes: Node[]; events: KubeObject[] } = { pods: [], nodes: [], events: [] };
  kernel.spawn(etcd({}));
  kernel.spawn(kubeApiServer({ epoch: EPOCH }));
  for (const options of schedulers)
    kernel.spawn(kubeScheduler({ servers: ['kube-apiserver'], epoch: EPOCH, ...options }));
  kernel.spawn({
    id: 'hand',
    type: 'hand',
    behavior: processBehavior((process) => {
      const client = new Client(process, { servers: ['kube-apiserver'], user: USER, userAgent: 'hand' });
      process.after('deed', BOOT - 100_000, () => process.go(createServiceAccount(client)));
      for (const deed of deeds) process.after('deed', BOOT + deed.at, () => process.go(deed.run(client, process)));
      const pods = new SharedInformerFactory(process, client).informer<Pod>(PODS);
      const note = ({ metadata, spec }: Pod): void => {
        if (!spec.nodeName) return;
        const nodes = placements.get(metadata.uid) ?? new Set<string>();
        placements.set(metadata.uid, nodes.add(spec.nodeName));
      };
      pods.addEventHandler({ add: note, update: (_old, pod) => note(pod) });
      pods.start();
      process.on<{ kind: 'look' }>('look', () => process.go(look(client, seen)));
    }),
  });
  const run = (us: number): void => {
    kernel.run({ until: kernel.now + us });
  };
  const fresh = (): typeof seen => {
    kernel.input('hand', { kind: 'look' });
    run(50_000);
    return seen;
  };
  run(BOOT);
  return {
    kernel,
    placements,
    run,
    scheduler: (id = 'kube-scheduler') => schedulerState(kernel.state(id)) as SchedulerState,
    pods: () => fresh().pods,
    pod: (name) => fresh().pods.find(({ metadata }) => metadata.name === name),
    nodes: () => fresh().nodes,
    events: () => fresh().events,
  };
};

/** No controller makes the account that admission gives to pods. */
function* createServiceAccount(client: Client): Task {
  const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'default' } };
  yield* client.create(SERVICE_ACCOUNTS, 'default', body);
}

function* look(client: Client, seen: { pods: Pod[]; nodes: Node[]; events: KubeObject[] }): Task {
  const pods = yield* client.list<Pod>(PODS);
  const nodes = yield* client.list<Node>(NODES);
  const events = yield* client.list({ group: '', version: 'v1', resource: 'events' });
  if (pods.ok) seen.pods = [...pods.object.items];
  if (nodes.ok) seen.nodes = [...nodes.object.items];
  if (events.ok) seen.events = [...events.object.items];
}
