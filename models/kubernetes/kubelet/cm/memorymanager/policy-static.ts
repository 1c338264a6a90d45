/**
 * Memory and huge pages on NUMA nodes for Guaranteed pods (memorymanager/policy_static.go).
 *
 * A NUMA node is used alone, or together with always the same others. What is taken stays the pod's until the kubelet sees that it is
 * over; memory of init containers is given to the containers that come after them.
 */
import { quantityOf, quantityValue } from '../../../object/quantity.ts';
import { isSidecar, qosClassOf } from '../../../object/resources.ts';
import type { core, Pod } from '../../../object/types.ts';
import { unexpectedAdmissionError } from '../admission-error.ts';
import { type BitMask, bitMask, bitMasksOf, bitsOf, countOf, isNarrowerThan } from '../topologymanager/bitmask.ts';
import type { AffinityStore, HintProvider, Hints, TopologyHint } from '../topologymanager/hint.ts';
import { containersOf } from '../topologymanager/scope.ts';
import { ReusableMemory } from './reusable-memory.ts';
import type { Block, MemoryManagerState, NUMANodeState } from './state.ts';

type Requests = Readonly<Record<string, number>>;
type Affine = TopologyHint & { readonly affinity: BitMask };

export class StaticMemoryPolicy implements HintProvider {
  readonly #state: MemoryManagerState;
  readonly #affinity: AffinityStore;
  readonly #reusable = new ReusableMemory();

  constructor(state: MemoryManagerState, affinity: AffinityStore) {
    this.#state = state;
    this.#affinity = affinity;
  }

  blocksOf(podUid: string, container: string): readonly Block[] | undefined {
    return this.#state.assignments.get(podUid)?.get(container);
  }

