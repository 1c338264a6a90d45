/**
 * What the kubelet thinks of its container runtime (pkg/kubelet/runtime.go, kubelet.go: `updateRuntimeUp`).
 *
 * Upstream asks for the runtime's status every five seconds. As the runtime here tells when something is wrong with it, the
 * asking begins with that and ends when all is well again; what can be seen is the same.
 */
import type { Process, Task } from '../../client/process.ts';
import type { CriClient } from '../cri-client.ts';
import type { Pleg } from '../pleg.ts';

/** kubelet.go: 5 s between two looks; runtime.go: the runtime counts as down 30 s after the last good one. */
const POLL_US = 5_000_000;
const DOWN_US = 30_000_000;

export class RuntimeHealth {
  /** How often the machine had been started before; undefined until the runtime has said so. */
  boots: number | undefined;
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #pleg: Pleg;
  readonly #changed: () => void;
  #lastOkUs: number | undefined;
  #isPolling = false;
  /** A call of `Status` is open: it may hang as long as the runtime does. */
  #isAsking = false;
  #runtimeReady = true;
  #networkReady = true;
  #told = '';
  #waiting: (() => void)[] = [];

  /** `changed` is called when the errors may have changed. */
  constructor(process: Process, cri: CriClient, pleg: Pleg, changed: () => void) {
    this.#process = process;
    this.#cri = cri;
    this.#pleg = pleg;
    this.#changed = changed;
  }

  /** Begins to look at the runtime, and goes on until it is well. */
  doubt(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#process.go(this.#poll());
  }

  *#poll(): Task {
    for (;;) {
      if (!this.#isAsking) this.#process.go(this.#ask());
      yield* this.#process.sleep('runtime.status', POLL_US);
      this.#tell();
      if (!this.#isAsking && this.#lastOkUs !== undefined && this.#process.now - this.#lastOkUs <= POLL_US + 1_000_000 && this.errors().length === 0) break;
    }
    this.#isPolling = false;
    // Something went wrong between the last answer and now: look again.
    if (this.errors().length > 0) this.doubt();
  }

  *#ask(): Task {
    this.#isAsking = true;
    const status = yield* this.#cri.call('Status', {});
    this.#isAsking = false;
    if (!status.ok) return;
    this.boots = status.value.boots;
    this.#networkReady = status.value.networkReady;
    this.#runtimeReady = status.value.runtimeReady;
    if (this.#runtimeReady) this.#lastOkUs = this.#process.now;
    this.#tell();
  }

  #tell(): void {
    const text = [...this.errors(), ...this.networkErrors()].map((error) => error.replace(/last seen active .* ago/, '')).join();
    if (this.isWell) for (const resume of this.#waiting.splice(0)) this.#process.soon(resume);
    if (text === this.#told) return;
    this.#told = text;
    this.#changed();
  }

  /** No errors that stop the sync loop. */
  get isWell(): boolean {
    return this.errors().length === 0;
  }

  /** Waits while the sync loop stands still: nothing is synced as long as the runtime is in trouble. */
  *whenWell(): Task {
    while (!this.isWell) yield ((resume: () => void) => void this.#waiting.push(resume)) as never;
  }

  /** Errors of the runtime: they make the node not ready and stop the sync loop. */
  errors(): string[] {
    const { now } = this.#process;
    const errors: string[] = [];
    if (this.#lastOkUs === undefined) errors.push('container runtime status check may not have completed yet');
    else if (now - this.#lastOkUs > DOWN_US && this.#isPolling) errors.push('container runtime is down');
    const stuckUs = this.#pleg.stuckUs;
    if (stuckUs >= 180_000_000) errors.push(`PLEG is not healthy: pleg was last seen active ${duration(stuckUs)} ago; threshold is 3m0s`);
    if (!this.#runtimeReady) errors.push('container runtime not ready: RuntimeReady=false reason:ContainerdNotReady message:containerd is not ready');
    return errors;
  }

  /** Errors of the pod network: only pods of the host network are synced then. */
  networkErrors(): string[] {
    if (this.#networkReady) return [];
    return ['container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized'];
  }
}

/** `3m0.5s`, as Go prints a duration. */
function duration(us: number): string {
  const minutes = Math.floor(us / 60_000_000);
  const seconds = (us % 60_000_000) / 1_000_000;
  return `${minutes > 0 ? `${minutes}m` : ''}${String(seconds)}s`;
}
