/**
 * How fast an autoscaler may move: stabilization over past recommendations, and policies over past changes.
 *
 * With `behavior` its rules hold; without, only scaling down is stabilized and scaling up is limited to max(2·current, 4). What this remembers lives
 * in memory: a new leader starts without it. Source: pkg/controller/podautoscaler/horizontal.go (normalizeDesiredReplicas…, stabilize…, convert…).
 */
import type { autoscaling, HorizontalPodAutoscaler } from '../../object/types.ts';

const SECOND = 1_000_000;

/** A decision with what conditions say of it. */
export interface Normalized {
  readonly replicas: number;
  readonly able: { readonly reason: string; readonly message: string };
  readonly limited: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string };
}

interface Stamped {
  readonly replicas: number;
  readonly at: number;
}

type Rules = autoscaling.HPAScalingRules | undefined;

const READY = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const DOWN_STABILIZED = { reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' };
const UP_STABILIZED = { reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' };
const WITHIN = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const TOO_FEW = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
const TOO_MANY = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
const UP_LIMIT = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' };
const DOWN_LIMIT = { reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' };

/** What is remembered of one autoscaler. */
export class ScalingHistory {
  private recommendations: Stamped[] = [];
  /** Replicas added, and taken away, by each change. */
  private ups: Stamped[] = [];
  private downs: Stamped[] = [];
  private readonly downscaleWindow: number;

  /** `downscaleWindow`: `--horizontal-pod-autoscaler-downscale-stabilization`, µs. */
  constructor(downscaleWindow: number) {
    this.downscaleWindow = downscaleWindow;
  }

  /** The number that is there at first sight counts as a recommendation. */
  begin(replicas: number, now: number): void {
    if (this.recommendations.length === 0) this.recommendations.push({ replicas, at: now });
  }

  /** Remembers a change, for autoscalers with policies. */
  changed({ spec }: HorizontalPodAutoscaler, from: number, to: number, now: number): void {
    if (spec.behavior === undefined) return;
    const longest = (rules: Rules): number => Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds * SECOND));
    const isRecent = (rules: Rules) => ({ at }: Stamped): boolean => at >= now - longest(rules);
    if (to > from) this.ups = [...this.ups.filter(isRecent(spec.behavior.scaleUp)), { replicas: to - from, at: now }];
    else this.downs = [...this.downs.filter(isRecent(spec.behavior.scaleDown)), { replicas: from - to, at: now }];
  }

  /** What becomes of a recommendation. */
  normalize(autoscaler: HorizontalPodAutoscaler, current: number, desired: number, minimum: number, now: number): Normalized {
    const { behavior, maxReplicas } = autoscaler.spec;
    if (behavior === undefined) {
      const stable = this.stabilizeDown(desired, now);
      const limited = withinDefaultLimits(current, stable, minimum, maxReplicas);
      return { ...limited, able: stable === desired ? READY : DOWN_STABILIZED };
    }
    const stable = this.stabilize(behavior, current, desired, now);
    const limited = this.limit(behavior, current, stable, minimum, maxReplicas, now);
    return { ...limited, able: stable === desired ? READY : desired >= current ? UP_STABILIZED : DOWN_STABILIZED };
  }

  private stabilizeDown(desired: number, now: number): number {
    const cutoff = now - this.downscaleWindow;
    const recent = this.recommendations.filter(({ at }) => at >= cutoff);
    this.recommendations = [...recent, { replicas: desired, at: now }];
    return Math.max(desired, ...recent.map(({ replicas }) => replicas));
  }

  private stabilize({ scaleUp, scaleDown }: autoscaling.HorizontalPodAutoscalerBehavior, current: number, desired: number, now: number): number {
    const upCutoff = now - (scaleUp?.stabilizationWindowSeconds ?? 0) * SECOND;
    const downCutoff = now - (scaleDown?.stabilizationWindowSeconds === undefined ? this.downscaleWindow : scaleDown.stabilizationWindowSeconds * SECOND);
    let up = desired;
    let down = desired;
    for (const { replicas, at } of this.recommendations) {
      if (at > upCutoff) up = Math.min(up, replicas);
      if (at > downCutoff) down = Math.max(down, replicas);
    }
    this.recommendations = [...this.recommendations.filter(({ at }) => at >= upCutoff || at >= downCutoff), { replicas: desired, at: now }];
    return Math.min(Math.max(current, up), down);
  }

  private limit({ scaleUp, scaleDown }: autoscaling.HorizontalPodAutoscalerBehavior, current: number, desired: number, minimum: number, maximum: number, now: number): Omit<Normalized, 'able'> {
    if (desired > current) {
      const rate = Math.max(current, this.upLimit(scaleUp, current, now));
      const most = Math.min(maximum, rate);
      return desired > most ? { replicas: most, limited: { status: 'True', ...(maximum > rate ? UP_LIMIT : TOO_MANY) } } : within(desired);
    }
    if (desired < current) {
      const rate = Math.min(current, this.downLimit(scaleDown, current, now));
      const least = Math.max(minimum, rate);
      return desired < least ? { replicas: least, limited: { status: 'True', ...(minimum < rate ? DOWN_LIMIT : TOO_FEW) } } : within(desired);
    }
    return within(desired);
  }

  private upLimit(rules: Rules, current: number, now: number): number {
    const proposals = this.atStart(rules, current, now).map(({ start, type, value }) => (type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100))));
    return select(rules, current, proposals, 'up');
  }

  private downLimit(rules: Rules, current: number, now: number): number {
    const proposals = this.atStart(rules, current, now).map(({ start, type, value }) => (type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100))));
    return select(rules, current, proposals, 'down');
  }

  /** The policies, each with how many replicas there were when its period began. */
  private atStart(rules: Rules, current: number, now: number): { start: number; type: string; value: number }[] {
    return (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
      const cutoff = now - periodSeconds * SECOND;
      const sum = (changes: readonly Stamped[]): number => changes.reduce((total, { replicas, at }) => (at > cutoff ? total + replicas : total), 0);
      return { start: current - sum(this.ups) + sum(this.downs), type, value };
    });
  }
}

/** `Max` takes the policy that allows the most change, `Min` the least. */
function select(rules: Rules, current: number, proposals: readonly number[], direction: 'up' | 'down'): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const isHighest = (rules?.selectPolicy !== 'Min') === (direction === 'up');
  return isHighest ? Math.max(...proposals) : Math.min(...proposals);
}

const within = (replicas: number): Omit<Normalized, 'able'> => ({ replicas, limited: { status: 'False', ...WITHIN } });

/** convertDesiredReplicasWithRules. */
function withinDefaultLimits(current: number, desired: number, minimum: number, maximum: number): Omit<Normalized, 'able'> {
  const rate = Math.max(2 * current, 4);
  const most = Math.min(maximum, rate);
  if (desired < minimum) return { replicas: minimum, limited: { status: 'True', ...TOO_FEW } };
  return desired > most ? { replicas: most, limited: { status: 'True', ...(maximum > rate ? UP_LIMIT : TOO_MANY) } } : within(desired);
}
