/**
 * The soft half of PodTopologySpread: prefers nodes in domains with few matching pods.
 *
 * Source: pkg/scheduler/framework/plugins/podtopologyspread/scoring.go.
 */
import type { Folding } from '../framework/fold.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Cycle } from '../framework/plugin.ts';
import { naturalLog } from './natural-log.ts';
import { SCORE_MAX } from './normalize.ts';
import {
  constraintsText,
  countMatching,
  hasAllKeys,
  HOSTNAME_KEY,
  includes,
  type Inclusion,
  inclusionOf,
  type SpreadConstraint,
} from './spread-constraint.ts';

/** Per constraint: the node's domain and matching pods; undefined when the node does not count for it. */
type Contribution = (readonly [value: string, pods: number] | undefined)[];

class SoftCounts implements Folding<Contribution> {
  /** Matching pods per domain value, by constraint. Hostname constraints are counted on the node when scored. */
  readonly counts: readonly Map<string, number>[];
  readonly #namespace: string;
  readonly #constraints: readonly SpreadConstraint[];
  readonly #inclusion: Inclusion;
  readonly #requireAll: boolean;

  constructor(namespace: string, constraints: readonly SpreadConstraint[], inclusion: Inclusion, requireAll: boolean) {
    this.#namespace = namespace;
    this.#constraints = constraints;
    this.#inclusion = inclusion;
    this.#requireAll = requireAll;
    this.counts = constraints.map(() => new Map());
  }

  contribution(row: NodeInfo): Contribution | undefined {
    if (this.#requireAll && !hasAllKeys(row.labels, this.#constraints)) return undefined;
    let found = false;
    const contribution = this.#constraints.map((constraint) => {
      if (constraint.topologyKey === HOSTNAME_KEY || !includes(constraint, row, this.#inclusion)) return undefined;
      const pods = countMatching(row.pods, constraint.selector, this.#namespace);
      if (pods === 0) return undefined;
      found = true;
      return [row.labels[constraint.topologyKey] ?? '', pods] as const;
    });
    return found ? contribution : undefined;
  }

  apply(contribution: Contribution, sign: 1 | -1): void {
    for (let i = 0; i < contribution.length; i += 1) {
      const entry = contribution[i];
      if (entry === undefined) continue;
      const counts = this.counts[i] as Map<string, number>;
      counts.set(entry[0], (counts.get(entry[0]) ?? 0) + sign * entry[1]);
    }
  }

  reset(): void {
    for (const counts of this.counts) counts.clear();
  }
}

/** Matching pods per node, for hostname constraints; kept per row so that scoring does not count pods again. */
class HostCounts implements Folding<readonly [number, number]> {
  readonly counts: number[] = [];
  readonly #selector: SpreadConstraint['selector'];
  readonly #namespace: string;

  constructor(selector: SpreadConstraint['selector'], namespace: string) {
    this.#selector = selector;
    this.#namespace = namespace;
  }

  contribution(row: NodeInfo): readonly [number, number] {
    return [row.slot, countMatching(row.pods, this.#selector, this.#namespace)];
  }

  apply([slot, pods]: readonly [number, number], sign: 1 | -1): void {
    this.counts[slot] = sign === 1 ? pods : 0;
  }

  reset(): void {
    this.counts.length = 0;
  }
}

export interface SoftState {
  readonly constraints: readonly SpreadConstraint[];
  readonly counts: readonly Map<string, number>[];
  readonly hosts: HostCounts | undefined;
  readonly weights: readonly number[];
  /** Feasible nodes that lack a key; empty unless all keys are demanded. */
  readonly ignored: ReadonlySet<NodeInfo>;
}

const NOBODY: ReadonlySet<NodeInfo> = new Set();

/** A domain weighs by the logarithm of how many there are, so that few big domains count about as much as many small. */
const weightsOf = (
  constraints: readonly SpreadConstraint[],
  rows: readonly NodeInfo[],
  ignored: ReadonlySet<NodeInfo>,
): number[] =>
  constraints.map(({ topologyKey }) => {
    if (topologyKey === HOSTNAME_KEY) return naturalLog(rows.length - ignored.size + 2);
    const values = new Set<string>();
    for (const row of rows) if (!ignored.has(row)) values.add(row.labels[topologyKey] ?? '');
    return naturalLog(values.size + 2);
  });

const ignoredRows = (rows: readonly NodeInfo[], constraints: readonly SpreadConstraint[]): ReadonlySet<NodeInfo> => {
  let ignored: Set<NodeInfo> | undefined;
  for (const row of rows) if (!hasAllKeys(row.labels, constraints)) (ignored ??= new Set()).add(row);
  return ignored ?? NOBODY;
};

export const softState = (
  cycle: Cycle,
  constraints: readonly SpreadConstraint[],
  rows: readonly NodeInfo[],
  requireAll: boolean,
): SoftState => {
  const { pod, snapshot, folds } = cycle;
  const inclusion = inclusionOf(pod.pod);
  const text = constraintsText(pod, constraints, inclusion);
  const soft = folds.get<Contribution, SoftCounts>(
    `spread-score ${requireAll} ${text}`,
    snapshot,
    () => new SoftCounts(pod.namespace, constraints, inclusion, requireAll),
  );
  const host = constraints.find(({ topologyKey }) => topologyKey === HOSTNAME_KEY);
  const hosts =
    host === undefined
      ? undefined
      : folds.get<readonly [number, number], HostCounts>(
          `spread-host ${constraintsText(pod, [{ ...host, honorsAffinity: false, honorsTaints: false }], inclusion)}`,
          snapshot,
          () => new HostCounts(host.selector, pod.namespace),
        );
  const ignored = requireAll ? ignoredRows(rows, constraints) : NOBODY;
  return { constraints, counts: soft.counts, hosts, weights: weightsOf(constraints, rows, ignored), ignored };
};

export const scoreSoft = (state: SoftState, row: NodeInfo): number => {
  if (state.ignored.size > 0 && state.ignored.has(row)) return 0;
  let score = 0;
  for (let i = 0; i < state.constraints.length; i += 1) {
    const constraint = state.constraints[i] as SpreadConstraint;
    const value = row.labels[constraint.topologyKey];
    if (typeof value !== 'string') continue;
    const pods =
      constraint.topologyKey === HOSTNAME_KEY
        ? (state.hosts?.counts[row.slot] ?? 0)
        : ((state.counts[i] as Map<string, number>).get(value) ?? 0);
    score += pods * (state.weights[i] as number) + (constraint.maxSkew - 1);
  }
  return Math.round(score);
};

export const normalizeSoft = (state: SoftState, rows: readonly NodeInfo[], scores: Float64Array): void => {
  let least = Number.MAX_SAFE_INTEGER;
  let greatest = 0;
  for (let i = 0; i < rows.length; i += 1) {
    if (state.ignored.size > 0 && state.ignored.has(rows[i] as NodeInfo)) continue;
    const score = scores[i] as number;
    if (score < least) least = score;
    if (score > greatest) greatest = score;
  }
  for (let i = 0; i < rows.length; i += 1) {
    if (state.ignored.size > 0 && state.ignored.has(rows[i] as NodeInfo)) scores[i] = 0;
    else if (greatest === 0) scores[i] = SCORE_MAX;
    else scores[i] = Math.trunc((SCORE_MAX * (greatest + least - (scores[i] as number))) / greatest);
  }
};
