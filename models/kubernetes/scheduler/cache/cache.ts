/**
 * What the scheduler believes about nodes and the pods on them, its own recent decisions included.
 *
 * A pod is assumed onto a node as soon as it is decided and stays until its binding is confirmed by the informer or
 * forgotten after a failure; assumed pods never expire. Pods of nodes that are not known (yet, or any more) live in
 * rows
 * without a node object, which no cycle sees.
 * Rows form a list by last change (see Snapshot.newest): moving a row to its head is how folds and image counts find
 * out what to refresh.
 *
 * Source: pkg/scheduler/backend/cache/cache.go.
 */
import { sameData } from '../framework/canonical.ts';
import { NodeInfo, slotsOf } from '../framework/node-info.ts';
import { type PodInfo, podInfoOf } from '../framework/pod-info.ts';
import type { Snapshot } from '../framework/snapshot.ts';
import { NEW } from '../../object/new.ts';
import type { Node, Pod } from '../../object/types.ts';
import { ImageStates } from './image-states.ts';
import { NodeTree } from './node-tree.ts';

interface CachedPod {
  readonly info: PodInfo;
  readonly assumed: boolean;
}

const nodeNameOf = ({ pod }: PodInfo): string => pod.spec.nodeName ?? '';

/** The pod as it will be once bound. */
export const assumedPod = (pod: Pod, node: string): Pod => ({ ...pod, spec: { ...NEW, ...pod.spec, nodeName: node } });

/** Whether a newer version of the pod changes nothing that a row's sums or any filter or score looks at. */
const isSameForRows = (a: Pod, b: Pod): boolean =>
  (a.metadata.deletionTimestamp === undefined) === (b.metadata.deletionTimestamp === undefined) &&
  sameData(a.spec, b.spec) &&
  sameData(a.metadata.labels, b.metadata.labels);

export class Cache {
  readonly #rows = new Map<string, NodeInfo>();
  readonly #pods = new Map<string, CachedPod>();
  readonly #tree = new NodeTree();
  readonly #images = new ImageStates();
  readonly #withAffinity = new Set<NodeInfo>();
  readonly #withRequiredAntiAffinity = new Set<NodeInfo>();
  readonly #claimUses = new Map<string, number>();
  readonly #freeSlots: number[] = [];
  #newest: NodeInfo | undefined = undefined;
  #generation = 0;
  #refreshed = 0;
  #slots = 0;
  #epoch = 0;
  #isListStale = true;
  #nodes: NodeInfo[] = [];
  #slotsOfNodes: readonly number[] = [];

  /** Number of pods, assumed ones included. */
  get podCount(): number {
    return this.#pods.size;
  }

