/**
 * A control plane without machines, for tests of the control loops: etcd, the API server, the controller manager, and one actor that
 * plays user, scheduler and kubelets by writing what they would write.
 */
import { Kernel, PlainNetwork, type ActorSpec, type KernelOptions } from '../../../../src/index.ts';
import { kubeApiServer, type ApiServerOptions } from '../../api-server/server.ts';
import { Client } from '../../client/client.ts';
import { processBehavior, type Process, type Task } from '../../client/process.ts';
import { NODES, PODS } from '../../client/resources.ts';
import { SharedInformerFactory } from '../../client/shared-informer.ts';
import { etcd } from '../../etcd/etcd.ts';
import { rfc3339 } from '../../object/time.ts';
import type { KubeObject, Pod } from '../../object/types.ts';
import { controllerManagerState, kubeControllerManager, type ControllerManagerOptions, type ControllerManagerState } from '../controller-manager.ts';

/** 2026-01-01T00:00:00Z in ms. */
export const EPOCH = 1_767_225_600_000;
const SECOND = 1_000_000;
const USER = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** What the user's script may do. */
export interface Script {
  readonly process: Process;
  readonly client: Client;
  sleep(seconds: number): Task;
}

export interface ControlPlaneOptions {
  readonly seed?: string;
  readonly nodes?: number;
  readonly manager?: Partial<ControllerManagerOptions>;
  readonly kernel?: Partial<KernelOptions>;
  readonly apiServer?: Partial<ApiServerOptions>;
  /** The resources that `list` can show, if not all of them: each costs a watch. */
  readonly watched?: readonly string[];
  /** Further actors. */
  readonly actors?: readonly ActorSpec[];
  /** What becomes of a pod that is to run; default: it becomes Ready and stays. Return false to leave it alone. */
  readonly podLife?: (pod: Pod) => PodLife;
}

/** How a simulated pod lives: seconds until it is ready, and how it ends. */
export interface PodLife {
  readonly readyAfter?: number;
  /** Ends this many seconds after its start. */
  readonly endsAfter?: number;
  readonly phase?: 'Succeeded' | 'Failed';
  readonly exitCode?: number;
}

export interface ControlPlane {
  readonly kernel: Kernel;
  /** Objects of a collection as the API server's user sees them, by key. */
  readonly seen: ReadonlyMap<string, Map<string, KubeObject>>;
  run(seconds: number): void;
  manager(): ControllerManagerState;
  list<T = KubeObject>(resource: string): T[];
}

/** Starts it; `script` runs as the user once the default namespace is there. `watch` names what `list` can show. */
export function controlPlane(script: (script: Script) => Task, options: ControlPlaneOptions = {}): ControlPlane {
  const kernel = new Kernel({ seed: options.seed ?? 'controllers', network: new PlainNetwork({ default: { min: 200, max: 1_000 } }), ...options.kernel });
  const servers = ['kube-apiserver'];
  const seen = new Map<string, Map<string, KubeObject>>();
  kernel.spawn(etcd());
  kernel.spawn(kubeApiServer({ epoch: EPOCH, ...options.apiServer }));
  for (const actor of options.actors ?? []) kernel.spawn(actor);
  kernel.spawn(kubeControllerManager({ servers, epoch: EPOCH, ...options.manager }));
  kernel.spawn({
    id: 'user',
    type: 'user',
    behavior: processBehavior((process) => {
      const client = new Client(process, { servers, user: USER, userAgent: 'test' });
      process.go(user(process, client, script, options, seen));
    }),
  });
  return {
    kernel,
    seen,
    run: (seconds) => void kernel.run({ until: kernel.now + seconds * SECOND }),
    manager: () => controllerManagerState(kernel.state(options.manager?.id ?? 'kube-controller-manager')) as ControllerManagerState,
    list: <T>(resource: string) => [...(seen.get(resource)?.values() ?? [])] as T[],
  };
}

