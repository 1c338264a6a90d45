/**
 * The eviction manager: keeps a node alive that runs out of memory, disk or process ids (pkg/kubelet/eviction).
 *
 * Promises: at most one pod is evicted for a threshold in one round, and no critical one; a node condition stays for the
 * transition period after it was last observed. Upstream looks every ten seconds; here a round is left out when nothing has
 * been used since the last one and no threshold is near its end.
 */
import { parseDuration } from '../../../../src/cli/duration.ts';
import type { NodeStats } from '../../api/cri.ts';
import type { Process, Task, TimerHandle } from '../../client/process.ts';
import type { core, Pod } from '../../object/types.ts';
import type { CriClient } from '../cri-client.ts';
import { isCritical } from '../node/admission.ts';
import type { KubeletConfiguration } from '../options.ts';
import { storageViolation } from './local-storage.ts';
import { evictionMessage } from './message.ts';
import { usageByPod } from './pod-usage.ts';
import { rank } from './rank.ts';
import { type Observation, observe, type Signal, SIGNALS, type Threshold, thresholdsMet, thresholdsOf } from './threshold.ts';

/** eviction_manager.go: evictionMonitoringPeriod, podCleanupTimeout; a hard eviction gives one second. */
const PERIOD_US = 10_000_000;
const HARD_GRACE_SECONDS = 1;
const REASON = 'Evicted';

type Condition = { readonly type: string; readonly status: 'True'; readonly reason: string; readonly message: string };

export interface EvictionHooks {
  /** Pods that have not ended. */
  activePods(): readonly Pod[];
  podEvent(pod: Pod, type: 'Warning', reason: string, message: string): void;
  nodeEvent(type: 'Warning', reason: string, message: string): void;
  /** Stops a pod; returns when it is over. */
  kill(pod: Pod, graceSeconds: number, status: (status: core.PodStatus) => core.PodStatus): Task;
  withCondition(status: core.PodStatus, condition: Condition): core.PodStatus;
  /** The node's pressure conditions have changed. */
  pressureChanged(): void;
  /** Removes dead containers and unused images. */
  reclaimDisk(): Task;
}

export class EvictionManager {
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #hooks: EvictionHooks;
  readonly #thresholds: readonly Threshold[];
  readonly #transitionUs: number;
  readonly #maxGraceSeconds: number;
  readonly #startedUs: number;
  #met: readonly Threshold[] = [];
  readonly #firstMetUs = new Map<Threshold, number>();
  readonly #lastSeenUs = new Map<string, number>();
  #pressures: readonly string[] = [];
  #timer: TimerHandle | undefined;
  #isBusy = false;
  #isDirty = false;

  constructor(process: Process, cri: CriClient, configuration: KubeletConfiguration, hooks: EvictionHooks) {
    this.#process = process;
    this.#cri = cri;
    this.#hooks = hooks;
    this.#thresholds = thresholdsOf(configuration);
    this.#transitionUs = parseDuration(configuration.evictionPressureTransitionPeriod ?? '5m') ?? 300_000_000;
    this.#maxGraceSeconds = configuration.evictionMaxPodGracePeriod ?? 0;
    this.#startedUs = process.now;
  }

  /** Conditions that hold: MemoryPressure, DiskPressure, PIDPressure. */
  get pressures(): readonly string[] {
    return this.#pressures;
  }

  /** Usage on the node has changed: the next round has something to look at. */
  usageChanged(): void {
    this.#isDirty = true;
    this.#schedule(this.#nextRoundUs());
  }

  #nextRoundUs(): number {
    const passed = (this.#process.now - this.#startedUs) % PERIOD_US;
    return PERIOD_US - passed;
  }

