/**
 * Which taints a node's conditions imply (pkg/controller/nodelifecycle/node_lifecycle_controller.go,
 * `nodeConditionToTaintKeyStatusMap`; api/core/v1/well_known_taints.go).
 */
import type { core, Node } from '../../object/types.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Taint keys by condition and its status. */
const TAINT_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
};
const OWNED = new Set([...Object.values(TAINT_OF).flatMap((byStatus) => Object.values(byStatus)), UNSCHEDULABLE]);

/** The status of a condition, `''` when the node has none of that type. */
export function conditionOf({ status }: Node, type: string): core.NodeCondition | undefined {
  for (const condition of status.conditions ?? []) if (condition.type === type) return condition;
  return undefined;
}

/** The node's taints with the NoSchedule ones brought up to date; the same list when they are. */
export function noScheduleTaints(node: Node, now: string): readonly core.Taint[] {
  const taints = node.spec.taints ?? [];
  const wanted = new Set((node.status.conditions ?? []).flatMap(({ type, status }) => TAINT_OF[type]?.[status] ?? []));
  if (node.spec.unschedulable === true) wanted.add(UNSCHEDULABLE);
  const kept = taints.filter(({ key, effect }) => effect !== 'NoSchedule' || !OWNED.has(key) || wanted.has(key));
  const missing = [...wanted].filter((key) => !taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule'));
  if (kept.length === taints.length && missing.length === 0) return taints;
  return [...kept, ...missing.map((key) => ({ key, effect: 'NoSchedule', timeAdded: now }))];
}

/** The node's taints with exactly this NoExecute taint of the two that readiness implies (undefined: none). */
export function noExecuteTaints(node: Node, key: string | undefined, now: string): readonly core.Taint[] {
  const taints = node.spec.taints ?? [];
  const isReadiness = (taint: core.Taint): boolean => taint.effect === 'NoExecute' && (taint.key === NOT_READY || taint.key === UNREACHABLE);
  const kept = taints.filter((taint) => !isReadiness(taint) || taint.key === key);
  const hasIt = key === undefined || kept.some((taint) => isReadiness(taint));
  if (kept.length === taints.length && hasIt) return taints;
  return hasIt ? kept : [...kept, { key: key as string, effect: 'NoExecute', timeAdded: now }];
}
