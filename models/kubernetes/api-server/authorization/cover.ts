/**
 * Whether a set of rules grants everything that another one does, and what is missing.
 * Source: component-helpers/auth/rbac/validation/policy_comparator.go, pkg/registry/rbac/validation/{rule,policy_compact}.go.
 */
import { goQuote } from '../status/go-format.ts';
import { urlCovers, type PolicyRule } from './rbac.ts';

/** The rules of `wanted` that `held` does not cover, broken down to one verb of one resource each. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const parts: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const one = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) parts.push(one);
        else for (const name of resourceNames) parts.push({ ...one, resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) for (const verb of verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

const all = (held: readonly string[] = [], wanted: readonly string[] = []): boolean => held.includes('*') || wanted.every((item) => held.includes(item));

function covers(held: PolicyRule, part: PolicyRule): boolean {
  if (!all(held.verbs, part.verbs)) return false;
  const [url] = part.nonResourceURLs ?? [];
  if (url !== undefined) return (held.nonResourceURLs ?? []).some((other) => urlCovers(other, url));
  const names = held.resourceNames ?? [];
  const isNamed = names.length === 0 || ((part.resourceNames?.length ?? 0) > 0 && part.resourceNames?.every((name) => names.includes(name)) === true);
  return isNamed && all(held.apiGroups, part.apiGroups) && coversResource(held.resources ?? [], part.resources?.[0] ?? '');
}

function coversResource(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true;
  const at = wanted.indexOf('/');
  return at >= 0 && held.includes(`*${wanted.slice(at)}`);
}

/** Rules as upstream prints them, one a line, verbs of the same resource together. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const compact = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.nonResourceURLs, rule.resourceNames]);
    const before = rule.nonResourceURLs === undefined ? compact.get(key) : undefined;
    compact.set(rule.nonResourceURLs === undefined ? key : `${key} ${rule.verbs[0]}`, before === undefined ? rule : { ...before, verbs: [...before.verbs, ...rule.verbs] });
  }
  return [...new Set([...compact.values()].map(describe))].sort((a, b) => (a < b ? -1 : 1)).join('\n');
}

const PARTS = [['APIGroups', 'apiGroups'], ['Resources', 'resources'], ['NonResourceURLs', 'nonResourceURLs'], ['ResourceNames', 'resourceNames'], ['Verbs', 'verbs']] as const;
const describe = (rule: PolicyRule): string =>
  `{${PARTS.flatMap(([name, field]) => ((rule[field]?.length ?? 0) > 0 ? [`${name}:${quoted(rule[field] ?? [])}`] : [])).join(', ')}}`;
/** `%q` of a list. */
export const quoted = (list: readonly string[]): string => `[${list.map(goQuote).join(' ')}]`;
