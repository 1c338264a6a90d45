/**
 * Limits of local storage: size limits of emptyDirs, ephemeral-storage limits of pods and of containers
 * (pkg/kubelet/eviction/eviction_manager.go, localStorageEviction). All that exceed theirs are evicted, at once.
 */
import { formatQuantity, quantityOf, quantityValue } from '../../object/quantity.ts';
import { podLimits } from '../../object/resources.ts';
import type { Pod } from '../../object/types.ts';
import { containerStorageMessage, emptyDirMessage, podStorageMessage } from './message.ts';
import { diskOfPod, type PodUsage } from './pod-usage.ts';

/** Why the pod has to go, if it has to. */
export function storageViolation(pod: Pod, usage: PodUsage): string | undefined {
  return emptyDirViolation(pod, usage) ?? podViolation(pod, usage) ?? containerViolation(pod, usage);
}

function emptyDirViolation(pod: Pod, { emptyDirs }: PodUsage): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    if (emptyDir?.sizeLimit === undefined) continue;
    const limit = quantityOf(String(emptyDir.sizeLimit));
    const size = quantityValue(limit);
    if (size > 0 && (emptyDirs[name] ?? 0) > size) return emptyDirMessage(name, formatQuantity(limit));
  }
  return undefined;
}

function podViolation(pod: Pod, usage: PodUsage): string | undefined {
  const limit = podLimits(pod).get('ephemeral-storage');
  if (limit === undefined || diskOfPod(pod, usage) <= quantityValue(limit)) return undefined;
  return podStorageMessage(formatQuantity(limit));
}

function containerViolation(pod: Pod, { containers }: PodUsage): string | undefined {
  for (const { name, resources } of pod.spec.containers) {
    const text = (resources?.limits as Record<string, string> | undefined)?.['ephemeral-storage'];
    const used = containers.filter((each) => each.name === name).reduce((sum, { diskBytes }) => sum + diskBytes, 0);
    if (text !== undefined && used > quantityValue(quantityOf(text))) return containerStorageMessage(name, formatQuantity(quantityOf(text)));
  }
  return undefined;
}
