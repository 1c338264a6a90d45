/**
 * `kubetwin serve`: a simulation behind the Kubernetes API, for kubectl and client libraries.
 */
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { CliError, systemReason } from '../../../src/cli/exit.ts';
import { snapshotting } from '../../../src/replay/snapshot.ts';
import { COMPONENTS, DEFAULT_CONFIG, type ClusterConfig, type Component } from '../cluster/config.ts';
import { asLogged } from '../cluster/header.ts';
import { Simulation } from '../cluster/simulation.ts';
import { STORE_VIEW } from '../explain/store-view.ts';
import { parseTime } from '../object/time.ts';
import type { KubeObject } from '../object/types.ts';
import { addonsOf } from './addons.ts';
import { serveSimulation, type ListenOptions } from './listen.ts';
import { loadManifests } from './load.ts';
import { createRunLog, levelOf } from './log-file.ts';
import { apiServersOf, nodesOf, proxyModeOf, timingOf } from './one-of.ts';
import { importedFrom } from './recording/from.ts';
import { schedulersOf } from './scheduler-files.ts';

export interface ServeOptions extends ListenOptions {
  readonly nodes?: string;
  readonly apiServers?: string;
  readonly nodesFrom?: string;
  readonly disable?: string;
  readonly seed?: string;
  readonly log?: string;
  readonly level?: string;
  readonly authorization?: string;
  readonly timing?: string;
  readonly addons?: string;
  readonly proxyMode?: string;
  readonly schedulerConfig?: readonly string[];
  readonly from?: string;
  readonly explainScheduling?: boolean;
  readonly epoch?: string;
}

/** Serves until it is interrupted. */
export async function serve(paths: readonly string[], options: ServeOptions): Promise<number> {
  const config = asLogged(configOf(paths, options));
  const seed = options.seed ?? '1';
  const level = levelOf(options.level);
  const simulation = new Simulation({ ...config, seed, level, freeze: false });
  const log = options.log === undefined ? undefined : createRunLog(options.log, config, { seed, level });
  if (log !== undefined) simulation.kernel.setSink(snapshotting(log.writer, STORE_VIEW));
  const code = await serveSimulation(simulation, options);
  log?.writer.close({ kind: 'served' });
  log?.end();
  return code;
}

function configOf(paths: readonly string[], options: ServeOptions): ClusterConfig {
  const disable = (options.disable ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  const unknown = disable.find((name) => !(COMPONENTS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new CliError(`--disable: unknown component "${unknown}"; known are ${COMPONENTS.join(', ')}`);
  const runsNothing = disable.includes('kubelet') && disable.includes('kube-scheduler');
  return {
    ...DEFAULT_CONFIG,
    apiServers: apiServersOf(options.apiServers ?? '1'),
    nodes: runsNothing ? 0 : options.nodesFrom === undefined ? nodesOf(options.nodes ?? '3') : nodesFrom(options.nodesFrom),
    manifests: paths.length === 0 ? [] : loadManifests(paths).map(({ object }) => object),
    disable: disable as Component[],
    timing: timingOf(options.timing ?? 'realistic'),
    ...addonsOf(options.addons),
    proxyMode: proxyModeOf(options.proxyMode ?? 'iptables'),
    authorization: options.authorization === 'RBAC' ? 'RBAC' : 'AlwaysAllow',
    schedulers: schedulersOf(options.schedulerConfig),
    explainScheduling: options.explainScheduling === true,
    policyObjects: true,
    epoch: epochOf(options.epoch),
    ...(options.from === undefined ? {} : importedFrom(options.from)),
  };
}

/**
 * Wall time at the start, in ms since 1970: now, unless it is given. Real clients compare what the cluster says with their
 * own clocks (ages, expiry of tokens). It is part of the log's header, so a replay has it too.
 */
function epochOf(text: string | undefined): number {
  if (text === undefined) return Math.floor(Date.now() / 1000) * 1000;
  const micros = parseTime(text);
  if (micros === undefined) throw new CliError(`--epoch must be a time such as 2025-01-01T00:00:00Z, not "${text}"`);
  return Math.floor(micros / 1000);
}

function nodesFrom(path: string): readonly KubeObject[] {
  try {
    const list = parseYaml(readFileSync(path, 'utf8')) as { items?: readonly KubeObject[] };
    if (!Array.isArray(list.items)) throw new CliError(`${path}: not a NodeList: it has no items`);
    return list.items;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot read nodes from ${path}: ${systemReason(error)}`);
  }
}
