/**
 * `kubetwin run PATH…`: brings a cluster up, applies manifests, lets it converge, prints the outcome, writes a log.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StepFailed, type Outcome } from '../../../src/index.ts';
import { formatDuration, parseDuration } from '../../../src/cli/duration.ts';
import { CliError, EXIT } from '../../../src/cli/exit.ts';
import { Progress } from '../../../src/cli/progress.ts';
import { Checker } from '../../../src/property/checker.ts';
import { canonical } from '../../../src/log/canonical.ts';
import type { Json } from '../../../src/log/record.ts';
import { snapshotting } from '../../../src/replay/snapshot.ts';
import { DEFAULT_CONFIG, type ClusterConfig } from '../cluster/config.ts';
import { asLogged, configJson } from '../cluster/header.ts';
import { kubeletProblem } from '../cluster/node-scenario.ts';
import { Simulation } from '../cluster/simulation.ts';
import { STORE_VIEW } from '../explain/store-view.ts';
import { clusterProperties } from '../property/cluster-properties.ts';
import { addonsOf } from './addons.ts';
import { connectionsOf, type Connection } from './connections.ts';
import { faultsEnd, isPlayed, scenarioOf, verdictOf } from './expectations.ts';
import { load } from './load.ts';
import { createRunLog, levelOf } from './log-file.ts';
import { apiServersOf, nodesOf, proxyModeOf, timingOf } from './one-of.ts';
import { printOutcome } from './print.ts';
import { importedFrom } from './recording/from.ts';
import { schedulersOf } from './scheduler-files.ts';

export interface RunOptions {
  readonly nodes?: string;
  readonly apiServers?: string;
  readonly seed?: string;
  readonly log?: string;
  readonly level?: string;
  readonly for?: string;
  readonly timeout?: string;
  readonly timing?: string;
  readonly addons?: string;
  readonly proxyMode?: string;
  readonly schedulerConfig?: readonly string[];
  readonly from?: string;
  readonly explainScheduling?: boolean;
  readonly json?: boolean;
}

/** How far the cluster runs between two looks, in µs of virtual time. */
const LOOK_EVERY = 250_000;
const STAYS = 3_000_000;
const DEFAULT_TIMEOUT = 600_000_000;

export async function run(paths: readonly string[], options: RunOptions): Promise<number> {
  const config = asLogged(configOf(paths, options));
  const problem = kubeletProblem(config);
  if (problem !== undefined) throw new CliError(problem);
  const level = levelOf(options.level);
  const seed = options.seed ?? '1';
  const simulation = new Simulation({ ...config, seed, level, freeze: false });
  const log = options.log === undefined ? undefined : createRunLog(options.log, config, { seed, level });
  const write = log === undefined ? undefined : snapshotting(log.writer, STORE_VIEW);
  const connections: Connection[] = [];
  simulation.kernel.setSink((record) => {
    write?.(record);
    for (const fact of record.facts) if (fact.kind === 'net.connection') connections.push(fact.data as unknown as Connection);
  });
  const checker = isPlayed(config) ? Checker.attach(simulation.kernel, clusterProperties({ faults: scenarioOf(config).faults?.faults ?? [] })) : undefined;
  const progress = new Progress(process.stderr, options.json !== true);
  const started = process.cpuUsage();
  const wall = performance.now();
  let ended: Ended;
  try {
    ended = await runToEnd(simulation, options, progress);
  } catch (error) {
    log?.writer.close({ kind: 'failed' } as unknown as Json);
    log?.end();
    throw error instanceof StepFailed ? new CliError(describeFailure(error, seed, paths, options), EXIT.failed) : error;
  } finally {
    progress.clear();
  }
  const footer = log?.writer.close(ended as unknown as Json);
  log?.end();
  const cpu = process.cpuUsage(started);
  const verdict = verdictOf(simulation, checker);
  const report = {
    ...ended,
    seed,
    plan: sha(canonical(configJson(config))),
    log: footer?.hash,
    state: stateHash(simulation),
    records: simulation.kernel.seq,
    simulatedSeconds: simulation.now / 1_000_000,
    realSeconds: (performance.now() - wall) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1_000_000,
    refusals: simulation.user.refusals,
    work: simulation.work(),
    ...verdict.report,
  };
  printOutcome(simulation, report, connectionsOf(simulation, connections), options.json === true);
  if (ended.kind === 'interrupted') return EXIT.interrupted;
  if (verdict.failures.length > 0) {
    process.stderr.write(`${verdict.failures.join('\n')}\nreproduce: ${commandOf(paths, options, seed)}\n`);
    return EXIT.failed;
  }
  if (simulation.user.refusals.length > 0) return EXIT.usage;
  return ended.kind === 'converged' || ended.kind === 'time' ? EXIT.ok : EXIT.failed;
}

