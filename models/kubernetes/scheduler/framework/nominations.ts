/**
 * Which pods a preemption promised room on which node.
 *
 * The order of pods per node is that of their nomination. Source: pkg/scheduler/backend/queue/nominator.go.
 */
import { nominatedNodeOf, type PodInfo } from './pod-info.ts';

const NOBODY: readonly PodInfo[] = [];

export class Nominations {
  readonly #byNode = new Map<string, PodInfo[]>();
  readonly #nodeOf = new Map<string, string>();

  /** Pods nominated to the node, in order of nomination. */
  on(node: string): readonly PodInfo[] {
    return this.#byNode.get(node) ?? NOBODY;
  }

  /** The node that the pod with this UID is nominated to. */
  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid);
  }

  get size(): number {
    return this.#nodeOf.size;
  }

  /** Nominates to `node`, or, when that is undefined, to what the pod's status says, if anything. */
  add(pod: PodInfo, node: string | undefined): void {
    this.delete(pod.uid);
    const target = node === undefined ? nominatedNodeOf(pod.pod) : node;
    if (target === '') return;
    this.#nodeOf.set(pod.uid, target);
    const pods = this.#byNode.get(target);
    if (pods === undefined) this.#byNode.set(target, [pod]);
    else pods.push(pod);
  }

  delete(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = (this.#byNode.get(node) ?? []).filter((pod) => pod.uid !== uid);
    if (pods.length === 0) this.#byNode.delete(node);
    else this.#byNode.set(node, pods);
  }

  /** A newer version of the pod. A nomination that only memory knows of survives an update that says nothing of it. */
  update(old: PodInfo, current: PodInfo): void {
    const remembered = this.#nodeOf.get(old.uid);
    const silent = nominatedNodeOf(old.pod) === '' && nominatedNodeOf(current.pod) === '';
    this.delete(old.uid);
    this.add(current, silent ? remembered : undefined);
  }
}
