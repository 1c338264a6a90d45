/**
 * The shape of an object as far as merging goes: what is a structure, a map, a list with keys, or one indivisible value.
 *
 * Built-in kinds get their shapes from the type table, custom resources from their OpenAPI schema. Shapes refer to each
 * other through functions, because types are recursive, and are computed once and kept.
 * Upstream: structured-merge-diff/schema, apimachinery/pkg/util/managedfields/internal/typeconverter.go.
 */
import { STRUCTS } from '../schema/types.ts';
import type { Field as TypeField, StructType, TypeRef } from '../schema/types.ts';
import { isObject, own } from './json-value.ts';

/** One key of an associative list; `fallback` stands in when an element lacks it. */
export interface ListKey {
  readonly name: string;
  readonly fallback?: unknown;
}

/** A value without inner ownership: scalars, and what is atomic. */
export interface Leaf {
  readonly kind: 'leaf';
}
/** Anything; structures inside are taken as they come (`x-kubernetes-preserve-unknown-fields`). */
export interface Untyped {
  readonly kind: 'untyped';
}
export interface Structure {
  readonly kind: 'structure';
  readonly type: string;
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, Field>;
  /** Shape of fields that are not declared; absent when there are none. */
  readonly rest?: Shape;
}
export interface MapShape {
  readonly kind: 'map';
  readonly atomic: boolean;
  readonly values: Shape;
}
export interface ListShape {
  readonly kind: 'list';
  /** `atomic`, `set`, or the keys of an associative list, by name. */
  readonly type: 'atomic' | 'set' | readonly ListKey[];
  readonly items: Shape;
}
export type Shape = Leaf | Untyped | Structure | MapShape | ListShape;

/** A field of a structure. */
export interface Field {
  readonly shape: () => Shape;
  /** How paths of fields name it: `f:name`. */
  readonly element: string;
  /** Merge key of strategic merge patch; '' for lists of scalars that merge; undefined for atomic lists. */
  readonly strategicKey?: string;
  readonly retainKeys: boolean;
  readonly replaced: boolean;
  /** The value that an absent field has in an object which is there: `{}`, null, '' or 0; undefined for none. */
  readonly absent: unknown;
}

export const LEAF: Leaf = { kind: 'leaf' };
export const UNTYPED: Untyped = { kind: 'untyped' };

/** The shape that a value of an untyped field has by itself: maps are granular, lists are atomic. */
export const deduced = (value: unknown): Shape => (isObject(value) ? GRANULAR : LEAF);
const GRANULAR: MapShape = { kind: 'map', atomic: false, values: UNTYPED };

/** A value that is computed at the first use. */
function lazy<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}

/** Structures by name; twice, because a field may make an atomic type granular. */
const shapes = (granular: boolean): ReadonlyMap<string, () => Structure> =>
  new Map([...STRUCTS].map(([name, struct]) => [name, lazy(() => structure(struct, struct.isAtomic && !granular))]));
const STRUCTURES = shapes(false);
const GRANULAR_STRUCTURES = shapes(true);

/** Fields of an atomic type that are granular all the same (`structType=granular`). */
const GRANULAR_FIELDS: ReadonlySet<string> = new Set(['core.v1.PersistentVolumeSpec.claimRef']);

/** The very text that V8 keeps for names of members: any other one it has to look up each time that it serves as one. */
const asKey = (text: string): string => Object.keys({ [text]: undefined })[0] as string;

function structure(struct: StructType, atomic: boolean): Structure {
  const fields = new Map<string, Field>();
  for (const field of struct.fields.values()) {
    const merges = field.patchStrategy.includes('merge');
    fields.set(field.name, {
      shape: lazy(() => fieldShape(struct, field)),
      element: asKey(`f:${field.name}`),
      ...(merges ? { strategicKey: field.patchMergeKey ?? '' } : {}),
      retainKeys: field.patchStrategy.includes('retainKeys'),
      replaced: field.patchStrategy.includes('replace'),
      absent: struct.always.find((entry) => entry.name === field.name)?.value,
    });
  }
  return { kind: 'structure', type: struct.name, atomic, fields };
}

const byName = (a: ListKey, b: ListKey): number => (a.name < b.name ? -1 : 1);
/** Ports are told apart by protocol, which is TCP when it is not said. */
const listKey = (name: string): ListKey => (name === 'protocol' ? { name, fallback: 'TCP' } : { name });

