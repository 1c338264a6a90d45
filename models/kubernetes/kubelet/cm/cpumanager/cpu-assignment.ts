/**
 * Which CPUs to take when some are wanted (cpumanager/cpu_assignment.go, `takeByTopologyNUMAPacked`): whole NUMA nodes and sockets as
 * long as so many are wanted, then whole cores, then single threads; always from where fewest are free.
 */
import { type CPUSet, cpuSet, difference, union } from '../cpuset.ts';
import type { CPUTopology } from './topology.ts';

type Level = 'core' | 'socket' | 'numaNode';

/** A text says why there are not as many. */
export function takeByTopologyNUMAPacked(topology: CPUTopology, available: CPUSet, count: number): CPUSet | string {
  if (count < 1) return [];
  if (count > available.length) return `not enough cpus available to satisfy request: requested=${count}, available=${available.length}`;
  const accumulator = new CPUAccumulator(topology, available, count);
  return accumulator.accumulate();
}

export class CPUAccumulator {
  readonly #topology: CPUTopology;
  #free: CPUSet;
  #needed: number;
  #taken: CPUSet = [];

  constructor(topology: CPUTopology, available: CPUSet, count: number) {
    this.#topology = topology;
    this.#free = available;
    this.#needed = count;
  }

  /** Whether a NUMA node holds sockets, and not the other way round. */
  get #isNumaFirst(): boolean {
    return this.#topology.idsOf('socket').length >= this.#topology.idsOf('numaNode').length;
  }

  accumulate(): CPUSet {
    const levels: readonly Level[] = this.#isNumaFirst ? ['numaNode', 'socket', 'core'] : ['socket', 'numaNode', 'core'];
    for (const level of levels) {
      for (const id of this.freeOf(level)) {
        const all = this.#topology.cpusIn(level, [id]);
        if (this.#needed >= all.length) this.#take(all);
      }
      if (this.#needed < 1) return this.#taken;
    }
    for (const cpu of this.freeCPUs()) {
      this.#take([cpu]);
      if (this.#needed < 1) break;
    }
    return this.#taken;
  }

  #take(cpus: CPUSet): void {
    this.#taken = union(this.#taken, cpus);
    this.#free = difference(this.#free, cpus);
    this.#needed -= cpus.length;
  }

  /** Cores, sockets or NUMA nodes all of whose CPUs are free, in the order in which they are taken. */
  freeOf(level: Level): number[] {
    const size = (id: number): number => {
      if (level === 'core') return this.#topology.cpusPerCore;
      return level === 'socket' ? this.#topology.cpusPerSocket : this.#topology.cpusIn('numaNode', [id]).length;
    };
    return this.#sorted(level).filter((id) => this.#topology.cpusIn(level, [id], this.#free).length === size(id));
  }

  freeCPUs(): number[] {
    return this.#sorted('core').flatMap((core) => cpuSet(this.#topology.cpusIn('core', [core], this.#free)));
  }

  /** Those with free CPUs: level by level from the outermost, fewest free CPUs first, then by number. */
  #sorted(level: Level): number[] {
    const order: readonly Level[] = this.#isNumaFirst ? ['numaNode', 'socket', 'core'] : ['socket', 'numaNode', 'core'];
    let groups: CPUSet[] = [this.#free];
    for (const each of order) {
      groups = groups.flatMap((group) => this.#split(each, group));
      if (each === level) break;
    }
    return groups.map((group) => this.#topology.idsOf(level, group)[0] as number);
  }

  #split(level: Level, cpus: CPUSet): CPUSet[] {
    const free = (id: number): number => this.#topology.cpusIn(level, [id], this.#free).length;
    const ids = [...this.#topology.idsOf(level, cpus)].sort((a, b) => free(a) - free(b) || a - b);
    return ids.map((id) => this.#topology.cpusIn(level, [id], cpus));
  }
}
