/**
 * `npm run fidelity`: holds the simulation against recordings of a real cluster and prints one table.
 *
 * The recordings and their comparison are no part of this repository; they are looked for beside it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { renderTable } from '../../src/cli/table.ts';
import type { KubeObject } from '../../models/kubernetes/object/types.ts';
import { play } from '../../models/kubernetes/recording/play.ts';
import { readRecording } from '../../models/kubernetes/cli/recording/file.ts';
import type { Line } from '../../models/kubernetes/recording/format.ts';

/** Where the recordings are, when they are there: beside the project's folder, or where the environment says. */
export const ORACLE = resolve(process.env['KUBETWIN_ORACLE'] ?? '../shared/oracle');

export const ASPECTS = ['responses', 'final', 'transitions', 'events', 'timing', 'overall'] as const;
export type Scores = Readonly<Record<(typeof ASPECTS)[number], number>>;

/** What the comparison says about two recordings. */
export interface Comparison {
  readonly scores: Scores;
  readonly diffs: Readonly<Record<string, readonly string[]>>;
}

export type Compare = (real: readonly Line[], simulated: readonly Line[]) => Comparison;

/** The oracle's own comparison. */
export async function comparison(oracle = ORACLE): Promise<Compare> {
  const loaded = (await import(pathToFileURL(join(oracle, 'compare.mjs')).href)) as { compare: Compare };
  return loaded.compare;
}

export const scenarios = (oracle = ORACLE): string[] =>
  readdirSync(join(oracle, 'recordings')).filter((name) => name.endsWith('.ndjson.gz')).map((name) => name.replace('.ndjson.gz', '')).sort();

export const recordedNodes = (oracle = ORACLE): readonly KubeObject[] =>
  (JSON.parse(readFileSync(join(oracle, 'nodes.json'), 'utf8')) as { items: KubeObject[] }).items;

/** Scores of a second run of the real cluster against its first, where that was measured. */
export const ceilings = (oracle = ORACLE): Readonly<Record<string, Scores>> =>
  (JSON.parse(readFileSync(join(oracle, 'ceiling.json'), 'utf8')) as { scenarios: Record<string, Scores> }).scenarios;

/** Plays one scenario and compares. `save` is a folder for what the simulation did, in the recordings' format. */
export function fidelityOf(scenario: string, compare: Compare, { seed = '1', save, oracle = ORACLE }: { seed?: string; save?: string | undefined; oracle?: string } = {}): Comparison {
  const real = readRecording(join(oracle, 'recordings', `${scenario}.ndjson.gz`));
  const simulated = play(real, recordedNodes(oracle), seed);
  if (save !== undefined) writeFileSync(join(save, `${scenario}.ndjson.gz`), gzipSync(simulated.map((line) => JSON.stringify(line)).join('\n')));
  return compare(real, simulated);
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** The mean of each aspect. */
export const meanScores = (all: readonly Scores[]): Scores =>
  Object.fromEntries(ASPECTS.map((aspect) => [aspect, mean(all.map((scores) => scores[aspect]))])) as Scores;

export interface FidelityOptions {
  /** Scenarios whose names contain one of these; all, when there is none. */
  readonly wanted: readonly string[];
  /** Seeds 1 to this number are played, and their scores' means shown: one run's races are one throw of the dice. */
  readonly seeds: number;
  readonly save: string | undefined;
  /** How many differences of each aspect are printed, those that most seeds have first. */
  readonly diffs: number;
}

/** Plays the scenarios; calls `tell` with each one's mean scores as soon as they are known. */
export async function measure({ wanted, seeds, save }: FidelityOptions, tell: (scenario: string, scores: Scores, runs: readonly Comparison[]) => void): Promise<void> {
  const compare = await comparison();
  if (save !== undefined) mkdirSync(save, { recursive: true });
  for (const scenario of scenarios()) {
    if (wanted.length > 0 && !wanted.some((name) => scenario.includes(name))) continue;
    const runs = Array.from({ length: seeds }, (_, index) => fidelityOf(scenario, compare, { seed: String(index + 1), save: index === 0 ? save : undefined }));
    tell(scenario, meanScores(runs.map(({ scores }) => scores)), runs);
  }
}

/** The differences of one aspect, with the number of runs that have each. */
function commonDiffs(runs: readonly Comparison[], aspect: string, limit: number): string[] {
  const counts = new Map<string, number>();
  for (const { diffs } of runs) for (const text of new Set(diffs[aspect] ?? [])) counts.set(text, (counts.get(text) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).slice(0, limit);
  return sorted.map(([text, count]) => `${runs.length === 1 ? '' : `${count}/${runs.length} `}${text.slice(0, 420)}`);
}

function optionsOf(args: readonly string[]): FidelityOptions {
  const valueOf = (name: string): string | undefined => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  return {
    wanted: args.filter((name) => !name.startsWith('--')),
    seeds: Number(valueOf('seeds') ?? 1),
    save: valueOf('save'),
    diffs: args.includes('--diffs') ? 12 : 0,
  };
}

/** Prints the table. `--seeds=N`, `--diffs`, `--save=FOLDER`, and names of scenarios or parts of them. */
export async function main(args: readonly string[]): Promise<number> {
  if (!existsSync(ORACLE)) {
    console.log('no recordings here: fidelity is measured where they are');
    return 0;
  }
  const options = optionsOf(args);
  const ceiling = ceilings();
  const rows: string[][] = [];
  const all: Scores[] = [];
  const cells = (scores: Scores): string[] => ASPECTS.map((aspect) => scores[aspect].toFixed(3));
  await measure(options, (scenario, scores, runs) => {
    all.push(scores);
    rows.push([scenario, ...cells(scores), ceiling[scenario]?.overall.toFixed(3) ?? '']);
    if (options.diffs === 0) return;
    for (const aspect of ASPECTS) for (const text of commonDiffs(runs, aspect, options.diffs)) console.log(`${scenario} ${aspect}: ${text}`);
  });
  rows.push(['mean', ...cells(meanScores(all)), '']);
  console.log(renderTable(['Scenario', ...ASPECTS, 'Real twice'], rows));
  return 0;
}
