/** The texts of evictions (pkg/kubelet/eviction/helpers.go, eviction_manager.go). Those that end with a space do so upstream. */
import { isSidecar } from '../../object/resources.ts';
import { compareQuantity, formatQuantity, quantityFrom, quantityOf } from '../../object/quantity.ts';
import type { core, Pod } from '../../object/types.ts';
import type { PodUsage } from './pod-usage.ts';
import { type Observation, quantityIn, type Signal, SIGNALS, type Threshold } from './threshold.ts';

const bytes = (value: number): string => formatQuantity(quantityFrom(value, 'BinarySI'));

export function evictionMessage(resource: string, pod: Pod, usage: PodUsage | undefined, thresholds: readonly Threshold[], observations: Readonly<Record<Signal, Observation>>): string {
  let message = `The node was low on resource: ${resource}. `;
  const met = thresholds.find(({ signal }) => SIGNALS[signal].resource === resource);
  if (met !== undefined) {
    const { capacity, available } = observations[met.signal];
    message += `Threshold quantity: ${bytes(quantityIn(met.value, capacity))}, available: ${bytes(available)}. `;
  }
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)];
  for (const { name, memoryBytes, diskBytes } of usage?.containers ?? []) {
    const container = containers.find((each) => each.name === name);
    const used = resource === 'memory' ? memoryBytes : resource === 'ephemeral-storage' ? diskBytes : undefined;
    if (container === undefined || used === undefined) continue;
    const request = quantityOf(requestOf(container, resource));
    if (compareQuantity(quantityFrom(used, 'BinarySI'), request) <= 0) continue;
    message += `Container ${name} was using ${bytes(used)}, request is ${formatQuantity(request)}, has larger consumption of ${resource}. `;
  }
  return message;
}

function requestOf({ resources }: core.Container, resource: string): string {
  return (resources?.requests as Record<string, string> | undefined)?.[resource] ?? '0';
}

export const emptyDirMessage = (volume: string, limit: string): string => `Usage of EmptyDir volume "${volume}" exceeds the limit "${limit}". `;

export const podStorageMessage = (limit: string): string => `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. `;

export const containerStorageMessage = (container: string, limit: string): string => `Container ${container} exceeded its local ephemeral storage limit "${limit}". `;
