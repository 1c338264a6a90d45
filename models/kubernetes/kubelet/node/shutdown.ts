/**
 * Graceful shutdown of the node (pkg/kubelet/nodeshutdown/nodeshutdown_manager_linux.go).
 *
 * When the machine is about to go down, the kubelet holds it up for `shutdownGracePeriod`: it turns new pods away, stops
 * ordinary pods first and critical ones last, and marks them as failed with the reason. Off unless configured.
 */
import type { Process, Task } from '../../client/process.ts';
import type { core, Pod } from '../../object/types.ts';
import { isCritical } from './admission.ts';

const REASON = 'Terminated';
const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';

export interface ShutdownHooks {
  /** Pods that have not ended. */
  activePods(): readonly Pod[];
  event(reason: string, message: string): void;
  /** Brings the node's status up to date now. */
  syncNodeStatus(): void;
  /** Stops a pod; returns when it is over. */
  kill(pod: Pod, graceSeconds: number, status: (status: core.PodStatus) => core.PodStatus): Task;
  /** Adds a condition, or brings it up to date. */
  withCondition(status: core.PodStatus, condition: { type: string; status: 'True'; reason: string; message: string }): core.PodStatus;
}

export class ShutdownManager {
  readonly #process: Process;
  readonly #hooks: ShutdownHooks;
  readonly #totalSeconds: number;
  readonly #criticalSeconds: number;
  isShuttingDown = false;

  constructor(process: Process, hooks: ShutdownHooks, seconds: { readonly total: number; readonly critical: number }) {
    this.#process = process;
    this.#hooks = hooks;
    this.#totalSeconds = seconds.total;
    this.#criticalSeconds = seconds.critical;
  }

  /** logind says that the machine goes down, or that it does not after all. */
  prepare(active: boolean): void {
    if (this.#totalSeconds <= 0 || this.isShuttingDown === active) return;
    this.isShuttingDown = active;
    if (active) this.#hooks.event('Shutdown', 'Shutdown manager detected shutdown event');
    this.#hooks.syncNodeStatus();
    if (active) this.#process.go(this.#killPods());
  }

  *#killPods(): Task {
    const pods = this.#hooks.activePods();
    yield* this.#killGroup(pods.filter((pod) => !isCritical(pod)), this.#totalSeconds - this.#criticalSeconds);
    yield* this.#killGroup(pods.filter(isCritical), this.#criticalSeconds);
  }

  /** Stops a group side by side and waits for it, but not longer than it has. */
  *#killGroup(pods: readonly Pod[], seconds: number): Task {
    if (pods.length === 0) return;
    let left = pods.length;
    let wake: (() => void) | undefined;
    for (const pod of pods) {
      this.#process.go(this.#killOne(pod, seconds, () => {
        if (--left === 0) wake?.();
      }));
    }
    if (left === 0) return;
    yield ((resume: () => void) => {
      const timer = this.#process.after('shutdown.group', seconds * 1_000_000, () => {
        wake = undefined;
        resume();
      });
      wake = () => {
        timer.stop();
        this.#process.soon(resume);
      };
    }) as never;
  }

  *#killOne(pod: Pod, seconds: number, done: () => void): Task {
    const grace = Math.min(seconds, pod.spec.terminationGracePeriodSeconds ?? 30);
    yield* this.#hooks.kill(pod, grace, (status) => {
      const phase = status.phase === 'Succeeded' ? status.phase : 'Failed';
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: MESSAGE } as const;
      return this.#hooks.withCondition({ ...status, phase, reason: REASON, message: MESSAGE }, condition);
    });
    done();
  }
}
