/**
 * The type table: every struct of the API with its fields, linked.
 *
 * Built once at load out of types.json (generated from the type packages) and facts.ts (what Go's tags add). It is
 * immutable and small (about 500 structs), so all users share it: decoding, patches, apply, OpenAPI, explain.
 */
import table from './types.json' with { type: 'json' };
import {
  ALWAYS_WRITTEN,
  ATOMIC_MAPS,
  ATOMIC_STRUCTS,
  NAMED_STRINGS,
  NOT_WRITTEN,
  PATCH,
  PLAIN_BOOLEANS,
  PLAIN_INTEGERS,
  POINTERS_WRITTEN,
  POINTER_BOOLEANS,
  POINTER_INTEGERS,
  POINTER_STRINGS,
  POINTER_STRUCTS,
  POINTER_TIMES,
  VALUE_QUANTITIES,
  VALUE_STRUCTS,
} from './facts.ts';

export type Scalar =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'bytes'
  | 'any';

/** The type of a value. `goType` is its name in Go's messages. */
export type TypeRef =
  | { readonly kind: Scalar; readonly goType: string }
  | { readonly kind: 'list'; readonly goType: string; readonly items: TypeRef }
  | { readonly kind: 'map'; readonly goType: string; readonly values: TypeRef }
  | { readonly kind: 'struct'; readonly goType: string; readonly name: string; readonly struct: StructType };

/** What is written for a field that is unset: nothing, or its zero value. */
export type Zero = { readonly kind: 'omitted' } | { readonly kind: 'value'; readonly value: unknown };

/** One field of a struct. */
export interface Field {
  readonly name: string;
  readonly type: TypeRef;
  readonly required: boolean;
  /** A zero value (`""`, `0`, `false`) of this field is not written (`omitempty` on a plain value). */
  readonly omitsZero: boolean;
  /** Strategic merge patch: `merge`, `replace`, `retainKeys`. */
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey?: string;
  /** Server-side apply: of a list; lists are atomic unless said otherwise. */
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  /** Server-side apply: of a map. */
  readonly mapType?: 'atomic' | 'granular';
}

/** A struct of the API. */
export interface StructType {
  /** `core.v1.Pod`. */
  readonly name: string;
  /** `Pod`. */
  readonly goName: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** Fields that are written even when unset, with what is written. */
  readonly always: readonly { readonly name: string; readonly value: unknown }[];
  /** Server-side apply owns it as one value. */
  readonly isAtomic: boolean;
}

const SCALARS: Readonly<Record<string, readonly [Scalar, string]>> = {
  s: ['string', 'string'],
  b: ['boolean', 'bool'],
  i: ['int32', 'int32'],
  l: ['int64', 'int64'],
  f: ['double', 'float64'],
  q: ['quantity', 'resource.Quantity'],
  x: ['intOrString', 'intstr.IntOrString'],
  t: ['time', 'v1.Time'],
  u: ['microTime', 'v1.MicroTime'],
  y: ['bytes', '[]uint8'],
  o: ['any', 'runtime.RawExtension'],
};

const has = (list: readonly string[], name: string): boolean => list.includes(name);
const RAW: Readonly<Record<string, string>> = table;

interface MutableStruct extends StructType {
  fields: Map<string, Field>;
  always: { readonly name: string; readonly value: unknown }[];
}

const goName = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

class Builder {
  readonly structs = new Map<string, MutableStruct>();

  struct(name: string): StructType {
    const known = this.structs.get(name);
    if (known !== undefined) return known;
    const struct: MutableStruct = {
      name,
      goName: goName(name),
      fields: new Map(),
      always: [],
      isAtomic: has(ATOMIC_STRUCTS, name),
    };
    this.structs.set(name, struct);
    for (const row of (RAW[name] ?? '').split(' ')) if (row !== '') this.addField(struct, row);
    return struct;
  }

  private addField(struct: MutableStruct, row: string): void {
    const colon = row.indexOf(':');
    const required = row[colon - 1] === '!';
    const name = row.slice(0, required ? colon - 1 : colon);
    const path = `${struct.name}.${name}`;
    const type = this.type(row.slice(colon + 1), path);
    const field: Field = { name, type, required, omitsZero: omitsZero(path, name, type, required), ...patchFacts(path, type) };
    struct.fields.set(name, field);
    const zero = zeroOf(path, name, type, required, struct);
    if (zero.kind === 'value') struct.always.push({ name, value: zero.value });
  }

