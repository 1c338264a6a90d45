/**
 * Pruning: fields that the schema does not know are dropped, and reported.
 *
 * The same reference comes back when nothing was dropped. Source:
 * apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go, defaulting/prune.go.
 */
import { isObject, own, setOwn, type JsonObject } from '../patch/json-value.ts';
import type { Node } from './node.ts';

/** Fields of every resource, which are never pruned at a root. */
const META_FIELDS: readonly string[] = ['apiVersion', 'kind', 'metadata'];

interface Walk {
  readonly unknown: string[];
}

/** Drops unknown fields of a custom object; `unknown` are their paths, sorted. */
export function prune(root: Node, object: JsonObject): { readonly object: JsonObject; readonly unknown: readonly string[] } {
  const walk: Walk = { unknown: [] };
  const pruned = map(root, true, object, '', walk);
  return { object: pruned, unknown: walk.unknown.sort() };
}

/** Drops unknown fields of a value inside a custom object. */
export const pruneValue = (node: Node, input: unknown): unknown => value(node, input, '', { unknown: [] });

function value(node: Node | undefined, input: unknown, path: string, walk: Walk): unknown {
  if (isObject(input)) return map(node, node?.isEmbedded === true, input, path, walk);
  if (!Array.isArray(input) || (node?.preserves === true && node.items === undefined)) return input;
  let out: unknown[] | undefined;
  for (const [at, item] of input.entries()) {
    const after = value(node?.items, item, `${path}[${at}]`, walk);
    if (after !== item) (out ??= [...input])[at] = after;
  }
  return out ?? input;
}

function map(node: Node | undefined, isResource: boolean, input: JsonObject, path: string, walk: Walk): JsonObject {
  let out: Record<string, unknown> | undefined;
  const copy = (): Record<string, unknown> => (out ??= { ...input });
  for (const name of Object.keys(input)) {
    if (isResource && META_FIELDS.includes(name)) continue;
    const before = own(input, name);
    const inner = path === '' ? name : `${path}.${name}`;
    const known = node?.properties.get(name);
    const covered = known ?? node?.additional;
    if (covered !== undefined && covered !== false) {
      const after = value(covered === true ? undefined : covered, before, inner, walk);
      if (after !== before) setOwn(copy(), name, after);
    } else if (node?.preserves !== true) {
      walk.unknown.push(inner);
      delete copy()[name];
    }
  }
  return out ?? input;
}
