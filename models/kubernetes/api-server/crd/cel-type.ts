/**
 * What a schema means to CEL: the type of each node for checking, and the conversion of values for running.
 *
 * Property names that are no identifiers are escaped, fields of unknown type do not exist for rules, integers become
 * bigints. Source: apiextensions-apiserver/pkg/apiserver/schema/cel/model/schemas.go, apiserver/pkg/cel/{escaping,common}.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { isObject, type JsonObject } from '../patch/json-value.ts';
import type { Node } from './node.ts';

/** Words that CEL keeps for itself. */
const RESERVED: readonly string[] = [
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop',
  'package', 'namespace', 'return', 'var', 'void', 'while',
];

/** A property's name in CEL, or nothing when it cannot be named. */
export function escapeName(name: string): string | undefined {
  if (RESERVED.includes(name)) return `__${name}__`;
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(name)) return undefined;
  return name.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}

const STRING_TYPES: Readonly<Record<string, string>> = {
  byte: 'bytes',
  duration: 'google.protobuf.Duration',
  date: 'google.protobuf.Timestamp',
  'date-time': 'google.protobuf.Timestamp',
};

/** Gives types names in an environment; one for each compilation. */
export class TypeNames {
  private count = 0;
  next(): string {
    this.count++;
    return `object${this.count}`;
  }
}

/** Whether CEL knows a type for the node; fields without one do not exist for rules. */
export function isTyped(node: Node): boolean {
  if (node.isIntOrString) return true;
  const { type } = node.schema;
  if (type === 'array') return node.items !== undefined && isTyped(node.items);
  if (type !== 'object') return type === 'string' || type === 'integer' || type === 'number' || type === 'boolean';
  if (typeof node.additional === 'object') return isTyped(node.additional);
  return node.properties.size > 0 || node.isEmbedded;
}

/** Fields that a resource has without saying so. */
const RESOURCE_FIELDS: Readonly<Record<string, string>> = { apiVersion: 'string', kind: 'string' };

/** Declares a node's type and returns its name. */
export function declareType(env: Environment, node: Node, isResource: boolean, names: TypeNames): string {
  if (node.isIntOrString) return 'dyn';
  const { type, format } = node.schema;
  switch (type) {
    case 'string':
      return STRING_TYPES[format ?? ''] ?? 'string';
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'array':
      return node.items === undefined ? 'dyn' : `list<${declareType(env, node.items, node.items.isEmbedded, names)}>`;
    case 'object':
      break;
    default:
      return 'dyn';
  }
  if (typeof node.additional === 'object') return `map<string, ${declareType(env, node.additional, node.additional.isEmbedded, names)}>`;
  const fields: Record<string, string> = isResource ? { ...RESOURCE_FIELDS } : {};
  for (const [name, inner] of node.properties) {
    const escaped = escapeName(name);
    if (escaped === undefined || !isTyped(inner) || (isResource && name in { ...RESOURCE_FIELDS, metadata: '' })) continue;
    fields[escaped] = declareType(env, inner, inner.isEmbedded, names);
  }
  if (isResource) {
    const metadata = names.next();
    env.registerType(metadata, { fields: { name: 'string', generateName: 'string' } });
    fields['metadata'] = metadata;
  }
  const name = names.next();
  env.registerType(name, { fields });
  return name;
}

/** A JSON value as CEL sees it; undefined when it does not exist for CEL. */
export function toCel(node: Node, value: unknown, isResource: boolean): unknown {
  if (value === null || value === undefined) return null;
  if (node.isIntOrString) return typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
  const { type, format } = node.schema;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
    case 'string':
      return typeof value === 'string' && format !== undefined ? textToCel(value, format) : value;
    case 'array': {
      const { items } = node;
      return Array.isArray(value) && items !== undefined ? value.map((item) => toCel(items, item, items.isEmbedded)) : [];
    }
    case 'object':
      return isObject(value) ? objectToCel(node, value, isResource) : value;
    default:
      return value;
  }
}

function objectToCel(node: Node, value: JsonObject, isResource: boolean): unknown {
  const out: Record<string, unknown> = {};
  const { additional } = node;
  if (typeof additional === 'object') {
    for (const name of Object.keys(value)) out[name] = toCel(additional, value[name], additional.isEmbedded);
    return out;
  }
  for (const [name, inner] of node.properties) {
    const escaped = escapeName(name);
    if (escaped !== undefined && isTyped(inner) && Object.prototype.hasOwnProperty.call(value, name)) out[escaped] = toCel(inner, value[name], inner.isEmbedded);
  }
  if (!isResource) return out;
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const { name, generateName } = metadata;
  return {
    ...out,
    apiVersion: value['apiVersion'],
    kind: value['kind'],
    metadata: { ...(name === undefined ? {} : { name }), ...(generateName === undefined ? {} : { generateName }) },
  };
}

function textToCel(text: string, format: string): unknown {
  if (format === 'date' || format === 'date-time') {
    const time = new Date(format === 'date' ? `${text}T00:00:00Z` : text);
    return Number.isNaN(time.getTime()) ? text : time;
  }
  if (format === 'byte') return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return text;
}
