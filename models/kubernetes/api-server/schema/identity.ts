/**
 * Whether a body says that it is what the URL expects, and the 400 text when it is not.
 *
 * apiVersion and kind may be missing (then the URL's count) but not contradict: an unregistered pair, another registered
 * kind and another version of the same kind each have their own message.
 * Upstream: apiserver/pkg/endpoints/handlers/{create,rest}.go (transformDecodeError), apimachinery/pkg/runtime/scheme.go.
 */
import { resourceOfKind } from '../registry/kinds.ts';
import { goQuote } from '../status/go-format.ts';

/** What a body is expected to be. */
export interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
}

const SCHEME = 'pkg/api/legacyscheme/scheme.go:30';

const splitVersion = (apiVersion: string): { readonly group: string; readonly version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

/** Package of the internal types of a group: `core`, `apps`, `networking`. */
const internalPackage = (group: string): string => (group === '' ? 'core' : (group.split('.')[0] ?? group));

function isRegistered(group: string, version: string, kind: string): boolean {
  const single = kind.endsWith('List') ? kind.slice(0, -4) : kind;
  return [kind, single].some((name) => resourceOfKind(group, name)?.versions.some((served) => served.version === version) === true);
}

/** Why a body is not of the kind that is expected, in whatever version; undefined when it is. */
export function kindError(apiVersion: string, kind: string, expected: Expected): string | undefined {
  if (apiVersion === expected.apiVersion && kind === expected.kind) return undefined;
  const { group, version } = splitVersion(apiVersion);
  const target = splitVersion(expected.apiVersion);
  if (!isRegistered(group, version, kind)) return `no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme ${goQuote(SCHEME)}`;
  if (group === target.group && kind === expected.kind) return undefined;
  return `converting (${version}.${kind}) to (${internalPackage(target.group)}.${expected.kind}): unknown conversion`;
}

/** The message of the 400, or undefined when the body may be decoded. */
export function identityError(apiVersion: string, kind: string, expected: Expected): string | undefined {
  if (apiVersion === expected.apiVersion && kind === expected.kind) return undefined;
  const why = kindError(apiVersion, kind, expected);
  if (why === undefined) return `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`;
  return `${kind} in version ${goQuote(splitVersion(apiVersion).version)} cannot be handled as a ${expected.kind}: ${why}`;
}

/** Go's complaint about a body that is JSON but no object. */
export function notAnObject(body: unknown): string {
  if (body === undefined) return 'unexpected end of JSON input';
  const what = Array.isArray(body) ? 'array' : typeof body === 'boolean' ? 'bool' : typeof body;
  return `json: cannot unmarshal ${what} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
}
