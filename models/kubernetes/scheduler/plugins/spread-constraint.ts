/**
 * Topology spread constraints, compiled: the pod's own, or the profile's defaults with a selector found for the pod.
 *
 * Source: pkg/scheduler/framework/plugins/podtopologyspread/common.go, plugins/helper/spread.go.
 */
import { controllerOf } from '../../object/meta.ts';
import {
  hasRequiredNodeAffinity,
  type RequiredNodeAffinity,
  requiredNodeAffinityMatches,
  requiredNodeAffinityOf,
} from '../../object/node-affinity.ts';
import {
  addRequirements,
  formatSelector,
  isEmptySelector,
  type Labels,
  type Selector,
  selectorFromSet,
  selectorMatches,
  selectorOf,
} from '../../object/selector.ts';
import { findUntoleratedTaint, isHardEffect } from '../../object/taint.ts';
import type { core, Pod } from '../../object/types.ts';
import { canonicalText } from '../framework/canonical.ts';
import type { Listers } from '../framework/listers.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

export type WhenUnsatisfiable = 'DoNotSchedule' | 'ScheduleAnyway';

export const HOSTNAME_KEY = 'kubernetes.io/hostname';

/** The defaults of `defaultingType: System`. */
export const SYSTEM_DEFAULT_CONSTRAINTS: readonly core.TopologySpreadConstraint[] = [
  { topologyKey: HOSTNAME_KEY, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

const compile = (constraint: core.TopologySpreadConstraint, labels: Labels | undefined): SpreadConstraint => {
  let selector = selectorOf(constraint.labelSelector);
  const keys = constraint.matchLabelKeys ?? [];
  if (keys.length > 0 && labels !== undefined && selector.selectable) {
    const wanted: Record<string, string> = {};
    for (const key of keys) if (typeof labels[key] === 'string') wanted[key] = labels[key];
    selector = addRequirements(selector, selectorFromSet(wanted).requirements);
  }
  return {
    maxSkew: constraint.maxSkew,
    topologyKey: constraint.topologyKey,
    selector,
    minDomains: constraint.minDomains ?? 1,
    honorsAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  };
};

/** The pod's own constraints of one kind. */
export const ownConstraints = (pod: Pod, kind: WhenUnsatisfiable): SpreadConstraint[] =>
  (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === kind)
    .map((constraint) => compile(constraint, pod.metadata.labels));

/** The selector of the workload that the pod belongs to: its services' and its controller's, together. */
export const defaultSelector = (pod: Pod, listers: Listers): Selector => {
  const namespace = pod.metadata.namespace ?? '';
  let labels: Record<string, string> = {};
  for (const { spec } of listers.services(namespace)) {
    const selector = spec.selector as Labels | undefined;
    if (selector === undefined || !selectorMatches(selectorFromSet(selector), pod.metadata.labels)) continue;
    labels = { ...labels, ...selector };
  }
  const owner = controllerOf(pod);
  if (owner?.kind === 'ReplicationController' && owner.apiVersion === 'v1') {
    const controller = listers.replicationController(namespace, owner.name);
    labels = { ...labels, ...(controller?.spec.selector as Labels | undefined) };
  }
  const selector = selectorFromSet(labels);
  if (owner === undefined || owner.apiVersion !== 'apps/v1') return selector;
  const workload =
    owner.kind === 'ReplicaSet'
      ? listers.replicaSet(namespace, owner.name)
      : owner.kind === 'StatefulSet'
        ? listers.statefulSet(namespace, owner.name)
        : undefined;
  return workload === undefined ? selector : addRequirements(selector, selectorOf(workload.spec.selector).requirements);
};

/** The profile's default constraints of one kind, for a pod that states none at all. */
export const defaultConstraints = (
  pod: Pod,
  kind: WhenUnsatisfiable,
  defaults: readonly core.TopologySpreadConstraint[],
  listers: Listers,
): SpreadConstraint[] => {
  const constraints = defaults.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === kind);
  if (constraints.length === 0) return [];
  const selector = defaultSelector(pod, listers);
  if (isEmptySelector(selector)) return [];
  return constraints.map((constraint) => ({ ...compile(constraint, pod.metadata.labels), selector }));
};

/** Whether the node has every key that the constraints spread over. */
export const hasAllKeys = (labels: Labels, constraints: readonly SpreadConstraint[]): boolean => {
  for (const { topologyKey } of constraints) if (typeof labels[topologyKey] !== 'string') return false;
  return true;
};

/** What decides, besides its labels, whether a node counts for a constraint of this pod. */
export interface Inclusion {
  readonly affinity: RequiredNodeAffinity;
  readonly tolerations: Pod['spec']['tolerations'];
}

export const inclusionOf = (pod: Pod): Inclusion => ({
  affinity: requiredNodeAffinityOf(pod),
  tolerations: pod.spec.tolerations,
});

/** Whether the node's pods and domain count for the constraint (`nodeAffinityPolicy`, `nodeTaintsPolicy`). */
export const includes = (constraint: SpreadConstraint, row: NodeInfo, inclusion: Inclusion): boolean => {
  if (constraint.honorsAffinity && !requiredNodeAffinityMatches(inclusion.affinity, row.name, row.labels)) return false;
  if (!constraint.honorsTaints) return true;
  return findUntoleratedTaint(row.taints, inclusion.tolerations, isHardEffect) === undefined;
};

/** Matching pods of the namespace that are not on their way out. An empty selector counts none. */
export const countMatching = (pods: readonly PodInfo[], selector: Selector, namespace: string): number => {
  if (isEmptySelector(selector)) return 0;
  let count = 0;
  for (let i = 0; i < pods.length; i += 1) {
    const pod = pods[i] as PodInfo;
    if (pod.terminating || pod.namespace !== namespace) continue;
    if (selectorMatches(selector, pod.labels)) count += 1;
  }
  return count;
};

/** A text that determines, with a row, what the constraints count there. */
export const constraintsText = (
  pod: PodInfo,
  constraints: readonly SpreadConstraint[],
  inclusion: Inclusion,
): string => {
  let text = pod.namespace;
  let needsAffinity = false;
  let needsTaints = false;
  for (const constraint of constraints) {
    const selector = constraint.selector.selectable ? formatSelector(constraint.selector) : '!!';
    text += `|${constraint.topologyKey}|${selector}|${constraint.honorsAffinity}|${constraint.honorsTaints}`;
    needsAffinity ||= constraint.honorsAffinity;
    needsTaints ||= constraint.honorsTaints;
  }
  if (needsAffinity && hasRequiredNodeAffinity(inclusion.affinity)) {
    text += `|${canonicalText(pod.pod.spec.nodeSelector)}${canonicalText(pod.pod.spec.affinity?.nodeAffinity)}`;
  }
  if (needsTaints) text += `|${canonicalText(pod.pod.spec.tolerations)}`;
  return text;
};
