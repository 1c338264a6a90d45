/**
 * An object (or any answer) in a form that two runs of one cluster share: tokens for what differs, no versions, lists without a
 * meaningful order sorted.
 */
import { canonical } from '../../../src/log/canonical.ts';
import type { Json } from '../../../src/index.ts';
import type { KubeObject } from '../object/types.ts';
import type { Tokens } from './tokens.ts';

/** Fields that count writes or name run-dependent things and nothing else. */
const DROPPED: ReadonlySet<string> = new Set(['resourceVersion', 'uid', 'managedFields', 'selfLink', 'imageID', 'observedGeneration', 'generation']);
/** Fields whose value is a place that the scheduler chose among equals. */
const PLACES: ReadonlySet<string> = new Set(['nodeName', 'kubernetes.io/hostname', 'zone']);
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Any value. `under` is the field that it stands in. */
export function normalForm(value: unknown, tokens: Tokens, under = ''): Json {
  if (typeof value === 'string') return PLACES.has(under) ? `<${under}>` : tokens.text(value);
  if (Array.isArray(value)) return value.map((item) => normalForm(item, tokens, under));
  if (typeof value !== 'object' || value === null) return value as Json;
  const out: Record<string, Json> = {};
  for (const name of Object.keys(value).sort()) {
    if (DROPPED.has(name)) continue;
    out[tokens.text(name)] = member(name, (value as Record<string, unknown>)[name], tokens);
  }
  return out;
}

function member(name: string, value: unknown, tokens: Tokens): Json {
  if (name === TRIGGER_TIME) return '<time>';
  if (name === 'nodePort' && !tokens.isRequested(String(value))) return '<nodePort>';
  return normalForm(value, tokens, name);
}

const sortedByText = (list: unknown): Json[] => (list as Json[]).toSorted((x, y) => (canonical(x) < canonical(y) ? -1 : 1));

type Members = Record<string, Json>;

/** An object. Of nodes only taints, schedulability and readiness count: machines differ. */
export function normalObject(object: KubeObject, tokens: Tokens): Json {
  if (object.kind === 'Node') return normalNode(object, tokens);
  const form = normalForm(object, tokens) as Members;
  (form['metadata'] as Members)['name'] = tokens.nameOf(object);
  const status = form['status'] as Members | undefined;
  if (Array.isArray(status?.['conditions'])) status['conditions'] = (status['conditions'] as Members[]).toSorted((x, y) => (String(x['type']) < String(y['type']) ? -1 : 1));
  if (Array.isArray(form['endpoints'])) form['endpoints'] = sortedByText(form['endpoints']);
  for (const subset of (form['subsets'] ?? []) as Members[]) {
    for (const field of ['addresses', 'notReadyAddresses']) if (subset[field] !== undefined) subset[field] = sortedByText(subset[field]);
  }
  return form;
}

function normalNode(object: KubeObject, tokens: Tokens): Json {
  const { spec, status } = object as unknown as {
    readonly spec: { readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]; readonly unschedulable?: boolean };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[] };
  };
  const ready = (status?.conditions ?? []).find(({ type }) => type === 'Ready');
  const taints = (spec.taints ?? []).map(({ key, value, effect }) => `${key}${value === undefined ? '' : `=${value}`}:${effect}`).sort();
  return normalForm({ kind: 'Node', name: object.metadata.name, taints, unschedulable: spec.unschedulable ?? false, ready: ready?.status ?? '', reason: ready?.reason ?? '' }, tokens);
}
