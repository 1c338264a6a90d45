/**
 * What a machine has and what of it pods may have (pkg/kubelet/cm/node_container_manager_linux.go, `GetNodeAllocatableReservation`;
 * nodestatus/setters.go, MachineInfo).
 *
 * A node's template says both. As soon as the configuration reserves something, what is reserved, and what hard eviction keeps free, is
 * taken from the capacity, as upstream does.
 */
import { addQuantity, formatQuantity, type Quantity, quantityFrom, quantityOf, quantityValue, subQuantity, ZERO } from '../../object/quantity.ts';
import { parseCPUSet } from '../cm/cpuset.ts';
import { quantityIn, thresholdsOf } from '../eviction/threshold.ts';
import type { Node } from '../../object/types.ts';
import type { KubeletConfiguration } from '../options.ts';

type Amounts = Readonly<Record<string, string>>;

export interface NodeResources {
  readonly capacity: Amounts;
  readonly allocatable: Amounts;
  /** By resource, only what is above zero. */
  readonly reserved: Readonly<Record<string, Quantity>>;
}

export function nodeResources(options: KubeletConfiguration, template: Node): NodeResources {
  const { maxPods } = options;
  const pods: Amounts = maxPods === undefined ? {} : { pods: String(maxPods) };
  const capacity = { ...(template.status.capacity as Amounts | undefined), ...pods };
  const given = { ...((template.status.allocatable ?? template.status.capacity) as Amounts | undefined), ...pods };
  const { kubeReserved, systemReserved, reservedSystemCPUs, reservedMemory, memoryManagerPolicy } = options;
  const isReserving = [kubeReserved, systemReserved, reservedSystemCPUs, reservedMemory].some((setting) => setting !== undefined) || memoryManagerPolicy === 'Static';
  if (!isReserving) {
    const entries = Object.entries(capacity).map(([name, amount]): [string, Quantity] => [name, subQuantity(quantityOf(amount), quantityOf(given[name] ?? amount))]);
    return { capacity, allocatable: given, reserved: Object.fromEntries(entries.filter(([, { nanos }]) => nanos > 0n)) };
  }
  const reserved = Object.fromEntries(Object.keys(capacity).map((name) => [name, reservationOf(name, capacity, options)] as const).filter(([, { nanos }]) => nanos > 0n));
  const allocatable = Object.fromEntries(Object.entries(capacity).map(([name, amount]) => [name, left(quantityOf(amount), reserved[name])]));
  for (const name of Object.keys(capacity)) if (name.startsWith('hugepages-')) allocatable['memory'] = left(quantityOf(allocatable['memory'] ?? '0'), quantityOf(capacity[name] ?? '0'));
  return { capacity, allocatable, reserved };
}

function left(amount: Quantity, taken: Quantity = ZERO): string {
  if (taken.nanos === 0n) return formatQuantity(amount);
  const rest = subQuantity(amount, taken);
  return formatQuantity(rest.nanos < 0n ? ZERO : rest);
}

/** systemReserved, kubeReserved and hard eviction; `reservedSystemCPUs` takes the place of the CPUs of the first two. */
function reservationOf(name: string, capacity: Amounts, options: KubeletConfiguration): Quantity {
  const cpus = name === 'cpu' ? parseCPUSet(options.reservedSystemCPUs ?? '') : undefined;
  if (cpus !== undefined && cpus.length > 0) return quantityFrom(cpus.length);
  const configured = [options.systemReserved?.[name], options.kubeReserved?.[name]].reduce((sum, amount) => (amount === undefined ? sum : addQuantity(sum, quantityOf(amount))), ZERO);
  const signal = { memory: 'memory.available', 'ephemeral-storage': 'nodefs.available' }[name];
  const threshold = thresholdsOf(options).find((each) => each.signal === signal && each.graceUs === 0);
  if (threshold === undefined) return configured;
  return addQuantity(configured, quantityFrom(quantityIn(threshold.value, quantityValue(quantityOf(capacity[name] ?? '0'))), 'BinarySI'));
}
