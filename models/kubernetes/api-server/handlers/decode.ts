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
  const mistaken = type.custom === undefined ? builtInError(type, sent) : customError(type, sent);
  if (mistaken !== undefined) return left(mistaken);
  const { apiVersion = type.apiVersion, kind = type.kind } = sent;
  const refused = (why: string): Status => badRequest(`${kind || type.kind} in version ${goQuote(versionOf(apiVersion || type.apiVersion))} cannot be handled as a ${type.kind}: ${why}`);
  return judged(readObject(type, sent, known), validation, more, refused);
}

/** What was read of a body: the object, why it cannot be taken, and what strict decoding complains about. */
export interface ReadObject {
  readonly object: KubeObject;
  readonly error?: string;
  readonly strict: readonly string[];
}

/** Reads a body as the kind that its type says, whatever it says itself. */
export function readObject(type: BodyType, sent: Partial<KubeObject>, known?: KubeObject): ReadObject {
  const identify = (object: unknown): KubeObject => typed(object as KubeObject, sent.apiVersion || type.apiVersion, sent.kind || type.kind);
  if (type.custom === undefined) {
    const { value, error, strict } = decodeValue(structType(type.schema), sent, known);
    return error === undefined ? { object: identify(value), strict } : { object: sent as KubeObject, error, strict };
  }
  const decoded = type.custom(sent);
  if (isLeft(decoded)) return { object: sent as KubeObject, error: decoded.left, strict: [] };
  const { object, unknown } = decoded.right;
  return { object: identify(object), strict: unknown.map((path) => `unknown field ${goQuote(path)}`) };
}

/** The object with its warnings, or what `refused` makes of the reason why it is not taken. `more`: what else is wrong with the body. */
export function judged({ object, error, strict }: ReadObject, validation: FieldValidation, more: readonly string[], refused: (why: string) => Status): Either<Status, Decoded> {
  if (error !== undefined) return left(refused(error));
  const problems = [...strict, ...more];
  if (problems.length > 0 && validation === 'Strict') return left(refused(`strict decoding error: ${problems.join(', ')}`));
  return right({ object, warnings: validation === 'Warn' ? problems : [] });
}

function builtInError(type: BodyType, sent: Partial<KubeObject>): Status | undefined {
  const mistaken = identityError(sent.apiVersion || type.apiVersion, sent.kind || type.kind, type);
  return mistaken === undefined ? undefined : badRequest(mistaken);
}

/** Custom resources must say what they are. */
export function customError(type: BodyType, sent: Partial<KubeObject>): Status | undefined {
  const { apiVersion = '', kind = '' } = sent;
  if (typeof kind !== 'string' || kind === '') {
    const text = JSON.stringify(sent);
    return badRequest(`the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing in '${text}' (${text.slice(0, SHOWN_MAX)})`);
  }
  if (apiVersion !== type.apiVersion) return badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${type.apiVersion})`);
  if (kind === type.kind) return undefined;
  return invalid({ group: groupOf(apiVersion), kind: type.kind }, sent.metadata?.name ?? '', [invalidValue('kind', kind, `must be ${type.kind}`)]);
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
