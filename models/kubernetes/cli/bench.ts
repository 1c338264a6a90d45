/**
 * `kubetwin bench`: the work and the cost of reconcile loops, of known scenarios or of the user's manifests; and against an earlier measurement.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { formatDuration } from '../../../src/cli/duration.ts';
import { CliError, EXIT, systemReason } from '../../../src/cli/exit.ts';
import { Progress } from '../../../src/cli/progress.ts';
import { renderTable } from '../../../src/cli/table.ts';
import { compareCost, compareWork, quantile, type CostDifference, type WorkDifference } from '../bench/comparison.ts';
import { calibrate, measure, type CostSample, type Measurement, type PhaseWork } from '../bench/measure.ts';
import { manifestScenario, SCENARIOS, type Scenario } from '../bench/scenario.ts';
import type { LoopCounters } from '../client/control-loop.ts';
import type { Work } from '../cluster/work.ts';
import { loadManifests } from './load.ts';

const FORMAT = 'kubetwin-bench/1';

export interface BenchOptions {
  readonly size?: readonly string[];
  readonly nodes?: string;
  readonly seed?: string;
  readonly repeat?: string;
  readonly compare?: string;
  readonly threshold?: string;
  readonly json?: boolean;
}

/** What `--json` prints and `--compare` reads. */
export interface BenchReport {
  readonly format: typeof FORMAT;
  readonly scenario: string;
  readonly description: string;
  readonly seed: string;
  readonly machine: string;
  readonly phases: Readonly<Record<string, { readonly work: PhaseWork; readonly costs: readonly CostSample[] }>>;
  readonly work: Work;
}

/** Runs the benchmark; the exit code says whether it differs from the one it was compared with. */
export async function bench(target: string, paths: readonly string[], options: BenchOptions): Promise<number> {
  const scenario = scenarioOf(target, paths, options);
  const repeat = whole(options.repeat ?? '5', '--repeat', 1, 1000);
  const threshold = Number(options.threshold ?? '5');
  if (!(threshold > 0)) throw new CliError(`--threshold must be a positive number of per cent, not "${options.threshold}"`);
  const before = options.compare === undefined ? undefined : readReport(options.compare);
  const seed = options.seed ?? '1';
  if (before !== undefined && (before.description !== scenario.description || before.seed !== seed)) {
    throw new CliError(`${options.compare}: it measured "${before.description}" with seed ${before.seed}, this is "${scenario.description}" with seed ${seed}: give the same scenario, sizes and seed`);
  }
  const report = runAll(scenario, seed, repeat, options.json === true);
  const work = before === undefined ? [] : compareWork(before, report);
  const cost = before === undefined ? [] : compareCost(before, report, threshold / 100);
  const comparison = before === undefined ? {} : { comparison: { work, cost } };
  process.stdout.write(options.json === true ? `${JSON.stringify({ ...report, ...comparison }, undefined, 2)}\n` : `${text(report, before === undefined ? undefined : { work, cost })}\n`);
  return work.length > 0 || cost.some(({ verdict }) => verdict === 'slower') ? EXIT.failed : EXIT.ok;
}

function scenarioOf(target: string, paths: readonly string[], { size = [], nodes }: BenchOptions): Scenario {
  const known = SCENARIOS[target];
  if (known === undefined) {
    if (size.length > 0) throw new CliError(`--size is for the scenarios ${Object.keys(SCENARIOS).join(', ')}; "${target}" is taken for a file or folder of manifests`);
    const all = [target, ...paths];
    return manifestScenario(all.join(' '), loadManifests(all).map(({ object }) => object), { nodes: whole(nodes ?? '3', '--nodes', 0, 10_000) });
  }
  const sizes: Record<string, number> = { ...known.sizes };
  for (const entry of size) {
    const [name = '', value = ''] = entry.split('=');
    if (!(name in sizes)) throw new CliError(`--size ${entry}: the scenario ${target} has ${Object.keys(sizes).join(', ')}`);
    sizes[name] = whole(value, `--size ${name}`, 1, 1_000_000);
  }
  const scenario = known.make(sizes);
  return nodes === undefined ? scenario : { ...scenario, config: { ...scenario.config, nodes: whole(nodes, '--nodes', 0, 10_000) } };
}

