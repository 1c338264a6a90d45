/**
 * Turns a JSON value into an API object as Go's decoder and encoder would leave it.
 *
 * Types are checked with Go's messages, unknown fields are dropped and reported, nulls and empty collections vanish,
 * zero values appear where Go always writes them, quantities and times take their canonical form. The very same
 * reference comes back when nothing had to change, which is the case for objects that came out of this server.
 * Upstream: sigs.k8s.io/json, apimachinery/pkg/runtime/serializer/json, apiserver/pkg/endpoints/handlers/create.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import { NEW } from '../../object/new.ts';
import { formatQuantity, parseQuantity, roundUpToMilli } from '../../object/quantity.ts';
import { goQuote } from '../status/go-format.ts';
import type { Field, StructType, TypeRef } from './types.ts';
import { canonicalMicroTime, canonicalTime, timeError } from './instant.ts';

/** The result of decoding: the object, the first hard error, and what strict decoding complains about. */
export interface Decoded {
  readonly value: unknown;
  /** Go's message; the request fails with 400. */
  readonly error?: string;
  /** `unknown field "spec.foo"`, in document order. */
  readonly strict: readonly string[];
}

const SIMPLE_QUANTITY = /^(?:0|[1-9]\d{0,2}(?:m|Ki|Mi|Gi|k|M|G)?)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The JSON type of a value, as Go's decoder names it. */
export const jsonType = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
};

class Decoder {
  error: string | undefined;
  readonly strict: string[] = [];
  /** Names and positions that lead to the current value. */
  private readonly path: (string | number)[] = [];
  private readonly structs: string[] = [];

  private fail(message: string): void {
    this.error ??= message;
  }

  private mismatch(value: unknown, goType: string, what = jsonType(value)): undefined {
    const names = this.path.filter((part) => typeof part === 'string' && !part.startsWith('['));
    const struct = this.structs[this.structs.length - 1];
    const target = struct === undefined || names.length === 0 ? 'Go value' : `Go struct field ${struct}.${names.join('.')}`;
    this.fail(`json: cannot unmarshal ${what} into ${target} of type ${goType}`);
    return undefined;
  }

  private pathText(name: string): string {
    let text = '';
    for (const part of [...this.path, name]) {
      if (typeof part === 'number') text += `[${part}]`;
      else text += text === '' ? part : `.${part.startsWith('[') ? part.slice(1, -1) : part}`;
    }
    return text;
  }

