/**
 * PreScore, Score, normalisation and weights: which of the feasible nodes is best.
 *
 * Source: pkg/scheduler/framework/runtime/framework.go (RunScorePlugins), pkg/scheduler/schedule_one.go (selectHost).
 */
import { type ClassCache, PASSES, type ScoreClass, UNKNOWN } from './class-cache.ts';
import type { NodeInfo } from './node-info.ts';
import type { Cycle, Plugin } from './plugin.ts';
import type { Profile, ScorePlugin } from './profile.ts';
import { failure, type Status, statusMessage } from './status.ts';

/** One plugin's scores of the feasible nodes, for whoever asks why. */
export interface PluginScores {
  readonly plugin: string;
  readonly weight: number;
  readonly raw: readonly number[];
  readonly normalized: readonly number[];
}

export interface Scored {
  /** Sum of weighted scores, by position in the list of feasible nodes. */
  readonly totals: readonly number[];
  /** Only when details were asked for. */
  readonly plugins: readonly PluginScores[];
}

interface ActiveScore extends ScorePlugin {
  readonly own: unknown;
  /** Column in the class cache; -1 when the plugin's scores are not cached. */
  readonly column: number;
}

type PreScored =
  | { readonly kind: 'ok'; readonly active: readonly ActiveScore[]; readonly key: string; readonly columns: number }
  | { readonly kind: 'error'; readonly status: Status };

const runPreScores = (cycle: Cycle, profile: Profile, rows: readonly NodeInfo[]): PreScored => {
  const states = new Map<string, unknown>();
  const skipped = new Set<string>();
  for (const plugin of profile.preScore) {
    const result = plugin.preScore?.(cycle, rows);
    if (result === undefined) continue;
    if (result.kind === 'skip') skipped.add(plugin.name);
    else if (result.kind === 'ok') states.set(plugin.name, result.own);
    else {
      const message = `running PreScore plugin "${plugin.name}": ${statusMessage(result.status)}`;
      return { kind: 'error', status: failure(plugin.name, message) };
    }
  }
  const active: ActiveScore[] = [];
  let key = '';
  let columns = 0;
  for (const { plugin, weight } of profile.score) {
    if (skipped.has(plugin.name)) continue;
    const own = states.get(plugin.name);
    const text = plugin.scoreClass?.(cycle, own);
    if (text !== undefined) key += `${plugin.name}=${text}\n`;
    active.push({ plugin, weight, own, column: text === undefined ? -1 : columns++ });
  }
  return { kind: 'ok', active, key, columns };
};

/** Brings the cached columns of these rows up to date. */
const refresh = (
  cycle: Cycle,
  active: readonly ActiveScore[],
  { known, scores }: ScoreClass,
  rows: readonly NodeInfo[],
  slots: readonly number[],
): void => {
  for (let i = 0; i < rows.length; i += 1) {
    const slot = slots[i] as number;
    if (known[slot] !== UNKNOWN) continue;
    const row = rows[i] as NodeInfo;
    for (const { plugin, own, column } of active) {
      if (column >= 0) (scores[column] as Float64Array)[slot] = plugin.score?.(cycle, row, own) ?? 0;
    }
    known[slot] = PASSES;
  }
};

const rawScores = (
  cycle: Cycle,
  { plugin, own, column }: ActiveScore,
  known: ScoreClass | undefined,
  rows: readonly NodeInfo[],
  slots: readonly number[],
  scores: Float64Array,
): void => {
  if (column >= 0 && known !== undefined) {
    const cached = known.scores[column] as Float64Array;
    for (let i = 0; i < slots.length; i += 1) scores[i] = cached[slots[i] as number] as number;
    return;
  }
  for (let i = 0; i < rows.length; i += 1) scores[i] = plugin.score?.(cycle, rows[i] as NodeInfo, own) ?? 0;
};

const outOfRange = (plugin: Plugin, row: NodeInfo, score: number): Status =>
  failure(
    plugin.name,
    `plugin "${plugin.name}" returns an invalid score ${score}, it should in the range of [0, 100] after normalizing`,
    `node ${row.name}`,
  );

/** Scores all feasible nodes, whose slots stand in `slots`. `explain` keeps what each plugin said. */
export const scoreRows = (
  cycle: Cycle,
  profile: Profile,
  cache: ClassCache,
  rows: readonly NodeInfo[],
  slots: readonly number[],
  explain: boolean,
): { readonly kind: 'ok'; readonly scored: Scored } | { readonly kind: 'error'; readonly status: Status } => {
  const preScored = runPreScores(cycle, profile, rows);
  if (preScored.kind === 'error') return preScored;
  const { active, key, columns } = preScored;
  const known = columns === 0 ? undefined : cache.scoreClass(key, cycle.snapshot, columns);
  if (known !== undefined) refresh(cycle, active, known, rows, slots);
  const totals = new Array<number>(rows.length).fill(0);
  const scores = new Float64Array(rows.length);
  const plugins: PluginScores[] = [];
  for (const entry of active) {
    rawScores(cycle, entry, known, rows, slots, scores);
    const raw = explain ? [...scores] : [];
    entry.plugin.normalize?.(cycle, rows, scores, entry.own);
    const { weight } = entry;
    for (let i = 0; i < rows.length; i += 1) {
      const score = scores[i] as number;
      if (!(score >= 0 && score <= 100)) {
        return { kind: 'error', status: outOfRange(entry.plugin, rows[i] as NodeInfo, score) };
      }
      totals[i] = (totals[i] as number) + score * weight;
    }
    if (explain) plugins.push({ plugin: entry.plugin.name, weight, raw, normalized: [...scores] });
  }
  return { kind: 'ok', scored: { totals, plugins } };
};

/** Positions of the best nodes, in the order in which they were found. */
export const bestRows = (totals: readonly number[]): number[] => {
  let best = Number.NEGATIVE_INFINITY;
  const ties: number[] = [];
  for (let i = 0; i < totals.length; i += 1) {
    const total = totals[i] as number;
    if (total < best) continue;
    if (total > best) {
      best = total;
      ties.length = 0;
    }
    ties.push(i);
  }
  return ties;
};
