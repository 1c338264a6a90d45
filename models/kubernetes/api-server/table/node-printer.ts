/**
 * Tables of Nodes and Namespaces. Upstream: pkg/printers/internalversion/printers.go (`printNode`, `findNodeRoles`).
 */
import type { Namespace, Node } from '../../object/types.ts';
import { since } from './age.ts';
import { AGE, column, fieldDescription, NAME, wide, type Printer } from './column.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

export const nodePrinter: Printer = {
  columns: [
    NAME,
    column('Status', 'The status of the node'),
    column('Roles', 'The roles of the node'),
    AGE,
    column('Version', fieldDescription('NodeSystemInfo.kubeletVersion')),
    wide('Internal-IP', fieldDescription('NodeStatus.addresses')),
    wide('External-IP', fieldDescription('NodeStatus.addresses')),
    wide('OS-Image', fieldDescription('NodeSystemInfo.osImage')),
    wide('Kernel-Version', fieldDescription('NodeSystemInfo.kernelVersion')),
    wide('Container-Runtime', fieldDescription('NodeSystemInfo.containerRuntimeVersion')),
  ],
  cells: (object, now) => {
    const node = object as Node;
    const info = node.status?.nodeInfo;
    const address = (type: string): string => node.status?.addresses?.find((entry) => entry.type === type)?.address ?? '<none>';
    return [
      node.metadata.name,
      statusText(node),
      rolesText(node),
      since(node.metadata.creationTimestamp, now),
      info?.kubeletVersion ?? '',
      address('InternalIP'),
      address('ExternalIP'),
      info?.osImage || '<unknown>',
      info?.kernelVersion || '<unknown>',
      info?.containerRuntimeVersion || '<unknown>',
    ];
  },
};

function statusText({ spec, status }: Node): string {
  const ready = (status?.conditions ?? []).find(({ type }) => type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

function rolesText({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value !== '') roles.add(value);
  }
  return roles.size === 0 ? '<none>' : [...roles].sort((x, y) => (x < y ? -1 : 1)).join(',');
}

export const namespacePrinter: Printer = {
  columns: [NAME, column('Status', 'The status of the namespace'), AGE],
  cells: (object, now) => {
    const { metadata, status } = object as Namespace;
    return [metadata.name, status?.phase ?? '', since(metadata.creationTimestamp, now)];
  },
};
