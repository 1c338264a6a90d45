/**
 * Server-side apply: merges a configuration into an object, removes what its manager gave up, and finds conflicts.
 *
 * Ownership is read from and written to `metadata.managedFields`; see field-set.ts for the form and compare.ts for what
 * counts as a change. Upstream: structured-merge-diff/{merge/update.go,typed/merge.go},
 * apimachinery/pkg/util/managedfields/internal/{fieldmanager,conflict,lastappliedmanager,skipnonapplied}.go.
 */
import * as Either from 'fp-ts/lib/Either.js';
import type { ManagedFieldsEntry } from '../../object/types.ts';
import { goQuote } from '../status/go-format.ts';
import { applyConflict } from '../status/status.ts';
import type { Status, StatusCause } from '../status/status.ts';
import { compare, fieldsOf } from './compare.ts';
import { EMPTY, difference, intersection, isEmpty, members, pathText, sameSet, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { has, isObject, jsonEqual, mutableCopy, own, setOwn } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { elementOf, elementsOf } from './list-element.ts';
import {
  compareEntries,
  entriesOf,
  fieldsOfEntry,
  isEntryOf,
  newEntry,
  tracked,
  withManagedFields,
} from './managed-fields.ts';
import type { ResetFields, Writer } from './managed-fields.ts';
import { UNTYPED } from './shape.ts';
import type { ListShape, Shape } from './shape.ts';

/** Owner of the fields that an object had before its first apply. */
const BEFORE_FIRST_APPLY = 'before-first-apply';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The managers between which kubectl hands over from client-side to server-side apply (lastappliedmanager.go). */
const SERVER_SIDE_MANAGER = 'kubectl';
const CLIENT_SIDE_MANAGER = 'kubectl-client-side-apply';

const deduced = (shape: Shape, value: unknown): Shape =>
  shape.kind === 'untyped' && isObject(value) ? { kind: 'map', atomic: false, values: UNTYPED } : shape;

const innerShape = (shape: Shape, name: string): Shape =>
  shape.kind === 'map' ? shape.values : shape.kind === 'structure' ? (shape.fields.get(name)?.shape() ?? shape.rest ?? UNTYPED) : UNTYPED;

/** The live value with the configuration laid over it. Equal parts stay shared. */
export function mergeTyped(shape: Shape, live: unknown, config: unknown): unknown {
  const at = deduced(shape, config);
  if ((at.kind === 'structure' || at.kind === 'map') && !at.atomic && isObject(config) && isObject(live)) {
    let out: Record<string, unknown> | undefined;
    for (const name of Object.keys(config)) {
      const before = own(live, name);
      const after = before === undefined ? config[name] : mergeTyped(innerShape(at, name), before, config[name]);
      if (after !== before || !has(live, name)) setOwn((out ??= mutableCopy(live)), name, after);
    }
    return out ?? live;
  }
  if (at.kind === 'list' && at.type !== 'atomic' && Array.isArray(config) && Array.isArray(live)) {
    const merged = mergeLists(at, live, config);
    return jsonEqual(merged, live) ? live : merged;
  }
  return jsonEqual(live, config) ? live : config;
}

/** Interleaves two keyed lists: shared elements keep the configuration's order, the others stay next to their neighbours. */
function mergeLists(shape: ListShape, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const mine = elementsOf(shape, live);
  const theirs = elementsOf(shape, config);
  const left = live.map((item) => elementOf(shape, item) ?? '');
  const right = config.map((item) => elementOf(shape, item) ?? '');
  const shared = right.filter((element) => mine.has(element));
  const merged = new Set<string>();
  const out: unknown[] = [];
  const take = (element: string): void => {
    merged.add(element);
    const before = mine.get(element);
    const after = theirs.get(element);
    out.push(before === undefined ? after : mergeTyped(shape.items, before, after));
    if (shared[0] === element) shared.shift();
  };
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const element = left[l];
    if (element !== undefined) {
      if (r < right.length && element === right[r]) {
        take(element);
        l += 1;
        r += 1;
        continue;
      }
      if (r < right.length && theirs.has(element) && shared.length > 0 && shared[0] !== element) {
        l += 1;
        continue;
      }
      if (!theirs.has(element)) {
        out.push(live[l]);
        l += 1;
        continue;
      }
      if (merged.has(element)) l += 1;
    }
    const next = right[r];
    if (next !== undefined) {
      if (!merged.has(next)) take(next);
      r += 1;
    }
  }
  return out;
}

/** Whether a node of the trie belongs to the set itself. */
const isMember = (node: FieldSet): boolean => '.' in node || isEmpty(node);

/** Removes what `last` claimed and nobody in `owned` holds any more. */
function pruned(shape: Shape, value: unknown, last: FieldSet, owned: FieldSet): unknown {
  const at = deduced(shape, value);
  if (isObject(value)) {
    let out: Record<string, unknown> | undefined;
    for (const element in last) {
      if (!element.startsWith('f:')) continue;
      const name = element.slice(2);
      if (!has(value, name)) continue;
      const claim = last[element] as FieldSet;
      const held = owned[element];
      if (isMember(claim) && held === undefined) delete (out ??= mutableCopy(value))[name];
      else {
        const inner = pruned(innerShape(at, name), value[name], claim, held ?? EMPTY);
        if (inner !== value[name]) setOwn((out ??= mutableCopy(value)), name, inner);
      }
    }
    // What is left empty is no value any more (structured-merge-diff, typed/remove.go).
    return out === undefined ? value : Object.keys(out).length > 0 ? out : null;
  }
  if (at.kind !== 'list' || !Array.isArray(value)) return value;
  const out: unknown[] = [];
  for (const item of value) {
    const element = elementOf(at, item);
    const claim = element === undefined ? undefined : last[element];
    if (element === undefined || claim === undefined) out.push(item);
    else if (!isMember(claim) || owned[element] !== undefined) out.push(pruned(at.items, item, claim, owned[element] ?? EMPTY));
  }
  return out.length === value.length && out.every((item, position) => item === value[position]) ? value : out;
}

