/**
 * What a write added, changed and removed, as sets of field paths.
 *
 * The walk stops wherever both versions are the same reference, so its cost follows the change and not the object.
 * Upstream: structured-merge-diff/typed/compare.go.
 */
import { EMPTY, FieldSetBuilder, FieldSetNode } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { has, isObject, jsonEqual } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { elementsOf } from './list-element.ts';
import { deduced, UNTYPED } from './shape.ts';
import type { Shape } from './shape.ts';

/** The difference of two versions of an object. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What changed at one place and below: nodes of the three sets, where there is something. */
interface Change {
  readonly added?: FieldSet | undefined;
  readonly modified?: FieldSet | undefined;
  readonly removed?: FieldSet | undefined;
}

const ADDED: Change = { added: EMPTY };
const MODIFIED: Change = { modified: EMPTY };
const REMOVED: Change = { removed: EMPTY };
const NO_CHANGE: Change = {};
const NO_ITEMS: ReadonlyMap<string, unknown> = new Map();

const isNothing = (value: unknown): boolean => {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value as object) return false;
  return true;
};

function leaf(before: unknown, after: unknown): Change {
  if (before === undefined) return ADDED;
  if (after === undefined) return REMOVED;
  return jsonEqual(before, after) ? NO_CHANGE : MODIFIED;
}

const asObject = (value: unknown): boolean => value === undefined || value === null || isObject(value);
const asList = (value: unknown): boolean => value === undefined || value === null || Array.isArray(value);

/** The change of one value. `undefined` means absent. */
function changeOf(shape: Shape, before: unknown, after: unknown): Change {
  if (before === after) return NO_CHANGE;
  const at = shape.kind === 'untyped' ? deduced(after ?? before) : shape;
  const isBranch =
    at.kind === 'list'
      ? at.type !== 'atomic' && asList(before) && asList(after)
      : at.kind !== 'leaf' && at.kind !== 'untyped' && !at.atomic && asObject(before) && asObject(after);
  if (!isBranch || (isNothing(before) && isNothing(after))) return leaf(before, after);
  const below = new Below(before === undefined, after === undefined);
  if (at.kind === 'list') {
    below.elements(at.items, before ? elementsOf(at, before as unknown[]) : NO_ITEMS, after ? elementsOf(at, after as unknown[]) : NO_ITEMS);
  } else below.fields(at, (before as Version | null) ?? undefined, (after as Version | null) ?? undefined);
  return below.change();
}

/** `undefined` for a version means that the structure is not there at all. */
type Version = JsonObject | undefined;

/** Collects what changed below one place. A place that is new or gone belongs to the sets itself. */
class Below {
  private added: FieldSetNode | undefined;
  private modified: FieldSetNode | undefined;
  private removed: FieldSetNode | undefined;
  private readonly isNew: boolean;
  private readonly isGone: boolean;

  constructor(isNew: boolean, isGone: boolean) {
    this.isNew = isNew;
    this.isGone = isGone;
  }

  fields(shape: Shape, before: Version, after: Version): void {
    for (const name in before) if (before[name] !== after?.[name]) this.field(shape, name, before, after);
    for (const name in after) {
      if (before === undefined || !has(before, name)) this.field(shape, name, before, after);
    }
  }

  elements(items: Shape, before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): void {
    for (const [element, item] of before) this.take(element, changeOf(items, item, after.get(element)));
    for (const [element, item] of after) if (!before.has(element)) this.take(element, changeOf(items, undefined, item));
  }

  change(): Change {
    return {
      added: this.added?.build(this.isNew) ?? (this.isNew ? EMPTY : undefined),
      modified: this.modified?.build(false),
      removed: this.removed?.build(this.isGone) ?? (this.isGone ? EMPTY : undefined),
    };
  }

  private field(shape: Shape, name: string, before: Version, after: Version): void {
    let old = before !== undefined && has(before, name) ? before[name] : undefined;
    let next = after !== undefined && has(after, name) ? after[name] : undefined;
    if (old === next) return;
    let inner: Shape = UNTYPED;
    let element: string | undefined;
    if (shape.kind === 'map') inner = shape.values;
    else if (shape.kind === 'structure') {
      const field = shape.fields.get(name);
      inner = field?.shape() ?? shape.rest ?? UNTYPED;
      element = field?.element;
      if (field?.absent !== undefined) {
        if (before !== undefined && old === undefined) old = field.absent;
        if (after !== undefined && next === undefined) next = field.absent;
      }
    }
    this.take(element ?? `f:${name}`, changeOf(inner, old, next));
  }

  private take(element: string, { added, modified, removed }: Change): void {
    if (added !== undefined) (this.added ??= new FieldSetNode()).set(element, added);
    if (modified !== undefined) (this.modified ??= new FieldSetNode()).set(element, modified);
    if (removed !== undefined) (this.removed ??= new FieldSetNode()).set(element, removed);
  }
}

const NOTHING: Comparison = { added: EMPTY, modified: EMPTY, removed: EMPTY };

/** Compares two versions of an object of the same shape. */
export function compare(shape: Shape, before: JsonObject, after: JsonObject): Comparison {
  if (before === after) return NOTHING;
  const below = new Below(false, false);
  below.fields(shape, before, after);
  const { added = EMPTY, modified = EMPTY, removed = EMPTY } = below.change();
  return { added, modified, removed };
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
