/**
 * Plain JSON values and the few questions that all patch types ask of them.
 *
 * Values are frozen or treated as frozen: every function here and in the patch modules returns a new value that shares
 * whatever did not change, so reference equality means "unchanged" and no patch can alter a stored object.
 */
import { NEW } from '../../object/new.ts';
import { jsonType } from '../schema/decode.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (not an array, not null). */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Own property or undefined; never reads the prototype, since keys come from clients. */
export const own = (object: JsonObject, key: string): unknown =>
  Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;

/** Whether the object has the key itself. */
export const has = (object: JsonObject, key: string): boolean => Object.prototype.hasOwnProperty.call(object, key);

/** A copy of an object that a caller may fill. Client keys such as `__proto__` become ordinary keys. */
export function mutableCopy(object: JsonObject): Record<string, unknown> {
  return { ...NEW, ...object };
}

/** Sets an own property even for the names that JavaScript treats specially. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

/** Deep equality of JSON values; key order does not matter, an absent key differs from null. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!has(b, key) || !jsonEqual(a[key], b[key])) return false;
  return true;
}

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!jsonEqual(a[at], b[at])) return false;
  return true;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

/* eslint-disable no-control-regex -- control characters are what has to be escaped. */
const ESCAPED = /["\\\u0000-\u001f]/;
const ALL_ESCAPED = new RegExp(ESCAPED, 'g');
/* eslint-enable no-control-regex */

/** A JSON scalar as text, as it stands in path elements and messages. */
export function scalarText(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (!ESCAPED.test(value)) return `"${value}"`;
  const escaped = value.replaceAll(ALL_ESCAPED, (char) => ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${escaped}"`;
}

/** JSON text with sorted keys, as Go prints maps: equal values have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return scalarText(value);
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${scalarText(name)}:${canonicalJson(value[name])}`)
    .join(',')}}`;
}

/** What Go's decoder says of a JSON value that should be an object. */
export const noMapError = (value: unknown): string => `json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`;
