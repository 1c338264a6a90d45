/** What resource managers tell the topology manager: on which NUMA nodes something can be had, and whether that is as good as it gets. */
import type { core, Pod } from '../../../object/types.ts';
import type { BitMask } from './bitmask.ts';

export interface TopologyHint {
  /** Undefined: any. */
  readonly affinity: BitMask | undefined;
  readonly isPreferred: boolean;
}

/** By resource. An empty list: it cannot be had. Undefined, for all or for one: the provider does not care. */
export type Hints = Readonly<Record<string, readonly TopologyHint[] | undefined>> | undefined;

/** Which affinity a container was given (topologymanager.Store). */
export interface AffinityStore {
  affinityOf(podUid: string, container: string): TopologyHint;
}

/** topology_manager.go, `HintProvider`. */
export interface HintProvider {
  hints(pod: Pod, container: core.Container): Hints;
  podHints(pod: Pod): Hints;
  /** Allocates, or throws an `AdmissionError`; a second time nothing happens. */
  allocate(pod: Pod, container: core.Container): void;
}
