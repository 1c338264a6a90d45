/**
 * `npm run fidelity`: holds the simulation against recordings of a real cluster and prints one table; `-- --http` does so over HTTP,
 * `-- --write` writes docs/fidelity.md anew.
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
import { fidelityOverHttp } from './http.ts';
import { fidelityPage } from './page.ts';
import { withoutRefusedNames } from './refused-names.ts';
import { vectors } from './vectors.ts';

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

/** Plays one scenario. `save` is a folder for what the simulation did, in the recordings' format. */
export function simulate(scenario: string, { seed = '1', save, oracle = ORACLE }: { seed?: string; save?: string | undefined; oracle?: string } = {}): Line[] {
  const simulated = play(recordingOf(scenario, oracle), recordedNodes(oracle), seed);
  if (save !== undefined) writeFileSync(join(save, `${scenario}.ndjson.gz`), gzipSync(simulated.map((line) => JSON.stringify(line)).join('\n')));
  return simulated;
}

export const recordingOf = (scenario: string, oracle = ORACLE): Line[] => readRecording(join(oracle, 'recordings', `${scenario}.ndjson.gz`));

/** Plays one scenario and compares. */
export function fidelityOf(scenario: string, compare: Compare, options: { seed?: string; save?: string | undefined; oracle?: string } = {}): Comparison {
  return compare(recordingOf(scenario, options.oracle), simulate(scenario, options));
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** The mean of each aspect. */
export const meanScores = (all: readonly Scores[]): Scores =>
  Object.fromEntries(ASPECTS.map((aspect) => [aspect, mean(all.map((scores) => scores[aspect]))])) as Scores;

/** A scenario's scores. */
export interface Measured {
  readonly scenario: string;
  readonly scores: Scores;
  /** Runs of the simulation against each other, all pairs of seeds; absent with a single seed. */
  readonly among?: Scores;
  /** The cross-check over HTTP, if it was asked for. */
  readonly http?: Scores;
  /** The scores with the random names of refused pods replaced, where there are such. */
  readonly nameless?: Scores;
  readonly runs: readonly Comparison[];
}

export interface FidelityOptions {
  /** Scenarios whose names contain one of these; all, when there is none. */
  readonly wanted: readonly string[];
  /** Seeds 1 to this number are played, and their scores' means shown: one run's races are one throw of the dice. */
  readonly seeds: number;
  readonly save: string | undefined;
  /** How many differences of each aspect are printed, those that most seeds have first. */
  readonly diffs: number;
  /** Play over HTTP against a served simulation: instead of in process, or beside it when the page is written. */
  readonly http: boolean;
  /** How much faster than the wall clock, over HTTP. A loaded machine falls behind at a high speed. */
  readonly speed: number;
  /** Write docs/fidelity.md anew. */
  readonly write: boolean;
}

/** Plays the scenarios that are wanted, one after the other. */
export async function* measure(options: FidelityOptions): AsyncGenerator<Measured> {
  const compare = await comparison();
  if (options.save !== undefined) mkdirSync(options.save, { recursive: true });
  for (const scenario of scenarios()) {
    if (options.wanted.length > 0 && !options.wanted.some((name) => scenario.includes(name))) continue;
    const http = options.http ? await fidelityOverHttp(scenario, compare, options) : undefined;
    if (http !== undefined && !options.write) yield { scenario, scores: http.scores, runs: [http] };
    else yield { ...inProcess(scenario, compare, options), ...(http === undefined ? {} : { http: http.scores }) };
  }
}

function inProcess(scenario: string, compare: Compare, { seeds, save }: FidelityOptions): Measured {
  const real = recordingOf(scenario);
  const played = Array.from({ length: seeds }, (_, index) => simulate(scenario, { seed: String(index + 1), save: index === 0 ? save : undefined }));
  const runs = played.map((simulated) => compare(real, simulated));
  const pairs = played.flatMap((one, i) => played.slice(i + 1).map((other) => compare(one, other).scores));
  const nameless = withoutRefusedNames(real);
  return {
    scenario,
    scores: meanScores(runs.map(({ scores }) => scores)),
    ...(pairs.length === 0 ? {} : { among: meanScores(pairs) }),
    ...(nameless === real ? {} : { nameless: meanScores(played.map((simulated) => compare(nameless, withoutRefusedNames(simulated)).scores)) }),
    runs,
  };
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
  const write = args.includes('--write');
  return {
    wanted: args.filter((name) => !name.startsWith('--')),
    seeds: Number(valueOf('seeds') ?? (write ? 5 : 1)),
    save: valueOf('save'),
    diffs: args.includes('--diffs') ? 12 : 0,
    http: args.includes('--http'),
    speed: Number(valueOf('speed') ?? 20),
    write,
  };
}

/** Prints the table. `--seeds=N`, `--diffs`, `--save=FOLDER`, `--http`, `--speed=N`, `--write`, and names of scenarios or parts of them. */
export async function main(args: readonly string[]): Promise<number> {
  if (!existsSync(ORACLE)) {
    console.log('no recordings here: fidelity is measured where they are');
    return 0;
  }
  const options = optionsOf(args);
  const ceiling = ceilings();
  const measured: Measured[] = [];
  for await (const one of measure(options)) {
    measured.push(one);
    for (const aspect of ASPECTS) for (const text of commonDiffs(one.runs, aspect, options.diffs)) console.log(`${one.scenario} ${aspect}: ${text}`);
  }
  const cells = (scores: Scores): string[] => ASPECTS.map((aspect) => scores[aspect].toFixed(3));
  const rows = measured.map(({ scenario, scores }) => [scenario, ...cells(scores), ceiling[scenario]?.overall.toFixed(3) ?? '']);
  rows.push(['mean', ...cells(meanScores(measured.map(({ scores }) => scores))), '']);
  console.log(renderTable(['Scenario', ...ASPECTS, 'Real twice'], rows));
  if (options.write) writeFileSync('docs/fidelity.md', fidelityPage(measured, ceiling, await vectors(), options.seeds));
  return 0;
}
