/**
 * What the kubelet does when its sources, the PLEG or a probe tell it something (pkg/kubelet/kubelet.go: `HandlePodAdditions`,
 * `HandlePodUpdates`, `HandlePodRemoves`, `HandlePodReconcile`, `HandlePodSyncs`, `HandlePodCleanups`).
 *
 * Promises: a pod is admitted once, in the order of creation after a start; what the kubelet itself wrote tells it nothing.
 */
import type { Process, Task } from '../client/process.ts';
import { equal } from '../object/equal.ts';
import { qosClassOf } from '../object/resources.ts';
import { rfc3339 } from '../object/time.ts';
import type { core, Node, Pod } from '../object/types.ts';
import type { ContainerManager } from './cm/container-manager.ts';
import type { Garbage } from './container/garbage.ts';
import { isMirror, isStatic, type Mirrors } from './config/static-pods.ts';
import { admit, isCritical, type Rejection } from './node/admission.ts';
import { matchesNode, tolerates } from './node/node-match.ts';
import { podsToPreempt } from './node/preemption.ts';
import type { Pleg, PlegEvent } from './pleg.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { ProbeKind, ProbeResult } from './probe/prober.ts';
import { withCondition, withContainer } from './status/api-status.ts';
import { readyCondition, containersReadyCondition } from './status/generate.ts';
import type { StatusManager } from './status/status-manager.ts';

/** kubelet.go: housekeepingPeriod. */
const HOUSEKEEPING_US = 2_000_000;
const PREEMPTION = 'Pod was preempted by Kubelet to accommodate a critical pod.';

export interface SyncLoopParts {
  readonly process: Process;
  readonly workers: PodWorkers;
  readonly statuses: StatusManager;
  readonly pleg: Pleg;
  readonly mirrors: Mirrors;
  readonly garbage: Garbage;
  /** Undefined when no resources are managed. */
  readonly containers: ContainerManager | undefined;
}

export interface SyncLoopHooks {
  readonly epoch: number;
  node(): Node | undefined;
  pressures(): readonly string[];
  isShuttingDown(): boolean;
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** A readiness result came in: the status with it. */
  withReadiness(pod: Pod, status: core.PodStatus, containerId: string, ready: boolean): core.PodStatus;
}

export class SyncLoop {
  private readonly parts: SyncLoopParts;
  private readonly hooks: SyncLoopHooks;
  /** Pods as their sources show them, by uid; mirrors are not among them. */
  private readonly desired = new Map<string, Pod>();
  private readonly startedUs: number;
  private isHousekeepingDue = false;
  private isReady = false;

  constructor(parts: SyncLoopParts, hooks: SyncLoopHooks) {
    this.parts = parts;
    this.hooks = hooks;
    this.startedUs = parts.process.now;
  }

  get pods(): Pod[] {
    return [...this.desired.values()];
  }

  pod(uid: string): Pod | undefined {
    return this.desired.get(uid);
  }

  /** What carries a pod's status in the API. */
  shown(uid: string): Pod | undefined {
    const pod = this.desired.get(uid);
    return pod !== undefined && isStatic(pod) ? this.parts.mirrors.of(pod) : pod;
  }

  /** Pods that are neither over nor asked to stop. */
  get active(): Pod[] {
    return this.pods.filter(({ metadata, status }) => {
      const phase = this.parts.statuses.get(metadata.uid)?.phase ?? status.phase;
      return phase !== 'Failed' && phase !== 'Succeeded' && !this.parts.workers.isTerminationRequested(metadata.uid);
    });
  }

  /** Everything that the sources had at the start has been handed over: what is not there may be removed. */
  sourcesReady(): void {
    this.isReady = true;
    this.housekeepLater();
  }

  /** Pods that are new to the kubelet, the oldest first. */
  added(pods: readonly Pod[]): void {
    const byAge = [...pods].sort((a, b) => compare(String(a.metadata.creationTimestamp ?? ''), String(b.metadata.creationTimestamp ?? '')) || compare(a.metadata.uid, b.metadata.uid));
    for (const pod of byAge) this.add(pod);
  }

  private add(pod: Pod): void {
    if (isMirror(pod)) return this.mirrorChanged(pod);
    const { workers, process } = this.parts;
    this.desired.set(pod.metadata.uid, pod);
    const isOver = pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded';
    if (workers.isTerminationRequested(pod.metadata.uid) || isOver || pod.metadata.deletionTimestamp !== undefined) {
      workers.update({ type: 'create', pod });
      return;
    }
    const others = this.active.filter(({ metadata }) => metadata.uid !== pod.metadata.uid && !this.rejected.has(metadata.uid));
    const rejection = this.reject(pod, others);
    if (rejection === undefined) workers.update({ type: 'create', pod });
    else if (rejection.shortage === undefined || !isCritical(pod)) this.turnAway(pod, rejection);
    else process.go(this.preempt(pod, others, rejection));
  }

  private readonly rejected = new Set<string>();
  private readonly untold: string[] = [];

