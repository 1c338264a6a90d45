/** What the kubelet keeps in memory_manager_state (memorymanager/state/state.go). */
import type { MachineInfo } from '../machine.ts';

/** Memory that a container has on some NUMA nodes together. */
export interface Block {
  readonly affinity: readonly number[];
  readonly type: string;
  size: number;
}

export interface MemoryTable {
  readonly allocatable: number;
  reserved: number;
  free: number;
}

export interface NUMANodeState {
  assignments: number;
  /** The NUMA nodes with which this one is used together: only itself, or itself and others. */
  cells: readonly number[];
  /** By resource: `memory`, `hugepages-…`. */
  readonly memory: Map<string, MemoryTable>;
}

export interface MemoryManagerState {
  readonly machine: Map<number, NUMANodeState>;
  /** By pod and container. */
  readonly assignments: Map<string, Map<string, Block[]>>;
}

/** What is reserved on each NUMA node, by resource. */
export type ReservedMemory = ReadonlyMap<number, Readonly<Record<string, number>>>;

/** Nothing is allocated. Huge pages are no ordinary memory. */
export function emptyState({ numaNodes }: MachineInfo, reserved: ReservedMemory): MemoryManagerState {
  const machine = new Map<number, NUMANodeState>();
  for (const { id, memory } of numaNodes) {
    const hugePages = Object.entries(memory).reduce((sum, [name, size]) => (name === 'memory' ? sum : sum + size), 0);
    const tables = Object.entries(memory).map(([name, size]): [string, MemoryTable] => {
      const allocatable = size - (reserved.get(id)?.[name] ?? 0) - (name === 'memory' ? hugePages : 0);
      return [name, { allocatable, reserved: 0, free: allocatable }];
    });
    machine.set(id, { assignments: 0, cells: [id], memory: new Map(tables) });
  }
  return { machine, assignments: new Map() };
}
