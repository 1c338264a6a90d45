/**
 * Exclusive CPUs for containers of Guaranteed pods that ask for whole ones (cpumanager/policy_static.go); all others share the rest.
 *
 * Reserved CPUs are never exclusive. CPUs of init containers are given to the containers that come after them.
 */
import { quantityMilliValue, quantityOf } from '../../../object/quantity.ts';
import { isSidecar, qosClassOf } from '../../../object/resources.ts';
import type { core, Pod } from '../../../object/types.ts';
import { smtAlignmentError, unexpectedAdmissionError } from '../admission-error.ts';
import { type CPUSet, difference, intersection, union } from '../cpuset.ts';
import { type BitMask, bitMasksOf, bitsOf, countOf, isSet } from '../topologymanager/bitmask.ts';
import type { AffinityStore, HintProvider, Hints, TopologyHint } from '../topologymanager/hint.ts';
import { containersOf } from '../topologymanager/scope.ts';
import { takeByTopologyNUMAPacked } from './cpu-assignment.ts';
import type { CPUTopology } from './topology.ts';

/** What the kubelet keeps in cpu_manager_state. */
export interface CPUManagerState {
  shared: CPUSet;
  /** By pod and container. */
  readonly assignments: Map<string, Map<string, CPUSet>>;
}

export interface StaticPolicyOptions {
  readonly topology: CPUTopology;
  readonly reserved: CPUSet;
  /** `full-pcpus-only`. */
  readonly isFullCoresOnly: boolean;
}

export class StaticCPUPolicy implements HintProvider {
  readonly #topology: CPUTopology;
  readonly #options: StaticPolicyOptions;
  readonly #state: CPUManagerState;
  readonly #affinity: AffinityStore;
  /** CPUs that the pod being admitted may use a second time. */
  #reusable: { readonly podUid: string; readonly cpus: CPUSet } = { podUid: '', cpus: [] };

  constructor(options: StaticPolicyOptions, state: CPUManagerState, affinity: AffinityStore) {
    this.#topology = options.topology;
    this.#options = options;
    this.#state = state;
    this.#affinity = affinity;
  }

  cpusOf(podUid: string, container: string): CPUSet | undefined {
    return this.#state.assignments.get(podUid)?.get(container);
  }