  /** `known` is what this server has made of the same value before; what is the same there needs no second look. */
  struct(type: StructType, value: unknown, known?: Record<string, unknown>): unknown {
    if (typeof value !== 'object' || Array.isArray(value) || value === null) return this.mismatch(value, `v1.${type.goName}`);
    const source = value as Record<string, unknown>;
    this.structs.push(type.goName);
    const names = Object.keys(source);
    let out: Record<string, unknown> | undefined;
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      const before = source[name];
      const was = known?.[name];
      const after = before === was && before !== undefined && before !== null ? before : this.member(type, name, before, was);
      if (out === undefined) {
        if (after === before && after !== undefined) continue;
        out = {};
        for (let earlier = 0; earlier < at; earlier++) out[names[earlier] as string] = source[names[earlier] as string];
      }
      if (after !== undefined) out[name] = after;
    }
    const current = out ?? source;
    for (const entry of type.always) {
      if (current[entry.name] !== undefined) continue;
      out ??= { ...NEW, ...source };
      out[entry.name] = entry.value;
    }
    this.structs.pop();
    return out ?? source;
  }

  private member(type: StructType, name: string, value: unknown, known: unknown): unknown {
    const field = type.fields.get(name);
    if (field === undefined) {
      this.strict.push(`unknown field ${goQuote(this.pathText(name))}`);
      return undefined;
    }
    if (value === null || value === undefined) {
      return field.type.kind === 'any' || isNullWritten(type, field) ? null : undefined;
    }
    if (isPlain(field.type.kind, value)) return field.omitsZero && isZero(value) ? undefined : value;
    this.path.push(name);
    const decoded = this.value(field.type, value, known);
    this.path.pop();
    if (field.omitsZero && isZero(decoded)) return undefined;
    if (isEmptyCollection(field, decoded)) return isNullWritten(type, field) ? null : undefined;
    return decoded;
  }

  /** `known` as for {@link struct}: it is of the same type, if it is there. */
  value(type: TypeRef, value: unknown, known?: unknown): unknown {
    switch (type.kind) {
      case 'string':
        return typeof value === 'string' ? value : this.mismatch(value, type.goType);
      case 'boolean':
        return typeof value === 'boolean' ? value : this.mismatch(value, type.goType);
      case 'int32':
        return this.integer(value, type.goType, 2147483647);
      case 'int64':
        return this.integer(value, type.goType, 2 ** 63);
      case 'double':
        return typeof value === 'number' ? value : this.mismatch(value, type.goType);
      case 'quantity':
        return this.quantity(value);
      case 'intOrString':
        return this.intOrString(value);
      case 'time':
      case 'microTime':
        return this.time(value, type.kind === 'time', type.goType);
      case 'bytes':
        return this.bytes(value);
      case 'any':
        return value;
      case 'struct':
        return typeof value === 'object' && !Array.isArray(value) ? this.struct(type.struct, value, isRecord(known) ? known : undefined) : this.mismatch(value, type.goType);
      case 'list':
        return this.list(type.items, value, type.goType, Array.isArray(known) ? known : undefined);
      default:
        return this.map(type.values, value, type.goType);
    }
  }

  private integer(value: unknown, goType: string, max: number): unknown {
    if (typeof value !== 'number') return this.mismatch(value, goType);
    if (Number.isInteger(value) && value <= max && value >= -max - 1) return value;
    return this.mismatch(value, goType, `number ${value}`);
  }

  private quantity(value: unknown): unknown {
    if (typeof value === 'string' && SIMPLE_QUANTITY.test(value)) return value;
    if (typeof value === 'object' || typeof value === 'boolean') {
      this.fail("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
      return undefined;
    }
    const parsed = parseQuantity(String(value));
    if (isLeft(parsed)) {
      this.fail(parsed.left);
      return undefined;
    }
    return formatQuantity(roundUpToMilli(parsed.right));
  }

  private intOrString(value: unknown): unknown {
    if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return value;
    this.fail(`json: cannot unmarshal ${typeof value === 'number' ? `number ${value}` : jsonType(value)} into Go value of type int32`);
    return undefined;
  }

  private time(value: unknown, isWhole: boolean, goType: string): unknown {
    if (typeof value !== 'string') return this.mismatch(value, goType);
    const canonical = isWhole ? canonicalTime(value) : canonicalMicroTime(value);
    if (canonical === undefined) this.fail(timeError(value, isWhole));
    return canonical;
  }

  private bytes(value: unknown): unknown {
    if (typeof value !== 'string') return this.mismatch(value, '[]uint8');
    const text = value.includes('\n') || value.includes('\r') ? value.replace(/[\r\n]/g, '') : value;
    if (!BASE64.test(text)) {
      const bad = text.search(/[^A-Za-z0-9+/]/);
      this.fail(`illegal base64 data at input byte ${bad < 0 ? text.length - (text.length % 4) : bad}`);
    }
    return text;
  }

  private list(items: TypeRef, value: unknown, goType: string, known?: readonly unknown[]): unknown {
    if (!Array.isArray(value)) return this.mismatch(value, goType);
    let out: unknown[] | undefined;
    for (let at = 0; at < value.length; at++) {
      const before: unknown = value[at];
      const was = known?.[at];
      if (before === was && before !== undefined && before !== null) continue;
      this.path.push(at);
      const after = before === null ? zeroItem(items) : this.value(items, before, was);
      this.path.pop();
      if (after === before) continue;
      out ??= [...value];
      out[at] = after;
    }
    return out ?? value;
  }

  private map(values: TypeRef, value: unknown, goType: string): unknown {
    if (typeof value !== 'object' || Array.isArray(value) || value === null) return this.mismatch(value, goType);
    const source = value as Record<string, unknown>;
    let out: Record<string, unknown> | undefined;
    for (const name of Object.keys(source)) {
      const before = source[name];
      this.path.push(`[${name}]`);
      const after = before === null ? zeroItem(values) : this.value(values, before);
      this.path.pop();
      if (after === before) continue;
      out ??= { ...source };
      out[name] = after;
    }
    return out ?? source;
  }
}

/** Whether a value is as its type wants it and has nothing below: most are such. */
function isPlain(kind: TypeRef['kind'], value: unknown): boolean {
  if (kind === 'string') return typeof value === 'string';
  return kind === 'boolean' ? typeof value === 'boolean' : kind === 'any';
}

const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isNullWritten = (type: StructType, field: Field): boolean =>
  type.always.some((entry) => entry.name === field.name && entry.value === null);

function isEmptyCollection(field: Field, value: unknown): boolean {
  if (field.type.kind === 'list') return Array.isArray(value) && value.length === 0;
  if (field.type.kind !== 'map' || typeof value !== 'object' || value === null) return false;
  for (const _ in value) return false;
  return true;
}

function zeroItem(type: TypeRef): unknown {
  switch (type.kind) {
    case 'string':
    case 'bytes':
      return '';
    case 'boolean':
      return false;
    case 'quantity':
      return '0';
    case 'struct':
      return Object.fromEntries(type.struct.always.map((entry) => [entry.name, entry.value]));
    case 'list':
    case 'map':
    case 'any':
      return null;
    default:
      return 0;
  }
}

/** Decodes one value that is not part of a struct. */
export function decodeScalar(type: TypeRef, value: unknown): Pick<Decoded, 'value' | 'error'> {
  const decoder = new Decoder();
  const result = decoder.value(type, value);
  return { value: result, ...(decoder.error === undefined ? {} : { error: decoder.error }) };
}

/** Decodes a JSON value as the given struct. `known` is an object of that type that came out of a decoder: members that are the very same are taken over. */
export function decode(type: StructType, value: unknown, known?: object): Decoded {
  const decoder = new Decoder();
  const result = decoder.struct(type, value, known as Record<string, unknown> | undefined);
  return { value: result, strict: decoder.strict, ...(decoder.error === undefined ? {} : { error: decoder.error }) };
}
