/**
 * The scheduling queue: pods to try now, pods that must wait for their backoff, and pods that wait for something to
 * happen.
 *
 * Every pod without a node is in exactly one of these three, or in flight. The clock is the caller's; nothing happens
 * by
 * itself: `nextFlush` tells when something could, so an idle queue costs no timers. Gated pods that only their own
 * update
 * can free are kept apart, because events need not look at them.
 *
 * Source: pkg/scheduler/backend/queue/scheduling_queue.go.
 */
import { ALL_ACTIONS, type ClusterEvent } from '../framework/event.ts';
import { Nominations } from '../framework/nominations.ts';
import { podInfoOf } from '../framework/pod-info.ts';
import type { Profile } from '../framework/profile.ts';
import type { KubeObject, Pod } from '../../object/types.ts';
import { Heap } from '../../client/heap.ts';
import { InFlight, type Occurrence } from './in-flight.ts';
import { podChanges } from './pod-change.ts';
import { type QueuedPod, queuedPodOf } from './queued-pod.ts';
import { registrationsOf, type Strategy, strategyFor } from './requeue.ts';

export interface QueueOptions {
  /** µs. */
  readonly now: () => number;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** µs; defaults 1 s and 10 s. */
  readonly initialBackoff?: number;
  readonly maxBackoff?: number;
  /** Called when a pod becomes poppable. */
  readonly onActive?: () => void;
}

const SECOND = 1_000_000;
/** How long a rejected pod stays without any event (flag --pod-max-in-unschedulable-pods-duration). */
export const UNSCHEDULABLE_MAX = 300 * SECOND;
/** Period of looking at backoffs. */
export const BACKOFF_FLUSH_PERIOD = SECOND;
/** Period of looking for pods that stayed too long. */
export const UNSCHEDULABLE_FLUSH_PERIOD = 30 * SECOND;
const GATES_PLUGIN = 'SchedulingGates';
const TIMEOUT_EVENT: ClusterEvent = { resource: '*', action: ALL_ACTIONS, label: 'UnschedulableTimeout' };

const keyOf = (pod: QueuedPod): string => pod.key;
const keyOfPod = (pod: Pod): string => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;

/** PrioritySort: higher priority first, then the longer wait. */
const isMoreUrgent = (a: QueuedPod, b: QueuedPod): boolean => {
  if (a.info.priority !== b.info.priority) return a.info.priority > b.info.priority;
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp;
  return a.sequence < b.sequence;
};