  get nodeCount(): number {
    return this.#nodes.length;
  }

  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.assumed === true;
  }

  /** The cached version of the pod. */
  getPod(uid: string): Pod | undefined {
    return this.#pods.get(uid)?.info.pod;
  }

  getRow(name: string): NodeInfo | undefined {
    return this.#rows.get(name);
  }

  /**
   * Puts the pod onto the node before the API server knows. `info` may be what was derived from the unbound pod.
   * False when the pod is here already.
   */
  assume(info: PodInfo, node: string): boolean {
    if (this.#pods.has(info.uid)) return false;
    this.#add({ ...info, pod: assumedPod(info.pod, node) }, node, true);
    return true;
  }

  /** Takes an assumed pod away again, after its binding failed. False when it is not assumed. */
  forget(uid: string): boolean {
    const cached = this.#pods.get(uid);
    if (cached?.assumed !== true) return false;
    this.#remove(cached.info);
    return true;
  }

  /** A pod with a node appeared in the informer: new, or the confirmation of an assumed one. */
  addPod(pod: Pod): void {
    const cached = this.#pods.get(pod.metadata.uid);
    if (cached === undefined) this.#add(podInfoOf(pod), pod.spec.nodeName ?? '', false);
    else this.#replace(cached.info, pod);
  }

  updatePod(pod: Pod): void {
    this.addPod(pod);
  }

  removePod(uid: string): void {
    const cached = this.#pods.get(uid);
    if (cached !== undefined) this.#remove(cached.info);
  }

  addNode(node: Node): void {
    const row = this.#row(node.metadata.name);
    if (row.node === undefined) {
      row.slot = this.#freeSlots.pop() ?? this.#slots;
      if (row.slot === this.#slots) this.#slots += 1;
      this.#tree.add(node);
      this.#images.add(node);
      this.#isListStale = true;
      for (const pod of row.pods) this.#countClaims(pod, 1);
    } else {
      this.#images.remove(row.node);
      this.#tree.update(row.node, node);
      this.#images.add(node);
    }
    row.setNode(node);
    this.#touch(row);
  }

  updateNode(node: Node): void {
    this.addNode(node);
  }

  /** The node is gone. Its pods stay until the informer says that they went too. */
  removeNode(name: string): void {
    const row = this.#rows.get(name);
    if (row?.node === undefined) return;
    this.#tree.remove(row.node);
    this.#images.remove(row.node);
    for (const pod of row.pods) this.#countClaims(pod, -1);
    row.node = undefined;
    this.#freeSlots.push(row.slot);
    row.slot = -1;
    row.index = -1;
    this.#isListStale = true;
    this.#withAffinity.delete(row);
    this.#withRequiredAntiAffinity.delete(row);
    if (row.pods.length === 0) this.#drop(row);
    else this.#touch(row);
  }

  /** The view for the next cycle. */
  snapshot(): Snapshot {
    if (this.#isListStale) this.#rebuildList();
    let row = this.#newest;
    while (row !== undefined && row.generation > this.#refreshed) {
      if (row.node !== undefined) row.images = this.#images.of(row.node);
      row = row.older;
    }
    this.#refreshed = this.#generation;
    return {
      nodes: this.#nodes,
      slotsOfNodes: this.#slotsOfNodes,
      withAffinity: this.#withAffinity,
      withRequiredAntiAffinity: this.#withRequiredAntiAffinity,
      claimUses: this.#claimUses,
      newest: this.#newest,
      generation: this.#generation,
      epoch: this.#epoch,
      slots: this.#slots,
      get: (name) => {
        const found = this.#rows.get(name);
        return found?.node === undefined ? undefined : found;
      },
    };
  }

  #rebuildList(): void {
    this.#nodes = [];
    for (const name of this.#tree.list()) {
      const row = this.#rows.get(name) as NodeInfo;
      row.index = this.#nodes.length;
      this.#nodes.push(row);
    }
    this.#slotsOfNodes = slotsOf(this.#nodes);
    this.#isListStale = false;
    this.#epoch += 1;
  }

  #row(name: string): NodeInfo {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = new NodeInfo(name);
      this.#rows.set(name, row);
    }
    return row;
  }

  #add(info: PodInfo, node: string, assumed: boolean): void {
    const row = this.#row(node);
    row.addPod(info);
    this.#pods.set(info.uid, { info, assumed });
    if (row.node !== undefined) this.#countClaims(info, 1);
    this.#touch(row);
  }

  #remove(info: PodInfo): void {
    const row = this.#rows.get(nodeNameOf(info));
    this.#pods.delete(info.uid);
    if (row === undefined) return;
    row.removePod(info.uid);
    if (row.node !== undefined) this.#countClaims(info, -1);
    if (row.node === undefined && row.pods.length === 0) this.#drop(row);
    else this.#touch(row);
  }

  /** A newer version; status changes move the pod to the end of its row's list, as upstream, and cost nothing else. */
  #replace(old: PodInfo, pod: Pod): void {
    if (!isSameForRows(old.pod, pod)) {
      this.#remove(old);
      this.#add(podInfoOf(pod), pod.spec.nodeName ?? '', false);
      return;
    }
    const info: PodInfo = { ...old, pod };
    const row = this.#rows.get(nodeNameOf(old));
    row?.removePod(old.uid);
    row?.addPod(info);
    this.#pods.set(info.uid, { info, assumed: false });
  }

  /** Marks the row as changed now: a new generation, and the head of the list. */
  #touch(row: NodeInfo): void {
    this.#generation += 1;
    row.generation = this.#generation;
    if (row.node !== undefined) {
      if (row.podsWithAffinity.length > 0) this.#withAffinity.add(row);
      else this.#withAffinity.delete(row);
      if (row.podsWithRequiredAntiAffinity.length > 0) this.#withRequiredAntiAffinity.add(row);
      else this.#withRequiredAntiAffinity.delete(row);
    }
    if (this.#newest === row) return;
    this.#unlink(row);
    row.older = this.#newest;
    if (this.#newest !== undefined) this.#newest.newer = row;
    this.#newest = row;
  }

  #unlink(row: NodeInfo): void {
    if (this.#newest === row) this.#newest = row.older;
    if (row.newer !== undefined) row.newer.older = row.older;
    if (row.older !== undefined) row.older.newer = row.newer;
    row.newer = undefined;
    row.older = undefined;
  }

  #drop(row: NodeInfo): void {
    this.#unlink(row);
    this.#rows.delete(row.name);
  }

  #countClaims(info: PodInfo, sign: 1 | -1): void {
    for (const claim of info.claims) {
      const uses = (this.#claimUses.get(claim) ?? 0) + sign;
      if (uses <= 0) this.#claimUses.delete(claim);
      else this.#claimUses.set(claim, uses);
    }
  }
}
