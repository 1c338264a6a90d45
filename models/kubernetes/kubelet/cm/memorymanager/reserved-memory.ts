/** What `reservedMemory` keeps on which NUMA node (memorymanager/memory_manager.go, `getSystemReservedMemory`). */
import { addQuantity, compareQuantity, formatQuantity, type Quantity, quantityOf, quantityValue, ZERO } from '../../../object/quantity.ts';
import type { MachineInfo } from '../machine.ts';
import type { ReservedMemory } from './state.ts';

/** kubeletconfig/v1beta1, `MemoryReservation`. */
export interface MemoryReservation {
  readonly numaNode: number;
  readonly limits: Readonly<Record<string, string>>;
}

/** A text says why the kubelet would not start. `reserved` is what the node's allocatable amounts leave out. */
export function reservedMemory({ numaNodes }: MachineInfo, reserved: Readonly<Record<string, Quantity>>, reservations: readonly MemoryReservation[]): ReservedMemory | string {
  const totals: Record<string, Quantity> = {};
  const byNode = new Map(numaNodes.map(({ id }) => [id, {} as Record<string, number>]));
  for (const { numaNode, limits } of reservations) {
    const own = byNode.get(numaNode);
    if (own === undefined) return `the reserved memory configuration references a NUMA node ${numaNode} that does not exist on this machine`;
    for (const [name, amount] of Object.entries(limits)) {
      totals[name] = addQuantity(quantityOf(amount), totals[name] ?? ZERO);
      own[name] = quantityValue(quantityOf(amount));
    }
  }
  const isMemory = (name: string): boolean => name === 'memory' || name.startsWith('hugepages-');
  for (const name of new Set([...Object.keys(totals), ...Object.keys(reserved).filter(isMemory)])) {
    const [total, wanted] = [totals[name] ?? ZERO, reserved[name] ?? ZERO];
    if (compareQuantity(total, wanted) !== 0) return `the total amount "${formatQuantity(total)}" of type "${name}" is not equal to the value "${formatQuantity(wanted)}" determined by Node Allocatable feature`;
  }
  if (compareQuantity(totals['memory'] ?? ZERO, ZERO) <= 0) return '[memorymanager] you should specify the system reserved memory';
  return byNode;
}
