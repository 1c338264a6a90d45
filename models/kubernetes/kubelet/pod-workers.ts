/**
 * One worker per pod UID: the only place where a pod's containers are changed (pkg/kubelet/pod_workers.go).
 *
 * A worker does one step at a time and keeps at most one pending update. Before each step it waits for a status that is newer
 * than the end of its previous step. Once a pod terminates there is no way back.
 */
import { type Process, suspend, type Task, type TimerHandle } from '../client/process.ts';
import type { core, Pod } from '../object/types.ts';
import type { PodStatus } from './container/pod-status.ts';
import type { Pleg } from './pleg.ts';

/** kubelet.go: the sync loop's tick; pod_workers.go: workerResyncIntervalJitterFactor and back-offs. */
const TICK_US = 1_000_000;
const RESYNC_US = 60_000_000;
const BACKOFF_US = 10_000_000;
const TRANSIENT_US = 1_000_000;

export type WorkerPhase = 'sync' | 'terminating' | 'terminated' | 'finished';

export interface PodUpdate {
  readonly type: 'create' | 'update' | 'sync' | 'kill';
  readonly pod: Pod;
  /** For kills by eviction or shutdown: the grace period and what happens to the status. */
  readonly kill?: { readonly graceSeconds?: number; readonly evict?: boolean; readonly status?: (status: core.PodStatus) => core.PodStatus };
}

export interface PodSyncer {
  /** True: the pod is over and has to be terminated. A text is an error. */
  syncPod(pod: Pod, status: PodStatus, isFirst: boolean, isCancelled: () => boolean): Task<{ readonly isTerminal: boolean; readonly error: string | undefined; readonly isSettled: boolean }>;
  syncTerminatingPod(pod: Pod, status: PodStatus, graceSeconds: number, change: ((status: core.PodStatus) => core.PodStatus) | undefined): Task<string | undefined>;
  syncTerminatedPod(pod: Pod, status: PodStatus): Task<string | undefined>;
  /** The worker has done its last step. */
  finished(pod: Pod): void;
}

interface Worker {
  readonly uid: string;
  pod: Pod;
  phase: WorkerPhase;
  pending: PodUpdate | undefined;
  isWorking: boolean;
  isFirst: boolean;
  graceSeconds: number | undefined;
  change: ((status: core.PodStatus) => core.PodStatus) | undefined;
  isEvicted: boolean;
  isDeleted: boolean;
  lastSyncUs: number;
  timer: TimerHandle | undefined;
  restartRequested: Pod | undefined;
}

export class PodWorkers {
  readonly #process: Process;
  readonly #pleg: Pleg;
  readonly #syncer: PodSyncer;
  readonly #whenWell: () => Task;
  readonly #workers = new Map<string, Worker>();
  readonly #terminationWaiters = new Map<string, Set<() => void>>();
  readonly #startedUs: number;
  /** Housekeeping has run once: a pod without a worker is none of this node's. */
  #isSynced = false;

  /** `whenWell` waits while the sync loop stands still. */
  constructor(process: Process, pleg: Pleg, syncer: PodSyncer, whenWell: () => Task) {
    this.#process = process;
    this.#pleg = pleg;
    this.#syncer = syncer;
    this.#whenWell = whenWell;
    this.#startedUs = process.now;
  }

  phaseOf(uid: string): WorkerPhase | undefined {
    return this.#workers.get(uid)?.phase;
  }

  /** May the pod have running containers? Unknown pods may, until the sources are known to be complete. */
  couldRun(uid: string): boolean {
    const phase = this.#workers.get(uid)?.phase;
    if (phase === undefined) return !this.#isSynced;
    return phase === 'sync' || phase === 'terminating';
  }

  isTerminationRequested(uid: string): boolean {
    const phase = this.#workers.get(uid)?.phase;
    return phase !== undefined && phase !== 'sync';
  }

  /** Waits until nothing of the pod runs any more, at most `timeoutUs`. False: it took longer. */
  *terminated(uid: string, timeoutUs: number): Task<boolean> {
    const phase = this.phaseOf(uid);
    if (phase === undefined || phase === 'terminated' || phase === 'finished') return true;
    return yield* suspend<boolean>((resume) => {
      const waiters = this.#terminationWaiters.get(uid) ?? new Set<() => void>();
      this.#terminationWaiters.set(uid, waiters);
      const settle = (isOver: boolean): void => {
        waiters.delete(tell);
        if (waiters.size === 0) this.#terminationWaiters.delete(uid);
        timer.stop();
        this.#process.soon(() => resume(isOver));
      };
      const tell = (): void => settle(true);
      const timer = this.#process.after('worker.terminated', timeoutUs, () => settle(false));
      waiters.add(tell);
    });
  }

  /** Logs and dead containers may go: the pod was evicted, or it was deleted and has terminated. */
  mayRemoveContent(uid: string): boolean {
    const worker = this.#workers.get(uid);
    if (worker === undefined) return this.#isSynced;
    return worker.isEvicted || (worker.isDeleted && (worker.phase === 'terminated' || worker.phase === 'finished'));
  }

  update(update: PodUpdate): void {
    const { pod } = update;
    const { uid } = pod.metadata;
    let worker = this.#workers.get(uid);
    if (worker === undefined) {
      worker = {
        uid, pod, phase: 'sync', pending: undefined, isWorking: false, isFirst: true, graceSeconds: undefined, change: undefined, isEvicted: false,
        isDeleted: false, lastSyncUs: -1, timer: undefined, restartRequested: undefined,
      };
      this.#workers.set(uid, worker);
      const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
      const known = this.#pleg.get(uid);
      const isRunning = known.containers.some(({ state }) => state === 'RUNNING') || known.sandboxes.some(({ state }) => state === 'READY');
      if (isOver && !isRunning) worker.phase = 'terminated';
    }
    if (worker.phase === 'finished') {
      if (update.type === 'create') worker.restartRequested = pod;
      worker.pod = pod;
      return;
    }
    worker.pod = pod;
    this.#noteTermination(worker, update);
    worker.pending = update;
    if (!worker.isWorking) this.#process.go(this.#work(worker));
  }

