/** What a pod's containers and emptyDirs use, from the node's statistics (pkg/kubelet/eviction/helpers.go: podMemoryUsage and its kin). */
import type { ContainerUsage, NodeStats } from '../../api/cri.ts';
import { podRequests } from '../../object/resources.ts';
import { quantityValue } from '../../object/quantity.ts';
import type { Pod } from '../../object/types.ts';

export interface PodUsage {
  readonly containers: readonly ContainerUsage[];
  /** Bytes by the volume's name. */
  readonly emptyDirs: Readonly<Record<string, number>>;
}

/** Usage of each pod of the node that has containers. */
export function usageByPod(stats: NodeStats): ReadonlyMap<string, PodUsage> {
  const containers = new Map<string, ContainerUsage[]>();
  for (const usage of stats.containers) {
    const list = containers.get(usage.podUid);
    if (list === undefined) containers.set(usage.podUid, [usage]);
    else list.push(usage);
  }
  const volumes = new Map<string, Record<string, number>>();
  for (const [path, bytes] of Object.entries(stats.volumes)) {
    const [, uid = '', name = ''] = /\/pods\/([^/]+)\/volumes\/kubernetes\.io~empty-dir\/(.+)$/.exec(path) ?? [];
    volumes.set(uid, { ...volumes.get(uid), [name]: bytes });
  }
  return new Map([...containers].map(([uid, list]) => [uid, { containers: list, emptyDirs: volumes.get(uid) ?? {} }]));
}

export const memoryOfPod = ({ containers }: PodUsage): number => containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);

export const processesOfPod = ({ containers }: PodUsage): number => containers.reduce((sum, { processes }) => sum + processes, 0);

/** Layers, logs and emptyDirs on disk; tmpfs is left out. */
export function diskOfPod(pod: Pod, { containers, emptyDirs }: PodUsage): number {
  const inMemory = new Set((pod.spec.volumes ?? []).filter(({ emptyDir }) => emptyDir?.medium === 'Memory').map(({ name }) => name));
  const volumes = Object.entries(emptyDirs).filter(([name]) => !inMemory.has(name));
  return containers.reduce((sum, { diskBytes }) => sum + diskBytes, 0) + volumes.reduce((sum, [, bytes]) => sum + bytes, 0);
}

/** What the pod has asked for, in bytes. */
export function requested(pod: Pod, resource: string): number {
  const quantity = podRequests(pod).get(resource);
  return quantity === undefined ? 0 : quantityValue(quantity);
}
