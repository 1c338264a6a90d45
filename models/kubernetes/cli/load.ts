/**
 * Reads manifests from files, folders (all manifests in them, by name) and standard input.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { isLeft } from 'fp-ts/lib/Either.js';
import { CliError, systemReason } from '../../../src/cli/exit.ts';
import { describeError, parseManifests, type Manifest } from '../manifest/parse.ts';
import { resourceOf } from '../cluster/cluster.ts';
import { isScenario, readScenarios, type ScenarioFile } from '../scenario/read.ts';
import { ScenarioError } from '../scenario/section.ts';

const EXTENSIONS: readonly string[] = ['.yaml', '.yml', '.json'];

/** What files hold: objects to apply, and what a scenario says about the run. */
export interface Loaded {
  readonly manifests: readonly Manifest[];
  readonly scenario: ScenarioFile | undefined;
}

/** All objects at the given paths. A scenario among them is an error: only `run` plays scenarios. */
export function loadManifests(paths: readonly string[]): Manifest[] {
  const { manifests, scenario } = load(paths);
  if (scenario !== undefined) throw new CliError(`${paths.join(' ')}: there is a Scenario among the manifests; kubetwin run plays it`);
  return [...manifests];
}

/** All objects at the given paths, in order, and the scenario among them; CustomResourceDefinitions and namespaces keep the place they have. */
export function load(paths: readonly string[]): Loaded {
  const texts = textsOf(paths);
  const manifests = known(texts.flatMap(({ text, file }) => parse(text, file)).filter(({ object }) => !isScenario(object)));
  const scenarios = texts.flatMap(({ text, file }) => scenariosOf(text, file));
  if (scenarios.length > 1) throw new CliError(`${paths.join(' ')}: there are ${scenarios.length} Scenarios; a run plays one`);
  return { manifests, scenario: scenarios[0] };
}

interface Text {
  readonly text: string;
  readonly file: string;
}

function scenariosOf(text: string, file: string): readonly ScenarioFile[] {
  try {
    return readScenarios(text, file, (path) => known(textsAt(join(dirname(file), path)).flatMap((one) => parse(one.text, one.file))).map(({ object }) => object));
  } catch (error) {
    throw error instanceof ScenarioError ? new CliError(error.message) : error;
  }
}

/** Complains about an object of a kind that nobody serves. */
function known(manifests: Manifest[]): Manifest[] {
  const defined = new Set(manifests.flatMap(({ object }) => (object.kind === 'CustomResourceDefinition' ? [`${object['spec']?.group}/${object['spec']?.names?.kind}`] : [])));
  for (const { object, file, line } of manifests) {
    const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
    if (resourceOf(object.apiVersion, object.kind) === undefined && !defined.has(`${group}/${object.kind}`)) {
      throw new CliError(`${file}:${line}:1: no matches for kind "${object.kind}" in version "${object.apiVersion}": is the name right, and is its CustomResourceDefinition among the manifests?`);
    }
  }
  return manifests;
}

/** All objects at the given paths, of whatever kinds. */
export const loadObjects = (paths: readonly string[]): Manifest[] => textsOf(paths).flatMap(({ text, file }) => parse(text, file));

const textsOf = (paths: readonly string[]): readonly Text[] => paths.flatMap((path): readonly Text[] => (path === '-' ? [{ text: readStdin(), file: '<stdin>' }] : textsAt(path)));

function textsAt(path: string): readonly Text[] {
  try {
    if (!statSync(path).isDirectory()) return [{ text: readFileSync(path, 'utf8'), file: path }];
    const files = readdirSync(path).filter((name) => EXTENSIONS.includes(extname(name)));
    if (files.length === 0) throw new CliError(`${path}: the folder holds no manifests (*.yaml, *.yml or *.json)`);
    return files.sort((x, y) => (x < y ? -1 : 1)).map((name) => ({ text: readFileSync(join(path, name), 'utf8'), file: join(path, name) }));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`cannot read ${path}: ${systemReason(error)}`);
  }
}

function parse(text: string, file: string): Manifest[] {
  const parsed = parseManifests(text, file);
  if (isLeft(parsed)) throw new CliError(describeError(parsed.left));
  return [...parsed.right];
}

function readStdin(): string {
  try {
    return readFileSync(0, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read standard input: ${systemReason(error)}`);
  }
}
