/**
 * The generic Pod Lifecycle Event Generator and the cache of pod statuses (pkg/kubelet/pleg/generic.go, container/cache.go).
 *
 * The real one lists the runtime once a second. A relist that would find nothing new is left out: the runtime tells of each
 * change, and only the next point of the one-second grid is used then. Who asks the cache for something newer than a point
 * in time gets it as if every relist had happened, so eliding changes no outcome.
 */
import type { ContainerStatus, SandboxStatus } from '../api/cri.ts';
import { type Process, suspend, type Task, type TimerHandle } from '../client/process.ts';
import { emptyStatus, type PodStatus } from './container/pod-status.ts';
import type { CriClient } from './cri-client.ts';

/** pleg.go: genericPlegRelistPeriod and genericPlegRelistThreshold. */
const RELIST_PERIOD_US = 1_000_000;
/** evented.go: how often the cache's time is moved on when the runtime's events are trusted. */
const EVENTED_PERIOD_US = 5_000_000;

export type PlegEventType = 'ContainerStarted' | 'ContainerDied' | 'ContainerRemoved';

export interface PlegEvent {
  readonly uid: string;
  readonly type: PlegEventType;
  /** A container's or a sandbox's id. */
  readonly id: string;
}

type State = 'running' | 'exited' | 'unknown';

interface Entry {
  readonly status: PodStatus;
  readonly modifiedUs: number;
}

interface Waiter {
  readonly uid: string;
  readonly afterUs: number;
  readonly resume: (status: PodStatus) => void;
}

export class Pleg {
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #isEvented: boolean;
  readonly #periodUs: number;
  readonly #emit: (events: readonly PlegEvent[]) => void;
  readonly #cache = new Map<string, Entry>();
  /** State of every container and sandbox at the last relist, by pod. */
  #old = new Map<string, Map<string, State>>();
  #waiters: Waiter[] = [];
  /** When the last relist ended; the next one begins a period later. Relists that are left out take no time. */
  #gridUs: number;
  /** When the last relist that is over began. What it saw may be that old. */
  #listedUs: number;
  #isDirty = true;
  #isRelisting = false;
  /** Nothing is known before the first relist is over: who asks has to wait for it. */
  #hasListed = false;
  #relistStartedUs: number;
  #timer: TimerHandle | undefined;
  #soon: TimerHandle | undefined;

  /** `isEvented`: react to the runtime's events at once instead of at the next relist (feature gate EventedPLEG). */
  constructor(process: Process, cri: CriClient, isEvented: boolean, emit: (events: readonly PlegEvent[]) => void) {
    this.#process = process;
    this.#cri = cri;
    this.#isEvented = isEvented;
    this.#periodUs = isEvented ? EVENTED_PERIOD_US : RELIST_PERIOD_US;
    this.#emit = emit;
    this.#gridUs = process.now - this.#periodUs;
    this.#listedUs = this.#gridUs;
    this.#relistStartedUs = process.now;
  }

  /** Does the first relist, `afterUs` from now: kubelets that did not start at one instant do not relist at one instant. */
  start(afterUs: number): void {
    this.#gridUs = this.#process.now + afterUs - this.#periodUs;
    this.#schedule();
  }

  /** The runtime changed: the next relist has something to do. */
  changed(): void {
    this.#isDirty = true;
    if (this.#isEvented) this.#relistSoon();
    else this.#schedule();
  }

  /** Lists after all events of this moment. */
  #relistSoon(): void {
    if (this.#isRelisting || this.#soon !== undefined) return;
    this.#soon = this.#process.after('pleg.event', 0, () => {
      this.#soon = undefined;
      if (!this.#isRelisting && this.#isDirty) this.#process.go(this.#relist());
    });
  }

  /** How long the present relist hangs; 0 if none does. */
  get stuckUs(): number {
    return this.#isRelisting ? this.#process.now - this.#relistStartedUs : 0;
  }

  /** What the cache holds; an empty status for pods that are not there. */
  get(uid: string): PodStatus {
    return this.#cache.get(uid)?.status ?? emptyStatus(uid);
  }

  /** All pods that the runtime knew at the last relist. */
  get pods(): IterableIterator<string> {
    return this.#cache.keys();
  }

