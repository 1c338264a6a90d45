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
import { drive } from './drive.ts';
import { readRecording, type Line } from './recording.ts';

/** Where the recordings are, when they are there: beside the project's folder, or where the environment says. */
export const ORACLE = resolve(process.env['KUBETWIN_ORACLE'] ?? '../shared/oracle');

export type Scores = Readonly<Record<'responses' | 'final' | 'transitions' | 'events' | 'timing' | 'overall', number>>;

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

/** Plays one scenario and compares. `save` is a folder for what the simulation did, in the recordings' format. */
export function fidelityOf(scenario: string, compare: Compare, oracle = ORACLE, save?: string, seed = '1'): Comparison {
  const real = readRecording(join(oracle, 'recordings', `${scenario}.ndjson.gz`));
  const simulated = drive(real, recordedNodes(oracle), seed);
  if (save !== undefined) writeFileSync(join(save, `${scenario}.ndjson.gz`), gzipSync(simulated.map((line) => JSON.stringify(line)).join('\n')));
  return compare(real, simulated);
}

const ASPECTS = ['responses', 'final', 'transitions', 'events', 'timing', 'overall'] as const;

/** Prints the table for the scenarios whose names contain one of `wanted` (all, when none is given). */
export async function main(args: readonly string[]): Promise<number> {
  if (!existsSync(ORACLE)) {
    console.log('no recordings here: fidelity is measured where they are');
    return 0;
  }
  const limit = args.includes('--diffs') ? 12 : 0;
  const save = args.find((arg) => arg.startsWith('--save='))?.slice('--save='.length);
  if (save !== undefined) mkdirSync(save, { recursive: true });
  const wanted = args.filter((name) => !name.startsWith('--'));
  const compare = await comparison();
  const ceiling = (JSON.parse(readFileSync(join(ORACLE, 'ceiling.json'), 'utf8')) as { scenarios: Record<string, Scores> }).scenarios;
  const rows: string[][] = [];
  const totals = new Map<string, number[]>();
  for (const scenario of scenarios()) {
    if (wanted.length > 0 && !wanted.some((name) => scenario.includes(name))) continue;
    const { scores, diffs } = fidelityOf(scenario, compare, ORACLE, save);
    for (const aspect of ASPECTS) totals.set(aspect, [...(totals.get(aspect) ?? []), scores[aspect]]);
    rows.push([scenario, ...ASPECTS.map((aspect) => scores[aspect].toFixed(3)), ceiling[scenario]?.overall.toFixed(3) ?? '']);
    if (limit === 0) continue;
    for (const [aspect, list] of Object.entries(diffs)) for (const text of list.slice(0, limit)) console.log(`${scenario} ${aspect}: ${text.slice(0, 420)}`);
  }
  const mean = (values: readonly number[] = []): string => (values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)).toFixed(3);
  rows.push(['mean', ...ASPECTS.map((aspect) => mean(totals.get(aspect))), '']);
  console.log(renderTable(['Scenario', ...ASPECTS, 'Real twice'], rows));
  return 0;
}
