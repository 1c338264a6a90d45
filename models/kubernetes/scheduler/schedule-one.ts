/**
 * The scheduler's work on one pod after another: decide, assume, bind, and put back what did not work out.
 *
 * Decisions are strictly one after the other; bindings run beside them. A failed pod is back in the queue before its
 * event and its status are written, and the next decision waits for that write, as upstream.
 *
 * Source: pkg/scheduler/schedule_one.go.
 */
import type { Client } from '../client/client.ts';
import type { EventSeriesRecorder } from '../client/event-series-recorder.ts';
import { type Process, suspend, type Task } from '../client/process.ts';
import { PODS } from '../client/resources.ts';
import { rfc3339 } from '../object/time.ts';
import type { Pod } from '../object/types.ts';
import { assumedPod, type Cache } from './cache/cache.ts';
import { decisionFact } from './diagnosis.ts';
import type { Listers } from './framework/listers.ts';
import type { BindingCycle, Cycle, Plugin } from './framework/plugin.ts';
import type { Profile } from './framework/profile.ts';
import { isRejected, type Status, statusMessage } from './framework/status.ts';
import { preempt } from './preempt.ts';
import { statusPatch, truncatedNote } from './pod-status.ts';
import { ASSIGNED_POD_DELETE } from './queue/pod-change.ts';
import type { QueuedPod } from './queue/queued-pod.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import { type Decision, type Refusal, SchedulingCycle } from './scheduling-cycle.ts';
import type { WaitingPods } from './waiting-pods.ts';

export interface SchedulerParts {
  readonly process: Process;
  readonly client: Client;
  readonly queue: SchedulingQueue;
  readonly cache: Cache;
  readonly listers: Listers;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** By scheduler name. */
  readonly recorders: ReadonlyMap<string, EventSeriesRecorder>;
  readonly waiting: WaitingPods;
  /** The newest version of a pod that the informer has. */
  readonly podOf: (namespace: string, name: string) => Pod | undefined;
  /** Called after a pod was put back. */
  readonly onQueued: () => void;
  readonly epoch: number;
  readonly explain: boolean;
  /** µs. */
  readonly decisionTime: number;
}

/** Counters of a scheduler's work. */
export interface SchedulerCounters {
  attempts: number;
  scheduled: number;
  unschedulable: number;
  errors: number;
  preemptions: number;
  bindingErrors: number;
}

interface Failure {
  readonly message: string;
  readonly isRejection: boolean;
  /** Undefined leaves `status.nominatedNodeName` alone. */
  readonly nominate: string | undefined;
}

/** A cycle's plugins that reserved something, and for which node. */
interface Reservation {
  readonly cycle: Cycle;
  readonly profile: Profile;
  readonly node: string;
}

