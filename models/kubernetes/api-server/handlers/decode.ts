/**
 * From a request's body to an object in storage form: strict decoding, the version that the URL asks for, defaults.
 * Source: apiserver/pkg/endpoints/handlers/{create,rest}.go, apimachinery/pkg/runtime/serializer/json/json.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import { groupVersionText, type ServedVersion } from '../registry/kind.ts';
import { decode as decodeValue, jsonType } from '../schema/decode.ts';
import { identityError, notAnObject } from '../schema/identity.ts';
import { structType } from '../schema/types.ts';
import { goQuote } from '../status/go-format.ts';
import { invalidValue } from '../status/field-error.ts';
import { badRequest, invalid, type Status } from '../status/status.ts';
import type { FieldValidation } from './options.ts';
import type { Call } from './request.ts';

export interface Decoded {
  /** The decoded object; {@link decode} gives it defaults and storage form. */
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Which kind a body must be, and how it is decoded. */
export interface BodyType {
  readonly apiVersion: string;
  readonly kind: string;
  /** Name in the type table; `''` for custom resources. */
  readonly schema: string;
  /** How custom resources are decoded. */
  readonly custom?: ServedVersion['decode'];
}

/** The body that the main resource of a request takes. */
export const bodyTypeOf = ({ info, version }: Pick<Call, 'info' | 'version'>): BodyType => ({
  apiVersion: groupVersionText(info.group, version.version),
  kind: info.kind,
  schema: version.schema,
  ...(version.decode === undefined ? {} : { custom: version.decode }),
});

/**
 * Decodes a body for the main resource or a subresource of the same kind: storage form, with defaults. `stored` is what the body may have
 * been made from: clients of a simulation send back by reference what they have not changed.
 */
export function decode(call: Call, body: unknown, validation: FieldValidation, stored?: KubeObject): Either<Status, Decoded> {
  const { info, version, request } = call;
  const duplicates = request.duplicates?.map((path) => `duplicate field ${goQuote(path)}`);
  const decoded = decodeBody(bodyTypeOf(call), body, validation, duplicates, stored === undefined || version.fromStorage(stored) !== stored ? undefined : stored);
  if (isLeft(decoded)) return decoded;
  const { object, warnings } = decoded.right;
  const { namespace } = object.metadata;
  if (request.verb === 'create' && info.namespaced && namespace !== undefined && namespace !== '' && namespace !== request.namespace) {
    return left(badRequest('the namespace of the provided object does not match the namespace sent on the request'));
  }
  return right({ object: version.toStorage(version.defaults(object)), warnings });
}

/** Decodes a body of a given kind, without defaults. A body without kind or apiVersion is taken for that kind; `more` is what else is wrong with it, `known` what it may share parts with. */
export function decodeBody(type: BodyType, body: unknown, validation: FieldValidation, more: readonly string[] = [], known?: KubeObject): Either<Status, Decoded> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return left(unrecognized(type, body, `couldn't get version/kind; json parse error: ${notAnObject(body)}`));
  const sent = body as Partial<KubeObject>;
  for (const field of ['apiVersion', 'kind'] as const) {
    const value: unknown = sent[field] ?? undefined;
    if (value === undefined || typeof value === 'string') continue;
    return left(unrecognized(type, JSON.stringify(body), `couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonType(value)} into Go struct field .${field} of type string`));
  }
  if (type.custom !== undefined) return decodeCustom(type, type.custom, sent, validation, more);
  const apiVersion = sent.apiVersion || type.apiVersion;
  const kind = sent.kind || type.kind;
  const mistaken = identityError(apiVersion, kind, type);
  if (mistaken !== undefined) return left(badRequest(mistaken));
  const decoded = decodeValue(structType(type.schema), sent, known);
  const refuse = (why: string): Either<Status, never> =>
    left(badRequest(`${kind} in version ${goQuote(versionOf(apiVersion))} cannot be handled as a ${type.kind}: ${why}`));
  if (decoded.error !== undefined) return refuse(decoded.error);
  const problems = [...decoded.strict, ...more];
  if (problems.length > 0 && validation === 'Strict') return refuse(`strict decoding error: ${problems.join(', ')}`);
  const object = typed(decoded.value as KubeObject, apiVersion, kind);
  return right({ object, warnings: validation === 'Warn' ? problems : [] });
}

/** Custom resources must say what they are; unknown fields are dropped and reported like everywhere. */
function decodeCustom(type: BodyType, custom: NonNullable<BodyType['custom']>, sent: Partial<KubeObject>, validation: FieldValidation, more: readonly string[]): Either<Status, Decoded> {
  const { apiVersion = '', kind = '' } = sent;
  if (typeof kind !== 'string' || kind === '') {
    const text = JSON.stringify(sent);
    return left(badRequest(`the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing in '${text}' (${text.slice(0, SHOWN_MAX)})`));
  }
  if (apiVersion !== type.apiVersion) {
    return left(badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${type.apiVersion})`));
  }
  if (kind !== type.kind) return left(invalid({ group: groupOf(apiVersion), kind: type.kind }, sent.metadata?.name ?? '', [invalidValue('kind', kind, `must be ${type.kind}`)]));
  const decoded = custom(sent);
  const refuse = (why: string): Either<Status, never> => left(badRequest(`${kind} in version ${goQuote(versionOf(apiVersion))} cannot be handled as a ${type.kind}: ${why}`));
  if (isLeft(decoded)) return refuse(decoded.left);
  const { object, unknown } = decoded.right;
  const problems = [...unknown.map((path) => `unknown field ${goQuote(path)}`), ...more];
  if (problems.length > 0 && validation === 'Strict') return refuse(`strict decoding error: ${problems.join(', ')}`);
  return right({ object: typed(object, apiVersion, kind), warnings: validation === 'Warn' ? problems : [] });
}

/** The object with its type and metadata, which the pipeline relies on. */
function typed(object: KubeObject, apiVersion: string, kind: string): KubeObject {
  if (object.apiVersion === apiVersion && object.kind === kind && object.metadata !== undefined) return object;
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata: metadata ?? ({} as KubeObject['metadata']), ...rest };
}

const groupOf = (apiVersion: string): string => apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));
const versionOf = (apiVersion: string): string => apiVersion.slice(apiVersion.indexOf('/') + 1);

/** How many bytes of an unreadable body the message shows. */
const SHOWN_MAX = 30;

function unrecognized(type: BodyType, body: unknown, why: string): Status {
  const text = typeof body === 'string' ? body : body === undefined ? '' : Array.isArray(body) && body.length === 0 ? '[]' : String(body);
  const shown = text === '' ? '<empty>' : text.startsWith('{') ? text.slice(0, SHOWN_MAX) : [...text.slice(0, SHOWN_MAX)].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return badRequest(`the object provided is unrecognized (must be of type ${type.kind}): ${why} (${shown})`);
}
