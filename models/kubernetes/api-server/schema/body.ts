/**
 * From the body of a write to an object of the expected kind, or to the 400 that the real server answers.
 *
 * The body is a parsed JSON value. Its apiVersion and kind may be missing (then the URL's count) but not contradict.
 * Upstream: apiserver/pkg/endpoints/handlers/{create,update,rest}.go (transformDecodeError), the codec factory.
 */
import { left, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import { groupVersionText } from '../registry/kind.ts';
import type { Outcome } from '../registry/kind.ts';
import { goQuote } from '../status/go-format.ts';
import { badRequest } from '../status/status.ts';
import { decode } from './decode.ts';
import { structType } from './types.ts';

/** What a body is expected to be. */
export interface Expected {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Type table name. */
  readonly schema: string;
}

/** `fieldValidation`; the server's default is Warn. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** An object with the warnings that go into its response. */
export interface DecodedBody {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Whether a group, version and kind are registered; the API server passes its registry. */
export type IsRegistered = (group: string, version: string, kind: string) => boolean;

const SCHEME = 'pkg/api/legacyscheme/scheme.go:30';

/** Package of the internal types of a group in Go's messages: `core`, `apps`, `networking`. */
const internalPackage = (group: string): string => (group === '' ? 'core' : (group.split('.')[0] ?? group));

const handled = (kind: string, version: string, expected: Expected, error: string): string =>
  `${kind} in version ${goQuote(version)} cannot be handled as a ${expected.kind}: ${error}`;

const splitVersion = (apiVersion: string): { group: string; version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

function identityError(body: Record<string, unknown>, expected: Expected, isRegistered: IsRegistered): string | undefined {
  const apiVersion = body['apiVersion'];
  const kindField = body['kind'];
  for (const [name, value] of [['apiVersion', apiVersion], ['kind', kindField]] as const) {
    if (value !== undefined && value !== null && typeof value !== 'string') {
      const goName = name === 'kind' ? 'Kind' : 'APIVersion';
      const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
      return `the object provided is unrecognized (must be of type ${expected.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go struct field .${name} of type string (${goName})`;
    }
  }
  const expectedVersion = groupVersionText(expected.group, expected.version);
  const actualVersion = (apiVersion as string | undefined) || expectedVersion;
  const kind = (kindField as string | undefined) || expected.kind;
  if (actualVersion === expectedVersion && kind === expected.kind) return undefined;
  const { group, version } = splitVersion(actualVersion);
  if (!isRegistered(group, version, kind)) {
    return handled(kind, version, expected, `no kind ${goQuote(kind)} is registered for version ${goQuote(actualVersion)} in scheme ${goQuote(SCHEME)}`);
  }
  if (group !== expected.group || kind !== expected.kind) {
    const target = `${internalPackage(expected.group)}.${expected.kind}`;
    return handled(kind, version, expected, `converting (${version}.${kind}) to (${target}): unknown conversion`);
  }
  return `the API version in the data (${actualVersion}) does not match the expected API version (${expectedVersion})`;
}

/** The 400 for a body that is no JSON object at all. `shown` is its beginning (or hex, or `<empty>`). */
export const unrecognizedBody = (kind: string, parseError: string, shown: string): string =>
  `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${parseError} (${shown})`;

/**
 * Decodes a request body. `duplicates` are the texts `duplicate field "x"` that the JSON parser found.
 */
export function decodeBody(
  body: unknown,
  expected: Expected,
  mode: FieldValidation,
  isRegistered: IsRegistered,
  duplicates: readonly string[] = [],
): Outcome<DecodedBody> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const text = body === undefined ? '<empty>' : shownBody(body);
    const what = Array.isArray(body) ? 'array' : body === undefined ? undefined : typeof body === 'boolean' ? 'bool' : typeof body;
    const error =
      what === undefined
        ? 'unexpected end of JSON input'
        : `json: cannot unmarshal ${what} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    return left(badRequest(unrecognizedBody(expected.kind, error, text)));
  }
  const record = body as Record<string, unknown>;
  const wrong = identityError(record, expected, isRegistered);
  if (wrong !== undefined) return left(badRequest(wrong));
  const decoded = decode(structType(expected.schema), withIdentity(record, expected));
  if (decoded.error !== undefined) return left(badRequest(handled(expected.kind, expected.version, expected, decoded.error)));
  const strict = [...duplicates, ...decoded.strict];
  if (strict.length > 0 && mode === 'Strict') {
    const error = `strict decoding error: ${[...new Set(strict)].join(', ')}`;
    return left(badRequest(handled(expected.kind, expected.version, expected, error)));
  }
  return right({ object: decoded.value as KubeObject, warnings: mode === 'Warn' ? strict : [] });
}

const hexOf = (text: string): string => [...text].map((char) => (char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')).join('');
const shownBody = (body: unknown): string => (Array.isArray(body) && body.length === 0 ? hexOf('[]') : hexOf(String(body).slice(0, 30)));

function withIdentity(body: Record<string, unknown>, expected: Expected): Record<string, unknown> {
  const apiVersion = groupVersionText(expected.group, expected.version);
  if (body['apiVersion'] === apiVersion && body['kind'] === expected.kind) return body;
  return { ...body, apiVersion, kind: expected.kind };
}
