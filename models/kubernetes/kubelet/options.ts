/** What a kubelet is given: KubeletConfiguration as far as it matters here, with upstream's names and defaults. */
import type { Node } from '../object/types.ts';
import type { ResourceManagersConfiguration } from './cm/configuration.ts';
import type { MachineTopology } from './cm/machine.ts';

/**
 * KubeletConfiguration (kubelet.config.k8s.io/v1beta1), the fields that change what can be seen. Durations are Go's (`30s`,
 * `5m0s`), quantities Kubernetes' (`100Mi`) or percentages.
 */
export interface KubeletConfiguration extends ResourceManagersConfiguration {
  /** Manifests of static pods, by the path of their file below `staticPodPath`. */
  readonly staticPods?: Readonly<Record<string, unknown>>;
  readonly maxPods?: number;
  readonly serializeImagePulls?: boolean;
  readonly evictionHard?: Readonly<Record<string, string>>;
  readonly evictionSoft?: Readonly<Record<string, string>>;
  readonly evictionSoftGracePeriod?: Readonly<Record<string, string>>;
  readonly evictionMinimumReclaim?: Readonly<Record<string, string>>;
  readonly evictionPressureTransitionPeriod?: string;
  readonly evictionMaxPodGracePeriod?: number;
  /** Both 0 by default: the kubelet then does nothing at a shutdown. */
  readonly shutdownGracePeriod?: string;
  readonly shutdownGracePeriodCriticalPods?: string;
  readonly imageGCHighThresholdPercent?: number;
  readonly imageGCLowThresholdPercent?: number;
  readonly featureGates?: Readonly<Record<string, boolean>>;
}

export interface KubeletOptions extends KubeletConfiguration {
  readonly node: string;
  readonly servers: readonly string[];
  /** Wall time at the run's start, ms since 1970. */
  readonly epoch: number;
  /** The Node object that it registers: labels, capacity, addresses, nodeInfo. */
  readonly template: Node;
  /** How its CPUs and memory are laid out; one NUMA node by default. */
  readonly machine?: MachineTopology;
  readonly clusterDns?: string;
  readonly clusterDomain?: string;
  readonly runtime?: 'containerd' | 'cri-o' | 'docker';
  /** Over how long the first relists of a cluster's kubelets are spread, in µs: real ones do not start at one instant. */
  readonly startSpread?: number;
}

export const KUBELET_VERSION = 'v1.32.13';
