/**
 * Extended resources that somebody advertises in a node's capacity: the kubelet makes them allocatable, and takes back
 * those that are no longer there (pkg/kubelet/nodestatus/setters.go, MachineInfo).
 */
import type { core } from '../../object/types.ts';

/** Whether a name is none of Kubernetes' own (pkg/apis/core/v1/helper, IsExtendedResourceName). */
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

/** What has to change in `allocatable`; null takes a name away. */
export function extendedAllocatable({ capacity = {}, allocatable = {} }: core.NodeStatus): Readonly<Record<string, string | null>> {
  const changes: Record<string, string | null> = {};
  for (const [name, amount] of Object.entries(capacity as Record<string, string>)) if (isExtended(name) && (allocatable as Record<string, string>)[name] !== amount) changes[name] = amount;
  for (const name of Object.keys(allocatable)) if (isExtended(name) && !(name in capacity)) changes[name] = null;
  return changes;
}
