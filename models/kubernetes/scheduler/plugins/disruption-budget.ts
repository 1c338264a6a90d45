/**
 * Which victims a PodDisruptionBudget would not let go.
 *
 * Source: pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go (filterPodsWithPDBViolation).
 */
import { isEmptySelector, type Selector, selectorMatches, selectorOf } from '../../object/selector.ts';
import type { PodDisruptionBudget } from '../../object/types.ts';
import type { PodInfo } from '../framework/pod-info.ts';

export interface DisruptionBudget {
  readonly namespace: string;
  readonly selector: Selector;
  readonly allowed: number;
  /** Names of pods whose disruption the budget has counted already. */
  readonly disrupted: ReadonlySet<string>;
}

export const budgetsOf = (budgets: readonly PodDisruptionBudget[]): DisruptionBudget[] =>
  budgets.map(({ metadata, spec, status }) => ({
    namespace: metadata.namespace ?? '',
    selector: selectorOf(spec.selector),
    allowed: (status as PodDisruptionBudget['status'] | undefined)?.disruptionsAllowed ?? 0,
    disrupted: new Set(Object.keys((status as PodDisruptionBudget['status'] | undefined)?.disruptedPods ?? {})),
  }));

const governs = (budget: DisruptionBudget, pod: PodInfo): boolean =>
  budget.namespace === pod.namespace &&
  !isEmptySelector(budget.selector) &&
  selectorMatches(budget.selector, pod.labels) &&
  !budget.disrupted.has(pod.name);

/** Splits pods, in the given order, into those whose removal exceeds some budget and the others. */
export const splitByBudgets = (
  pods: readonly PodInfo[],
  budgets: readonly DisruptionBudget[],
): { readonly violating: readonly PodInfo[]; readonly others: readonly PodInfo[] } => {
  if (budgets.length === 0) return { violating: [], others: pods };
  const allowed = budgets.map((budget) => budget.allowed);
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    let isViolating = false;
    if (pod.labels !== undefined && Object.keys(pod.labels).length > 0) {
      budgets.forEach((budget, i) => {
        if (!governs(budget, pod)) return;
        allowed[i] = (allowed[i] as number) - 1;
        if ((allowed[i] as number) < 0) isViolating = true;
      });
    }
    (isViolating ? violating : others).push(pod);
  }
  return { violating, others };
};
