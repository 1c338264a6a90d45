/** Which CPUs belong together (cpumanager/topology/topology.go). */
import { type CPUSet, cpuSet } from '../cpuset.ts';
import type { Cpu } from '../machine.ts';

type Level = 'core' | 'socket' | 'numaNode';

export class CPUTopology {
  readonly #cpus: ReadonlyMap<number, Cpu>;
  readonly cpus: CPUSet;

  constructor(cpus: readonly Cpu[]) {
    this.#cpus = new Map(cpus.map((cpu) => [cpu.id, cpu]));
    this.cpus = cpuSet(this.#cpus.keys());
  }

  get cpusPerCore(): number {
    return this.cpus.length / this.idsOf('core').length;
  }

  get cpusPerSocket(): number {
    return this.cpus.length / this.idsOf('socket').length;
  }

  /** The cores, sockets or NUMA nodes of some CPUs, of all by default. */
  idsOf(level: Level, cpus: CPUSet = this.cpus): readonly number[] {
    return cpuSet(cpus.map((id) => this.#of(id)[level]));
  }

  /** Those of some CPUs that are in one of the cores, sockets or NUMA nodes. */
  cpusIn(level: Level, ids: readonly number[], cpus: CPUSet = this.cpus): CPUSet {
    return cpus.filter((id) => ids.includes(this.#of(id)[level]));
  }

  numaNodeOf(cpu: number): number {
    return this.#of(cpu).numaNode;
  }

  #of(id: number): Cpu {
    return this.#cpus.get(id) as Cpu;
  }
}
