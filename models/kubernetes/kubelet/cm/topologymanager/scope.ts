/**
 * Admits pods container by container, or as a whole (topologymanager/scope_container.go, scope_pod.go, scope_none.go).
 *
 * What was allocated before something failed stays allocated until the managers see that the pod is over.
 */
import type { core, Pod } from '../../../object/types.ts';
import { topologyAffinityError } from '../admission-error.ts';
import { bitMask } from './bitmask.ts';
import type { AffinityStore, HintProvider, Hints, TopologyHint } from './hint.ts';
import { mergeByPolicy, type TopologyPolicy } from './policy.ts';

export const TOPOLOGY_SCOPES = ['container', 'pod'] as const;
export type TopologyScope = (typeof TOPOLOGY_SCOPES)[number];

const ANY: TopologyHint = { affinity: undefined, isPreferred: false };

export class TopologyManager implements AffinityStore {
  readonly #policy: TopologyPolicy;
  readonly #scope: TopologyScope;
  readonly #defaultAffinity: number;
  readonly #providers: HintProvider[] = [];
  readonly #affinities = new Map<string, Map<string, TopologyHint>>();

  constructor(policy: TopologyPolicy, scope: TopologyScope, numaNodes: readonly number[]) {
    this.#policy = policy;
    this.#scope = scope;
    this.#defaultAffinity = bitMask(numaNodes);
  }

  addHintProvider(provider: HintProvider): void {
    this.#providers.push(provider);
  }

  affinityOf(podUid: string, container: string): TopologyHint {
    return this.#affinities.get(podUid)?.get(container) ?? ANY;
  }

  /** Throws an `AdmissionError` if the pod cannot come. */
  admit(pod: Pod): void {
    const containers = containersOf(pod);
    const podHint = this.#policy !== 'none' && this.#scope === 'pod' ? this.#merge(this.#providers.map((provider) => provider.podHints(pod))) : undefined;
    for (const container of containers) {
      if (this.#policy !== 'none') this.#set(pod, container, podHint ?? this.#merge(this.#providers.map((provider) => provider.hints(pod, container))));
      for (const provider of this.#providers) provider.allocate(pod, container);
    }
  }

  #merge(hints: readonly Hints[]): TopologyHint {
    const { hint, isAdmitted } = mergeByPolicy(this.#policy as Exclude<TopologyPolicy, 'none'>, this.#defaultAffinity, hints);
    if (!isAdmitted) throw topologyAffinityError();
    return hint;
  }

  #set({ metadata }: Pod, { name }: core.Container, hint: TopologyHint): void {
    const own = this.#affinities.get(metadata.uid) ?? new Map<string, TopologyHint>();
    this.#affinities.set(metadata.uid, own.set(name, hint));
  }

  /** Pods that are over: their affinities are of no use any more. */
  keepOnly(isActive: (podUid: string) => boolean): void {
    for (const uid of [...this.#affinities.keys()]) if (!isActive(uid)) this.#affinities.delete(uid);
  }
}

/** In the order in which they are given resources. */
export const containersOf = ({ spec }: Pod): core.Container[] => [...(spec.initContainers ?? []), ...spec.containers];
