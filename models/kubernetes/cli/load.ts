/**
 * Reads manifests from files, folders (all manifests in them, by name) and standard input.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { isLeft } from 'fp-ts/lib/Either.js';
import { CliError, systemReason } from '../../../src/cli/exit.ts';
import { describeError, parseManifests, type Manifest } from '../manifest/parse.ts';
import { resourceOf } from '../cluster/cluster.ts';

const EXTENSIONS: readonly string[] = ['.yaml', '.yml', '.json'];

/** All objects at the given paths, in order; CustomResourceDefinitions and namespaces keep the place they have. */
export function loadManifests(paths: readonly string[]): Manifest[] {
  const manifests = loadObjects(paths);
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
export const loadObjects = (paths: readonly string[]): Manifest[] => paths.flatMap((path) => (path === '-' ? parse(readStdin(), '<stdin>') : loadPath(path)));

function loadPath(path: string): Manifest[] {
  try {
    if (!statSync(path).isDirectory()) return parse(readFileSync(path, 'utf8'), path);
    const files = readdirSync(path).filter((name) => EXTENSIONS.includes(extname(name)));
    if (files.length === 0) throw new CliError(`${path}: the folder holds no manifests (*.yaml, *.yml or *.json)`);
    return files.sort((x, y) => (x < y ? -1 : 1)).flatMap((name) => parse(readFileSync(join(path, name), 'utf8'), join(path, name)));
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
