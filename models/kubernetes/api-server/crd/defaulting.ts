/**
 * Defaults of a structural schema, and nulls that no field may have.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/defaulting/{algorithm,prune}.go.
 */
import { isObject, own, setOwn, type JsonObject } from '../patch/json-value.ts';
import { propertyNode, type Node } from './node.ts';

/** Removes nulls of properties that are neither nullable nor have a default. */
export function dropNulls(node: Node | undefined, input: unknown): unknown {
  if (node === undefined) return input;
  if (Array.isArray(input)) return eachItem(input, (item) => dropNulls(node.items, item));
  if (!isObject(input)) return input;
  let out: Record<string, unknown> | undefined;
  for (const name of Object.keys(input)) {
    const before = own(input, name);
    const inner = propertyNode(node, name);
    if (inner === undefined) continue;
    if (before === null && inner.schema.nullable !== true && inner.schema.default === undefined) {
      delete (out ??= { ...input })[name];
      continue;
    }
    const after = dropNulls(inner, before);
    if (after !== before) setOwn((out ??= { ...input }), name, after);
  }
  return out ?? input;
}

/** Fills what is missing, or null where null is not allowed. */
export function fillDefaults(node: Node | undefined, input: unknown): unknown {
  if (node === undefined || !node.hasDefaults) return input;
  if (Array.isArray(input)) {
    const { items } = node;
    return eachItem(input, (item) => fillDefaults(items, isForbiddenNull(items, item) ? items?.schema.default : item));
  }
  if (!isObject(input)) return input;
  let out: Record<string, unknown> | undefined;
  for (const [name, inner] of node.properties) {
    if (inner.schema.default === undefined) continue;
    const before = own(input, name);
    if (before === undefined || (before === null && inner.schema.nullable !== true)) setOwn((out ??= { ...input }), name, inner.schema.default);
  }
  const filled: JsonObject = out ?? input;
  for (const name of Object.keys(filled)) {
    const before = own(filled, name);
    const inner = propertyNode(node, name);
    if (inner === undefined) continue;
    const given = node.properties.has(name) || !isForbiddenNull(inner, before) ? before : inner.schema.default;
    const after = fillDefaults(inner, given);
    if (after !== before) setOwn((out ??= { ...input }), name, after);
  }
  return out ?? input;
}

const isForbiddenNull = (node: Node | undefined, value: unknown): boolean =>
  value === null && node !== undefined && node.schema.nullable !== true && node.schema.default !== undefined;

function eachItem(list: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  let out: unknown[] | undefined;
  for (const [at, item] of list.entries()) {
    const after = change(item);
    if (after !== item) (out ??= [...list])[at] = after;
  }
  return out ?? list;
}
