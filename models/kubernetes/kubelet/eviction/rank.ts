/**
 * Who is evicted first (pkg/kubelet/eviction/helpers.go: rankMemoryPressureFunc, rankDiskPressureFunc, rankPIDPressureFunc).
 */
import type { Pod } from '../../object/types.ts';
import { diskOfPod, memoryOfPod, type PodUsage, processesOfPod, requested } from './pod-usage.ts';
import type { Signal } from './threshold.ts';

type Usages = ReadonlyMap<string, PodUsage>;
type Order = (a: Pod, b: Pod) => number;

/** The pods, the first victim first. The sort is stable, so equal pods keep their order. */
export function rank(pods: readonly Pod[], usages: Usages, signal: Signal): Pod[] {
  const orders = signal === 'memory.available' ? byUsage(usages, 'memory', (_, usage) => memoryOfPod(usage)) : signal === 'pid.available' ? [byPriority, byProcesses(usages)] : byUsage(usages, 'ephemeral-storage', diskOfPod);
  return [...pods].sort((a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

const byPriority: Order = (a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0);

/** Those that use more than they asked for first, then lower priority, then the larger excess. Pods without statistics come first. */
function byUsage(usages: Usages, resource: string, used: (pod: Pod, usage: PodUsage) => number): Order[] {
  const excess = (pod: Pod): number | undefined => {
    const usage = usages.get(pod.metadata.uid);
    return usage === undefined ? undefined : used(pod, usage) - requested(pod, resource);
  };
  const isOver = (pod: Pod): number => ((excess(pod) ?? 1) > 0 ? 0 : 1);
  const hasStats = (pod: Pod): number => (usages.has(pod.metadata.uid) ? 1 : 0);
  return [(a, b) => hasStats(a) - hasStats(b), (a, b) => isOver(a) - isOver(b), byPriority, (a, b) => (excess(b) ?? 0) - (excess(a) ?? 0)];
}

function byProcesses(usages: Usages): Order {
  const count = (pod: Pod): number => {
    const usage = usages.get(pod.metadata.uid);
    return usage === undefined ? Infinity : processesOfPod(usage);
  };
  return (a, b) => (count(a) === count(b) ? 0 : count(b) - count(a));
}