export class SchedulingQueue {
  readonly nominations = new Nominations();
  readonly #options: QueueOptions;
  readonly #initialBackoff: number;
  readonly #maxBackoff: number;
  readonly #active = new Heap<QueuedPod>(keyOf, isMoreUrgent);
  readonly #backoff: Heap<QueuedPod>;
  readonly #unschedulable = new Map<string, QueuedPod>();
  /** Pods that wait for their own gates to go. */
  readonly #gated = new Map<string, QueuedPod>();
  readonly #inFlight = new InFlight();
  readonly #registrations: ReadonlyMap<string, ReturnType<typeof registrationsOf>>;
  #sequence = 0;
  #cycle = 0;
  #moveRequestCycle = -1;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#initialBackoff = options.initialBackoff ?? SECOND;
    this.#maxBackoff = options.maxBackoff ?? 10 * SECOND;
    this.#backoff = new Heap<QueuedPod>(keyOf, (a, b) => {
      const [first, second] = [this.#backoffEnd(a), this.#backoffEnd(b)];
      return first === second ? a.sequence < b.sequence : first < second;
    });
    this.#registrations = new Map([...options.profiles].map(([name, profile]) => [name, registrationsOf(profile)]));
  }

  /** Number of scheduling cycles begun. */
  get schedulingCycle(): number {
    return this.#cycle;
  }

  /** The cycle in which an event last moved pods; -1 before the first. */
  get moveRequestCycle(): number {
    return this.#moveRequestCycle;
  }

  get activeCount(): number {
    return this.#active.size;
  }

  get backoffCount(): number {
    return this.#backoff.size;
  }

  /** Rejected and gated pods. */
  get unschedulableCount(): number {
    return this.#unschedulable.size + this.#gated.size;
  }

  /** Where the pod is now. */
  placeOf(pod: Pod): 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in-flight' | 'nowhere' {
    const key = keyOfPod(pod);
    if (this.#active.has(key)) return 'active';
    if (this.#backoff.has(key)) return 'backoff';
    if (this.#unschedulable.has(key)) return 'unschedulable';
    if (this.#gated.has(key)) return 'gated';
    return this.#inFlight.has(pod.metadata.uid) ? 'in-flight' : 'nowhere';
  }

  /** A pod without node appeared. */
  add(pod: Pod): void {
    this.#activate(queuedPodOf(pod, this.#options.now()), true);
  }

  /** A newer version of a pod without node. */
  update(old: Pod | undefined, pod: Pod): void {
    const key = keyOfPod(pod);
    if (this.#inFlight.has(pod.metadata.uid)) {
      for (const event of podChanges(old, pod)) this.#inFlight.record({ event, old, current: pod });
      return;
    }
    const queued = this.#active.get(key) ?? this.#backoff.get(key);
    if (queued !== undefined && old !== undefined) {
      this.#replace(queued, pod);
      if (this.#active.has(key)) this.#active.push(queued);
      return;
    }
    const waiting = this.#unschedulable.get(key) ?? this.#gated.get(key);
    if (waiting === undefined) {
      this.#activate(queuedPodOf(pod, this.#options.now()), true);
      return;
    }
    this.#replace(waiting, pod);
    for (const event of podChanges(old, pod)) {
      const strategy = this.#strategy(waiting, { event, old, current: pod });
      if (strategy === 'skip') continue;
      this.#forgetWaiting(key);
      this.#requeue(waiting, strategy);
      if (this.#active.has(key) || this.#backoff.has(key)) break;
    }
  }

  /** The pod was deleted or got a node. */
  delete(pod: Pod): void {
    const key = keyOfPod(pod);
    this.nominations.delete(pod.metadata.uid);
    this.#active.delete(key);
    this.#backoff.delete(key);
    this.#forgetWaiting(key);
  }

  /** The most urgent pod, now in flight; undefined when there is none. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop();
    if (queued === undefined) return undefined;
    queued.attempts += 1;
    queued.unschedulablePlugins = new Set();
    queued.pendingPlugins = new Set();
    this.#cycle += 1;
    this.#inFlight.start(queued.info.uid);
    return queued;
  }

  /** Events are no longer of interest to this attempt. */
  done(uid: string): void {
    this.#inFlight.done(uid);
  }

  /** Puts a pod back whose attempt failed, with the plugins that rejected it already noted in it. */
  addUnschedulable(queued: QueuedPod): void {
    const { uid } = queued.info;
    const isKnown = this.#active.has(queued.key) || this.#backoff.has(queued.key) ||
      this.#unschedulable.has(queued.key) || this.#gated.has(queued.key);
    if (!isKnown) {
      queued.timestamp = this.#options.now();
      this.#requeue(queued, this.#strategyInFlight(queued));
    }
    this.#inFlight.done(uid);
  }

  /** {@link addUnschedulable} with the newest version of the pod. */
  putBack(queued: QueuedPod, pod: Pod): void {
    if (pod !== queued.info.pod) queued.info = podInfoOf(pod);
    this.addUnschedulable(queued);
  }

  /** Something happened: rejected pods for which it matters, except the one with UID `except`, are tried again. */
  move(event: ClusterEvent, old: KubeObject | undefined, current: KubeObject | undefined, except?: string): void {
    const occurrence: Occurrence = { event, old, current };
    if (this.#unschedulable.size > 0) {
      this.#moveSome([...this.#unschedulable.values()].filter(({ info }) => info.uid !== except), occurrence);
    }
    this.#moveRequestCycle = this.#cycle;
    this.#inFlight.record(occurrence);
  }

  /** Moves pods whose backoff is over to the active queue. */
  flushBackoff(): void {
    const now = this.#options.now();
    for (;;) {
      const head = this.#backoff.peek();
      if (head === undefined || this.#backoffEnd(head) > now) return;
      this.#backoff.pop();
      this.#activate(head, false);
    }
  }

  /** Gives pods another try that nothing happened to for too long. */
  flushUnschedulable(): void {
    const now = this.#options.now();
    const stale = [...this.#unschedulable.values()].filter(({ timestamp }) => now - timestamp > UNSCHEDULABLE_MAX);
    if (stale.length === 0) return;
    this.#moveSome(stale, { event: TIMEOUT_EVENT, old: undefined, current: undefined });
    this.#moveRequestCycle = this.#cycle;
  }

  /** When the earliest backoff ends. */
  nextBackoffEnd(): number | undefined {
    const head = this.#backoff.peek();
    return head === undefined ? undefined : this.#backoffEnd(head);
  }

  /** When the first rejected pod will have stayed too long. */
  nextTimeout(): number | undefined {
    let earliest: number | undefined;
    for (const { timestamp } of this.#unschedulable.values()) {
      if (earliest === undefined || timestamp < earliest) earliest = timestamp;
    }
    return earliest === undefined ? undefined : earliest + UNSCHEDULABLE_MAX + 1;
  }

  /** How long the pod must wait after an attempt, µs. */
  backoffOf(attempts: number): number {
    if (attempts === 0) return 0;
    let duration = this.#initialBackoff;
    for (let i = 1; i < attempts; i += 1) {
      if (duration > this.#maxBackoff - duration) return this.#maxBackoff;
      duration += duration;
    }
    return duration;
  }

  #backoffEnd(queued: QueuedPod): number {
    return queued.timestamp + this.backoffOf(queued.attempts);
  }

  #strategy(queued: QueuedPod, occurrence: Occurrence): Strategy {
    return strategyFor(this.#registrations.get(queued.info.pod.spec.schedulerName ?? ''), queued, occurrence);
  }

  #strategyInFlight(queued: QueuedPod): Strategy {
    if (queued.unschedulablePlugins.size === 0 && queued.pendingPlugins.size === 0) return 'after-backoff';
    let best: Strategy = 'skip';
    for (const occurrence of this.#inFlight.since(queued.info.uid)) {
      const strategy = this.#strategy(queued, occurrence);
      if (strategy === 'immediately') return strategy;
      if (strategy === 'after-backoff') best = strategy;
    }
    return best;
  }

  #moveSome(pods: readonly QueuedPod[], occurrence: Occurrence): void {
    for (const queued of pods) {
      const strategy = this.#strategy(queued, occurrence);
      if (strategy === 'skip') continue;
      this.#forgetWaiting(queued.key);
      this.#requeue(queued, strategy);
    }
  }

  #requeue(queued: QueuedPod, strategy: Strategy): void {
    if (strategy === 'skip') this.#park(queued);
    else if (strategy === 'after-backoff' && this.#backoffEnd(queued) > this.#options.now()) {
      queued.sequence = this.#sequence++;
      this.#backoff.push(queued);
    } else this.#activate(queued, false);
  }

  /** Puts the pod into the active queue, if the PreEnqueue plugins let it; `isNew` takes over its nomination. */
  #activate(queued: QueuedPod, isNew: boolean): void {
    queued.gated = this.#isGated(queued);
    if (queued.gated) {
      if (!this.#active.has(queued.key) && !this.#backoff.has(queued.key)) this.#park(queued);
      return;
    }
    queued.initialAttempt ??= this.#options.now();
    this.#forgetWaiting(queued.key);
    queued.sequence = this.#sequence++;
    this.#active.push(queued);
    if (isNew) this.nominations.add(queued.info, undefined);
    this.#options.onActive?.();
  }

  #isGated(queued: QueuedPod): boolean {
    const { pod } = queued.info;
    const profile = this.#options.profiles.get(pod.spec.schedulerName ?? '');
    for (const plugin of profile?.preEnqueue ?? []) {
      if (plugin.preEnqueue?.(pod) === undefined) continue;
      queued.unschedulablePlugins.add(plugin.name);
      return true;
    }
    return false;
  }

  #park(queued: QueuedPod): void {
    this.#forgetWaiting(queued.key);
    const isDeaf = queued.gated && queued.unschedulablePlugins.has(GATES_PLUGIN);
    (isDeaf ? this.#gated : this.#unschedulable).set(queued.key, queued);
  }

  #forgetWaiting(key: string): void {
    this.#unschedulable.delete(key);
    this.#gated.delete(key);
  }

  #replace(queued: QueuedPod, pod: Pod): void {
    const before = queued.info;
    queued.info = podInfoOf(pod);
    this.nominations.update(before, queued.info);
  }
}
