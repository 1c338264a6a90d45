/**
 * The nodes of a simulated cluster: plain ones by number, or copies of real Node objects.
 */
import { quantityOf, quantityValue } from '../object/quantity.ts';
import type { KubeObject, Node } from '../object/types.ts';

/** What every plain node has; the recorded cluster's nodes are of this size. */
const CAPACITY: Readonly<Record<string, string>> = {
  cpu: '4',
  'ephemeral-storage': '100Gi',
  memory: '16Gi',
  pods: '110',
};

/** Node `index` (from 0) of a cluster of plain nodes: `node-1` and so on, with addresses and a pod CIDR of its own. */
export function plainNode(index: number): Node {
  const name = `node-${index + 1}`;
  const high = Math.floor(index / 250);
  const podCIDR = `10.${244 + Math.floor(index / 256)}.${index % 256}.0/24`;
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels } as unknown as Node['metadata'],
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: {
      capacity: CAPACITY,
      allocatable: CAPACITY,
      addresses: [
        { type: 'InternalIP', address: `192.168.${77 + high}.${(index % 250) + 1}` },
        { type: 'Hostname', address: name },
      ],
    } as Node['status'],
  };
}

/** The nodes of a configuration. */
export function nodesOf(nodes: number | readonly KubeObject[]): Node[] {
  if (typeof nodes === 'number') return Array.from({ length: nodes }, (_, index) => plainNode(index));
  return nodes as Node[];
}

/** A node's internal address. */
export const internalIP = ({ status }: Node): string =>
  (status.addresses ?? []).find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1';

/** How much memory and disk a node's machine has, by its capacity. */
export function machineOf({ status }: Node): { readonly memoryBytes?: number; readonly diskBytes?: number } {
  const capacity = (status.capacity ?? {}) as Readonly<Record<string, string>>;
  const bytes = (name: string): number | undefined => (capacity[name] === undefined ? undefined : quantityValue(quantityOf(capacity[name])));
  const [memoryBytes, diskBytes] = [bytes('memory'), bytes('ephemeral-storage')];
  return { ...(memoryBytes === undefined ? {} : { memoryBytes }), ...(diskBytes === undefined ? {} : { diskBytes }) };
}