  /** The phases of a UID only go forward. */
  #enter(worker: Worker, phase: WorkerPhase): void {
    worker.phase = phase;
    const { namespace = '', name } = worker.pod.metadata;
    this.#process.record('pod-worker', { pod: `${namespace}/${name}`, uid: worker.uid, phase });
  }

  /** Decides whether the update ends the pod, and with which grace period. It can only shrink. */
  #noteTermination(worker: Worker, { pod, type, kill }: PodUpdate): void {
    const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
    if (pod.metadata.deletionTimestamp !== undefined) worker.isDeleted = true;
    if (type === 'kill' && kill?.evict === true) worker.isEvicted = true;
    const begins = pod.metadata.deletionTimestamp !== undefined || isOver || type === 'kill';
    if (begins && worker.phase === 'sync') this.#enter(worker, 'terminating');
    if (kill?.status !== undefined) worker.change = kill.status;
    if (worker.phase === 'sync') return;
    let grace = worker.graceSeconds;
    const deletion = pod.metadata.deletionGracePeriodSeconds;
    if (deletion !== undefined && (grace === undefined || deletion < grace)) grace = deletion;
    if (kill?.graceSeconds !== undefined && (grace === undefined || kill.graceSeconds < grace)) grace = kill.graceSeconds;
    grace ??= pod.spec.terminationGracePeriodSeconds ?? 30;
    worker.graceSeconds = Math.max(grace, 1);
  }

  /** A pod that vanished from its source: it is stopped if it runs. */
  remove(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) return;
    worker.isDeleted = true;
    if (worker.phase !== 'finished') this.update({ type: 'kill', pod });
  }

  *#work(worker: Worker): Task {
    worker.isWorking = true;
    while (worker.pending !== undefined) {
      yield* this.#whenWell();
      worker.pending = undefined;
      worker.timer?.stop();
      const status = yield* this.#pleg.newerThan(worker.uid, worker.lastSyncUs);
      yield* this.#step(worker, status);
      worker.lastSyncUs = this.#process.now;
    }
    worker.isWorking = false;
  }

  *#step(worker: Worker, status: PodStatus): Task {
    switch (worker.phase) {
      case 'sync': {
        const { isFirst } = worker;
        worker.isFirst = false;
        const { isTerminal, error, isSettled } = yield* this.#syncer.syncPod(worker.pod, status, isFirst, () => worker.phase !== 'sync');
        if (worker.phase !== 'sync') {
          worker.pending ??= { type: 'sync', pod: worker.pod };
        } else if (isTerminal) {
          this.#noteTermination(worker, { type: 'kill', pod: worker.pod });
          worker.pending ??= { type: 'sync', pod: worker.pod };
        } else if (error !== undefined) this.#requeue(worker, error.includes('network is not ready') ? TRANSIENT_US : BACKOFF_US);
        else if (!isSettled) this.#requeue(worker, RESYNC_US);
        return;
      }
      case 'terminating': {
        const error = yield* this.#syncer.syncTerminatingPod(worker.pod, status, worker.graceSeconds ?? 1, worker.change);
        if (error === undefined) {
          this.#enter(worker, 'terminated');
          for (const tell of this.#terminationWaiters.get(worker.uid) ?? []) tell();
          worker.pending ??= { type: 'sync', pod: worker.pod };
        } else this.#requeue(worker, BACKOFF_US);
        return;
      }
      case 'terminated': {
        const error = yield* this.#syncer.syncTerminatedPod(worker.pod, status);
        if (error === undefined) {
          this.#enter(worker, 'finished');
          worker.pending = undefined;
          this.#syncer.finished(worker.pod);
        } else this.#requeue(worker, BACKOFF_US);
        return;
      }
      case 'finished':
    }
  }

  /** Syncs again after the delay and up to half of it more, at the next tick of the sync loop. */
  #requeue(worker: Worker, delayUs: number): void {
    const dueUs = this.#process.now + delayUs + this.#process.choose('worker.jitter', Math.floor(delayUs / 2));
    const ticks = Math.ceil((dueUs - this.#startedUs) / TICK_US);
    worker.timer?.stop();
    worker.timer = this.#process.after('worker.resync', this.#startedUs + ticks * TICK_US - this.#process.now, () => {
      if (worker.phase !== 'finished') this.update({ type: 'sync', pod: worker.pod });
    });
  }

  /** Housekeeping: forgets finished workers whose pod is gone. Answers the pods that asked to be started again. */
  collect(isDesired: (uid: string) => boolean): Pod[] {
    this.#isSynced = true;
    const restarts: Pod[] = [];
    for (const [uid, worker] of [...this.#workers]) {
      if (worker.phase !== 'finished') continue;
      if (isDesired(uid) && worker.restartRequested === undefined) continue;
      this.#workers.delete(uid);
      if (worker.restartRequested !== undefined && isDesired(uid)) restarts.push(worker.restartRequested);
    }
    return restarts;
  }

  get uids(): IterableIterator<string> {
    return this.#workers.keys();
  }

  podOf(uid: string): Pod | undefined {
    return this.#workers.get(uid)?.pod;
  }
}
