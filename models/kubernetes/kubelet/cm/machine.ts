/**
 * How a node's CPUs and memory are laid out (cadvisor's MachineInfo): declared for a node, else one NUMA node with all of it.
 *
 * CPUs are numbered as Linux numbers them: the first threads of all cores, socket by socket, then the second ones.
 */
import { quantityOf, quantityValue } from '../../object/quantity.ts';

/** What may be declared of a machine; how many CPUs and how much memory it has follows from its node's capacity. */
export interface MachineTopology {
  /** Default 1. */
  readonly numaNodes?: number;
  /** Default: as many as NUMA nodes. */
  readonly sockets?: number;
  /** Default 1: a CPU is a core. */
  readonly threadsPerCore?: number;
  /** The memory of each NUMA node, as quantities. Default: equal parts of the capacity. */
  readonly memory?: readonly string[];
}

export interface Cpu {
  readonly id: number;
  readonly core: number;
  readonly socket: number;
  readonly numaNode: number;
}

export interface MachineInfo {
  readonly cpus: readonly Cpu[];
  readonly numaNodes: readonly { readonly id: number; readonly memory: Readonly<Record<string, number>> }[];
}

/** A text says what is wrong with the declaration. */
export function machineInfo(topology: MachineTopology, capacity: Readonly<Record<string, string>>): MachineInfo | string {
  const { numaNodes = 1, sockets = numaNodes, threadsPerCore = 1 } = topology;
  const count = Math.floor(quantityValueOf(capacity['cpu']));
  const cores = count / threadsPerCore;
  if (![numaNodes, sockets, threadsPerCore].every((n) => Number.isInteger(n) && n > 0)) return 'numaNodes, sockets and threadsPerCore of a machine are whole numbers above zero';
  if (cores % numaNodes !== 0 || cores % sockets !== 0) return `${count} CPUs cannot be laid out as ${numaNodes} NUMA nodes and ${sockets} sockets with ${threadsPerCore} threads in a core`;
  if (Math.max(numaNodes, sockets) % Math.min(numaNodes, sockets) !== 0) return `${numaNodes} NUMA nodes and ${sockets} sockets do not fit into each other`;
  if (topology.memory !== undefined && topology.memory.length !== numaNodes) return `a machine of ${numaNodes} NUMA nodes says the memory of ${topology.memory.length}`;
  const cpus = Array.from({ length: count }, (_, id): Cpu => {
    const core = id % cores;
    return { id, core, socket: Math.floor(core / (cores / sockets)), numaNode: Math.floor(core / (cores / numaNodes)) };
  });
  const hugePages = Object.keys(capacity).filter((name) => name.startsWith('hugepages-'));
  return {
    cpus,
    numaNodes: Array.from({ length: numaNodes }, (_, id) => {
      const memory = topology.memory === undefined ? quantityValueOf(capacity['memory']) / numaNodes : quantityValueOf(topology.memory[id]);
      const pages = hugePages.map((name): [string, number] => [name, shareOf(quantityValueOf(capacity[name]), quantityValueOf(name.slice('hugepages-'.length)), numaNodes, id)]);
      return { id, memory: { memory: Math.floor(memory), ...Object.fromEntries(pages) } };
    }),
  };
}

/** Whole pages, the rest on the first NUMA nodes, as the kernel gives them out. */
function shareOf(total: number, pageBytes: number, numaNodes: number, id: number): number {
  const pages = Math.floor(total / pageBytes);
  return (Math.floor(pages / numaNodes) + (id < pages % numaNodes ? 1 : 0)) * pageBytes;
}

const quantityValueOf = (text: string | undefined): number => (text === undefined ? 0 : quantityValue(quantityOf(text)));