  private type(code: string, path: string): TypeRef {
    if (code[0] === '[') {
      const items = this.type(code.slice(1), path);
      return { kind: 'list', goType: `[]${items.goType}`, items };
    }
    if (code[0] === '{') {
      const values = this.type(code.slice(1), path);
      const goType = values.kind === 'quantity' ? 'v1.ResourceList' : `map[string]${values.goType}`;
      return { kind: 'map', goType, values };
    }
    const scalar = SCALARS[code];
    if (scalar !== undefined) return { kind: scalar[0], goType: NAMED_STRINGS[path] ?? scalar[1] };
    const parts = code.split('.');
    return { kind: 'struct', goType: `${parts[1] ?? ''}.${parts[2] ?? ''}`, name: code, struct: this.struct(code) };
  }
}

function omitsZero(path: string, name: string, type: TypeRef, required: boolean): boolean {
  if (required || has(ALWAYS_WRITTEN, path)) return false;
  if (type.kind === 'boolean') return has(PLAIN_BOOLEANS, name) && !has(POINTER_BOOLEANS, path);
  if (type.kind === 'int32' || type.kind === 'int64') return has(PLAIN_INTEGERS, name) && !has(POINTER_INTEGERS, path);
  return type.kind === 'string' && !has(POINTER_STRINGS, path);
}

const OMITTED: Zero = { kind: 'omitted' };
const VALUE_NULL: Zero = { kind: 'value', value: null };

function zeroOf(path: string, name: string, type: TypeRef, required: boolean, parent: StructType): Zero {
  if (has(NOT_WRITTEN, path)) return OMITTED;
  if (type.kind === 'time') return has(POINTER_TIMES, path) ? OMITTED : VALUE_NULL;
  if (type.kind === 'microTime') return parent.name === 'coordination.v1.LeaseSpec' ? OMITTED : VALUE_NULL;
  if (type.kind === 'struct') {
    const isTop = RAW[parent.name]?.startsWith('apiVersion:') === true && (name === 'spec' || name === 'status');
    const isMeta = name === 'metadata' && type.name !== 'meta.v1.ListMeta';
    const isValue = isTop || isMeta || has(VALUE_STRUCTS, path) || (required && !has(POINTER_STRUCTS, path));
    const isInner = name === 'spec' && (parent.goName === 'PodTemplateSpec' || parent.goName === 'JobTemplateSpec');
    return isValue || isInner ? { kind: 'value', value: zeroStruct(type.struct) } : OMITTED;
  }
  if (has(POINTERS_WRITTEN, path)) return VALUE_NULL;
  if (type.kind === 'quantity') return has(VALUE_QUANTITIES, path) ? { kind: 'value', value: '0' } : OMITTED;
  if (!required && !has(ALWAYS_WRITTEN, path)) return OMITTED;
  if (type.kind === 'string') return { kind: 'value', value: '' };
  if (type.kind === 'boolean') return { kind: 'value', value: false };
  if (type.kind === 'int32' || type.kind === 'int64') return { kind: 'value', value: 0 };
  return type.kind === 'list' ? VALUE_NULL : OMITTED;
}

const zeroStruct = (struct: StructType): unknown => {
  const value: Record<string, unknown> = {};
  for (const entry of struct.always) value[entry.name] = entry.value;
  return Object.freeze(value);
};

function patchFacts(path: string, type: TypeRef): Pick<Field, 'patchStrategy' | 'patchMergeKey' | 'listType' | 'listMapKeys' | 'mapType'> {
  const row = PATCH[path]?.split(' ') ?? [];
  const given = (at: number): string | undefined => (row[at] === '-' ? undefined : row[at]);
  const mergeKey = given(1);
  const keys = given(3)?.split(',');
  return {
    patchStrategy: given(0)?.split(',') ?? [],
    ...(mergeKey === undefined ? {} : { patchMergeKey: mergeKey }),
    ...(type.kind === 'list' ? { listType: (given(2) as 'set' | 'map' | undefined) ?? 'atomic' } : {}),
    ...(keys === undefined ? {} : { listMapKeys: keys }),
    ...(type.kind === 'map' ? { mapType: has(ATOMIC_MAPS, path) ? 'atomic' : 'granular' } : {}),
  };
}

function build(): ReadonlyMap<string, StructType> {
  const builder = new Builder();
  for (const name of Object.keys(RAW)) builder.struct(name);
  return builder.structs;
}

/** All structs by name. */
export const STRUCTS: ReadonlyMap<string, StructType> = build();

/** The struct of that name; it must exist. */
export function structType(name: string): StructType {
  const struct = STRUCTS.get(name);
  if (struct === undefined) throw new Error(`no type ${name} in the table`);
  return struct;
}
