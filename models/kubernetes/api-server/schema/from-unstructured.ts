/**
 * What Go's converter says of a value that does not fit its type. A strategic merge patch is not decoded from JSON: its result goes
 * from maps into structs at once, and that conversion has messages of its own.
 * Source: apimachinery/pkg/runtime/converter.go (`fromUnstructured`).
 */
import { decodeScalar } from './decode.ts';
import type { StructType, TypeRef } from './types.ts';

const PLAIN_KINDS = { string: 'string', boolean: 'bool', int32: 'int32', int64: 'int64', double: 'float64' } as const;

const TEXT: TypeRef = { kind: 'string', goType: 'string' };

/** The kind that Go's JSON decoder gives a value. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** The message about the first value of a struct, in the order of its fields, that cannot be taken over; undefined when all can. */
export function conversionError(type: StructType, value: unknown): string | undefined {
  if (kindOf(value) !== 'map') return `cannot restore struct from: ${kindOf(value)}`;
  const source = value as Readonly<Record<string, unknown>>;
  for (const [name, field] of type.fields) {
    const error = valueError(field.type, source[name]);
    if (error !== undefined) return error;
  }
  return undefined;
}

function valueError(type: TypeRef, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (type.kind) {
    case 'string':
    case 'boolean':
    case 'int32':
    case 'int64':
    case 'double':
      return plainError(PLAIN_KINDS[type.kind], type.goType, kindOf(value));
    case 'struct':
      return conversionError(type.struct, value);
    case 'list':
      return Array.isArray(value) ? firstError(type.items, value) : `cannot restore slice from ${kindOf(value)}`;
    case 'map':
      return kindOf(value) === 'map' ? firstError(type.values, Object.values(value)) : `cannot restore map from ${kindOf(value)}`;
    case 'bytes': {
      if (typeof value !== 'string') return `cannot restore slice from ${kindOf(value)}`;
      const error = decodeScalar(type, value).error;
      return error === undefined ? undefined : `error decoding from json: ${error}`;
    }
    case 'time':
    case 'microTime':
      // The type's own decoder takes a text.
      return typeof value === 'string' ? decodeScalar(type, value).error : decodeScalar(TEXT, value).error;
    default:
      return decodeScalar(type, value).error;
  }
}

function firstError(type: TypeRef, values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const error = valueError(type, value);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** Go could convert between more kinds than JSON may: those have another message than the rest. */
function plainError(wanted: string, goType: string, given: string): string | undefined {
  const isNumber = given === 'int64' || given === 'float64';
  if (given === wanted || (given === 'int64' && wanted === 'int32') || (isNumber && wanted === 'float64')) return undefined;
  const isConvertible = isNumber && (wanted.startsWith('int') || (wanted === 'string' && given === 'int64'));
  return isConvertible ? `cannot convert ${given} to ${goType}` : `unrecognized type: ${wanted}`;
}