interface Conflict {
  readonly entry: ManagedFieldsEntry;
  readonly fields: FieldSet;
}

/** Who a conflict is with, as messages say it (internal/conflict.go printManager). */
function managerText({ entry }: Conflict): string {
  let text = goQuote(entry.manager);
  if (entry.subresource !== undefined) text += ` with subresource ${goQuote(entry.subresource)}`;
  return entry.operation === 'Update' ? `${text} using ${entry.apiVersion}` : text;
}

function conflictStatus(conflicts: readonly Conflict[]): Status {
  const sorted = conflicts
    .map((conflict) => ({ text: managerText(conflict), paths: members(conflict.fields).map(pathText) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const causes: StatusCause[] = sorted.flatMap(({ text, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${text}`, field })),
  );
  const first = sorted[0];
  const body =
    causes.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: conflict with ${first.text}: ${first.paths[0] ?? ''}`
      : `Apply failed with ${causes.length} conflicts: ${sorted
          .map(({ text, paths }) => `conflicts with ${text}:\n${paths.map((path) => `- ${path}`).join('\n')}`)
          .join('\n')}`;
  return applyConflict(causes, body);
}

/** Fields of the last-applied annotation: conflicts over them with kubectl's older self do not count. */
function handedOver(shape: Shape, live: JsonObject, writer: Writer): FieldSet {
  const metadata = live['metadata'];
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  const text = isObject(annotations) ? annotations[LAST_APPLIED] : undefined;
  if (writer.manager !== SERVER_SIDE_MANAGER || typeof text !== 'string') return EMPTY;
  try {
    const config: unknown = JSON.parse(text);
    return isObject(config) ? fieldsOf(shape, config) : EMPTY;
  } catch {
    return EMPTY;
  }
}

/** Entries of an object before its first apply: the fields it has get an owner. */
function entriesBefore(shape: Shape, live: JsonObject, writer: Writer, reset: ResetFields): readonly ManagedFieldsEntry[] {
  const entries = entriesOf(live);
  if (entries.length > 0 || !isObject(live['metadata']) || own(live['metadata'], 'uid') === undefined) return entries;
  const everything = tracked(compare(shape, {}, live).added, reset);
  return [newEntry({ ...writer, manager: BEFORE_FIRST_APPLY, subresource: '' }, 'Update', everything)];
}

/** The result of an apply: the merged object with its managedFields. */
export type Applied = Either.Either<Status, JsonObject>;

/**
 * Applies `config` to `live` (`{}` when the object does not exist). Both are in the version of the request; the result is
 * `live` itself when neither the object nor any ownership changed. Left: 409 with one cause for each conflicting field.
 */
export function applyConfiguration(
  shape: Shape,
  live: JsonObject,
  config: JsonObject,
  writer: Writer,
  isForced: boolean,
  reset: ResetFields = [],
): Applied {
  const entries = entriesBefore(shape, live, writer, reset);
  const mine = entries.find((entry) => isEntryOf(entry, writer, 'Apply'));
  const claimed = tracked(fieldsOf(shape, config), reset);
  const merged = mergeTyped(shape, live, config) as JsonObject;
  const owned = entries.reduce((sum, entry) => (entry === mine ? sum : union(sum, fieldsOfEntry(entry))), claimed);
  const next = mine === undefined ? merged : (pruned(shape, merged, fieldsOfEntry(mine), owned) as JsonObject);
  const { added, modified, removed } = compare(shape, live, next);
  const written = tracked(union(added, modified), reset);
  const gone = tracked(removed, reset);
  const conflicts: Conflict[] = [];
  const handed = handedOver(shape, live, writer);
  const kept: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    if (entry === mine) continue;
    const fields = fieldsOfEntry(entry);
    const clash = intersection(fields, written);
    const isOlderSelf = entry.manager === CLIENT_SIDE_MANAGER && entry.operation === 'Update';
    const counted = isOlderSelf ? difference(clash, handed) : clash;
    if (!isEmpty(counted)) conflicts.push({ entry, fields: counted });
    const left = difference(difference(fields, clash), gone);
    if (!isEmpty(left)) kept.push(left === fields ? entry : { ...entry, fieldsV1: left as unknown as Record<string, unknown> });
  }
  if (conflicts.length > 0 && !isForced) return Either.left(conflictStatus(conflicts));
  const isSame = isEmpty(written) && isEmpty(gone) && mine !== undefined && sameSet(fieldsOfEntry(mine), claimed);
  if (isSame && kept.every((entry) => entries.includes(entry)) && kept.length === entries.length - 1) return Either.right(live);
  const all = isEmpty(claimed) ? kept : [...kept, newEntry(writer, 'Apply', claimed)];
  return Either.right(withManagedFields(next, all.sort(compareEntries)));
}
