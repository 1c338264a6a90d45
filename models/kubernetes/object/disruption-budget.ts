/**
 * The condition that says whether a PodDisruptionBudget allows a disruption. The controller and the eviction API both write it.
 *
 * Source: staging/src/k8s.io/component-helpers/apps/poddisruptionbudget/helpers.go.
 */
import type { PodDisruptionBudget } from './types.ts';

const TYPE = 'DisruptionAllowed';

export interface DisruptionCondition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** The budget's conditions with this one set; its time moves only when its status does. `now` is RFC 3339. */
export function withDisruptionAllowed({ status }: PodDisruptionBudget, next: Omit<DisruptionCondition, 'type' | 'lastTransitionTime'>, now: string): DisruptionCondition[] {
  const conditions = (status?.conditions ?? []) as unknown as readonly DisruptionCondition[];
  const old = conditions.find(({ type }) => type === TYPE);
  const made = { type: TYPE, ...next, lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : now };
  return old === undefined ? [...conditions, made] : conditions.map((entry) => (entry === old ? made : entry));
}

/** What the number of allowed disruptions means (`UpdateDisruptionAllowedCondition`). */
export const disruptionAllowed = (disruptionsAllowed: number): { readonly status: string; readonly reason: string; readonly message: string } =>
  disruptionsAllowed > 0 ? { status: 'True', reason: 'SufficientPods', message: '' } : { status: 'False', reason: 'InsufficientPods', message: '' };