function* user(process: Process, client: Client, script: (script: Script) => Task, options: ControlPlaneOptions, seen: Map<string, Map<string, KubeObject>>): Task {
  const { nodes = 3 } = options;
  yield* process.sleep('user.start', SECOND);
  for (let i = 1; i <= nodes; i++) {
    const name = `node-${i}`;
    yield* client.create(NODES, undefined, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${i}` } } });
    yield* client.patch(NODES, undefined, name, 'application/strategic-merge-patch+json', readyNode(process), { subresource: 'status' });
    process.go(heartbeat(process, client, name));
  }
  watchAll(process, client, seen, options, nodes);
  yield* script({ process, client, sleep: (seconds) => process.sleep('user', seconds * SECOND) });
}

function readyNode(process: Process): unknown {
  const now = rfc3339(EPOCH, process.now);
  return { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', lastHeartbeatTime: now, lastTransitionTime: now }], allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, capacity: { cpu: '4', memory: '8Gi', pods: '110' } } };
}

function* heartbeat(process: Process, client: Client, node: string): Task {
  for (;;) {
    yield* process.sleep('heartbeat', 20 * SECOND);
    const now = rfc3339(EPOCH, process.now);
    yield* client.patch(NODES, undefined, node, 'application/strategic-merge-patch+json', { status: { conditions: [{ type: 'Ready', lastHeartbeatTime: now }] } }, { subresource: 'status' });
  }
}

/** What tests look at. */
const WATCHED = [
  ['', 'v1', 'pods'], ['apps', 'v1', 'deployments'], ['apps', 'v1', 'replicasets'], ['apps', 'v1', 'statefulsets'], ['apps', 'v1', 'daemonsets'], ['batch', 'v1', 'jobs'],
  ['batch', 'v1', 'cronjobs'], ['', 'v1', 'services'], ['', 'v1', 'endpoints'], ['discovery.k8s.io', 'v1', 'endpointslices'], ['', 'v1', 'events'], ['', 'v1', 'namespaces'],
  ['', 'v1', 'nodes'], ['', 'v1', 'configmaps'], ['', 'v1', 'serviceaccounts'], ['policy', 'v1', 'poddisruptionbudgets'], ['', 'v1', 'resourcequotas'], ['', 'v1', 'replicationcontrollers'],
  ['autoscaling', 'v2', 'horizontalpodautoscalers'], ['storage.k8s.io', 'v1', 'storageclasses'], ['storage.k8s.io', 'v1', 'volumeattachments'], ['certificates.k8s.io', 'v1', 'certificatesigningrequests'], ['rbac.authorization.k8s.io', 'v1', 'clusterroles'], ['', 'v1', 'persistentvolumeclaims'], ['', 'v1', 'persistentvolumes'], ['apps', 'v1', 'controllerrevisions'], ['', 'v1', 'secrets'],
] as const;

function watchAll(process: Process, client: Client, seen: Map<string, Map<string, KubeObject>>, options: ControlPlaneOptions, nodes: number): void {
  const factory = new SharedInformerFactory(process, client);
  for (const [group, version, resource] of WATCHED) {
    if (options.watched?.includes(resource) === false) continue;
    const objects = new Map<string, KubeObject>();
    seen.set(resource, objects);
    const key = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
    factory.informer({ group, version, resource }).addEventHandler({
      add: (object) => {
        objects.set(key(object), object);
        if (resource === 'pods') process.go(live(process, client, object as Pod, options, nodes, objects));
      },
      update: (old, object) => {
        objects.set(key(object), object);
        if (resource !== 'pods') return;
        if (object.metadata.deletionTimestamp !== undefined && old.metadata.deletionTimestamp === undefined) process.go(die(process, client, object as Pod));
      },
      delete: (object) => objects.delete(key(object)),
    });
  }
  factory.start();
}

function* live(process: Process, client: Client, pod: Pod, options: ControlPlaneOptions, nodes: number, pods: ReadonlyMap<string, KubeObject>): Task {
  const { namespace, name, uid } = pod.metadata;
  if (nodes === 0 || pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return;
  const { readyAfter = 0.5, endsAfter, phase = 'Succeeded', exitCode = phase === 'Succeeded' ? 0 : 1 } = options.podLife?.(pod) ?? {};
  const isHere = (): boolean => pods.get(`${namespace ?? ''}/${name}`)?.metadata.uid === uid;
  if (!pod.spec.nodeName) {
    const wanted = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
    const target = { apiVersion: 'v1', kind: 'Node', name: wanted ?? `node-${process.choose('schedule', nodes) + 1}` };
    yield* client.call('create', PODS, { ...(namespace ? { namespace } : {}), name, subresource: 'binding', body: { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target } });
  }
  yield* process.sleep('pod', readyAfter * SECOND);
  if (!isHere()) return;
  yield* client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', { status: running(process, pod, true) }, { subresource: 'status' });
  if (endsAfter === undefined) return;
  yield* process.sleep('pod', endsAfter * SECOND);
  if (!isHere()) return;
  yield* client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', { status: ended(process, pod, phase, exitCode) }, { subresource: 'status' });
}

function* die(process: Process, client: Client, pod: Pod): Task {
  const { namespace, name } = pod.metadata;
  yield* process.sleep('pod', SECOND);
  yield* client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', { status: running(process, pod, false) }, { subresource: 'status' });
  yield* client.delete(PODS, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
}

function running(process: Process, pod: Pod, ready: boolean): unknown {
  const now = rfc3339(EPOCH, process.now);
  const status = ready ? 'True' : 'False';
  const ip = `10.244.0.${(Number(pod.metadata.resourceVersion) % 250) + 1}`;
  return {
    phase: 'Running', podIP: ip, podIPs: [{ ip }], startTime: now,
    conditions: [{ type: 'Ready', status, lastTransitionTime: now }, { type: 'ContainersReady', status, lastTransitionTime: now }],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({ name, image, imageID: '', ready, restartCount: 0, started: ready, state: { running: { startedAt: now } } })),
  };
}

function ended(process: Process, pod: Pod, phase: string, exitCode: number): unknown {
  const now = rfc3339(EPOCH, process.now);
  return {
    phase,
    conditions: [{ type: 'Ready', status: 'False', reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted', lastTransitionTime: now }],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({ name, image, imageID: '', ready: false, restartCount: 0, started: false, state: { terminated: { exitCode, finishedAt: now, startedAt: now, reason: exitCode === 0 ? 'Completed' : 'Error' } } })),
  };
}