  private reject(pod: Pod, others: readonly Pod[]): Rejection | undefined {
    const node = this.hooks.node();
    if (node === undefined) return undefined;
    const { containers } = this.parts;
    const allocate = containers === undefined ? {} : { allocate: (wanting: Pod) => containers.admit(wanting, this.isReady ? (uid) => this.holdsResources(uid) : undefined) };
    return admit(pod, { node, others, pressures: this.hooks.pressures(), isShuttingDown: this.hooks.isShuttingDown(), matchesNode, tolerates, ...allocate });
  }

  /** filterOutInactivePods: a pod keeps what it has until it has terminated; one that was turned away has nothing. */
  private holdsResources(uid: string): boolean {
    const pod = this.desired.get(uid);
    if (pod === undefined) return false;
    const worker = this.parts.workers.phaseOf(uid);
    if (worker === 'terminated' || worker === 'finished') return false;
    const isOver = [pod.status.phase, this.parts.statuses.get(uid)?.phase].some((phase) => phase === 'Failed' || phase === 'Succeeded');
    return !isOver || worker === 'terminating';
  }

  private turnAway(pod: Pod, { reason, message }: Rejection): void {
    const { statuses, process } = this.parts;
    this.rejected.add(pod.metadata.uid);
    if (!this.isReady) this.untold.push(pod.metadata.uid);
    this.hooks.event(pod, 'Warning', reason, message);
    const startTime = rfc3339(this.hooks.epoch, process.now);
    statuses.set(pod, { phase: 'Failed', qosClass: qosClassOf(pod), reason, message: `Pod was rejected: ${message}`, startTime } as core.PodStatus);
  }

  /** Stops other pods to make room for a critical one, as long as that helps. */
  private *preempt(pod: Pod, others: readonly Pod[], first: Rejection): Task {
    let rejection: Rejection | undefined = first;
    while (rejection?.shortage !== undefined) {
      const victims = podsToPreempt(pod, this.active.filter((other) => others.includes(other)), [rejection.shortage]);
      if (victims === undefined || victims.length === 0) break;
      for (const victim of victims) yield* this.stopForRoom(victim);
      rejection = this.reject(pod, this.active.filter(({ metadata }) => metadata.uid !== pod.metadata.uid));
    }
    if (rejection === undefined) this.parts.workers.update({ type: 'create', pod });
    else this.turnAway(pod, rejection);
  }