export class ScheduleOne {
  readonly counters: SchedulerCounters = {
    attempts: 0,
    scheduled: 0,
    unschedulable: 0,
    errors: 0,
    preemptions: 0,
    bindingErrors: 0,
  };
  readonly #parts: SchedulerParts;
  readonly #decide = new SchedulingCycle();
  #wake: (() => void) | undefined = undefined;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
  }

  /** Tells that a pod became poppable. */
  poke(): void {
    const wake = this.#wake;
    if (wake === undefined) return;
    this.#wake = undefined;
    this.#parts.process.soon(wake);
  }

  /** Whether the loop waits for work. */
  get isIdle(): boolean {
    return this.#wake !== undefined;
  }

  /** Schedules pods for ever. */
  *run(): Task {
    for (;;) {
      const queued = this.#parts.queue.pop();
      if (queued !== undefined) yield* this.#scheduleOne(queued);
      else {
        yield* suspend<void>((resume) => {
          this.#wake = resume;
        });
      }
    }
  }

  *#scheduleOne(queued: QueuedPod): Task {
    const { process, queue, profiles, decisionTime } = this.#parts;
    const { info } = queued;
    const profile = profiles.get(info.pod.spec.schedulerName ?? '');
    if (profile === undefined || this.#isSkipped(queued)) {
      queue.done(info.uid);
      return;
    }
    this.counters.attempts += 1;
    if (decisionTime > 0) yield* process.sleep('scheduler.decision', decisionTime);
    const cycle = this.#cycle(queued);
    const decision = this.#decide.run(cycle, profile, info);
    this.#record(queued, decision);
    if (decision.kind === 'scheduled') yield* this.#accept(queued, profile, cycle, decision.node);
    else if (decision.kind === 'unschedulable') yield* this.#refused(queued, decision);
    else {
      this.counters.errors += 1;
      yield* this.#fail(queued, { message: decision.message, isRejection: false, nominate: '' });
    }
  }

  #cycle(queued: QueuedPod): Cycle & { readonly explain: boolean } {
    const { process, cache, listers, queue, explain } = this.#parts;
    return {
      pod: queued.info,
      snapshot: cache.snapshot(),
      listers,
      nominations: queue.nominations,
      folds: this.#decide.folds,
      choose: (kind, n, label) => process.choose(kind, n, label),
      explain: explain && process.recording,
    };
  }

  #record(queued: QueuedPod, decision: Decision): void {
    const { process, explain } = this.#parts;
    if (process.recording) {
      process.record('scheduler.decision', decisionFact(queued.info, queued.attempts, decision, explain));
    }
  }

  /** A pod on its way out, or one that has its node already. */
  #isSkipped({ info }: QueuedPod): boolean {
    if (info.terminating) {
      this.#event(
        info.pod,
        undefined,
        'Warning',
        'FailedScheduling',
        'Scheduling',
        `skip schedule deleting pod: ${info.key}`,
      );
      return true;
    }
    return this.#parts.cache.isAssumed(info.uid);
  }

  *#accept(queued: QueuedPod, profile: Profile, cycle: Cycle, node: string): Task {
    const { cache, queue } = this.#parts;
    const { info } = queued;
    if (!cache.assume(info, node)) {
      const message = `pod ${info.uid}(${info.key}) is in the cache, so can't be assumed`;
      yield* this.#fail(queued, { message, isRejection: false, nominate: '' });
      return;
    }
    queue.nominations.delete(info.uid);
    const reservation: Reservation = { cycle, profile, node };
    const refusal = this.#reserve(reservation) ?? this.#permit(reservation);
    if (refusal !== undefined) {
      this.#unreserve(reservation);
      cache.forget(info.uid);
      yield* this.#failWith(queued, refusal);
      return;
    }
    this.#parts.process.go(this.#bindingCycle(queued, reservation));
  }

  #reserve({ cycle, profile, node }: Reservation): Status | undefined {
    for (const plugin of profile.reserve) {
      const status = plugin.reserve?.(cycle, node);
      if (status === undefined) continue;
      if (isRejected(status)) return { ...status, plugin: plugin.name };
      return this.#named(status, `running Reserve plugin "${plugin.name}"`);
    }
    return undefined;
  }

  #permit({ cycle, profile, node }: Reservation): Status | undefined {
    for (const plugin of profile.permit) {
      const answer = plugin.permit?.(cycle, node);
      if (answer === undefined || answer.status === undefined) continue;
      if (answer.status.code === 'Wait') {
        const { waiting } = this.#parts;
        waiting.start(cycle.pod.uid, plugin.name, answer.timeoutMs * 1000);
        answer.onWait?.({
          allow: () => waiting.allow(cycle.pod.uid, plugin.name),
          reject: (reason) => void waiting.reject(cycle.pod.uid, plugin.name, reason),
        });
        continue;
      }
      if (isRejected(answer.status)) return { ...answer.status, plugin: plugin.name };
      return this.#named(answer.status, `running Permit plugin "${plugin.name}"`);
    }
    return undefined;
  }

  #named(status: Status, where: string): Status {
    return { code: 'Error', reasons: [`${where}: ${statusMessage(status)}`] };
  }

  #unreserve({ cycle, profile, node }: Reservation): void {
    for (const plugin of [...profile.reserve].reverse()) plugin.unreserve?.(cycle, node);
  }

  *#bindingCycle(queued: QueuedPod, reservation: Reservation): Task {
    const { waiting, queue, cache } = this.#parts;
    const { info } = queued;
    const binding: BindingCycle = {
      pod: info,
      listers: this.#parts.listers,
      client: this.#parts.client,
      process: this.#parts.process,
    };
    let status = yield* waiting.wait(info.uid);
    status ??= yield* this.#preBind(reservation.profile, binding, reservation.node);
    if (status === undefined) {
      queue.done(info.uid);
      status = yield* this.#bind(reservation.profile, binding, reservation.node);
    }
    if (status === undefined) {
      this.counters.scheduled += 1;
      const note = `Successfully assigned ${info.key} to ${reservation.node}`;
      this.#event(assumedPod(info.pod, reservation.node), undefined, 'Normal', 'Scheduled', 'Binding', note);
      for (const plugin of reservation.profile.postBind) plugin.postBind?.(binding, reservation.node);
      return;
    }
    this.counters.bindingErrors += 1;
    this.#unreserve(reservation);
    const assumed = cache.getPod(info.uid);
    const isForgotten = cache.forget(info.uid);
    // The room that the pod had held is free again. A rejected pod itself must not be moved by that.
    if (isForgotten && !isRejected(status)) queue.move(ASSIGNED_POD_DELETE, assumed, undefined);
    yield* this.#failWith(queued, status);
    if (isForgotten && isRejected(status)) queue.move(ASSIGNED_POD_DELETE, assumed, undefined, info.uid);
  }

  *#preBind(profile: Profile, binding: BindingCycle, node: string): Task<Status | undefined> {
    for (const plugin of profile.preBind) {
      const status = plugin.preBind === undefined ? undefined : yield* plugin.preBind(binding, node);
      if (status === undefined) continue;
      if (isRejected(status)) return { ...status, plugin: plugin.name };
      return this.#named(status, `running PreBind plugin "${plugin.name}"`);
    }
    return undefined;
  }

  *#bind(profile: Profile, binding: BindingCycle, node: string): Task<Status | undefined> {
    for (const plugin of profile.bind) {
      const status = yield* this.#bindWith(plugin, binding, node);
      if (status === 'skip') continue;
      return status === undefined ? undefined : this.#named(status, `running Bind plugin "${plugin.name}"`);
    }
    return undefined;
  }

  *#bindWith(plugin: Plugin, binding: BindingCycle, node: string): Task<Status | 'skip' | undefined> {
    if (plugin.bind !== undefined) return yield* plugin.bind(binding, node);
    const { namespace, name, uid } = binding.pod;
    const result = yield* this.#parts.client.call('create', PODS, {
      namespace,
      name,
      subresource: 'binding',
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { kind: 'Node', name: node },
      },
    });
    return result.ok ? undefined : { code: 'Error', reasons: [result.status.message ?? ''] };
  }

  *#refused(queued: QueuedPod, refusal: Refusal): Task {
    this.counters.unschedulable += 1;
    const { diagnosis, postFilter, noNodes } = refusal;
    queued.unschedulablePlugins = diagnosis.unschedulablePlugins;
    queued.pendingPlugins = diagnosis.pendingPlugins;
    let { message } = refusal;
    let nominate = noNodes ? '' : postFilter?.nominate;
    const preemption = postFilter?.status === undefined ? postFilter?.preemption : undefined;
    if (preemption !== undefined) {
      this.counters.preemptions += 1;
      const error = yield* preempt(this.#preemptor(), queued.info, preemption);
      if (error !== undefined) {
        message += ` preemption: ${error}`;
        nominate = undefined;
      }
    }
    yield* this.#fail(queued, { message, isRejection: true, nominate });
  }

  #preemptor(): Parameters<typeof preempt>[0] {
    const { process, client, queue, waiting } = this.#parts;
    return {
      process,
      client,
      waiting,
      nominations: queue.nominations,
      now: () => this.#now(),
      event: (victim, preemptor, note) =>
        this.#event(victim, preemptor, 'Normal', 'Preempted', 'Preempting', note, preemptor),
    };
  }

  /** Fails with a status of Reserve or later; a rejection remembers its plugin, so that its events wake the pod. */
  *#failWith(queued: QueuedPod, status: Status): Task {
    const isRejection = isRejected(status);
    if (isRejection && status.plugin !== undefined) queued.unschedulablePlugins.add(status.plugin);
    const reasons = statusMessage(status);
    const message = isRejection
      ? `0/1 nodes are available: ${status.reasons
          .map((reason) => `1 ${reason}`)
          .sort()
          .join(', ')}.`
      : reasons;
    yield* this.#fail(queued, { message, isRejection, nominate: '' });
  }

  /** Puts the pod back, then tells: nomination, event, status. */
  *#fail(queued: QueuedPod, { message, isRejection, nominate }: Failure): Task {
    const { queue, podOf } = this.#parts;
    const { pod, namespace, name, uid } = queued.info;
    const current = podOf(namespace, name);
    if (current !== undefined && !current.spec.nodeName) {
      queue.putBack(queued, current);
      queue.nominations.add(queued.info, nominate);
      this.#parts.onQueued();
    } else queue.done(uid);
    this.#event(pod, undefined, 'Warning', 'FailedScheduling', 'Scheduling', truncatedNote(message));
    const reason = isRejection ? 'Unschedulable' : 'SchedulerError';
    const change = { type: 'PodScheduled', status: 'False', reason, message } as const;
    const patch = statusPatch(pod, change, nominate, this.#now());
    if (patch === undefined) return;
    yield* this.#parts.client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', patch, {
      subresource: 'status',
    });
  }

  #now(): string {
    return rfc3339(this.#parts.epoch, this.#parts.process.now);
  }

  #event(
    regarding: Pod,
    related: Pod | undefined,
    type: 'Normal' | 'Warning',
    reason: string,
    action: string,
    note: string,
    owner: Pod = regarding,
  ): void {
    this.#parts.recorders.get(owner.spec.schedulerName ?? '')?.event(regarding, related, type, reason, action, note);
  }
}
