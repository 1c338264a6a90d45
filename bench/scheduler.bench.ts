/**
 * How many pods a second the scheduler's core decides, on the workloads of upstream's scheduler_perf at 5,000 nodes.
 *
 * Measured: queue, snapshot, filters, scores, choice, assume and the binding's confirmation; not the API server. Next to
 * each result stand upstream's threshold (test/integration/scheduler_perf, minimum average throughput) and the ratio.
 * Run: `npx tsx bench/scheduler.bench.ts [name-part]`.
 */
import { performance } from 'node:perf_hooks';
import type { Namespace, Node, Pod } from '../models/kubernetes/object/types.ts';
import { assumedPod, Cache } from '../models/kubernetes/scheduler/cache/cache.ts';
import { profilesOf } from '../models/kubernetes/scheduler/config/profiles.ts';
import { inTreeRegistry } from '../models/kubernetes/scheduler/config/registry.ts';
import type { Profile } from '../models/kubernetes/scheduler/framework/profile.ts';
import { staticListers } from '../models/kubernetes/scheduler/framework/static-listers.ts';
import { ASSIGNED_POD_ADD, ASSIGNED_POD_DELETE } from '../models/kubernetes/scheduler/queue/pod-change.ts';
import { SchedulingQueue } from '../models/kubernetes/scheduler/queue/scheduling-queue.ts';
import { SchedulingCycle } from '../models/kubernetes/scheduler/scheduling-cycle.ts';
import { Sfc32, stream } from '../src/index.ts';

type PodMaker = (name: string) => Pod;

interface Workload {
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

const nodeOf = (name: string, zone: string | undefined): Node =>
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
const plain = pod(SMALL);
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

const WORKLOADS: readonly Workload[] = [
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
    initial: [[2000, pod({ cpu: '900m', memory: '500Mi' })]], measured: [500, pod({ cpu: '3000m', memory: '500Mi' }, { priority: 10 })],
  },
  {
    name: 'Unschedulable', nodes: 5000, threshold: 250, initial: [], measured: [10000, plain],
    churn: [50, pod({ cpu: '9', memory: '500Mi' })],
  },
];

class Bench {
  readonly #cache = new Cache();
  readonly #queue: SchedulingQueue;
  readonly #cycle = new SchedulingCycle();
  readonly #profile: Profile;
  readonly #listers;
  readonly #random: Sfc32;
  #time = 0;
  scheduled = 0;

  constructor(workload: Workload) {
    const profiles = profilesOf({}, inTreeRegistry());
    if (profiles._tag === 'Left') throw new Error(profiles.left);
    this.#profile = profiles.right.get('default-scheduler') as Profile;
    this.#queue = new SchedulingQueue({ now: () => this.#time, profiles: profiles.right });
    const namespaces = [{ metadata: { name: 'default', labels: {} } } as unknown as Namespace, ...(workload.namespaces ?? [])];
    this.#listers = staticListers({ namespaces });
    this.#random = stream('bench', workload.name);
    const zones = workload.zones ?? [];
    for (let i = 0; i < workload.nodes; i += 1) {
      this.#cache.addNode(nodeOf(`node-${i}`, zones.length === 0 ? undefined : zones[i % zones.length]));
    }
  }

  add(created: Pod): void {
    this.#queue.add(created);
  }

  /** Tries everything that is in the active queue. */
  drain(): void {
    for (let queued = this.#queue.pop(); queued !== undefined; queued = this.#queue.pop()) {
      this.#time += 1000;
      const decision = this.#cycle.run(
        {
          snapshot: this.#cache.snapshot(),
          listers: this.#listers,
          nominations: this.#queue.nominations,
          choose: (_kind, n) => this.#random.below(n),
          explain: false,
        },
        this.#profile,
        queued.info,
      );
      if (decision.kind === 'scheduled') {
        this.#cache.assume(queued.info, decision.node);
        this.#queue.nominations.delete(queued.info.uid);
        this.#queue.done(queued.info.uid);
        const bound = assumedPod(queued.info.pod, decision.node);
        this.#cache.addPod(bound);
        this.#queue.move(ASSIGNED_POD_ADD, undefined, bound);
        this.scheduled += 1;
        continue;
      }
      if (decision.kind === 'error') throw new Error(decision.message);
      queued.unschedulablePlugins = decision.diagnosis.unschedulablePlugins;
      const preemption = decision.postFilter?.preemption;
      this.#queue.addUnschedulable(queued);
      this.#queue.nominations.add(queued.info, decision.postFilter?.nominate);
      for (const victim of preemption?.victims ?? []) {
        this.#cache.removePod(victim.uid);
        this.#queue.move(ASSIGNED_POD_DELETE, victim.pod, undefined);
      }
    }
  }

  /** Lets backoffs pass until nothing is left to try. */
  settle(wanted: number): void {
    for (let rounds = 0; rounds < 100 && this.scheduled < wanted; rounds += 1) {
      this.drain();
      this.#time += 10_000_000;
      this.#queue.flushBackoff();
    }
    this.drain();
  }
}

const run = (workload: Workload): void => {
  const bench = new Bench(workload);
  let made = 0;
  for (const [count, make] of workload.initial) {
    for (let i = 0; i < count; i += 1) bench.add(make(`init-${made++}`));
    bench.drain();
  }
  const [count, make] = workload.measured;
  const pods = Array.from({ length: count }, (_, i) => make(`measured-${i}`));
  const before = bench.scheduled;
  const start = performance.now();
  pods.forEach((created, i) => {
    bench.add(created);
    const [every, impossible] = workload.churn ?? [0, plain];
    if (every > 0 && i % every === 0) bench.add(impossible(`churn-${i}`));
    if (i % 100 === 99) bench.drain();
  });
  bench.settle(before + count);
  const seconds = (performance.now() - start) / 1000;
  const done = bench.scheduled - before;
  const rate = done / seconds;
  const line = [workload.name.padEnd(36), `${done}/${count}`.padStart(12), `${Math.round(rate)} pods/s`.padStart(16)];
  console.log(`${line.join(' ')}   upstream ≥ ${workload.threshold}   ×${(rate / workload.threshold).toFixed(1)}`);
};

const wanted = process.argv[2] ?? '';
for (const workload of WORKLOADS) if (workload.name.includes(wanted)) run(workload);
