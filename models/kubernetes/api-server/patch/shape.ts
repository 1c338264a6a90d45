/**
 * The shape of an object as far as merging goes: what is a structure, a map, a list with keys, or one indivisible value.
 *
 * Built-in kinds get their shapes from the type table, custom resources from their OpenAPI schema. Shapes refer to each
 * other through functions, because types are recursive, and are computed once and kept.
 * Upstream: structured-merge-diff/schema, apimachinery/pkg/util/managedfields/internal/typeconverter.go.
 */
import types from '../schema/types.json' with { type: 'json' };
import { isObject, own } from './json-value.ts';
import {
  absentValue,
  applyListType,
  isAtomicMap,
  isAtomicStructure,
  isAtomicType,
  isReplaced,
  retainsKeys,
  strategicKey,
} from './merge-rule.ts';
import type { Absent, ListKey } from './merge-rule.ts';

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
  /** `atomic`, `set`, or the keys of an associative list. */
  readonly type: 'atomic' | 'set' | readonly ListKey[];
  readonly items: Shape;
}
export type Shape = Leaf | Untyped | Structure | MapShape | ListShape;

/** A field of a structure. */
export interface Field {
  readonly shape: () => Shape;
  /** Merge key of strategic merge patch; '' for lists of scalars that merge; undefined for atomic lists. */
  readonly strategicKey?: string;
  readonly retainKeys: boolean;
  readonly replaced: boolean;
  readonly absent: Absent;
}

export const LEAF: Leaf = { kind: 'leaf' };
export const UNTYPED: Untyped = { kind: 'untyped' };

const table: Readonly<Record<string, string>> = types;

/** A value that is computed at the first use. */
function lazy<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= compute());
}

const STRUCTURES: ReadonlyMap<string, () => Structure> = new Map(
  Object.keys(table).map((type) => [type, lazy(() => structure(type, isAtomicType(type)))]),
);
const GRANULAR_STRUCTURES: ReadonlyMap<string, () => Structure> = new Map(
  Object.keys(table).map((type) => [type, lazy(() => structure(type, false))]),
);

const ROOT_FIELDS: ReadonlySet<string> = new Set(['metadata', 'spec', 'status']);

function structure(type: string, atomic: boolean): Structure {
  const fields = new Map<string, Field>();
  const entries = (table[type] ?? '').split(' ');
  const isKind = entries.some((entry) => entry.startsWith('kind:')) && entries.some((entry) => entry.startsWith('metadata'));
  for (const entry of entries) {
    const [head = '', code = ''] = entry.split(':');
    const name = head.endsWith('!') ? head.slice(0, -1) : head;
    const key = strategicKey(type, name);
    fields.set(name, {
      shape: lazy(() => fieldShape(type, name, code)),
      ...(key === undefined ? {} : { strategicKey: key }),
      retainKeys: retainsKeys(type, name),
      replaced: isReplaced(type, name),
      absent: isKind && ROOT_FIELDS.has(name) ? 'structure' : absentValue(type, name),
    });
  }
  return { kind: 'structure', type, atomic, fields };
}

function fieldShape(type: string, name: string, code: string): Shape {
  if (code.startsWith('[')) return { kind: 'list', type: applyListType(type, name) ?? 'atomic', items: valueShape(code.slice(1)) };
  if (code.startsWith('{')) return { kind: 'map', atomic: isAtomicMap(type, name), values: valueShape(code.slice(1)) };
  if (code.length > 1 && !isAtomicStructure(type, name, code)) return GRANULAR_STRUCTURES.get(code)?.() ?? UNTYPED;
  return valueShape(code);
}

function valueShape(code: string): Shape {
  if (code === 'o') return UNTYPED;
  if (code.startsWith('[')) return { kind: 'list', type: 'atomic', items: valueShape(code.slice(1)) };
  if (code.startsWith('{')) return { kind: 'map', atomic: false, values: valueShape(code.slice(1)) };
  return code.length <= 1 ? LEAF : (STRUCTURES.get(code)?.() ?? UNTYPED);
}

/** The shape of a built-in type such as `apps.v1.Deployment`; untyped when the name is unknown. */
export const shapeOf = (type: string): Shape => STRUCTURES.get(type)?.() ?? UNTYPED;

/** The shape of a custom resource's openAPIV3Schema; `metadata` is always ObjectMeta. */
export function shapeOfCustomResource(schema: unknown): Shape {
  const shape = schemaShape(schema);
  if (shape.kind !== 'structure') return shape;
  const fields = new Map(shape.fields);
  const field = (of: Shape, absent: Field['absent']): Field => ({
    shape: () => of,
    retainKeys: false,
    replaced: false,
    absent,
  });
  fields.set('apiVersion', field(LEAF, undefined));
  fields.set('kind', field(LEAF, undefined));
  fields.set('metadata', field(shapeOf('meta.v1.ObjectMeta'), 'structure'));
  return { ...shape, fields };
}

function listKeys(schema: Readonly<Record<string, unknown>>): readonly ListKey[] {
  const names = own(schema, 'x-kubernetes-list-map-keys');
  const items = own(schema, 'items');
  const properties = isObject(items) ? own(items, 'properties') : undefined;
  return (Array.isArray(names) ? (names as readonly string[]) : []).map((name) => {
    const property = isObject(properties) ? own(properties, name) : undefined;
    const fallback = isObject(property) ? own(property, 'default') : undefined;
    return fallback === undefined ? { name } : { name, fallback };
  });
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
    fields.set(name, { shape: lazy(() => schemaShape(properties[name])), retainKeys: false, replaced: false, absent: undefined });
  }
  const rest = own(schema, 'x-kubernetes-preserve-unknown-fields') === true ? { rest: UNTYPED } : {};
  return { kind: 'structure', type: '', atomic, fields, ...rest };
}
