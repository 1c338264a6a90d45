/**
 * Which pods matter more, and which set of victims hurts least.
 *
 * Source: pkg/scheduler/util/utils.go, pkg/scheduler/framework/preemption/preemption.go (pickOneNodeForPreemption).
 */
import type { Preemption } from '../framework/plugin.ts';
import { type PodInfo, startTimeOf } from '../framework/pod-info.ts';

/** Later than any written time: a pod that has not started counts as starting now. */
const NOW = '~';
const startOf = ({ pod }: PodInfo): string => startTimeOf(pod) ?? NOW;

/** 2^31, which makes priorities positive so that more victims weigh more. */
const PRIORITY_OFFSET = 2_147_483_648;

/**
 * The pods, most important first: by priority, then by earlier start. Equal pods keep their order, except that pods
 * that
 * have not started come in reverse, since upstream finds each of them to have started a moment before the next.
 */
export const byImportance = (pods: readonly PodInfo[]): PodInfo[] => {
  const order = pods.map((pod, position) => ({ pod, position, start: startOf(pod) }));
  order.sort((a, b) => {
    if (a.pod.priority !== b.pod.priority) return b.pod.priority - a.pod.priority;
    if (a.start !== b.start) return a.start < b.start ? -1 : 1;
    return a.start === NOW ? b.position - a.position : a.position - b.position;
  });
  return order.map(({ pod }) => pod);
};

/** The earliest start among the victims of the highest priority. Times are RFC 3339 in UTC, so text order is time order. */
const earliestStart = (victims: readonly PodInfo[]): string => {
  let highest = Number.NEGATIVE_INFINITY;
  let earliest = NOW;
  for (const victim of victims) {
    const start = startOf(victim);
    if (victim.priority > highest) {
      highest = victim.priority;
      earliest = start;
    } else if (victim.priority === highest && start < earliest) earliest = start;
  }
  return earliest;
};

const sumOfPriorities = ({ victims }: Preemption): number => {
  let sum = 0;
  for (const { priority } of victims) sum += priority + PRIORITY_OFFSET;
  return sum;
};

/** Keeps the candidates for which the measure is least. */
const keepLeast = (candidates: readonly Preemption[], measure: (candidate: Preemption) => number): Preemption[] => {
  let least = Number.POSITIVE_INFINITY;
  let kept: Preemption[] = [];
  for (const candidate of candidates) {
    const value = measure(candidate);
    if (value > least) continue;
    if (value < least) kept = [];
    least = value;
    kept.push(candidate);
  }
  return kept;
};

const keepLatestStart = (candidates: readonly Preemption[]): Preemption[] => {
  let latest = '';
  let kept: Preemption[] = [];
  for (const candidate of candidates) {
    const start = earliestStart(candidate.victims);
    if (start < latest) continue;
    if (start > latest) kept = [];
    latest = start;
    kept.push(candidate);
  }
  return kept;
};

/** The candidates that are equally the least harmful. */
export const leastHarmful = (candidates: readonly Preemption[]): readonly Preemption[] => {
  const measures: ((candidate: Preemption) => number)[] = [
    ({ pdbViolations }) => pdbViolations,
    ({ victims }) => (victims[0] as PodInfo).priority,
    sumOfPriorities,
    ({ victims }) => victims.length,
  ];
  let kept: readonly Preemption[] = candidates;
  for (const measure of measures) {
    if (kept.length === 1) return kept;
    kept = keepLeast(kept, measure);
  }
  return kept.length === 1 ? kept : keepLatestStart(kept);
};
