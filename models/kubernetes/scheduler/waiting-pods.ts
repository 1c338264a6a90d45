/**
 * Pods that have a node but wait for a permission (Permit plugins that answered Wait).
 *
 * Source: pkg/scheduler/framework/runtime/waiting_pods_map.go.
 */
import type { Process, Task, TimerHandle } from '../client/process.ts';
import { suspend } from '../client/process.ts';
import { type Status, unschedulable } from './framework/status.ts';

/** Upstream's cap on how long a plugin may let a pod wait (15 min), µs. */
const WAIT_MAX = 900_000_000;

interface Waiting {
  readonly pending: Map<string, TimerHandle>;
  outcome: { readonly status: Status | undefined } | undefined;
  resume: (() => void) | undefined;
}

/** A Go duration of whole units, as error texts print it: `10s`, `1m30s`, `15m0s`. */
const durationText = (us: number): string => {
  const seconds = us / 1_000_000;
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  const rest = `${seconds - minutes * 60}s`;
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
};

export class WaitingPods {
  readonly #process: Process;
  readonly #waiting = new Map<string, Waiting>();

  constructor(process: Process) {
    this.#process = process;
  }

  has(uid: string): boolean {
    return this.#waiting.has(uid);
  }

  /** Lets the pod wait for the plugin, at most `timeout` µs. */
  start(uid: string, plugin: string, timeout: number): void {
    const limit = Math.min(timeout, WAIT_MAX);
    const waiting = this.#waiting.get(uid) ?? { pending: new Map(), outcome: undefined, resume: undefined };
    this.#waiting.set(uid, waiting);
    const timer = this.#process.after('scheduler.permit', limit, () => {
      this.reject(uid, plugin, `rejected due to timeout after waiting ${durationText(limit)} at plugin ${plugin}`);
    });
    waiting.pending.set(plugin, timer);
  }

  allow(uid: string, plugin: string): void {
    const waiting = this.#waiting.get(uid);
    waiting?.pending.get(plugin)?.stop();
    waiting?.pending.delete(plugin);
    if (waiting?.pending.size === 0) this.#settle(waiting, undefined);
  }

  /** True when the pod was waiting. */
  reject(uid: string, plugin: string, reason: string): boolean {
    const waiting = this.#waiting.get(uid);
    if (waiting === undefined) return false;
    for (const timer of waiting.pending.values()) timer.stop();
    this.#settle(waiting, unschedulable(plugin, reason));
    return true;
  }

  /** Waits until every plugin allowed the pod, or one did not. */
  *wait(uid: string): Task<Status | undefined> {
    const waiting = this.#waiting.get(uid);
    if (waiting === undefined) return undefined;
    if (waiting.outcome === undefined) {
      yield* suspend<void>((resume) => {
        waiting.resume = resume;
      });
    }
    this.#waiting.delete(uid);
    return waiting.outcome?.status;
  }

  #settle(waiting: Waiting, status: Status | undefined): void {
    if (waiting.outcome !== undefined) return;
    waiting.outcome = { status };
    const { resume } = waiting;
    if (resume !== undefined) this.#process.soon(resume);
  }
}
