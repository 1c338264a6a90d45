/**
 * Metadata of custom and embedded resources: coerced to ObjectMeta, and checked.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/objectmeta/{algorithm,coerce,validation}.go.
 */
import { isObject, own, setOwn, type JsonObject } from '../patch/json-value.ts';
import { decode } from '../schema/decode.ts';
import { structType } from '../schema/types.ts';
import { child, index, invalidValue, key, required, type FieldError } from '../status/field-error.ts';
import { nameIsPathSegment } from '../validation/name.ts';
import { validateObjectMeta } from '../validation/metadata.ts';
import type { KubeObject } from '../../object/types.ts';
import { propertyNode, type Node } from './node.ts';

/** The object with its metadata in canonical form, the unknown fields in it, and the first hard error. */
export interface Coerced {
  readonly object: JsonObject;
  readonly unknown: readonly string[];
  readonly error?: string;
}

const OBJECT_META = structType('meta.v1.ObjectMeta');

/** Coerces the metadata of a resource. */
export function coerceMetadata(object: JsonObject, path = ''): Coerced {
  const metadata = own(object, 'metadata');
  if (metadata === undefined || metadata === null) return { object: metadata === null ? { ...object, metadata: {} } : object, unknown: [] };
  if (!isObject(metadata)) return { object, unknown: [], error: `json: cannot unmarshal ${Array.isArray(metadata) ? 'array' : typeof metadata === 'boolean' ? 'bool' : typeof metadata} into Go value of type v1.ObjectMeta` };
  const decoded = decode(OBJECT_META, metadata);
  if (decoded.error !== undefined) return { object, unknown: [], error: decoded.error };
  const at = child(path, 'metadata');
  const unknown = decoded.strict.map((text) => `${at}.${/^unknown field "(.*)"$/.exec(text)?.[1] ?? text}`);
  return { object: decoded.value === metadata ? object : { ...object, metadata: decoded.value }, unknown };
}

/** Coerces the metadata of resources inside an object. */
export function coerceEmbedded(node: Node | undefined, value: unknown, path: string, unknown: string[]): unknown {
  if (node === undefined || !node.hasEmbedded) return value;
  if (Array.isArray(value)) {
    const items = value.map((item, at) => coerceEmbedded(node.items, item, index(path, at), unknown));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isObject(value)) return value;
  let out: Record<string, unknown> | undefined;
  if (node.isEmbedded) {
    const coerced = coerceMetadata(value, path);
    unknown.push(...coerced.unknown);
    if (coerced.object !== value) out = { ...coerced.object };
  }
  for (const name of Object.keys(value)) {
    const before = own(value, name);
    const after = coerceEmbedded(propertyNode(node, name), before, child(path, name), unknown);
    if (after !== before) setOwn((out ??= { ...value }), name, after);
  }
  return out ?? value;
}

/** What is wrong with embedded resources. */
export function validateEmbedded(node: Node | undefined, value: unknown, path = ''): FieldError[] {
  if (node === undefined || !node.hasEmbedded) return [];
  if (Array.isArray(value)) return value.flatMap((item, at) => validateEmbedded(node.items, item, index(path, at)));
  if (!isObject(value)) return [];
  const errors = node.isEmbedded ? resourceErrors(value, path) : [];
  for (const name of Object.keys(value).sort()) {
    errors.push(...validateEmbedded(propertyNode(node, name), value[name], node.properties.has(name) ? child(path, name) : key(path, name)));
  }
  return errors;
}

function resourceErrors(value: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') errors.push(required(child(path, 'apiVersion'), 'must not be empty'));
  else if (apiVersion.split('/').length > 2) errors.push(invalidValue(child(path, 'apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  if (typeof kind !== 'string' || kind === '') errors.push(required(child(path, 'kind'), 'must not be empty'));
  if (isObject(metadata)) {
    const { name = 'fakename', namespace = 'fakenamespace', ...rest } = metadata as unknown as KubeObject['metadata'];
    errors.push(...validateObjectMeta({ ...rest, name, namespace } as KubeObject['metadata'], true, nameIsPathSegment, child(path, 'metadata')));
  }
  return errors;
}