  allocate(pod: Pod, container: core.Container): void {
    const count = guaranteedCPUs(pod, container);
    if (count === 0) return;
    if (this.#options.isFullCoresOnly) this.#checkCores(count);
    const { uid } = pod.metadata;
    const present = this.cpusOf(uid, container.name);
    if (present !== undefined) {
      this.#noteReusable(pod, container, present);
      return;
    }
    const cpus = this.#take(count, this.#affinity.affinityOf(uid, container.name).affinity, this.#reusableOf(uid));
    const own = this.#state.assignments.get(uid) ?? new Map<string, CPUSet>();
    this.#state.assignments.set(uid, own.set(container.name, cpus));
    this.#noteReusable(pod, container, cpus);
  }

  /** Siblings of reserved threads are of no use to those who want whole cores. */
  #checkCores(count: number): void {
    const { cpusPerCore } = this.#topology;
    if (count % cpusPerCore !== 0) throw smtAlignmentError(count, cpusPerCore);
    const reserved = this.#topology.cpusIn('core', this.#topology.idsOf('core', this.#options.reserved));
    const available = difference(this.#state.shared, reserved).length;
    if (count > available) throw smtAlignmentError(count, cpusPerCore, available);
  }

  #take(count: number, affinity: BitMask | undefined, reusable: CPUSet): CPUSet {
    const allocatable = union(this.#available, reusable);
    const aligned = affinity === undefined ? [] : intersection(allocatable, this.#topology.cpusIn('numaNode', bitsOf(affinity)));
    const first = this.#packed(aligned, Math.min(aligned.length, count));
    const cpus = union(first, this.#packed(difference(allocatable, first), count - first.length));
    this.#state.shared = difference(this.#state.shared, cpus);
    return cpus;
  }

  #packed(available: CPUSet, count: number): CPUSet {
    const taken = takeByTopologyNUMAPacked(this.#topology, available, count);
    if (typeof taken === 'string') throw unexpectedAdmissionError(taken);
    return taken;
  }

  get #available(): CPUSet {
    return difference(this.#state.shared, this.#options.reserved);
  }

  #reusableOf(podUid: string): CPUSet {
    return this.#reusable.podUid === podUid ? this.#reusable.cpus : [];
  }

  /** A sidecar runs beside the containers that come after it, so it keeps its CPUs. */
  #noteReusable({ metadata, spec }: Pod, container: core.Container, cpus: CPUSet): void {
    const before = this.#reusableOf(metadata.uid);
    const init = (spec.initContainers ?? []).find(({ name }) => name === container.name);
    const isLent = init !== undefined && !isSidecar(init);
    this.#reusable = { podUid: metadata.uid, cpus: isLent ? union(before, cpus) : difference(before, cpus) };
  }

  /** CPUs that another container of the pod uses as well stay with the pod. */
  remove(podUid: string, container: string): void {
    const own = this.#state.assignments.get(podUid);
    const released = own?.get(container);
    if (own === undefined || released === undefined) return;
    own.delete(container);
    const inUse = [...own.values()].reduce(union, []);
    this.#state.shared = union(this.#state.shared, difference(released, inUse));
    if (own.size === 0) this.#state.assignments.delete(podUid);
  }

  /** Gives back what containers have that are none of an active pod's. */
  removeStale(isActive: (podUid: string) => boolean): void {
    for (const [uid, containers] of [...this.#state.assignments]) if (!isActive(uid)) for (const name of [...containers.keys()]) this.remove(uid, name);
  }

  hints(pod: Pod, container: core.Container): Hints {
    const count = guaranteedCPUs(pod, container);
    if (count === 0) return undefined;
    const present = this.cpusOf(pod.metadata.uid, container.name);
    if (present === undefined) return { cpu: this.#generate(this.#available, this.#reusableOf(pod.metadata.uid), count) };
    return { cpu: present.length === count ? this.#generate(present, [], count) : [] };
  }

  podHints(pod: Pod): Hints {
    const count = podGuaranteedCPUs(pod);
    if (count === 0) return undefined;
    const { uid } = pod.metadata;
    let assigned: CPUSet = [];
    for (const container of containersOf(pod)) {
      const present = this.cpusOf(uid, container.name);
      if (present === undefined) continue;
      if (present.length !== guaranteedCPUs(pod, container)) return { cpu: [] };
      assigned = union(assigned, present);
    }
    if (assigned.length === count) return { cpu: this.#generate(assigned, [], count) };
    return { cpu: this.#generate(this.#available, union(this.#reusableOf(uid), assigned), count) };
  }

  /** Every combination of NUMA nodes that has enough; those of as few nodes as the machine would need are preferred. */
  #generate(available: CPUSet, reusable: CPUSet, count: number): TopologyHint[] {
    const nodes = this.#topology.idsOf('numaNode');
    let fewest = nodes.length;
    const affinities = bitMasksOf(nodes).filter((mask) => {
      const isIn = (cpu: number): boolean => isSet(mask, this.#topology.numaNodeOf(cpu));
      if (this.#topology.cpusIn('numaNode', bitsOf(mask)).length >= count) fewest = Math.min(fewest, countOf(mask));
      return reusable.every(isIn) && reusable.length + available.filter(isIn).length >= count;
    });
    return affinities.map((affinity) => ({ affinity, isPreferred: countOf(affinity) === fewest }));
  }
}

/** How many CPUs a container has for itself; 0: it shares. */
export function guaranteedCPUs(pod: Pod, container: core.Container): number {
  if (qosClassOf(pod) !== 'Guaranteed') return 0;
  const request = (container.resources?.requests as Record<string, string> | undefined)?.['cpu'];
  const milli = request === undefined ? 0 : quantityMilliValue(quantityOf(request));
  return milli % 1000 === 0 ? milli / 1000 : 0;
}

/** The most that the pod has at one time. */
function podGuaranteedCPUs(pod: Pod): number {
  let sidecars = 0;
  let init = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const count = guaranteedCPUs(pod, container);
    if (isSidecar(container)) sidecars += count;
    else init = Math.max(init, sidecars + count);
  }
  const app = pod.spec.containers.reduce((sum, container) => sum + guaranteedCPUs(pod, container), 0);
  return Math.max(init, app + sidecars);
}
