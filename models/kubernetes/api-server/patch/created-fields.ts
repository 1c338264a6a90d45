/**
 * What the creator of an object owns: all fields of the new object, as a set of field paths.
 *
 * The same set as `compare` finds between `{}` and the object, without a walk over what is not there and without the fields that
 * nobody owns. Every object that is created takes this way, so it is short.
 */
import { compareElements, EMPTY } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { isObject, jsonEqual } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { elementOf, elementsOf } from './list-element.ts';
import { deduced, UNTYPED } from './shape.ts';
import type { ListShape, MapShape, Shape, Structure } from './shape.ts';

type Names = ReadonlySet<string>;
const NONE: Names = new Set();

/** The fields of a new object, but for those at its root in `skipped` and those of its metadata in `skippedMetadata`. */
export function createdFields(shape: Shape, object: JsonObject, skipped: Names, skippedMetadata: Names): FieldSet {
  const at = shape.kind === 'untyped' ? deduced(object) : shape;
  if (at.kind !== 'structure' && at.kind !== 'map') return EMPTY;
  return fieldsBelow(at, object, true, skipped, skippedMetadata) ?? EMPTY;
}

/** The fields of one value. `before` is what an absent field has by itself, mostly undefined. */
function fieldsAt(shape: Shape, before: unknown, after: unknown, skipped: Names): FieldSet | undefined {
  const at = shape.kind === 'untyped' ? deduced(after ?? before) : shape;
  const isThere = before !== undefined;
  if (at.kind === 'list') {
    if (at.type !== 'atomic' && Array.isArray(after) && after.length > 0) return elementsBelow(at, after, isThere);
  } else if ((at.kind === 'structure' || at.kind === 'map') && !at.atomic && isObject(after)) {
    for (const _ in after) return fieldsBelow(at, after, isThere, skipped, NONE);
  }
  return isThere && jsonEqual(before, after) ? undefined : EMPTY;
}

function fieldsBelow(at: Structure | MapShape, after: JsonObject, isThere: boolean, skipped: Names, skippedMetadata: Names): FieldSet | undefined {
  const names: string[] = [];
  for (const name in after) if (after[name] !== undefined && (skipped === NONE || !skipped.has(name))) names.push(name);
  inOrder(names);
  const out: Record<string, FieldSet> = isThere ? {} : { '.': EMPTY };
  let isLeaf = true;
  for (const name of names) {
    const field = at.kind === 'structure' ? at.fields.get(name) : undefined;
    const inner = at.kind === 'map' ? at.values : (field?.shape() ?? at.rest ?? UNTYPED);
    const isMetadata = skippedMetadata !== NONE && name === 'metadata';
    const before = isMetadata ? EMPTY : isThere ? field?.absent : undefined;
    const below = fieldsAt(inner, before, after[name], isMetadata ? skippedMetadata : NONE);
    if (below === undefined) continue;
    out[field?.element ?? `f:${name}`] = below;
    isLeaf = false;
  }
  if (!isLeaf) return out;
  return isThere ? undefined : EMPTY;
}

function elementsBelow(at: ListShape, after: readonly unknown[], isThere: boolean): FieldSet | undefined {
  const elements = namedElements(at, after);
  if (elements.length === 0) return isThere ? undefined : EMPTY;
  if (elements.length > 1) elements.sort(([a], [b]) => compareElements(a, b));
  const out: Record<string, FieldSet> = isThere ? {} : { '.': EMPTY };
  for (const [element, item] of elements) out[element] = fieldsAt(at.items, undefined, item, NONE) ?? EMPTY;
  return out;
}

/** The elements of a list with their names; many lists have one. */
function namedElements(at: ListShape, items: readonly unknown[]): (readonly [element: string, item: unknown])[] {
  if (items.length > 1) return [...elementsOf(at, items)];
  const element = elementOf(at, items[0]);
  return element === undefined ? [] : [[element, items[0]]];
}

/** Sorts a few names; most come sorted already, or nearly so. */
function inOrder(names: string[]): void {
  for (let i = 1; i < names.length; i++) {
    const name = names[i] as string;
    let at = i;
    for (; at > 0 && (names[at - 1] as string) > name; at--) names[at] = names[at - 1] as string;
    names[at] = name;
  }
}
