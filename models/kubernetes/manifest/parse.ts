/**
 * Manifests: YAML or JSON documents to objects, with the place of everything that is wrong.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { LineCounter, parseAllDocuments } from 'yaml';
import type { KubeObject } from '../object/types.ts';

/** What is wrong with a manifest, and where: lines and columns count from 1. */
export interface ManifestError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** An object and where it stands. */
export interface Manifest {
  readonly object: KubeObject;
  readonly file: string;
  readonly line: number;
}

/** `file:line:column: message`. */
export const describeError = ({ file, line, column, message }: ManifestError): string => `${file}:${line}:${column}: ${message}`;

/** Reads all documents of a file; `List` kinds are taken apart, empty documents skipped. */
export function parseManifests(text: string, file: string): Either<ManifestError, readonly Manifest[]> {
  const lines = new LineCounter();
  const manifests: Manifest[] = [];
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      return left({ file, line, column: col, message: `malformed YAML: ${error.message}` });
    }
    const start = lines.linePos(document.contents?.range?.[0] ?? document.range[0]);
    const at = { file, line: start.line, column: start.col };
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    const wrong = whatIsWrong(value);
    if (wrong !== undefined) return left({ ...at, message: wrong });
    manifests.push(...unpack(value as KubeObject).map((object) => ({ object, file, line: start.line })));
  }
  return right(manifests);
}

/** A `List` (as `kubectl get -o yaml` prints) stands for its items. */
function unpack(object: KubeObject): KubeObject[] {
  if (!object.kind.endsWith('List') || !Array.isArray(object['items'])) return [object];
  const kind = object.kind === 'List' ? undefined : object.kind.slice(0, -4);
  return (object['items'] as KubeObject[]).map((item) => ({ ...(kind === undefined ? {} : { apiVersion: object.apiVersion, kind }), ...item }));
}

function whatIsWrong(value: unknown): string | undefined {
  if (typeof value !== 'object' || Array.isArray(value)) return 'a manifest must be a mapping with apiVersion, kind and metadata';
  const { apiVersion, kind, metadata } = value as Partial<Record<string, unknown>>;
  if (typeof apiVersion !== 'string' || apiVersion === '') return 'apiVersion is missing: every object needs one, such as "v1" or "apps/v1"';
  if (typeof kind !== 'string' || kind === '') return 'kind is missing: every object needs one, such as "Pod"';
  if (kind.endsWith('List')) return undefined;
  if (typeof metadata !== 'object' || metadata === null) return 'metadata is missing: every object needs at least metadata.name';
  return undefined;
}
