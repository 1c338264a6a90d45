/**
 * Objects as Go's typed clients write and read them: in protobuf.
 *
 * Go writes every field that is no pointer, zero or not; what comes of such a body must be what comes of JSON that leaves them out.
 */
import { KINDS } from '../../../models/kubernetes/api-server/registry/kinds.ts';
import type { ResourceRequest } from '../../../models/kubernetes/api-server/request/request-info.ts';
import { type Field, STRUCTS, type StructType, type TypeRef } from '../../../models/kubernetes/api-server/schema/types.ts';
import { decodeProtobuf } from '../../../models/kubernetes/facade/protobuf/decode.ts';
import { encodeProtobuf, hasMessage } from '../../../models/kubernetes/facade/protobuf/encode.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: string;
}

/** Subresources whose body is of a kind of its own. */
const OWN: Readonly<Record<string, Typed>> = {
  scale: { apiVersion: 'autoscaling/v1', kind: 'Scale', schema: 'autoscaling.v1.Scale' },
  eviction: { apiVersion: 'policy/v1', kind: 'Eviction', schema: 'policy.v1.Eviction' },
  token: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', schema: 'authentication.v1.TokenRequest' },
  binding: { apiVersion: 'v1', kind: 'Binding', schema: 'core.v1.Binding' },
};
const SAME: readonly string[] = ['', 'status', 'approval', 'finalize', 'ephemeralcontainers', 'resize'];

function typeOf({ verb, group, version, resource, subresource = '' }: ResourceRequest): Typed | undefined {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  if (verb === 'delete' || verb === 'deletecollection') return { apiVersion, kind: 'DeleteOptions', schema: 'meta.v1.DeleteOptions' };
  if (verb !== 'create' && verb !== 'update') return undefined;
  const own = OWN[subresource];
  if (own !== undefined) return own;
  if (!SAME.includes(subresource)) return undefined;
  const info = KINDS.find((kind) => kind.group === group && kind.resource === resource);
  const served = info?.versions.find((each) => each.version === version);
  return info === undefined || served === undefined ? undefined : { apiVersion, kind: info.kind, schema: served.schema };
}

/** A body after a journey in protobuf; bodies of other forms as they are. */
export function sent(request: ResourceRequest, body: unknown): unknown {
  const type = typeOf(request);
  if (type === undefined || typeof body !== 'object' || body === null) return body;
  const { kind = type.kind, apiVersion = type.apiVersion } = body as { kind?: string; apiVersion?: string };
  if (kind !== type.kind || apiVersion !== type.apiVersion || !hasMessage(apiVersion, kind)) return body;
  const struct = STRUCTS.get(type.schema);
  return journey(struct === undefined ? (body as Fields) : asGoWrites(body as Fields, struct), apiVersion, kind);
}

/** An answer or a watched object after a journey in protobuf. */
export function received<T>(body: T): T {
  if (typeof body !== 'object' || body === null) return body;
  const { kind, apiVersion } = body as { kind?: string; apiVersion?: string };
  if (kind === undefined || apiVersion === undefined || !hasMessage(apiVersion, kind)) return body;
  const object = journey(body as Fields, apiVersion, kind);
  // An empty list is no field at all: Go shows it as a slice of length zero.
  return ('items' in body && Array.isArray(body.items) ? { items: [], ...object } : object) as T;
}

function journey(object: Fields, apiVersion: string, kind: string): Fields {
  const decoded = decodeProtobuf(encodeProtobuf(object, apiVersion, kind));
  if ('error' in decoded) throw new Error(`${kind}: ${decoded.error}`);
  return decoded.value as Fields;
}

function asGoWrites(object: Fields, struct: StructType): Fields {
  const written: Record<string, unknown> = {};
  for (const field of struct.fields.values()) {
    const value = object[field.name];
    const isUnset = value === undefined || value === null;
    const zero = isUnset ? zeroOf(field, struct) : value;
    if (zero !== undefined) written[field.name] = isUnset ? zero : valueOf(value, field.type);
  }
  return written;
}

function valueOf(value: unknown, type: TypeRef): unknown {
  if (type.kind === 'struct' && typeof value === 'object' && value !== null && !Array.isArray(value)) return asGoWrites(value as Fields, type.struct);
  if (type.kind === 'list' && Array.isArray(value)) return value.map((item) => valueOf(item, type.items));
  if (type.kind === 'map' && typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, valueOf(item, type.values)]));
  return value;
}

/** What Go writes for a field that is unset; undefined for pointers, lists and maps. */
function zeroOf({ name, type, omitsZero, required }: Field, { always }: StructType): unknown {
  const isPlain = omitsZero || required || always.some((each) => each.name === name);
  if (!isPlain) return undefined;
  switch (type.kind) {
    case 'string': return '';
    case 'boolean': return false;
    case 'int32': case 'int64': return 0;
    case 'quantity': return '0';
    case 'time': case 'microTime': return '';
    case 'intOrString': return 0;
    case 'struct': return always.some((each) => each.name === name) ? asGoWrites({}, type.struct) : undefined;
    default: return undefined;
  }
}