function fieldShape(struct: StructType, field: TypeField): Shape {
  const { type } = field;
  if (type.kind === 'list') {
    const keys = field.listMapKeys;
    const listType = field.listType === 'map' && keys !== undefined ? keys.map(listKey).sort(byName) : field.listType === 'set' ? 'set' : 'atomic';
    return { kind: 'list', type: listType, items: valueShape(type.items) };
  }
  if (type.kind === 'map') return { kind: 'map', atomic: field.mapType === 'atomic', values: valueShape(type.values) };
  if (type.kind === 'struct' && GRANULAR_FIELDS.has(`${struct.name}.${field.name}`)) {
    return GRANULAR_STRUCTURES.get(type.name)?.() ?? UNTYPED;
  }
  return valueShape(type);
}

function valueShape(type: TypeRef): Shape {
  if (type.kind === 'any') return UNTYPED;
  if (type.kind === 'list') return { kind: 'list', type: 'atomic', items: valueShape(type.items) };
  if (type.kind === 'map') return { kind: 'map', atomic: false, values: valueShape(type.values) };
  return type.kind === 'struct' ? (STRUCTURES.get(type.name)?.() ?? UNTYPED) : LEAF;
}

/** A shape computed at the first use; for versions of custom resources. */
export const lazyShape = (schema: unknown): (() => Shape) => lazy(() => shapeOfCustomResource(schema));

/** The shape of a built-in type such as `apps.v1.Deployment`; untyped when the name is unknown. */
export const shapeOf = (type: string): Shape => STRUCTURES.get(type)?.() ?? UNTYPED;

const EMPTY_OBJECT = Object.freeze({});

/** The shape of a custom resource's openAPIV3Schema; `metadata` is always ObjectMeta. */
export function shapeOfCustomResource(schema: unknown): Shape {
  return asResource(schemaShape(schema));
}

/** A resource has a type and metadata, whether its schema says so or not. */
function asResource(shape: Shape): Shape {
  if (shape.kind !== 'structure') return shape;
  const fields = new Map(shape.fields);
  const field = (name: string, of: Shape, absent: unknown): Field => ({
    shape: () => of,
    element: `f:${name}`,
    retainKeys: false,
    replaced: false,
    absent,
  });
  fields.set('apiVersion', field('apiVersion', LEAF, undefined));
  fields.set('kind', field('kind', LEAF, undefined));
  fields.set('metadata', field('metadata', shapeOf('meta.v1.ObjectMeta'), EMPTY_OBJECT));
  return { ...shape, fields };
}

function listKeys(schema: Readonly<Record<string, unknown>>): readonly ListKey[] {
  const names = own(schema, 'x-kubernetes-list-map-keys');
  const items = own(schema, 'items');
  const properties = isObject(items) ? own(items, 'properties') : undefined;
  const keys = (Array.isArray(names) ? (names as readonly string[]) : []).map((name) => {
    const property = isObject(properties) ? own(properties, name) : undefined;
    const fallback = isObject(property) ? own(property, 'default') : undefined;
    return fallback === undefined ? { name } : { name, fallback };
  });
  return keys.sort(byName);
}

function schemaShape(schema: unknown): Shape {
  if (!isObject(schema)) return UNTYPED;
  const type = own(schema, 'type');
  const atomic = own(schema, 'x-kubernetes-map-type') === 'atomic';
  if (type === 'array') {
    const listType = own(schema, 'x-kubernetes-list-type');
    return {
      kind: 'list',
      type: listType === 'map' ? listKeys(schema) : listType === 'set' ? 'set' : 'atomic',
      items: schemaShape(own(schema, 'items')),
    };
  }
  if (own(schema, 'x-kubernetes-embedded-resource') === true || own(schema, 'x-kubernetes-preserve-unknown-fields') === true) {
    if (!isObject(own(schema, 'properties'))) return UNTYPED;
  }
  if (type !== 'object') return type === undefined ? UNTYPED : LEAF;
  const properties = own(schema, 'properties');
  const additional = own(schema, 'additionalProperties');
  if (!isObject(properties)) {
    return isObject(additional) ? { kind: 'map', atomic, values: schemaShape(additional) } : { kind: 'map', atomic, values: UNTYPED };
  }
  const fields = new Map<string, Field>();
  for (const name of Object.keys(properties)) {
    fields.set(name, { shape: lazy(() => schemaShape(properties[name])), element: `f:${name}`, retainKeys: false, replaced: false, absent: undefined });
  }
  const rest = own(schema, 'x-kubernetes-preserve-unknown-fields') === true ? { rest: UNTYPED } : {};
  const structure: Structure = { kind: 'structure', type: '', atomic, fields, ...rest };
  return own(schema, 'x-kubernetes-embedded-resource') === true ? asResource(structure) : structure;
}
