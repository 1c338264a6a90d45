/**
 * A node and the running sums over the pods on it: the row that every filter and score reads.
 *
 * Sums always equal those over `pods` (assumed and terminating pods count in full). `generation` rises with every
 * change, which is what snapshots and per-class caches go by. Removal swaps the last pod into the gap, as upstream,
 * because the resulting order is visible where victims tie.
 *
 * Source: pkg/scheduler/framework/types.go (NodeInfo).
 */
import type { Labels } from '../../object/selector.ts';
import type { Taint } from '../../object/taint.ts';
import type { Node } from '../../object/types.ts';
import type { ResourceStrings } from '../../object/resources.ts';
import { sameData } from './canonical.ts';
import { HostPorts } from './host-port.ts';
import type { PodInfo } from './pod-info.ts';
import { accumulate, type Allocatable, allocatableOf, copyResource, emptyResource, type Resource } from './resource.ts';

/** What the cache knows of an image on a node: its size, and on how many nodes it was when the row was refreshed. */
export interface ImageState {
  readonly size: number;
  readonly nodes: number;
}

const NO_LABELS: Labels = {};
const NO_TAINTS: readonly Taint[] = [];
const NO_ALLOCATABLE: Allocatable = { milliCpu: 0, memory: 0, ephemeralStorage: 0, scalars: undefined, pods: 0 };
const NO_IMAGES: ReadonlyMap<string, ImageState> = new Map();

/** Takes the element out by moving the last one into its place. */
const swapRemove = <T>(list: T[], index: number): void => {
  const last = list.pop() as T;
  if (index < list.length) list[index] = last;
};

const indexOfUid = (list: readonly PodInfo[], uid: string): number => {
  for (let i = 0; i < list.length; i += 1) if ((list[i] as PodInfo).uid === uid) return i;
  return -1;
};

export class NodeInfo {
  readonly name: string;
  /** Undefined while only pods of an unknown node are known. */
  node: Node | undefined = undefined;
  labels: Labels = NO_LABELS;
  taints: readonly Taint[] = NO_TAINTS;
  unschedulable = false;
  pods: PodInfo[] = [];
  podsWithAffinity: PodInfo[] = [];
  podsWithRequiredAntiAffinity: PodInfo[] = [];
  usedPorts = new HostPorts();
  requested: Resource = emptyResource();
  nonZeroMilliCpu = 0;
  nonZeroMemory = 0;
  allocatable: Allocatable = NO_ALLOCATABLE;
  images: ReadonlyMap<string, ImageState> = NO_IMAGES;
  /** Uses of each claim by pods of this node. */
  claims: Map<string, number> | undefined = undefined;
  generation = 0;
  /** The row's number in per-class tables; stable while the node lives. */
  slot = -1;
  /** Position in the snapshot's node list. */
  index = -1;
  /** Neighbours in the cache's list of rows, latest change first. */
  newer: NodeInfo | undefined = undefined;
  older: NodeInfo | undefined = undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Takes over a version of the node object. */
  setNode(node: Node): void {
    const allocatable = node.status?.allocatable as ResourceStrings | undefined;
    if (this.node === undefined || !sameData(this.node.status?.allocatable, allocatable)) this.allocatable = allocatableOf(allocatable);
    this.node = node;
    this.labels = node.metadata.labels ?? NO_LABELS;
    this.taints = (node.spec.taints as readonly Taint[] | undefined) ?? NO_TAINTS;
    this.unschedulable = node.spec.unschedulable === true;
  }

  addPod(pod: PodInfo): void {
    this.pods.push(pod);
    if (pod.hasAffinity) this.podsWithAffinity.push(pod);
    if (pod.requiredAntiAffinity.length > 0) this.podsWithRequiredAntiAffinity.push(pod);
    this.#count(pod, 1);
  }

  /** Takes the pod with this UID away; undefined when it is not here. */
  removePod(uid: string): PodInfo | undefined {
    const index = indexOfUid(this.pods, uid);
    if (index < 0) return undefined;
    const pod = this.pods[index] as PodInfo;
    swapRemove(this.pods, index);
    if (pod.hasAffinity) swapRemove(this.podsWithAffinity, indexOfUid(this.podsWithAffinity, uid));
    if (pod.requiredAntiAffinity.length > 0) {
      swapRemove(this.podsWithRequiredAntiAffinity, indexOfUid(this.podsWithRequiredAntiAffinity, uid));
    }
    this.#count(pod, -1);
    return pod;
  }

  /** An independent copy for what-if questions; the copy is in no list. */
  copy(): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.node = this.node;
    copy.labels = this.labels;
    copy.taints = this.taints;
    copy.unschedulable = this.unschedulable;
    copy.pods = [...this.pods];
    copy.podsWithAffinity = [...this.podsWithAffinity];
    copy.podsWithRequiredAntiAffinity = [...this.podsWithRequiredAntiAffinity];
    copy.usedPorts = this.usedPorts.copy();
    copy.requested = copyResource(this.requested);
    copy.nonZeroMilliCpu = this.nonZeroMilliCpu;
    copy.nonZeroMemory = this.nonZeroMemory;
    copy.allocatable = this.allocatable;
    copy.images = this.images;
    copy.claims = this.claims === undefined ? undefined : new Map(this.claims);
    copy.generation = this.generation;
    copy.slot = this.slot;
    copy.index = this.index;
    return copy;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    accumulate(this.requested, pod.request, sign);
    this.nonZeroMilliCpu += sign * pod.nonZeroMilliCpu;
    this.nonZeroMemory += sign * pod.nonZeroMemory;
    for (const port of pod.hostPorts) {
      if (sign === 1) this.usedPorts.add(port);
      else this.usedPorts.remove(port);
    }
    if (pod.claims.length > 0) this.#countClaims(pod, sign);
  }

  #countClaims(pod: PodInfo, sign: 1 | -1): void {
    const claims = (this.claims ??= new Map());
    for (const claim of pod.claims) {
      const uses = (claims.get(claim) ?? 0) + sign;
      if (uses <= 0) claims.delete(claim);
      else claims.set(claim, uses);
    }
  }
}

/** The slots of these rows, in their order. */
export const slotsOf = (rows: readonly NodeInfo[]): number[] => rows.map(({ slot }) => slot);
