/**
 * Marks: things that a campaign must have seen at least once.
 *
 * A campaign that never crashed a kubelet while a Pod started has not tested that. A mark is reached by a fact; counts merge over
 * runs and workers by addition, so the result does not depend on who ran what.
 */
import type { Json, LogRecord } from '../log/record.ts';

/** A place that some run of a campaign has to reach. */
export interface Mark {
  readonly name: string;
  /** The kind of fact. */
  readonly fact: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author of the mark knows the fact's data.
  readonly when?: (data: any, record: LogRecord) => boolean;
}

/** A mark for any fact of a kind. */
export function reach(name: string, fact: string): Mark {
  return { name, fact };
}

/** A mark for facts of a kind that satisfy `when`. */
export function sometimes<Data = Json>(name: string, fact: string, when: (data: Data, record: LogRecord) => boolean): Mark {
  return { name, fact, when: when as Mark['when'] & {} };
}

/** Counts by name, added up. */
export type Counts = Readonly<Record<string, number>>;

/** Adds up counts, names in order: the result is the same whatever the order of the runs. */
export function mergeCounts(all: readonly Counts[]): Counts {
  const sums = new Map<string, number>();
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries([...sums].sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0)));
}
