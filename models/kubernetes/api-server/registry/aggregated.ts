/**
 * Kinds of aggregated APIs, as discovery lists them. What they hold is another server's matter.
 * Upstream: k8s.io/metrics/pkg/apis/metrics/v1beta1.
 */
import { defineKind } from './define.ts';
import type { KindInfo } from './kind.ts';

const METRICS = { group: 'metrics.k8s.io', version: 'v1beta1', verbs: ['get', 'list'] as const, virtual: true } as const;

/** The kinds of those groups that are served. */
export function aggregatedKinds(apis: readonly { readonly group: string }[]): readonly KindInfo[] {
  if (!apis.some(({ group }) => group === METRICS.group)) return [];
  return [
    defineKind({ ...METRICS, kind: 'NodeMetrics', resource: 'nodes', singular: '', namespaced: false }),
    defineKind({ ...METRICS, kind: 'PodMetrics', resource: 'pods', singular: '', namespaced: true }),
  ];
}
