/**
 * What a write added, changed and removed, as sets of field paths.
 *
 * The walk stops wherever both versions are the same reference, so its cost follows the change and not the object.
 * Upstream: structured-merge-diff/typed/compare.go.
 */
import { EMPTY, FieldSetBuilder } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { has, isObject, jsonEqual } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { elementsOf } from './list-element.ts';
import { LEAF, UNTYPED } from './shape.ts';
import type { ListShape, Shape } from './shape.ts';

/** The difference of two versions of an object. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

interface Walk {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
  readonly path: string[];
}

const EMPTY_LIST: readonly unknown[] = Object.freeze([]);

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) ? value.length === 0 : Object.keys(value as object).length === 0);

function leaf(walk: Walk, before: unknown, after: unknown): void {
  if (before === undefined) walk.added.add(walk.path);
  else if (after === undefined) walk.removed.add(walk.path);
  else if (!jsonEqual(before, after)) walk.modified.add(walk.path);
}

/** The shape that a value of an untyped field has by itself: maps are granular, lists are atomic. */
function deduced(value: unknown): Shape {
  return isObject(value) ? { kind: 'map', atomic: false, values: UNTYPED } : LEAF;
}

/** `undefined` means absent. Both versions are walked together. */
function walkValue(walk: Walk, shape: Shape, before: unknown, after: unknown): void {
  if (before === after) return;
  const at = shape.kind === 'untyped' ? deduced(after ?? before) : shape;
  const asObjects = (value: unknown): boolean => value === undefined || value === null || isObject(value);
  const asLists = (value: unknown): boolean => value === undefined || value === null || Array.isArray(value);
  const isBranch =
    (at.kind === 'structure' || at.kind === 'map') && !at.atomic
      ? asObjects(before) && asObjects(after)
      : at.kind === 'list' && at.type !== 'atomic' && asLists(before) && asLists(after);
  if (!isBranch || (isNothing(before) && isNothing(after))) return leaf(walk, before, after);
  if (at.kind === 'list') walkList(walk, at, (before as unknown[]) ?? EMPTY_LIST, (after as unknown[]) ?? EMPTY_LIST);
  else walkFields(walk, at, (before as Version | null) ?? undefined, (after as Version | null) ?? undefined);
  if (before === undefined) walk.added.add(walk.path);
  else if (after === undefined) walk.removed.add(walk.path);
}

/** `undefined` for a version means that the structure is not there at all. */
type Version = JsonObject | undefined;

function walkField(walk: Walk, shape: Shape, name: string, before: Version, after: Version): void {
  let old = before !== undefined && has(before, name) ? before[name] : undefined;
  let next = after !== undefined && has(after, name) ? after[name] : undefined;
  if (old === next) return;
  let inner: Shape = UNTYPED;
  if (shape.kind === 'map') inner = shape.values;
  else if (shape.kind === 'structure') {
    const field = shape.fields.get(name);
    inner = field?.shape() ?? shape.rest ?? UNTYPED;
    if (field?.absent !== undefined) {
      if (before !== undefined && old === undefined) old = field.absent;
      if (after !== undefined && next === undefined) next = field.absent;
    }
  }
  walk.path.push(`f:${name}`);
  walkValue(walk, inner, old, next);
  walk.path.pop();
}

function walkFields(walk: Walk, shape: Shape, before: Version, after: Version): void {
  for (const name in before) walkField(walk, shape, name, before, after);
  for (const name in after) {
    if (before === undefined || !has(before, name)) walkField(walk, shape, name, before, after);
  }
}

function walkList(walk: Walk, shape: ListShape, before: readonly unknown[], after: readonly unknown[]): void {
  const old = elementsOf(shape, before);
  const next = elementsOf(shape, after);
  for (const [element, item] of old) {
    walk.path.push(element);
    walkValue(walk, shape.items, item, next.get(element));
    walk.path.pop();
  }
  for (const [element, item] of next) {
    if (old.has(element)) continue;
    walk.path.push(element);
    walkValue(walk, shape.items, undefined, item);
    walk.path.pop();
  }
}

const NOTHING: Comparison = { added: EMPTY, modified: EMPTY, removed: EMPTY };

/** Compares two versions of an object of the same shape. */
export function compare(shape: Shape, before: JsonObject, after: JsonObject): Comparison {
  if (before === after) return NOTHING;
  const walk: Walk = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
    path: [],
  };
  walkFields(walk, shape, before, after);
  return { added: walk.added.build(), modified: walk.modified.build(), removed: walk.removed.build() };
}

/** All fields that an applied configuration states (typed.TypedValue.ToFieldSet). */
export function fieldsOf(shape: Shape, value: JsonObject): FieldSet {
  const builder = new FieldSetBuilder();
  collect(builder, shape, value, []);
  return builder.build();
}

function collect(builder: FieldSetBuilder, shape: Shape, value: unknown, path: string[]): void {
  const at = shape.kind === 'untyped' ? deduced(value) : shape;
  if ((at.kind === 'structure' || at.kind === 'map') && !at.atomic && isObject(value)) {
    for (const name in value) {
      const field = at.kind === 'structure' ? at.fields.get(name) : undefined;
      const inner = at.kind === 'map' ? at.values : (field?.shape() ?? at.rest ?? UNTYPED);
      path.push(`f:${name}`);
      collect(builder, inner, value[name], path);
      const isEmptyMap = isObject(value[name]) && Object.keys(value[name]).length === 0;
      if (value[name] === null || isEmptyMap || field === undefined) builder.add(path);
      path.pop();
    }
  } else if (at.kind === 'list' && at.type !== 'atomic' && Array.isArray(value)) {
    for (const [element, item] of elementsOf(at, value)) {
      path.push(element);
      collect(builder, at.items, item, path);
      builder.add(path);
      path.pop();
    }
  } else builder.add(path);
}