function whole(text: string, option: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new CliError(`${option} must be a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}

/** Processor time of this process, µs. */
function meter(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function runAll(scenario: Scenario, seed: string, repeat: number, isQuiet: boolean): BenchReport {
  const progress = new Progress(process.stderr, !isQuiet);
  const measurements: Measurement[] = [];
  // The first runs of a process are slow: the engine compiles what it sees often.
  calibrate(meter);
  for (let round = 1; round <= repeat; round++) {
    measurements.push(measure(scenario, { seed, meter, progress: (phase, cluster) => progress.show(`${round}/${repeat} ${phase}  ${formatDuration(cluster.now)}  ${cluster.kernel.seq} steps`) }));
  }
  progress.clear();
  const [first] = measurements as [Measurement, ...Measurement[]];
  const phases = Object.fromEntries(Object.entries(first.phases).map(([name, { work }]) => [name, { work, costs: measurements.flatMap((entry) => entry.phases[name]?.cost ?? []) }]));
  return { format: FORMAT, scenario: scenario.name, description: scenario.description, seed, machine: machine(), phases, work: first.work };
}

const machine = (): string => `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node ${process.versions.node}`;

function readReport(path: string): BenchReport {
  let parsed: Partial<BenchReport>;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8')) as Partial<BenchReport>;
  } catch (error) {
    throw new CliError(`cannot read ${path}: ${error instanceof SyntaxError ? `it is no JSON (${error.message})` : systemReason(error)}`);
  }
  if (parsed.format !== FORMAT || parsed.phases === undefined) throw new CliError(`${path}: not what \`kubetwin bench --json\` prints (its format is ${String(parsed.format)}, not ${FORMAT})`);
  return parsed as BenchReport;
}

function text(report: BenchReport, comparison: { readonly work: readonly WorkDifference[]; readonly cost: readonly CostDifference[] } | undefined): string {
  const parts = [`${report.scenario}: ${report.description}`];
  for (const [name, { work, costs }] of Object.entries(report.phases)) parts.push(phaseText(name, work, costs));
  parts.push(loopTable(report.work));
  if (comparison !== undefined) parts.push(comparisonText(comparison.work, comparison.cost));
  return parts.join('\n\n');
}

function phaseText(name: string, work: PhaseWork, costs: readonly CostSample[]): string {
  const seconds = costs.map(({ cost }) => cost / 1e6).sort((a, b) => a - b);
  const median = quantile(seconds, 0.5);
  const verbs = Object.entries(work.callsByVerb).filter(([, count]) => count > 0).map(([verb, count]) => `${verb} ${count}`);
  const perSecond = (count: number): string => (median > 0 ? Math.round(count / median).toLocaleString('en-US') : '∞');
  return [
    `${name}: done after ${formatDuration(work.time)} of virtual time`,
    `  work   ${work.steps} steps, ${work.apiCalls} API calls (${verbs.join(', ')})`,
    `         ${work.reconciles} reconciles, ${work.noopReconciles} of them no-ops; ${work.conflicts} conflicts, ${work.retries} retries, ${work.errors} errors`,
    `  cost   ${median.toFixed(3)} s of processor time, ${(seconds[0] ?? 0).toFixed(3)} to ${(seconds.at(-1) ?? 0).toFixed(3)} in ${costs.length} runs; ${perSecond(work.reconciles)} reconciles/s, ${perSecond(work.apiCalls)} API calls/s, ${perSecond(work.steps)} steps/s`,
    `         ${shares(costs)}`,
  ].join('\n');
}

/** Where the time goes, by component. */
function shares(costs: readonly CostSample[]): string {
  const median = (component: string): number => quantile(costs.map(({ components }) => components[component] ?? 0).sort((a, b) => a - b), 0.5);
  const spent = Object.keys(costs[0]?.components ?? {}).map((component): [string, number] => [component, median(component)]);
  const total = spent.reduce((sum, [, us]) => sum + us, 0);
  return spent.sort(([, a], [, b]) => b - a).map(([component, us]) => `${component} ${total > 0 ? Math.round((us / total) * 100) : 0} %`).join(', ');
}

function loopTable({ loops }: Work): string {
  const rows = Object.values(loops).flatMap((byName) => Object.entries(byName)).filter(([, { reconciles }]) => reconciles > 0);
  rows.sort(([, a], [, b]) => b.reconciles - a.reconciles);
  const ms = (us: number): string => `${(us / 1000).toFixed(1)}ms`;
  const cells = ([name, loop]: [string, LoopCounters]): unknown[] => [
    name, loop.reconciles, loop.noopReconciles, loop.conflicts, loop.retries, loop.queueDepthMax, ms(loop.queueLatency.p50), ms(loop.queueLatency.p99), ms(loop.workDuration.p50), ms(loop.workDuration.p99),
  ];
  return renderTable(['Loop', 'Reconciles', 'No-ops', 'Conflicts', 'Retries', 'Depth', 'Queued p50', 'p99', 'Work p50', 'p99'], rows.map(cells));
}

const VERDICTS = { same: '(within the noise)', slower: 'slower', faster: 'faster', unknown: '(too few runs to judge: --repeat 4 or more, both times)' } as const;

function comparisonText(work: readonly WorkDifference[], cost: readonly CostDifference[]): string {
  const lines = work.length === 0 ? ['work is equal, number by number'] : ['work differs:', renderTable(['What', 'Before', 'Now'], work.map(({ path, before, now }) => [path, before, now]))];
  for (const { phase, component, ratio, verdict } of cost) {
    if (component !== undefined && (verdict === 'same' || verdict === 'unknown')) continue;
    lines.push(`cost of ${phase}${component === undefined ? '' : `, ${component}`}: ${((ratio - 1) * 100).toFixed(1)} % ${VERDICTS[verdict]}`);
  }
  return lines.join('\n');
}