  allocate(pod: Pod, container: core.Container): void {
    if (qosClassOf(pod) !== 'Guaranteed') return;
    const { uid } = pod.metadata;
    const present = this.blocksOf(uid, container.name);
    if (present !== undefined) {
      this.#reusable.update(pod, container, present);
      return;
    }
    const requests = requestsOf(container);
    const affinity = this.#choose(pod, requests, this.#affinity.affinityOf(uid, container.name));
    if (this.#violates(affinity)) fail('preferred hint violates NUMA node allocation');
    const blocks = Object.entries(requests).map(([type, size]): Block => ({ affinity: bitsOf(affinity), type, size }));
    for (const { type, size } of blocks) this.#reserve(affinity, type, Math.max(0, size - this.#reusable.of(uid, affinity, type)));
    this.#reusable.update(pod, container, blocks);
    const own = this.#state.assignments.get(uid) ?? new Map<string, Block[]>();
    this.#state.assignments.set(uid, own.set(container.name, blocks));
    this.#shrinkInit(pod, container, blocks);
  }

  /** The affinity that the topology manager gave, or the best one; and so many nodes more that the request fits. */
  #choose(pod: Pod, requests: Requests, given: TopologyHint): BitMask {
    let best = given;
    if (best.affinity === undefined) {
      const hints = this.#calculate(pod, requests);
      if (hints.length === 0 && Object.keys(requests).length > 0) fail('failed to get the default NUMA affinity, no NUMA nodes with enough memory is available');
      const found = bestOf(hints);
      if (found?.isPreferred !== true && best.isPreferred) fail('failed to find the default preferred hint');
      best = found ?? best;
    }
    const { affinity = 0 } = best;
    if (Object.entries(requests).every(([type, size]) => this.#sum(affinity, type, 'free') >= size)) return affinity;
    const wider = bestOf(this.#calculate(pod, requests).filter((hint) => (hint.affinity & affinity) === affinity));
    if (wider === undefined) return fail('failed to find NUMA nodes to extend the current topology hint');
    if (!wider.isPreferred && best.isPreferred) fail('failed to find the extended preferred hint');
    return wider.affinity;
  }

  #node(id: number): NUMANodeState {
    return this.#state.machine.get(id) as NUMANodeState;
  }

  #sum(affinity: BitMask, type: string, field: 'free' | 'allocatable'): number {
    return bitsOf(affinity).reduce((sum, id) => sum + (this.#node(id).memory.get(type)?.[field] ?? 0), 0);
  }

  /** A node that is used alone, or with others, cannot be used together with these. */
  #violates(affinity: BitMask): boolean {
    const nodes = bitsOf(affinity);
    if (nodes.length === 1) return false;
    return nodes.some((id) => this.#node(id).assignments > 0 && (this.#node(id).cells.length === 1 || bitMask(this.#node(id).cells) !== affinity));
  }

  #reserve(affinity: BitMask, type: string, size: number): void {
    let left = size;
    for (const id of bitsOf(affinity)) {
      const node = this.#node(id);
      node.assignments++;
      node.cells = bitsOf(affinity);
      const table = node.memory.get(type);
      if (table === undefined) continue;
      const part = Math.min(left, Math.max(0, table.free));
      table.reserved += part;
      table.free -= part;
      left -= part;
    }
  }

  remove(podUid: string, container: string): void {
    const own = this.#state.assignments.get(podUid);
    const blocks = own?.get(container);
    if (own === undefined || blocks === undefined) return;
    own.delete(container);
    if (own.size === 0) this.#state.assignments.delete(podUid);
    for (const { affinity, type, size } of blocks) {
      let left = size;
      for (const id of affinity) {
        const node = this.#node(id);
        if (--node.assignments === 0) node.cells = [id];
        const table = node.memory.get(type);
        if (table === undefined) continue;
        const part = Math.min(left, table.reserved);
        table.reserved -= part;
        table.free += part;
        left -= part;
      }
    }
  }

  removeStale(isActive: (podUid: string) => boolean): void {
    for (const [uid, containers] of [...this.#state.assignments]) if (!isActive(uid)) for (const name of [...containers.keys()]) this.remove(uid, name);
  }

  /** A container starts: init containers before it are over, and what they do not share is free (memory_manager.go, `AddContainer`). */
  started(pod: Pod, container: core.Container): void {
    for (const init of pod.spec.initContainers ?? []) {
      if (init.name === container.name) return;
      if (!isSidecar(init)) this.remove(pod.metadata.uid, init.name);
    }
  }

  /** So that the blocks of a pod add up to what is taken: what a container has from an init container is only counted once. */
  #shrinkInit(pod: Pod, container: core.Container, blocks: readonly Block[]): void {
    for (const { type, affinity, size } of blocks) {
      let left = size;
      for (const init of pod.spec.initContainers ?? []) {
        if (init.name === container.name || left === 0) break;
        if (isSidecar(init)) continue;
        for (const block of this.#state.assignments.get(pod.metadata.uid)?.get(init.name) ?? []) {
          if (block.type !== type || bitMask(block.affinity) !== bitMask(affinity)) continue;
          const part = Math.min(block.size, left);
          block.size -= part;
          left -= part;
        }
      }
    }
  }

  hints(pod: Pod, container: core.Container): Hints {
    if (qosClassOf(pod) !== 'Guaranteed') return undefined;
    const requests = requestsOf(container);
    const present = this.blocksOf(pod.metadata.uid, container.name);
    return present === undefined ? this.#asHints(pod, requests) : regenerated(present, requests);
  }

  podHints(pod: Pod): Hints {
    if (qosClassOf(pod) !== 'Guaranteed') return undefined;
    const requests = podRequestsOf(pod);
    for (const { name } of containersOf(pod)) {
      const present = this.blocksOf(pod.metadata.uid, name);
      if (present !== undefined) return regenerated(present, requests);
    }
    return this.#asHints(pod, requests);
  }

  #asHints(pod: Pod, requests: Requests): Hints {
    const hints = this.#calculate(pod, requests);
    // Nothing that fits: no hints at all, which the topology manager takes for no preference. Allocating fails then.
    return hints.length === 0 ? {} : Object.fromEntries(Object.keys(requests).map((type) => [type, hints]));
  }

  /** Combinations of NUMA nodes that can serve the whole request; those of as few nodes as it needs are preferred. */
  #calculate(pod: Pod, requests: Requests): Affine[] {
    const nodes = [...this.#state.machine.keys()].sort((a, b) => a - b);
    const wanted = Object.entries(requests);
    let fewest = nodes.length;
    const affinities = bitMasksOf(nodes).filter((mask) => {
      if (wanted.some(([type, size]) => this.#sum(mask, type, 'allocatable') < size)) return false;
      fewest = Math.min(fewest, countOf(mask));
      const [first, ...others] = bitsOf(mask) as [number, ...number[]];
      if (others.length === 0 ? this.#node(first).cells.length > 1 : this.#violates(mask)) return false;
      return wanted.every(([type, size]) => this.#sum(mask, type, 'free') + this.#reusable.of(pod.metadata.uid, mask, type) >= size);
    });
    return affinities.map((affinity) => ({ affinity, isPreferred: countOf(affinity) === fewest }));
  }
}

function fail(why: string): never {
  throw unexpectedAdmissionError(`[memorymanager] ${why}`);
}

/** The first of the preferred ones, or of all, with the fewest nodes. */
function bestOf(hints: readonly Affine[]): Affine | undefined {
  let best: Affine | undefined;
  for (const hint of hints) {
    const isBetter = best === undefined || (hint.isPreferred && !best.isPreferred) || (hint.isPreferred === best.isPreferred && isNarrowerThan(hint.affinity, best.affinity));
    if (isBetter) best = hint;
  }
  return best;
}

/** What was allocated already is what is wanted again, after a restart; otherwise nothing is said. */
function regenerated(blocks: readonly Block[], requests: Requests): Hints {
  if (blocks.length !== Object.keys(requests).length || blocks.some(({ type, size }) => requests[type] !== size)) return undefined;
  return Object.fromEntries(blocks.map(({ type, affinity }) => [type, [{ affinity: bitMask(affinity), isPreferred: true }]]));
}

/** Memory and huge pages that a container asks for, in bytes. */
export function requestsOf(container: core.Container): Requests {
  const requests = Object.entries((container.resources?.requests ?? {}) as Record<string, string>);
  return Object.fromEntries(requests.filter(([name]) => name === 'memory' || name.startsWith('hugepages-')).map(([name, amount]) => [name, quantityValue(quantityOf(amount))]));
}

/** The most that the pod has at one time, of what its main containers ask for. */
function podRequestsOf(pod: Pod): Requests {
  const add = (sum: Record<string, number>, requests: Requests): void => {
    for (const [name, size] of Object.entries(requests)) sum[name] = (sum[name] ?? 0) + size;
  };
  const sidecars: Record<string, number> = {};
  const init: Record<string, number> = {};
  for (const container of pod.spec.initContainers ?? []) {
    const requests = requestsOf(container);
    if (isSidecar(container)) add(sidecars, requests);
    else for (const [name, size] of Object.entries(requests)) init[name] = Math.max(init[name] ?? 0, (sidecars[name] ?? 0) + size);
  }
  const app: Record<string, number> = {};
  for (const container of pod.spec.containers) add(app, requestsOf(container));
  return Object.fromEntries(Object.entries(app).map(([name, size]) => [name, Math.max(size + (sidecars[name] ?? 0), init[name] ?? 0)]));
}
