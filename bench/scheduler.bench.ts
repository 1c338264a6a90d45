/**
 * How many pods a second the scheduler's core decides, on the workloads of upstream's scheduler_perf at 5,000 nodes.
 *
 * Measured: queue, snapshot, filters, scores, choice, assume and the binding's confirmation; not the API server (the group `scheduling`
 * has the whole cluster). Next to each result stand upstream's threshold and the ratio.
 */
import { performance } from 'node:perf_hooks';
import type { Namespace, Pod } from '../models/kubernetes/object/types.ts';
import { assumedPod, Cache } from '../models/kubernetes/scheduler/cache/cache.ts';
import { profilesOf } from '../models/kubernetes/scheduler/config/profiles.ts';
import { inTreeRegistry } from '../models/kubernetes/scheduler/config/registry.ts';
import type { Profile } from '../models/kubernetes/scheduler/framework/profile.ts';
import { staticListers } from '../models/kubernetes/scheduler/framework/static-listers.ts';
import { ASSIGNED_POD_ADD, ASSIGNED_POD_DELETE } from '../models/kubernetes/scheduler/queue/pod-change.ts';
import { SchedulingQueue } from '../models/kubernetes/scheduler/queue/scheduling-queue.ts';
import { SchedulingCycle } from '../models/kubernetes/scheduler/scheduling-cycle.ts';
import { Sfc32, stream } from '../src/index.ts';
import { nodeOf, plain, WORKLOADS, type Workload } from './scheduler/workloads.ts';
import { throughput } from './scheduler/throughput.ts';

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
  throughput(workload, bench.scheduled - before, seconds);
};

/** Prints a line for each workload. */
export function schedulerBench(): void {
  const wanted = process.env['KUBETWIN_WORKLOAD'] ?? '';
  for (const workload of WORKLOADS) if (workload.name.includes(wanted)) run(workload);
}
