/** The fields of KubeletConfiguration about CPUs and memory (kubelet.config.k8s.io/v1beta1), and whether a kubelet would start with them. */
import type { NodeResources } from '../node/allocatable.ts';
import { type CPUSet, formatCPUSet, parseCPUSet } from './cpuset.ts';
import { takeByTopologyNUMAPacked } from './cpumanager/cpu-assignment.ts';
import { CPUTopology } from './cpumanager/topology.ts';
import { machineInfo, type MachineInfo, type MachineTopology } from './machine.ts';
import { type MemoryReservation, reservedMemory } from './memorymanager/reserved-memory.ts';
import type { ReservedMemory } from './memorymanager/state.ts';
import { TOPOLOGY_POLICIES, type TopologyPolicy } from './topologymanager/policy.ts';
import { TOPOLOGY_SCOPES, type TopologyScope } from './topologymanager/scope.ts';

export interface ResourceManagersConfiguration {
  /** What is kept for the system, by resource: allocatable amounts are smaller by it. */
  readonly systemReserved?: Readonly<Record<string, string>>;
  readonly kubeReserved?: Readonly<Record<string, string>>;
  /** These CPUs, instead of so many (`0-1`). */
  readonly reservedSystemCPUs?: string;
  readonly cpuManagerPolicy?: 'none' | 'static';
  /** `full-pcpus-only`. */
  readonly cpuManagerPolicyOptions?: Readonly<Record<string, string>>;
  readonly memoryManagerPolicy?: 'None' | 'Static';
  readonly reservedMemory?: readonly MemoryReservation[];
  readonly topologyManagerPolicy?: TopologyPolicy;
  readonly topologyManagerScope?: TopologyScope;
}

/** What the managers are to do; `undefined` parts are off. */
export interface ResourceManagersPlan {
  readonly machine: MachineInfo;
  readonly topologyPolicy: TopologyPolicy;
  readonly topologyScope: TopologyScope;
  readonly cpu: { readonly topology: CPUTopology; readonly reserved: CPUSet; readonly isFullCoresOnly: boolean } | undefined;
  readonly memory: ReservedMemory | undefined;
}

/** topologymanager/topology_manager.go: with more the combinations are too many. */
const NUMA_NODES_MAX = 8;

/** Undefined: nothing is managed. A text says why the kubelet would not start. */
export function planResourceManagers(configuration: ResourceManagersConfiguration, topology: MachineTopology, resources: NodeResources): ResourceManagersPlan | string | undefined {
  const { cpuManagerPolicy = 'none', memoryManagerPolicy = 'None', topologyManagerPolicy = 'none', topologyManagerScope = 'container' } = configuration;
  if (!['none', 'static'].includes(cpuManagerPolicy)) return `unknown policy: "${cpuManagerPolicy}"`;
  if (!['None', 'Static'].includes(memoryManagerPolicy)) return `unknown policy: "${memoryManagerPolicy}"`;
  if (!TOPOLOGY_POLICIES.includes(topologyManagerPolicy)) return `unknown policy: "${topologyManagerPolicy}"`;
  if (!TOPOLOGY_SCOPES.includes(topologyManagerScope)) return `unknown scope: "${topologyManagerScope}"`;
  if (parseCPUSet(configuration.reservedSystemCPUs ?? '') === undefined) return `unable to parse reservedSystemCPUs (${configuration.reservedSystemCPUs ?? ''})`;
  if (cpuManagerPolicy === 'none' && memoryManagerPolicy === 'None' && topologyManagerPolicy === 'none') return undefined;
  const machine = machineInfo(topology, resources.capacity);
  if (typeof machine === 'string') return machine;
  if (topologyManagerPolicy !== 'none' && machine.numaNodes.length > NUMA_NODES_MAX) return `unsupported on machines with more than ${NUMA_NODES_MAX} NUMA Nodes`;
  const cpu = cpuManagerPolicy === 'static' ? planCPUs(configuration, machine, resources) : undefined;
  if (typeof cpu === 'string') return cpu;
  const memory = memoryManagerPolicy === 'Static' ? reservedMemory(machine, resources.reserved, configuration.reservedMemory ?? []) : undefined;
  if (typeof memory === 'string') return memory;
  return { machine, topologyPolicy: topologyManagerPolicy, topologyScope: topologyManagerScope, cpu, memory };
}

/** cpumanager/cpu_manager.go, `NewManager`; policy_static.go, `NewStaticPolicy`; policy_options.go. */
function planCPUs({ cpuManagerPolicyOptions = {}, reservedSystemCPUs = '' }: ResourceManagersConfiguration, machine: MachineInfo, { reserved }: NodeResources): ResourceManagersPlan['cpu'] | string {
  for (const [name, value] of Object.entries(cpuManagerPolicyOptions)) {
    if (name !== 'full-pcpus-only') return `unsupported cpumanager option: "${name}" (${value})`;
    if (value !== 'true' && value !== 'false') return `bad value for option "${name}": strconv.ParseBool: parsing "${value}": invalid syntax`;
  }
  if (reserved['cpu'] === undefined) return '[cpumanager] unable to determine reserved CPU resources for static policy';
  const topology = new CPUTopology(machine.cpus);
  const count = Number((reserved['cpu'].nanos + 999_999_999n) / 1_000_000_000n);
  const specific = parseCPUSet(reservedSystemCPUs) ?? [];
  const taken = specific.length > 0 ? specific : takeByTopologyNUMAPacked(topology, topology.cpus, count);
  if (typeof taken === 'string' || taken.length !== count) return `[cpumanager] unable to reserve the required amount of CPUs (size of ${typeof taken === 'string' ? '' : formatCPUSet(taken)} did not equal ${count})`;
  const unknown = taken.filter((id) => !topology.cpus.includes(id));
  if (unknown.length > 0) return `reservedSystemCPUs ${formatCPUSet(taken)} are not all among the machine's CPUs ${formatCPUSet(topology.cpus)}`;
  return { topology, reserved: taken, isFullCoresOnly: cpuManagerPolicyOptions['full-pcpus-only'] === 'true' };
}
