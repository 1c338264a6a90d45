/**
 * The status of an autoscaler while a sync works it out. Source: pkg/controller/podautoscaler/horizontal.go (setStatus, setConditionInList).
 */
import type { autoscaling } from '../../object/types.ts';

export type AutoscalerCondition = autoscaling.HorizontalPodAutoscalerCondition;

export interface Status {
  /** As it was read. */
  readonly old: autoscaling.HorizontalPodAutoscalerStatus | undefined;
  conditions: readonly AutoscalerCondition[];
  /** Undefined: the sync did not come so far, and the numbers stay as they are. */
  currentReplicas?: number;
  desiredReplicas?: number;
  currentMetrics?: readonly autoscaling.MetricStatus[];
  lastScaleTime?: string;
}

/** The list with this condition; its time changes with its status only. */
export function withCondition(conditions: readonly AutoscalerCondition[], condition: Omit<AutoscalerCondition, 'lastTransitionTime'>, now: string): readonly AutoscalerCondition[] {
  const old = conditions.find(({ type }) => type === condition.type);
  const next = { ...condition, lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : now } as AutoscalerCondition;
  return old === undefined ? [...conditions, next] : conditions.map((entry) => (entry === old ? next : entry));
}
