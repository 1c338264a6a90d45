/**
 * Uniqueness in lists of type set and map.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go.
 */
import { canonicalJson, isObject, own } from '../patch/json-value.ts';
import { child, duplicate, index, key, type FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { propertyNode, type Node } from './node.ts';

/** Duplicates anywhere in a value. */
export function validateListTypes(node: Node | undefined, input: unknown, path = ''): FieldError[] {
  if (node === undefined || !node.hasListTypes) return [];
  if (Array.isArray(input)) {
    return [...listErrors(node, input, path), ...input.flatMap((item, at) => validateListTypes(node.items, item, index(path, at)))];
  }
  if (!isObject(input)) return [];
  return Object.keys(input)
    .sort()
    .flatMap((name) => validateListTypes(propertyNode(node, name), input[name], node.properties.has(name) ? child(path, name) : key(path, name)));
}

function listErrors({ schema }: Node, input: readonly unknown[], path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  if (type === 'set') return repeated(input, (item) => canonicalJson(item)).map((at) => duplicate(index(path, at), shown(input[at])));
  if (type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const chosen = input.map((item) => Object.fromEntries(keys.flatMap((name) => {
    const value = isObject(item) ? own(item, name) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  })));
  return repeated(chosen, canonicalJson).map((at) => duplicate(index(path, at), literal(goMap(chosen[at] as Readonly<Record<string, unknown>>))));
}

/** Positions of items that were there before; a repeated one is reported once. */
function repeated<T>(list: readonly T[], text: (item: T) => string): number[] {
  const seen = new Map<string, number>();
  const positions: number[] = [];
  for (const [at, item] of list.entries()) {
    const count = (seen.get(text(item)) ?? 0) + 1;
    seen.set(text(item), count);
    if (count === 2) positions.push(at);
  }
  return positions;
}

const shown = (value: unknown): unknown => (isObject(value) ? literal(goMap(value)) : value);

/** `map[string]interface {}{"a":"b"}`. */
function goMap(value: Readonly<Record<string, unknown>>): string {
  const parts = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${typeof value[name] === 'object' ? canonicalJson(value[name]) : JSON.stringify(value[name])}`);
  return `map[string]interface {}{${parts.join(', ')}}`;
}