/** How a run ended, for the report and the log's footer. */
export type Ended =
  | { readonly kind: 'converged'; readonly at: number }
  | { readonly kind: 'pending'; readonly pending: readonly string[] }
  | { readonly kind: 'time' }
  /** A property failed, or the user of a scenario waited in vain. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'bound'; readonly bound: string };

async function runToEnd(simulation: Simulation, options: RunOptions, progress: Progress): Promise<Ended> {
  const fixed = options.for === undefined ? undefined : duration(options.for, '--for');
  const end = fixed ?? (options.timeout === undefined ? DEFAULT_TIMEOUT : duration(options.timeout, '--timeout'));
  const calmAt = faultsEnd(scenarioOf(simulation.config));
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    let since: number | undefined;
    for (let turn = 0; ; turn++) {
      const outcome: Outcome = simulation.kernel.run({ until: Math.min(end, simulation.now + LOOK_EVERY) });
      if (outcome.kind === 'bound') return { kind: 'bound', bound: outcome.bound };
      if (turn % 4 === 0) await nextTurn();
      if (isInterrupted) return { kind: 'interrupted' };
      if (outcome.kind === 'stopped' || simulation.user.failure !== undefined) return { kind: 'stopped' };
      const pending = fixed === undefined || turn % 8 === 0 ? simulation.pending() : [];
      progress.show(`${formatDuration(simulation.now)}  ${simulation.kernel.seq} steps  ${pending.length === 0 ? 'converged' : `${pending.length} pending: ${pending[0]}`}`);
      if (fixed === undefined) {
        since = pending.length === 0 && simulation.now >= calmAt ? (since ?? simulation.now) : undefined;
        if (since !== undefined && simulation.now - since >= STAYS) return { kind: 'converged', at: since };
      }
      if (simulation.now >= end) return fixed === undefined ? { kind: 'pending', pending } : { kind: 'time' };
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function configOf(paths: readonly string[], options: RunOptions): ClusterConfig {
  const { manifests, scenario } = load(paths);
  return {
    ...DEFAULT_CONFIG,
    ...scenario,
    nodes: options.nodes === undefined ? (scenario?.nodes ?? DEFAULT_CONFIG.nodes) : nodesOf(options.nodes),
    apiServers: apiServersOf(options.apiServers ?? scenario?.apiServers ?? DEFAULT_CONFIG.apiServers),
    manifests: manifests.map(({ object }) => object),
    timing: timingOf(options.timing ?? scenario?.timing ?? 'realistic'),
    ...addonsOf(options.addons),
    proxyMode: proxyModeOf(options.proxyMode ?? scenario?.proxyMode ?? 'iptables'),
    schedulers: schedulersOf(options.schedulerConfig),
    explainScheduling: options.explainScheduling === true,
    ...(options.from === undefined ? {} : importedFrom(options.from)),
  };
}

function duration(text: string, option: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new CliError(`${option} must be a duration such as 30s, 10m or 1h30m, not "${text}"`);
  return parsed;
}

const sha = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** A hash of everything that is stored at the end. */
function stateHash(simulation: Simulation): string {
  const state = simulation.kernel.state('etcd') as { store: { range(prefix: string, revision: number): readonly { key: string; object: unknown }[] } };
  const hash = createHash('sha256');
  for (const { key, object } of state.store.range('/registry/', 0)) hash.update(`${key}\n${canonical(object as Json)}\n`);
  return hash.digest('hex').slice(0, 16);
}

function describeFailure(error: StepFailed, seed: string, paths: readonly string[], options: RunOptions): string {
  const stack = error.cause instanceof Error && error.cause.stack !== undefined ? `\n${error.cause.stack}` : '';
  return `${error.message}${stack}\nreproduce: ${commandOf(paths, options, seed)}`;
}

/** The command that makes this run again. */
function commandOf(paths: readonly string[], { nodes, apiServers, timing, proxyMode }: RunOptions, seed: string): string {
  const flags = Object.entries({ nodes, 'api-servers': apiServers, timing, 'proxy-mode': proxyMode }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return ['kubetwin run', ...paths, ...flags, `--seed ${seed}`].join(' ');
}
