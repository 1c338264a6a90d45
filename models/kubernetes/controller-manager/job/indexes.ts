/**
 * Sets of completion indexes, as Indexed Jobs write them: `1,3-5,7`.
 *
 * Source: pkg/controller/job/indexed_job_utils.go (orderedIntervals).
 */
import type { Job, Pod } from '../../object/types.ts';
import { completionIndex, hasTrackingFinalizer, INDEX_FAILURES, specOf } from './job-util.ts';
import { matchPodFailurePolicy } from './pod-failure-policy.ts';

/** The indexes in the text that are below `completions`. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) continue;
    const first = Number(match[1]);
    for (let index = first; index <= Number(match[2] ?? first) && index < completions; index++) indexes.add(index);
  }
  return indexes;
}

/** The text of a set: three or more in a row as a range. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (end + 1 < sorted.length && sorted[end + 1] === (sorted[end] as number) + 1) end += 1;
    const [first, last] = [sorted[at] as number, sorted[end] as number];
    parts.push(first === last ? String(first) : `${first}${last === first + 1 ? ',' : '-'}${last}`);
    at = end + 1;
  }
  return parts.join(',');
}

/** The succeeded indexes: as recorded, and with the pods that have succeeded since. */
export function succeededIndexes(job: Job, pods: readonly Pod[]): { recorded: Set<number>; all: Set<number> } {
  const completions = job.spec.completions ?? 0;
  const recorded = parseIndexes(job.status?.completedIndexes, completions);
  const all = new Set(recorded);
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (pod.status?.phase === 'Succeeded' && index !== undefined && index < completions && hasTrackingFinalizer(pod)) all.add(index);
  }
  return { recorded, all };
}

/** The indexes that have failed for good. */
export function failedIndexes(job: Job, pods: readonly Pod[]): Set<number> {
  const completions = job.spec.completions ?? 0;
  const indexes = parseIndexes((job.status as unknown as { failedIndexes?: string } | undefined)?.failedIndexes, completions);
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index !== undefined && index < completions && hasTrackingFinalizer(pod) && isIndexFailed(job, pod)) indexes.add(index);
  }
  return indexes;
}

export function isIndexFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase !== 'Failed') return false;
  const match = matchPodFailurePolicy(specOf(job).podFailurePolicy, pod);
  if (match.action === 'FailIndex') return true;
  return match.counts && failureCount(pod) >= (specOf(job).backoffLimitPerIndex ?? 0);
}

export function failureCount(pod: Pod): number {
  return Number(pod.metadata.annotations?.[INDEX_FAILURES] ?? 0) || 0;
}

/** The message of the success policy's rule that is met. */
export function matchSuccessPolicy(job: Job, succeeded: ReadonlySet<number>): string | undefined {
  const rules = specOf(job).successPolicy?.rules ?? [];
  for (const [at, { succeededIndexes: wanted, succeededCount }] of rules.entries()) {
    const relevant = wanted === undefined ? succeeded : new Set([...parseIndexes(wanted, job.spec.completions ?? 0)].filter((index) => succeeded.has(index)));
    const needed = succeededCount ?? (wanted === undefined ? Infinity : parseIndexes(wanted, job.spec.completions ?? 0).size);
    if (relevant.size >= needed) return `Matched rules at index ${at}`;
  }
  return undefined;
}

/** The lowest indexes without a pod, at most `count`. */
export function firstPendingIndexes(count: number, completions: number, taken: readonly ReadonlySet<number>[]): number[] {
  const pending: number[] = [];
  for (let index = 0; index < completions && pending.length < count; index++) {
    if (!taken.some((set) => set.has(index))) pending.push(index);
  }
  return pending;
}

export function indexesOf(pods: readonly Pod[]): Set<number> {
  const indexes = new Set<number>();
  for (const pod of pods) {
    const index = completionIndex(pod);
    if (index !== undefined) indexes.add(index);
  }
  return indexes;
}
