/**
 * `/stats/summary`: what the containers of this node use, by pod. Upstream: pkg/kubelet/server/stats/summary.go.
 */
import type { ContainerUsage } from '../api/cri.ts';
import type { ContainerStats, StatsSummary } from '../api/stats.ts';
import type { Pod } from '../object/types.ts';

export function statsSummary(usages: readonly ContainerUsage[], pods: readonly Pod[]): StatsSummary {
  const byPod = new Map<string, ContainerStats[]>();
  for (const { podUid, name, cpuMilli, memoryBytes } of usages) {
    const stats = { name, cpu: { usageNanoCores: cpuMilli * 1_000_000 }, memory: { workingSetBytes: memoryBytes } };
    byPod.set(podUid, [...(byPod.get(podUid) ?? []), stats]);
  }
  return {
    pods: pods.flatMap(({ metadata: { name, namespace = '', uid } }) => {
      const containers = byPod.get(uid);
      return containers === undefined ? [] : [{ podRef: { name, namespace, uid }, containers }];
    }),
  };
}
