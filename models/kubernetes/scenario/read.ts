/**
 * Reads scenario files: documents of kind `Scenario`, apiVersion `kubetwin.dev/v1`, among any manifests.
 *
 * Every mistake is reported as `file:line:column: what is wrong and what would be right`. See docs/scenarios.md.
 */
import { isMap, LineCounter, parseAllDocuments } from 'yaml';
import { COMPONENTS, type ClusterConfig, type Component } from '../cluster/config.ts';
import type { KubeObject } from '../object/types.ts';
import { readFaults } from './read-fault.ts';
import { readCondition, readStep } from './read-step.ts';
import type { Scenario, Traffic } from './scenario.ts';
import { Section, type Source } from './section.ts';

export const SCENARIO_VERSION = 'kubetwin.dev/v1';

/** What a scenario file says: changes of the configuration, whose `scenario` holds the rest. */
export type ScenarioFile = Partial<ClusterConfig>;

/** Reads the manifests at a path that is given relative to the scenario file. */
export type ReadManifests = (path: string) => readonly KubeObject[];

/** Is a parsed document a scenario? */
export function isScenario(object: unknown): boolean {
  const { apiVersion, kind } = (object ?? {}) as { apiVersion?: unknown; kind?: unknown };
  return kind === 'Scenario' && typeof apiVersion === 'string' && apiVersion.startsWith('kubetwin.dev/');
}

/** All scenarios of a text. Throws {@link ScenarioError}. */
export function readScenarios(text: string, file: string, manifests: ReadManifests): readonly ScenarioFile[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => (document.errors.length === 0 && isMap(document.contents) && isScenario(document.toJS()) ? [readScenario({ file, lines }, document.contents, manifests)] : []));
}

function readScenario(source: Source, node: unknown, manifests: ReadManifests): ScenarioFile {
  const document = new Section(source, node, '');
  const version = document.text('apiVersion');
  if (version !== SCENARIO_VERSION) throw document.wrong(`apiVersion of a Scenario must be ${SCENARIO_VERSION}, not "${version}"`, 'apiVersion');
  document.text('kind');
  const name = document.section('metadata')?.text('name');
  const spec = document.section('spec');
  document.end();
  if (spec === undefined) throw document.wrong('a Scenario needs a spec');
  const scenario: Scenario = {
    ...(name === undefined ? {} : { name }),
    steps: spec.sections('steps').map((step) => readStep(step, manifests)),
    faults: readFaults(spec),
    traffic: spec.sections('traffic').map(readTraffic),
    expect: spec.sections('expect').map((section) => readCondition(section)),
  };
  const config = readCluster(spec);
  const parts = Object.fromEntries(['images', 'registry', 'kubelet', 'machine', 'runtime', 'nodes', 'metrics'].flatMap((key) => (spec.has(key) ? [[key, spec.value(key)]] : [])));
  spec.end();
  return { ...config, scenario: { ...parts, ...scenario } as Readonly<Record<string, unknown>> };
}

function readCluster(spec: Section): Partial<ClusterConfig> {
  const cluster = spec.section('cluster');
  if (cluster === undefined) return {};
  const nodes = cluster.number('nodes');
  const apiServers = cluster.number('apiServers', 1);
  const controllerManagers = cluster.number('controllerManagers', 1);
  const timing = cluster.oneOf('timing', ['realistic', 'fast', 'zero']);
  const proxyMode = cluster.oneOf('proxyMode', ['iptables', 'ipvs', 'nftables', 'userspace']);
  const disable = cluster.value('disable');
  const unknown = Array.isArray(disable) ? disable.find((component) => !(COMPONENTS as readonly unknown[]).includes(component)) : undefined;
  if (disable !== undefined && (!Array.isArray(disable) || unknown !== undefined)) throw cluster.wrong(`spec.cluster.disable must be a list of ${COMPONENTS.join(', ')}`, 'disable');
  cluster.end();
  return {
    ...(nodes === undefined ? {} : { nodes }),
    ...(apiServers === undefined ? {} : { apiServers }),
    ...(controllerManagers === undefined ? {} : { controllerManagers }),
    ...(timing === undefined ? {} : { timing }),
    ...(proxyMode === undefined ? {} : { proxyMode }),
    ...(disable === undefined ? {} : { disable: disable as Component[] }),
  };
}

function readTraffic(section: Section): Traffic {
  const [node, path] = [section.text('node'), section.text('path')];
  const [start, keepAlive, timeout] = [section.duration('start'), section.number('keepAlive'), section.duration('timeout')];
  const duration = section.duration('duration');
  const port = section.number('port', 1);
  if (duration === undefined) throw section.wrong('traffic needs a duration');
  if (port === undefined) throw section.wrong('traffic needs a port');
  const traffic: Traffic = {
    name: section.need('name'),
    to: section.need('to'),
    port,
    rate: section.number('rate', 1) ?? 1,
    duration,
    ...(node === undefined ? {} : { node }),
    ...(path === undefined ? {} : { path }),
    ...(start === undefined ? {} : { start }),
    ...(keepAlive === undefined ? {} : { keepAlive }),
    ...(timeout === undefined ? {} : { timeout }),
  };
  section.end();
  return traffic;
}
