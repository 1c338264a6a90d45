/**
 * How many pods a second a whole simulated cluster schedules, on the workloads of upstream's scheduler_perf at 5,000 nodes.
 *
 * As there, nodes are objects without kubelets, and clients may send 5,000 requests a second; unlike there, the controller manager runs
 * too. Measured is all that happens from the creation of the measured pods until they are bound: the API server's whole way of
 * each request, etcd, watches, caches, decisions, events. Next to each result stand upstream's threshold and the ratio.
 */
import { performance } from 'node:perf_hooks';
import type { ApiRequest } from '../models/kubernetes/api/message.ts';
import { DEFAULT_CONFIG } from '../models/kubernetes/cluster/config.ts';
import { GATEWAY, gatewayState } from '../models/kubernetes/cluster/gateway.ts';
import { createCluster, type Simulation } from '../models/kubernetes/cluster/simulation.ts';
import type { Process } from '../models/kubernetes/client/process.ts';
import type { KubeObject, Pod } from '../models/kubernetes/object/types.ts';
import { schedulerState } from '../models/kubernetes/scheduler/scheduler.ts';
import type { Message } from '../src/index.ts';
import { throughput } from './scheduler/throughput.ts';
import { nodeOf, plain, WORKLOADS, type Workload } from './scheduler/workloads.ts';

/** API client QPS of scheduler_perf. */
const QPS = 5000;
/** How far the cluster runs between two looks, in µs, and how long it may take at most. */
const LOOK_EVERY = 100_000;
const GIVE_UP = 600_000_000;
const ADMIN = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

class Bench {
  readonly cluster: Simulation;
  #nextId = 1;

  constructor() {
    this.cluster = createCluster({
      ...DEFAULT_CONFIG,
      nodes: 0,
      timing: 'zero',
      gateway: true,
      disable: ['kubelet', 'kube-proxy', 'coredns'],
      controllerManager: { qps: QPS, burst: QPS },
      schedulers: [{ configuration: { clientConnection: { qps: QPS, burst: QPS } } }],
      freeze: false,
      guard: false,
    });
    this.cluster.runFor(10_000_000);
    this.create('priorityclasses', { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'priority-10' }, value: 10 } as unknown as KubeObject, 'scheduling.k8s.io');
    this.cluster.runFor(1_000_000);
  }

  create(resource: string, object: KubeObject, group = ''): void {
    const { namespace } = object.metadata;
    const request: ApiRequest = {
      kind: 'api.request', id: this.#nextId++, verb: 'create', group, version: 'v1', resource, body: object, user: ADMIN, userAgent: 'scheduler_perf',
      ...(namespace === undefined ? {} : { namespace }),
    };
    this.cluster.kernel.input(GATEWAY, { kind: 'gateway.submit', request } as Message);
  }

  get scheduled(): number {
    return schedulerState(this.cluster.kernel.state('kube-scheduler'))?.counters.scheduled ?? 0;
  }

  runUntilScheduled(count: number): void {
    const end = this.cluster.now + GIVE_UP;
    while (this.scheduled < count && this.cluster.now < end) {
      this.cluster.kernel.run({ until: this.cluster.now + LOOK_EVERY });
      this.#checkAnswers();
    }
  }

  /** Refused requests would make the numbers wrong. */
  #checkAnswers(): void {
    const state = gatewayState(this.cluster.kernel.state(GATEWAY) as Process | undefined);
    for (const message of state?.outbox.splice(0) ?? []) {
      if (message.kind === 'api.response' && message.code >= 400) throw new Error(`a request was refused: ${JSON.stringify(message.body)}`);
    }
  }
}

/** A Ready node: the controller manager takes its first taint away. */
function readyNode(name: string, zone: string | undefined): KubeObject {
  const node = nodeOf(name, zone);
  const { allocatable } = node.status;
  return { ...node, status: { capacity: allocatable, allocatable, conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }] } } as unknown as KubeObject;
}

/** As a user would send it: what the API server fills in is left out. */
function sent({ status: _status, metadata: { uid: _uid, ...metadata }, spec: { tolerations: _tolerations, priority, ...spec }, ...pod }: Pod): KubeObject {
  return { ...pod, metadata, spec: priority === 0 ? spec : { ...spec, priorityClassName: `priority-${priority}` } } as unknown as KubeObject;
}

function prepared(workload: Workload): Bench {
  const bench = new Bench();
  const { zones = [] } = workload;
  for (let i = 0; i < workload.nodes; i++) bench.create('nodes', readyNode(`node-${i}`, zones.length === 0 ? undefined : zones[i % zones.length]));
  bench.cluster.runUntil((cluster) => cluster.list('nodes').filter((node) => (node['spec'] as { taints?: unknown }).taints === undefined).length === workload.nodes, 30_000_000);
  let made = 0;
  for (const [count, make] of workload.initial) {
    const before = bench.scheduled;
    for (let i = 0; i < count; i++) bench.create('pods', sent(make(`init-${made++}`)));
    bench.runUntilScheduled(before + count);
  }
  return bench;
}

function run(workload: Workload): void {
  const bench = prepared(workload);
  const [count, make] = workload.measured;
  const [every, impossible] = workload.churn ?? [0, plain];
  const before = bench.scheduled;
  const started = performance.now();
  for (let i = 0; i < count; i++) {
    bench.create('pods', sent(make(`measured-${i}`)));
    if (every > 0 && i % every === 0) bench.create('pods', sent(impossible(`churn-${i}`)));
  }
  bench.runUntilScheduled(before + count);
  throughput(workload, bench.scheduled - before, (performance.now() - started) / 1000);
}

/** Prints a line for each workload. */
export function schedulingBench(): void {
  const wanted = process.env['KUBETWIN_WORKLOAD'] ?? '';
  for (const workload of WORKLOADS) if (workload.name.includes(wanted)) run(workload);
}