  private *stopForRoom(victim: Pod): Task {
    this.hooks.event(victim, 'Warning', 'Preempting', 'Preempted in order to admit critical pod');
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: PREEMPTION } as const;
    yield* this.kill(victim, victim.spec.terminationGracePeriodSeconds ?? 30, false, (status) =>
      withCondition({ ...status, phase: 'Failed', reason: 'Preempting', message: 'Preempted in order to admit critical pod' }, condition, this.clock),
    );
  }

  private get clock(): { readonly epoch: number; readonly now: number } {
    return { epoch: this.hooks.epoch, now: this.parts.process.now };
  }

  /** killPodNow: stops a pod and waits until it is over, or one and a half grace periods. */
  *kill(pod: Pod, graceSeconds: number, evict: boolean, status: (status: core.PodStatus) => core.PodStatus): Task {
    const { workers } = this.parts;
    workers.update({ type: 'kill', pod: this.desired.get(pod.metadata.uid) ?? pod, kill: { graceSeconds, evict, status } });
    const isOver = yield* workers.terminated(pod.metadata.uid, Math.max(10, 1.5 * graceSeconds) * 1_000_000);
    if (!isOver) this.hooks.event(pod, 'Warning', 'ExceededGracePeriod', 'Container runtime did not kill the pod within specified grace period.');
  }

  updated(before: Pod, pod: Pod): void {
    const { uid } = pod.metadata;
    if (before.metadata.uid !== uid) {
      // The watch missed that the old one went.
      this.removed(before);
      this.added([pod]);
      return;
    }
    if (isMirror(pod)) return this.mirrorChanged(pod);
    if (!this.desired.has(uid)) return this.added([pod]);
    this.desired.set(uid, pod);
    const { workers } = this.parts;
    this.parts.statuses.reconcile(uid, pod);
    if (!isMeaningful(before, pod)) {
      if (this.isReadinessStale(pod)) workers.update({ type: 'sync', pod });
      return;
    }
    if (workers.phaseOf(uid) === undefined && pod.metadata.deletionTimestamp === undefined) return;
    workers.update({ type: 'update', pod });
  }

  /** A readiness gate's condition was set by somebody else, and Ready does not show it yet. */
  private isReadinessStale(pod: Pod): boolean {
    if ((pod.spec.readinessGates ?? []).length === 0 || this.parts.workers.phaseOf(pod.metadata.uid) !== 'sync') return false;
    const { conditions = [], containerStatuses = [], initContainerStatuses = [], phase = '' } = pod.status as core.PodStatus;
    const ready = readyCondition(pod, containersReadyCondition(pod, containerStatuses, initContainerStatuses, phase), conditions);
    const shown = conditions.find(({ type }) => type === 'Ready');
    return shown === undefined || shown.status !== ready.status || (shown.reason ?? '') !== (ready.reason ?? '') || (shown.message ?? '') !== (ready.message ?? '');
  }

  removed(pod: Pod): void {
    if (isMirror(pod)) {
      this.parts.mirrors.forget(pod);
      const own = this.staticPodOf(pod);
      if (own !== undefined) this.parts.workers.update({ type: 'sync', pod: own });
      return;
    }
    this.desired.delete(pod.metadata.uid);
    this.rejected.delete(pod.metadata.uid);
    this.parts.workers.remove(pod);
    this.housekeepLater();
  }

  private mirrorChanged(mirror: Pod): void {
    const { mirrors, workers, statuses } = this.parts;
    const isNew = mirrors.of(mirror)?.metadata.uid !== mirror.metadata.uid;
    mirrors.observe(mirror);
    const own = this.staticPodOf(mirror);
    if (own === undefined) this.housekeepLater();
    else if (mirror.metadata.deletionTimestamp !== undefined) workers.update({ type: 'sync', pod: own });
    else if (isNew) statuses.resend(own.metadata.uid);
    else statuses.reconcile(own.metadata.uid, mirror);
  }

  private staticPodOf({ metadata }: Pod): Pod | undefined {
    return this.pods.find((pod) => isStatic(pod) && pod.metadata.name === metadata.name && pod.metadata.namespace === metadata.namespace);
  }

  plegEvents(events: readonly PlegEvent[]): void {
    const { workers, garbage } = this.parts;
    const touched = new Set(events.filter(({ type }) => type !== 'ContainerRemoved').map(({ uid }) => uid));
    for (const uid of touched) {
      const pod = this.desired.get(uid) ?? workers.podOf(uid);
      if (pod !== undefined && workers.phaseOf(uid) !== undefined) workers.update({ type: 'sync', pod });
      else if (pod === undefined) this.housekeepLater();
    }
    for (const { type, uid, id } of events) if (type === 'ContainerDied') garbage.containerDied(uid, id, workers.mayRemoveContent(uid));
  }

  probeChanged(pod: Pod, kind: ProbeKind, containerId: string, result: ProbeResult): void {
    const { uid } = pod.metadata;
    const current = this.desired.get(uid) ?? pod;
    const { statuses, workers } = this.parts;
    const isSuccess = result === 'Success';
    if (kind === 'readiness' && containerId !== '') statuses.change(uid, (status) => this.hooks.withReadiness(current, status, containerId, isSuccess));
    if (kind === 'startup' && containerId !== '') statuses.change(uid, (status) => withContainer(status, containerId, { started: isSuccess }));
    if (kind === 'liveness' && result !== 'Failure') return;
    if (workers.phaseOf(uid) !== undefined) workers.update({ type: 'sync', pod: current });
  }

  housekeepLater(): void {
    if (this.isHousekeepingDue) return;
    this.isHousekeepingDue = true;
    const { process } = this.parts;
    const passed = (process.now - this.startedUs) % HOUSEKEEPING_US;
    process.after('housekeeping', HOUSEKEEPING_US - passed, () => {
      this.isHousekeepingDue = false;
      process.go(this.housekeep());
    });
  }

  /** HandlePodCleanups: forgets what is gone, and removes what it left in the runtime and in the API. */
  private *housekeep(): Task {
    if (!this.isReady) return;
    const { workers, statuses, garbage, pleg, mirrors } = this.parts;
    const gone = [...workers.uids].filter((uid) => workers.phaseOf(uid) === 'finished' && !this.desired.has(uid));
    for (const pod of workers.collect((uid) => this.desired.has(uid))) workers.update({ type: 'create', pod });
    // What was turned away before the sources were known to be complete could not be told as over until now.
    for (const uid of this.untold.splice(0)) statuses.resend(uid);
    statuses.removeOrphans((uid) => this.desired.has(uid) || workers.phaseOf(uid) !== undefined);
    mirrors.removeOrphans((mirror) => this.staticPodOf(mirror) !== undefined || [...workers.uids].some((uid) => isStaticOf(workers.podOf(uid), mirror)));
    for (const uid of gone) yield* garbage.removePod(uid);
    for (const uid of [...pleg.pods]) {
      // Pods that only the runtime knows: they are killed at once (grace 1).
      if (!this.desired.has(uid) && workers.phaseOf(uid) === undefined && !gone.includes(uid)) yield* garbage.killOrphan(uid);
    }
  }
}

const isStaticOf = (pod: Pod | undefined, mirror: Pod): boolean => pod !== undefined && isStatic(pod) && pod.metadata.name === mirror.metadata.name && pod.metadata.namespace === mirror.metadata.namespace;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether more than the status changed, or the readiness of a pod that others decide about, too (`NeedToReconcilePodReadiness`). */
function isMeaningful(before: Pod, pod: Pod): boolean {
  const { metadata: old } = before;
  const { metadata } = pod;
  return (
    !equal(before.spec, pod.spec) ||
    !equal(old.labels, metadata.labels) ||
    !equal(old.annotations, metadata.annotations) ||
    old.deletionTimestamp !== metadata.deletionTimestamp ||
    old.deletionGracePeriodSeconds !== metadata.deletionGracePeriodSeconds
  );
}
