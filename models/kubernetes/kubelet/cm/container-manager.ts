/**
 * Gives pods CPUs and memory of their own when they are admitted (pkg/kubelet/cm/container_manager_linux.go, internal_container_lifecycle.go).
 *
 * With all policies off there is none of this. What pods have is written to files, so a kubelet that starts again finds it; what pods had
 * that are over is given back when the next one is admitted, as upstream does.
 */
import type { core, Pod } from '../../object/types.ts';
import type { Rejection } from '../node/admission.ts';
import { nodeResources } from '../node/allocatable.ts';
import type { KubeletOptions } from '../options.ts';
import { AdmissionError } from './admission-error.ts';
import { planResourceManagers, type ResourceManagersPlan } from './configuration.ts';
import { type CPUSet, cpuSet } from './cpuset.ts';
import { type CPUManagerState, StaticCPUPolicy } from './cpumanager/policy-static.ts';
import { StaticMemoryPolicy } from './memorymanager/policy-static.ts';
import { emptyState, type MemoryManagerState } from './memorymanager/state.ts';
import { TopologyManager } from './topologymanager/scope.ts';

/** What outlives a kubelet: cpu_manager_state and memory_manager_state. */
export interface Checkpoints {
  readonly cpu: CPUManagerState | undefined;
  readonly memory: MemoryManagerState | undefined;
}

/** The plan for a kubelet's managers; undefined if nothing is managed. Throws when a real kubelet would not start. */
export function resourceManagers(options: KubeletOptions): ResourceManagersPlan | undefined {
  const plan = planResourceManagers(options, options.machine ?? {}, nodeResources(options, options.template));
  if (typeof plan === 'string') throw new Error(`the kubelet of ${options.node} does not start: ${plan}`);
  return plan;
}

export class ContainerManager {
  readonly checkpoints: Checkpoints;
  readonly #topology: TopologyManager;
  readonly #cpu: StaticCPUPolicy | undefined;
  readonly #memory: StaticMemoryPolicy | undefined;

  constructor({ machine, cpu, memory, topologyPolicy, topologyScope }: ResourceManagersPlan, kept: Checkpoints | undefined) {
    this.checkpoints = kept ?? {
      cpu: cpu === undefined ? undefined : { shared: cpu.topology.cpus, assignments: new Map() },
      memory: memory === undefined ? undefined : emptyState(machine, memory),
    };
    this.#topology = new TopologyManager(topologyPolicy, topologyScope, machine.numaNodes.map(({ id }) => id));
    if (cpu !== undefined && this.checkpoints.cpu !== undefined) {
      this.#cpu = new StaticCPUPolicy(cpu, this.checkpoints.cpu, this.#topology);
      this.#topology.addHintProvider(this.#cpu);
    }
    if (this.checkpoints.memory !== undefined) {
      this.#memory = new StaticMemoryPolicy(this.checkpoints.memory, this.#topology);
      this.#topology.addHintProvider(this.#memory);
    }
  }

  /** Allocates what the pod needs. `isActive` is undefined as long as not all pods are known: then nothing is given back. */
  admit(pod: Pod, isActive: ((podUid: string) => boolean) | undefined): Rejection | undefined {
    if (isActive !== undefined) {
      this.#cpu?.removeStale(isActive);
      this.#memory?.removeStale(isActive);
      this.#topology.keepOnly(isActive);
    }
    try {
      this.#topology.admit(pod);
      return undefined;
    } catch (error) {
      if (!(error instanceof AdmissionError)) throw error;
      return { reason: error.type, message: error.message };
    }
  }

  /** PreCreateContainer: on which CPUs and NUMA nodes a container is to stay; undefined: on all. */
  affinityOf(pod: Pod, { name }: core.Container): { readonly cpus: CPUSet | undefined; readonly memoryNodes: CPUSet | undefined } {
    const { uid } = pod.metadata;
    const blocks = this.#memory?.blocksOf(uid, name);
    return { cpus: this.#cpu?.cpusOf(uid, name), memoryNodes: blocks === undefined ? undefined : cpuSet(blocks.flatMap(({ affinity }) => affinity)) };
  }

  /** PreStartContainer. */
  starting(pod: Pod, container: core.Container): void {
    this.#memory?.started(pod, container);
  }
}
