/**
 * What a kubelet brings up to date when its node is there already (kubelet_node_status.go, `tryRegisterWithAPIServer`): its default
 * labels, the mark for the attach-detach controller, huge pages. The rest of the object is left to its status updates, or to others.
 */
import type { Node } from '../../object/types.ts';
import { isHugePage, isSameAmount } from './setters.ts';

/** `updateDefaultLabels`: labels from `--node-labels` that are not among them are only set when the node is created. */
const DEFAULT_LABELS = [
  'kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type', 'kubernetes.io/os', 'kubernetes.io/arch', 'node.kubernetes.io/windows-build', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch',
];
const ATTACH_DETACH = 'volumes.kubernetes.io/controller-managed-attach-detach';

type Amounts = Readonly<Record<string, string>>;

/** A strategic merge patch of the existing node's status and metadata; undefined if nothing is to be changed. */
export function registrationPatch(initial: Node, existing: Node): object | undefined {
  const labels = Object.fromEntries(DEFAULT_LABELS.flatMap((key) => {
    const wanted = initial.metadata.labels?.[key];
    return wanted === undefined || wanted === existing.metadata.labels?.[key] ? [] : [[key, wanted]];
  }));
  const mark = initial.metadata.annotations?.[ATTACH_DETACH];
  const annotations = mark === existing.metadata.annotations?.[ATTACH_DETACH] ? {} : { [ATTACH_DETACH]: mark };
  const metadata = { ...filled('labels', labels), ...filled('annotations', annotations) };
  const status = { ...filled('capacity', resourcesOf(initial, existing, 'capacity')), ...filled('allocatable', resourcesOf(initial, existing, 'allocatable')) };
  const body = { ...filled('metadata', metadata), ...filled('status', status) };
  return Object.keys(body).length === 0 ? undefined : body;
}

const filled = (name: string, members: object): object => (Object.keys(members).length === 0 ? {} : { [name]: members });

/** Everything if the node has none yet (`updateDefaultResources`); else huge pages as the machine has them (`reconcileHugePageResource`). */
function resourcesOf(initial: Node, existing: Node, list: 'capacity' | 'allocatable'): Record<string, string | null> {
  const wanted = (initial.status[list] ?? {}) as Amounts;
  const present = existing.status[list] as Amounts | undefined;
  if (present === undefined) return { ...wanted };
  const changes: Record<string, string | null> = {};
  for (const [name, amount] of Object.entries(wanted)) if (isHugePage(name) && !isSameAmount(present[name], amount)) changes[name] = amount;
  for (const name of Object.keys(present)) if (isHugePage(name) && !(name in wanted)) changes[name] = null;
  return changes;
}
