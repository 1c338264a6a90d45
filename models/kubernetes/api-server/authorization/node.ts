/**
 * The node authorizer: a kubelet reads and writes what concerns its own node, and nothing else.
 * Source: plugin/pkg/auth/authorizer/node/node_authorizer.go (what pods of a node refer to is looked up, not kept as a graph).
 */
import type { UserInfo } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import { NODE_RULES } from '../bootstrap/cluster-roles.ts';
import { ruleOf } from '../bootstrap/rule.ts';
import type { Lookup } from '../registry/kind.ts';
import { ruleAllows, type Action } from './rbac.ts';

const RULES = NODE_RULES.map(ruleOf);
const PREFIX = 'system:node:';
const CORE_REFERENCES = ['secrets', 'configmaps', 'persistentvolumeclaims', 'persistentvolumes'];

/** The node that a user speaks for, if it is one. */
export function nodeOf({ name, groups }: UserInfo): string | undefined {
  return name.startsWith(PREFIX) && groups.includes('system:nodes') ? name.slice(PREFIX.length) : undefined;
}

export function nodeAllows(lookup: Lookup, user: UserInfo, action: Action): boolean {
  const node = nodeOf(user);
  if (node === undefined) return false;
  const { group, resource, subresource, verb, name } = action;
  if (group === '' && subresource === '' && CORE_REFERENCES.includes(resource)) return isRead(resource, verb) && name !== '' && refersTo(lookup, node, action);
  if (group === '' && resource === 'persistentvolumeclaims' && subresource === 'status') return ['get', 'update', 'patch'].includes(verb) && refersTo(lookup, node, action);
  if (group === '' && resource === 'serviceaccounts') return subresource === 'token' && verb === 'create' && refersTo(lookup, node, action);
  if (group === 'storage.k8s.io' && resource === 'volumeattachments') return verb === 'get' && name !== '' && lookup.get({ group, resource }, '', name)?.['spec']?.nodeName === node;
  if (group === 'coordination.k8s.io' && resource === 'leases') return isOwn(action, node, action.namespace === 'kube-node-lease');
  if (group === 'storage.k8s.io' && resource === 'csinodes') return isOwn(action, node, true);
  return RULES.some((rule) => ruleAllows(rule, action));
}

const isRead = (resource: string, verb: string): boolean => verb === 'get' || ((resource === 'secrets' || resource === 'configmaps') && (verb === 'list' || verb === 'watch'));

/** Creates carry no name yet; everything else must be about the node's own. */
const isOwn = ({ verb, name, subresource }: Action, node: string, isRightPlace: boolean): boolean =>
  isRightPlace && subresource === '' && ['get', 'create', 'update', 'patch', 'delete'].includes(verb) && (verb === 'create' || name === node);

/** Whether a pod on the node uses the object. */
function refersTo(lookup: Lookup, node: string, { resource, namespace, name }: Action): boolean {
  const pods = lookup.list({ group: '', resource: 'pods' }, resource === 'persistentvolumes' ? '' : namespace).filter((pod) => pod['spec']?.nodeName === node);
  if (resource === 'serviceaccounts') return pods.some((pod) => pod['spec']?.serviceAccountName === name);
  if (resource === 'persistentvolumes') return pods.some((pod) => claimsOf(pod).some((claim) => lookup.get({ group: '', resource: 'persistentvolumeclaims' }, pod.metadata.namespace ?? '', claim)?.['spec']?.volumeName === name));
  if (resource === 'persistentvolumeclaims') return pods.some((pod) => claimsOf(pod).includes(name));
  const kind = resource === 'secrets' ? SECRET_REFERENCES : CONFIG_REFERENCES;
  return pods.some((pod) => names(pod['spec'], kind).includes(name));
}

type Part = { readonly [key: string]: unknown };
const volumesOf = (pod: KubeObject): readonly Part[] => (pod['spec']?.volumes as Part[] | undefined) ?? [];
/** Claims by name, those of ephemeral volumes included (`pod-volume`). */
const claimsOf = (pod: KubeObject): string[] =>
  volumesOf(pod).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (ephemeral !== undefined) return [`${pod.metadata.name}-${name as string}`];
    return persistentVolumeClaim === undefined ? [] : [(persistentVolumeClaim as { claimName: string }).claimName];
  });

/** Members of a pod's spec that refer to an object of a kind, and the member of theirs that names it. */
const SECRET_REFERENCES: Readonly<Record<string, string>> = { secretKeyRef: 'name', secretRef: 'name', secret: 'secretName', imagePullSecrets: 'name' };
const CONFIG_REFERENCES: Readonly<Record<string, string>> = { configMapKeyRef: 'name', configMapRef: 'name', configMap: 'name' };

function names(value: unknown, references: Readonly<Record<string, string>>): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => names(item, references));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const field = references[key];
    const found = field === undefined ? [] : (Array.isArray(member) ? member : [member]).flatMap((item) => [(item as Part | null)?.[field] ?? (item as Part | null)?.['name']]);
    return [...found.filter((name): name is string => typeof name === 'string'), ...names(member, references)];
  });
}