  /** Waits for a status that is newer than `afterUs`. */
  *newerThan(uid: string, afterUs: number): Task<PodStatus> {
    const entry = this.#cache.get(uid);
    if ((entry !== undefined && entry.modifiedUs > afterUs) || this.#globalUs() > afterUs) return this.get(uid);
    return yield* suspend<PodStatus>((resume) => {
      this.#waiters.push({ uid, afterUs, resume });
      this.#schedule();
    });
  }

  /** When the last relist began, counting those that were left out. */
  #globalUs(): number {
    if (!this.#hasListed) return -1;
    const passed = this.#isRelisting ? 0 : Math.floor((this.#process.now - this.#gridUs) / this.#periodUs);
    return passed <= 0 ? this.#listedUs : this.#gridUs + passed * this.#periodUs;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isRelisting) return;
    const passed = Math.max(0, Math.floor((this.#process.now - this.#gridUs) / this.#periodUs));
    const next = this.#gridUs + (passed + 1) * this.#periodUs;
    this.#timer = this.#process.after('pleg.relist', next - this.#process.now, () => {
      this.#timer = undefined;
      if (this.#isDirty) this.#process.go(this.#relist());
      else {
        this.#gridUs = this.#process.now;
        this.#listedUs = this.#gridUs;
        this.#serveWaiters();
      }
    });
  }

  *#relist(): Task {
    this.#isRelisting = true;
    this.#isDirty = false;
    this.#relistStartedUs = this.#process.now;
    const sandboxes = yield* this.#cri.call('ListPodSandbox', {});
    const containers = sandboxes.ok ? yield* this.#cri.call('ListContainers', {}) : sandboxes;
    this.#isRelisting = false;
    if (!sandboxes.ok || !containers.ok) {
      this.#isDirty = true;
      this.#schedule();
      return;
    }
    // The next relist is one period after the end of this one.
    this.#gridUs = this.#process.now;
    this.#listedUs = this.#relistStartedUs;
    this.#hasListed = true;
    this.#update(sandboxes.value as readonly SandboxStatus[], containers.value as readonly ContainerStatus[], this.#relistStartedUs);
    this.#serveWaiters();
    if (this.#isDirty && this.#isEvented) this.#relistSoon();
    else if (this.#isDirty) this.#schedule();
  }

  #update(sandboxes: readonly SandboxStatus[], containers: readonly ContainerStatus[], startedUs: number): void {
    const pods = new Map<string, { sandboxes: SandboxStatus[]; containers: ContainerStatus[] }>();
    const podOf = (uid: string): { sandboxes: SandboxStatus[]; containers: ContainerStatus[] } => {
      let pod = pods.get(uid);
      if (pod === undefined) pods.set(uid, (pod = { sandboxes: [], containers: [] }));
      return pod;
    };
    const uidOf = new Map<string, string>();
    for (const sandbox of sandboxes) {
      uidOf.set(sandbox.id, sandbox.metadata.uid);
      podOf(sandbox.metadata.uid).sandboxes.push(sandbox);
    }
    for (const container of containers) podOf(uidOf.get(container.sandboxId) ?? '').containers.push(container);
    const current = new Map<string, Map<string, State>>();
    const events: PlegEvent[] = [];
    for (const [uid, pod] of pods) {
      const states = new Map<string, State>();
      for (const { id, state } of pod.containers) states.set(id, state === 'RUNNING' ? 'running' : state === 'EXITED' ? 'exited' : 'unknown');
      for (const { id, state } of pod.sandboxes) states.set(id, state === 'READY' ? 'running' : 'exited');
      current.set(uid, states);
      const before = this.#old.get(uid);
      if (before !== undefined && isSame(before, states)) continue;
      events.push(...eventsOf(uid, before ?? new Map(), states));
      this.#set(uid, pod, startedUs);
    }
    for (const [uid, states] of this.#old) {
      if (current.has(uid)) continue;
      this.#cache.delete(uid);
      events.push(...eventsOf(uid, states, new Map()));
    }
    this.#old = current;
    if (events.length > 0) this.#emit(events);
  }

  #set(uid: string, pod: { sandboxes: SandboxStatus[]; containers: ContainerStatus[] }, startedUs: number): void {
    const status = podStatusOf(uid, pod.sandboxes, pod.containers, this.#cache.get(uid)?.status);
    this.#cache.set(uid, { status, modifiedUs: startedUs });
  }

  #serveWaiters(): void {
    const globalUs = this.#globalUs();
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      const entry = this.#cache.get(waiter.uid);
      if ((entry !== undefined && entry.modifiedUs > waiter.afterUs) || globalUs > waiter.afterUs) {
        this.#process.soon(() => waiter.resume(this.get(waiter.uid)));
      } else this.#waiters.push(waiter);
    }
    if (this.#waiters.length > 0) this.#schedule();
  }
}

/** A pod's status, newest first. Completed pods keep the IP that they had. */
export function podStatusOf(uid: string, sandboxes: readonly SandboxStatus[], containers: readonly ContainerStatus[], previous: PodStatus | undefined): PodStatus {
  const newestSandboxes = [...sandboxes].sort((a, b) => b.createdAt - a.createdAt || b.metadata.attempt - a.metadata.attempt);
  const newest = [...containers].sort((a, b) => b.createdAt - a.createdAt || b.metadata.attempt - a.metadata.attempt);
  const ready = newestSandboxes[0]?.state === 'READY' ? newestSandboxes[0] : undefined;
  const ips = ready === undefined ? (previous?.ips ?? []) : ready.ips;
  return { uid, ips, sandboxes: newestSandboxes, containers: newest };
}

function isSame(a: ReadonlyMap<string, State>, b: ReadonlyMap<string, State>): boolean {
  if (a.size !== b.size) return false;
  for (const [id, state] of a) if (b.get(id) !== state) return false;
  return true;
}

/** The table of generic.go, generateEvents. Changes to an unknown state refresh the cache and tell nobody. */
function eventsOf(uid: string, before: ReadonlyMap<string, State>, now: ReadonlyMap<string, State>): PlegEvent[] {
  const events: PlegEvent[] = [];
  for (const id of new Set([...before.keys(), ...now.keys()])) {
    const old = before.get(id);
    const state = now.get(id);
    if (old === state) continue;
    if (state === 'running') events.push({ uid, type: 'ContainerStarted', id });
    else if (state === 'exited') events.push({ uid, type: 'ContainerDied', id });
    else if (state === undefined) {
      if (old !== 'exited') events.push({ uid, type: 'ContainerDied', id });
      events.push({ uid, type: 'ContainerRemoved', id });
    }
  }
  return events;
}
