/**
 * Whether a request falls under the rules and selectors of a webhook or policy, and in which version it is shown.
 * Source: apiserver/pkg/admission/plugin/webhook/{predicates,generic}, plugin/policy/matching.
 */
import { compileLabelSelector } from './selector.ts';
import { groupVersionText, type KindInfo } from '../../registry/kind.ts';
import type { Attributes, Operation } from '../plugin.ts';

/** RuleWithOperations, with the names that policies may add. */
export interface ResourceRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
  readonly resourceNames?: readonly string[];
}

export interface MatchResources {
  readonly resourceRules?: readonly ResourceRule[];
  readonly excludeResourceRules?: readonly ResourceRule[];
  readonly matchPolicy?: string;
  readonly namespaceSelector?: unknown;
  readonly objectSelector?: unknown;
}

/** The version of a kind that a request is shown in. */
export interface Shown {
  readonly group: string;
  readonly version: string;
  readonly info: KindInfo;
}

const NAMESPACES = { group: '', resource: 'namespaces' };
const has = (list: readonly string[] | undefined, wanted: string): boolean => list !== undefined && (list.includes('*') || list.includes(wanted));

/** Kinds that are never sent to webhooks or policies: a mistake in one could not be undone (webhook/predicates/rules). */
const EXEMPT: readonly string[] = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings'];
export const isExempt = ({ info }: Attributes): boolean => info.group === 'admissionregistration.k8s.io' && EXEMPT.includes(info.resource);

/** The version in which the rules want the request, or nothing when they do not want it. */
export function shownIn(rules: readonly ResourceRule[], matchPolicy: string | undefined, attributes: Attributes, equivalents: readonly Shown[]): Shown | undefined {
  const own = equivalents[0] as Shown;
  if (rules.some((rule) => matchesRule(rule, attributes, own))) return own;
  if (matchPolicy !== 'Equivalent') return undefined;
  for (const rule of rules) {
    const other = equivalents.slice(1).find((shown) => matchesRule(rule, attributes, shown));
    if (other !== undefined) return other;
  }
  return undefined;
}

/** The versions under which a request's object is known, its own first. */
export function equivalentsOf({ info, context }: Attributes, kinds: ReadonlyMap<string, KindInfo>): readonly Shown[] {
  const { requestVersion } = context;
  const own: Shown = { group: info.group, version: requestVersion.slice(requestVersion.indexOf('/') + 1), info };
  const others: Shown[] = [];
  for (const other of kinds.values()) {
    if (other.storage.group !== info.storage.group || other.storage.resource !== info.storage.resource) continue;
    for (const { version } of other.versions) if (groupVersionText(other.group, version) !== requestVersion) others.push({ group: other.group, version, info: other });
  }
  return [own, ...others];
}

function matchesRule(rule: ResourceRule, { operation, info, subresource, name }: Attributes, { group, version }: Shown): boolean {
  return (
    matchesScope(rule.scope, info) &&
    has(rule.operations, operation satisfies Operation) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    (rule.resources ?? []).some((resource) => matchesResource(resource, info.resource, subresource)) &&
    ((rule.resourceNames ?? []).length === 0 || rule.resourceNames?.includes(name) === true)
  );
}

function matchesScope(scope: string | undefined, { namespaced, group, resource }: KindInfo): boolean {
  if (scope === undefined || scope === '*' || scope === '') return true;
  // A namespace is its own namespace for admission, and still no namespaced object.
  return scope === (namespaced && !(group === '' && resource === 'namespaces') ? 'Namespaced' : 'Cluster');
}

function matchesResource(wanted: string, resource: string, subresource: string): boolean {
  const [first = '', second = ''] = wanted.split('/');
  return (first === '*' || first === resource) && (second === '*' ? true : second === subresource);
}

/** Whether the request's namespace is selected; objects without one always are. */
export function selectsNamespace(selector: unknown, { info, namespace, name, object, operation, context }: Attributes): boolean {
  const matches = compileLabelSelector(selector);
  if (matches === undefined) return true;
  if (info.group === '' && info.resource === 'namespaces') {
    const labels = operation === 'CREATE' || operation === 'UPDATE' ? object?.metadata.labels : context.lookup.get(NAMESPACES, '', name)?.metadata.labels;
    return matches(labels ?? {});
  }
  if (namespace === '') return true;
  return matches(context.lookup.get(NAMESPACES, '', namespace)?.metadata.labels ?? {});
}

/** Whether the object, or what it was before, is selected. */
export function selectsObject(selector: unknown, { object, old }: Attributes): boolean {
  const matches = compileLabelSelector(selector);
  if (matches === undefined) return true;
  return (object?.metadata !== undefined && matches(object.metadata.labels ?? {})) || (old !== undefined && matches(old.metadata.labels ?? {}));
}

/** Everything of MatchResources at once. */
export function matchResources(match: MatchResources | undefined, attributes: Attributes, equivalents: readonly Shown[]): Shown | undefined {
  const own = equivalents[0];
  if (match === undefined) return own;
  if (!selectsNamespace(match.namespaceSelector, attributes) || !selectsObject(match.objectSelector, attributes)) return undefined;
  const excluded = match.excludeResourceRules ?? [];
  if (excluded.length > 0 && shownIn(excluded, match.matchPolicy, attributes, equivalents) !== undefined) return undefined;
  const rules = match.resourceRules ?? [];
  return rules.length === 0 ? own : shownIn(rules, match.matchPolicy, attributes, equivalents);
}
