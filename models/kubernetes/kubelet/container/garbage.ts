/**
 * Removes dead containers, sandboxes and images (pkg/kubelet/pod_container_deletor.go, kuberuntime/kuberuntime_gc.go,
 * images/image_gc_manager.go).
 *
 * Of each container of a pod one dead instance is kept, for its log and its last state; of its sandboxes the newest.
 */
import type { Process, Task, TimerHandle } from '../../client/process.ts';
import type { Pod } from '../../object/types.ts';
import type { CriClient } from '../cri-client.ts';
import type { Pleg } from '../pleg.ts';
import type { KubeRuntime } from './kuberuntime.ts';

/** kubelet.go: ContainerGCPeriod. */
const PERIOD_US = 60_000_000;
const ORPHAN_GRACE_SECONDS = 1;

export class Garbage {
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #pleg: Pleg;
  readonly #runtime: KubeRuntime;
  readonly #isOver: (uid: string) => boolean;
  readonly #startedUs: number;
  /** Pods with more than what is kept. */
  readonly #dirty = new Set<string>();
  readonly #orphans = new Set<string>();
  #timer: TimerHandle | undefined;

  /** `isOver`: has the pod ended, so that none of its dead containers is needed for a restart? */
  constructor(process: Process, cri: CriClient, pleg: Pleg, runtime: KubeRuntime, isOver: (uid: string) => boolean) {
    this.#isOver = isOver;
    this.#process = process;
    this.#cri = cri;
    this.#pleg = pleg;
    this.#runtime = runtime;
    this.#startedUs = process.now;
  }

  /** A container or sandbox died: older dead instances of it go at once, old sandboxes at the next collection. */
  containerDied(uid: string, id: string, removeAll: boolean): void {
    const status = this.#pleg.get(uid);
    const name = status.containers.find((container) => container.id === id)?.metadata.name;
    if (name === undefined) {
      this.#later(uid);
      return;
    }
    const dead = status.containers.filter(({ state, metadata }) => state === 'EXITED' && (removeAll || metadata.name === name));
    const removed = removeAll ? dead : dead.slice(1);
    if (removed.length > 0) this.#process.go(this.#remove(removed.map((container) => container.id)));
  }

  *#remove(ids: readonly string[]): Task {
    for (const id of ids) yield* this.#cri.call('RemoveContainer', { id });
  }

  #later(uid: string): void {
    this.#dirty.add(uid);
    const passed = (this.#process.now - this.#startedUs) % PERIOD_US;
    this.#timer ??= this.#process.after('container.gc', PERIOD_US - passed, () => {
      this.#timer = undefined;
      this.#process.go(this.#collect());
    });
  }

  *#collect(): Task {
    for (const uid of [...this.#dirty]) {
      this.#dirty.delete(uid);
      const status = this.#pleg.get(uid);
      const kept = new Set<string>();
      for (const { id, state, metadata } of status.containers) {
        if (state !== 'EXITED') continue;
        if (kept.has(metadata.name)) yield* this.#cri.call('RemoveContainer', { id });
        kept.add(metadata.name);
      }
      const used = new Set(this.#pleg.get(uid).containers.map(({ sandboxId }) => sandboxId));
      for (const { id, state } of status.sandboxes.slice(1)) if (state !== 'READY' && !used.has(id)) yield* this.#cri.call('RemovePodSandbox', { id });
      // Sandboxes whose containers went just now follow at the next collection.
      if (status.sandboxes.length > 2) this.#later(uid);
    }
  }

  /** Removes all that a pod has left in the runtime. */
  *removePod(uid: string): Task {
    const status = yield* this.#runtime.readStatus(uid, this.#pleg.get(uid));
    for (const { id } of status.containers) yield* this.#cri.call('RemoveContainer', { id });
    for (const { id } of status.sandboxes) yield* this.#cri.call('RemovePodSandbox', { id });
  }

  /** Stops and removes a pod that only the runtime knows. All that is known of it is what its sandbox says. */
  *killOrphan(uid: string): Task {
    const status = this.#pleg.get(uid);
    const [sandbox] = status.sandboxes;
    if (sandbox === undefined || this.#orphans.has(uid)) return;
    this.#orphans.add(uid);
    const { name, namespace } = sandbox.metadata;
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, uid }, spec: { containers: [] }, status: {} } as unknown as Pod;
    const error = yield* this.#runtime.killPod(pod, status, ORPHAN_GRACE_SECONDS);
    if (error === undefined) yield* this.removePod(uid);
    this.#orphans.delete(uid);
  }

  /** For an eviction: dead containers of pods that are over, and images that nobody uses. */
  *reclaim(): Task {
    const containers = yield* this.#cri.call('ListContainers', {});
    if (!containers.ok) return;
    const podOf = new Map([...this.#pleg.pods].flatMap((uid) => this.#pleg.get(uid).sandboxes.map(({ id }) => [id, uid] as const)));
    for (const { id, state, sandboxId } of containers.value) {
      if (state === 'EXITED' && this.#isOver(podOf.get(sandboxId) ?? '')) yield* this.#cri.call('RemoveContainer', { id });
    }
    const used = new Set(containers.value.filter(({ state }) => state !== 'EXITED').map(({ imageRef }) => imageRef));
    const images = yield* this.#cri.call('ListImages', {});
    if (!images.ok) return;
    for (const { id, names, pinned } of images.value) if (!pinned && !used.has(id) && !names.some((name) => used.has(name))) yield* this.#cri.call('RemoveImage', { image: names[0] ?? id });
  }
}