  #schedule(delayUs: number): void {
    if (this.#timer !== undefined || this.#isBusy) return;
    this.#timer = this.#process.after('eviction', delayUs, () => {
      this.#timer = undefined;
      this.#process.go(this.#round());
    });
  }

  *#round(): Task {
    this.#isBusy = true;
    this.#isDirty = false;
    const stats = yield* this.#cri.call('NodeStats', {});
    const evicted = stats.ok && (yield* this.#synchronize(stats.value));
    this.#isBusy = false;
    // After an eviction the next round follows as soon as the victim is gone.
    if (evicted) this.#schedule(0);
    else if (this.#isDirty || this.#met.length > 0 || this.#pressures.length > 0 || !stats.ok) this.#schedule(this.#nextRoundUs());
  }

  /** One round; true when pods were evicted. */
  *#synchronize(stats: NodeStats): Task<boolean> {
    const observations = observe(stats);
    const { now } = this.#process;
    const unresolved = thresholdsMet(this.#met, observations, true);
    const met = [...new Set([...thresholdsMet(this.#thresholds, observations, false), ...unresolved])];
    for (const threshold of [...this.#firstMetUs.keys()]) if (!met.includes(threshold)) this.#firstMetUs.delete(threshold);
    for (const threshold of met) if (!this.#firstMetUs.has(threshold)) this.#firstMetUs.set(threshold, now);
    this.#noteConditions(met, now);
    this.#met = met.filter((threshold) => now - (this.#firstMetUs.get(threshold) ?? now) >= threshold.graceUs);
    // Soft thresholds whose grace period is not over are looked at again.
    if (met.length > this.#met.length) this.#isDirty = true;
    const usages = usageByPod(stats);
    const pods = this.#hooks.activePods();
    const violators = pods.flatMap((pod) => {
      const usage = usages.get(pod.metadata.uid);
      const message = usage === undefined ? undefined : storageViolation(pod, usage);
      return message === undefined || isCritical(pod) ? [] : [{ pod, message }];
    });
    if (violators.length > 0) {
      for (const { pod, message } of violators) yield* this.#evict(pod, HARD_GRACE_SECONDS, message, undefined);
      return true;
    }
    return this.#met.length > 0 && (yield* this.#reclaim(stats, observations, pods));
  }

  #noteConditions(met: readonly Threshold[], now: number): void {
    for (const { signal } of met) this.#lastSeenUs.set(SIGNALS[signal].condition, now);
    for (const [condition, seenUs] of [...this.#lastSeenUs]) if (now - seenUs >= this.#transitionUs) this.#lastSeenUs.delete(condition);
    const pressures = [...this.#lastSeenUs.keys()].sort((a, b) => (a < b ? -1 : 1));
    const isSame = pressures.join() === this.#pressures.join();
    this.#pressures = pressures;
    if (!isSame) this.#hooks.pressureChanged();
  }

  *#reclaim(stats: NodeStats, observations: Readonly<Record<Signal, Observation>>, pods: readonly Pod[]): Task<boolean> {
    // Memory first, then in the order of the configuration.
    const [threshold] = [...this.#met].sort((a, b) => Number(b.signal === 'memory.available') - Number(a.signal === 'memory.available'));
    if (threshold === undefined) return false;
    const { resource, condition } = SIGNALS[threshold.signal];
    this.#hooks.nodeEvent('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    if (condition === 'DiskPressure') {
      yield* this.#hooks.reclaimDisk();
      const again = yield* this.#cri.call('NodeStats', {});
      if (again.ok && thresholdsMet(this.#thresholds, observe(again.value), false).length === 0) return false;
    }
    const usages = usageByPod(stats);
    for (const pod of rank(pods, usages, threshold.signal)) {
      if (isCritical(pod)) continue;
      const grace = threshold.graceUs === 0 ? HARD_GRACE_SECONDS : Math.min(this.#maxGraceSeconds, pod.spec.terminationGracePeriodSeconds ?? this.#maxGraceSeconds);
      const message = evictionMessage(resource, pod, usages.get(pod.metadata.uid), this.#met, observations);
      yield* this.#evict(pod, grace, message, { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message });
      return true;
    }
    return false;
  }

  *#evict(pod: Pod, graceSeconds: number, message: string, condition: Condition | undefined): Task {
    this.#hooks.podEvent(pod, 'Warning', REASON, message);
    yield* this.#hooks.kill(pod, graceSeconds, (status) => {
      const failed = { ...status, phase: 'Failed', reason: REASON, message };
      return condition === undefined ? failed : this.#hooks.withCondition(failed, condition);
    });
  }
}
