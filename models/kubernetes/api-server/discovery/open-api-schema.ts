/**
 * OpenAPI schemas of the API's types, generated from the type table.
 *
 * Clients read merge keys, list types and field names out of them (`kubectl apply`, `explain`, `diff`), so everything that
 * the table knows about a field is said. Upstream: kube-openapi/pkg/builder, api/openapi-spec.
 */
import { STRUCTS } from '../schema/types.ts';
import type { Field, StructType, TypeRef } from '../schema/types.ts';

/** Which flavour is generated: 2.0 knows neither `oneOf` nor siblings of `$ref`. */
export type Flavour = 'v2' | 'v3';

export type Schema = Readonly<Record<string, unknown>>;

/** Documentation of a type (`core.v1.Pod`) or a field (`core.v1.Pod.spec`). */
export type Describe = (path: string) => string | undefined;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const OBJECT_META = `${META}.ObjectMeta`;
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString';

/** `core.v1.Pod` -> `io.k8s.api.core.v1.Pod`. */
export function definitionName(type: string): string {
  if (type.startsWith('meta.v1.')) return `${META}.${type.slice('meta.v1.'.length)}`;
  if (type.startsWith('apiextensions.')) return `io.k8s.apiextensions-apiserver.pkg.apis.${type}`;
  if (type.startsWith('apiregistration.')) return `io.k8s.kube-aggregator.pkg.apis.${type}`;
  return `io.k8s.api.${type}`;
}

const refPrefix = (flavour: Flavour): string => (flavour === 'v2' ? '#/definitions/' : '#/components/schemas/');
export const ref = (name: string, flavour: Flavour): Schema => ({ $ref: `${refPrefix(flavour)}${name}` });

const SCALARS: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'object' },
};

const WRAPPED: Readonly<Record<string, string>> = {
  quantity: QUANTITY,
  intOrString: INT_OR_STRING,
  time: `${META}.Time`,
  microTime: `${META}.MicroTime`,
};

/** Types that stand outside the table. */
export function wrappedSchemas(flavour: Flavour): Readonly<Record<string, Schema>> {
  const either = (types: readonly string[]): Schema =>
    flavour === 'v2' ? { type: 'string' } : { oneOf: types.map((type) => ({ type })) };
  return {
    [QUANTITY]: { description: 'A fixed-point number such as 100m or 2Gi.', ...either(['string', 'number']) },
    [INT_OR_STRING]: {
      description: 'An integer or a string, for example a port number or a percentage.',
      format: 'int-or-string',
      ...either(['integer', 'string']),
    },
    [`${META}.Time`]: { description: 'A moment with whole seconds, in RFC 3339.', type: 'string', format: 'date-time' },
    [`${META}.MicroTime`]: { description: 'A moment with microseconds, in RFC 3339.', type: 'string', format: 'date-time' },
  };
}

function typeSchema(type: TypeRef, flavour: Flavour): Schema {
  if (type.kind === 'list') return { type: 'array', items: typeSchema(type.items, flavour) };
  if (type.kind === 'map') return { type: 'object', additionalProperties: typeSchema(type.values, flavour) };
  if (type.kind === 'struct') return ref(definitionName(type.name), flavour);
  const wrapped = WRAPPED[type.kind];
  return wrapped === undefined ? (SCALARS[type.kind] ?? { type: 'object' }) : ref(wrapped, flavour);
}

/** What the field's markers say to clients that merge. */
function markers(field: Field): Schema {
  const strategies = field.patchStrategy.join(',');
  return {
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.mapType === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(strategies === '' ? {} : { 'x-kubernetes-patch-strategy': strategies }),
  };
}

function fieldSchema(struct: StructType, field: Field, flavour: Flavour, describe: Describe): Schema {
  const description = describe(`${struct.name}.${field.name}`);
  const schema = typeSchema(field.type, flavour);
  const extra = { ...(description === undefined ? {} : { description }), ...markers(field) };
  if (Object.keys(extra).length === 0) return schema;
  return flavour === 'v3' && '$ref' in schema ? { allOf: [schema], ...extra } : { ...schema, ...extra };
}

/** A group, version and kind as definitions name them. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The schema of one type of the table. */
export function structSchema(struct: StructType, flavour: Flavour, describe: Describe, kinds: readonly GroupVersionKind[]): Schema {
  const description = describe(struct.name);
  const required = [...struct.fields.values()].filter((field) => field.required).map((field) => field.name);
  const properties: Record<string, Schema> = {};
  for (const field of struct.fields.values()) properties[field.name] = fieldSchema(struct, field, flavour, describe);
  return {
    ...(description === undefined ? {} : { description }),
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(struct.isAtomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
    ...(kinds.length > 0 ? { 'x-kubernetes-group-version-kind': kinds } : {}),
  };
}

/** Names of all types that the given ones refer to, themselves included. */
export function closure(roots: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const visit = (type: TypeRef): void => {
    if (type.kind === 'list') visit(type.items);
    else if (type.kind === 'map') visit(type.values);
    else if (type.kind === 'struct') add(type.name);
  };
  const add = (name: string): void => {
    if (found.has(name)) return;
    const struct = STRUCTS.get(name);
    if (struct === undefined) return;
    found.add(name);
    for (const field of struct.fields.values()) visit(field.type);
  };
  roots.forEach(add);
  return [...found].sort();
}
