/**
 * The kubelet's Summary API, as far as the simulation knows anything: what the containers of a node use.
 * Upstream: k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go.
 */

export interface ContainerStats {
  readonly name: string;
  readonly cpu: { readonly usageNanoCores: number };
  readonly memory: { readonly workingSetBytes: number };
}

export interface PodStats {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly containers: readonly ContainerStats[];
}

/** `/stats/summary`. */
export interface StatsSummary {
  readonly pods: readonly PodStats[];
}
