/** What a kubelet is given: KubeletConfiguration as far as it matters here, with upstream's defaults. */
import type { Node } from '../object/types.ts';

export interface KubeletOptions {
  readonly node: string;
  readonly servers: readonly string[];
  /** Wall time at the run's start, ms since 1970. */
  readonly epoch: number;
  /** The Node object that it registers: labels, capacity, addresses, nodeInfo. */
  readonly template: Node;
  readonly clusterDns?: string;
  readonly clusterDomain?: string;
  readonly timing?: 'realistic' | 'fast' | 'zero';
  /** Manifests of static pods, with the path as key. */
  readonly staticPods?: Readonly<Record<string, unknown>>;
  readonly maxPods?: number;
  readonly serializeImagePulls?: boolean;
  readonly evictionHardMemoryBytes?: number;
  readonly runtime?: 'containerd' | 'cri-o' | 'docker';
}

export const KUBELET_VERSION = 'v1.32.13';
