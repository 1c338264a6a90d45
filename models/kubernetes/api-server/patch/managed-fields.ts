/**
 * Who owns which field: `metadata.managedFields` after an update that is not an apply.
 *
 * The stored entries are the working form: an update touches only the entries whose fields it changed and shares all
 * others, and an update that changes no tracked field returns the list it was given.
 * Upstream: apimachinery/pkg/util/managedfields/internal/{managedfieldsupdater,capmanagers,stripmeta,structuredmerge}.go,
 * structured-merge-diff/merge/update.go.
 */
import type { ManagedFieldsEntry } from '../../object/types.ts';
import { put } from '../defaults/fill.ts';
import { compare } from './compare.ts';
import { createdFields } from './created-fields.ts';
import { compareText, difference, differenceBelow, intersection, isEmpty, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import type { JsonObject } from './json-value.ts';
import { isObject } from './json-value.ts';
import type { Shape } from './shape.ts';

const member = Object.freeze({}) as FieldSet;

/** Fields that nobody owns (stripmeta.go). */
const UNTRACKED_FIELDS = ['apiVersion', 'kind'];
const UNTRACKED_METADATA = new Set(['clusterName', 'creationTimestamp', 'generation', 'managedFields', 'name', 'namespace', 'resourceVersion', 'selfLink', 'uid']);

const fieldsNamed = (names: Iterable<string>): FieldSet => Object.fromEntries([...names].map((name) => [`f:${name}`, member]));

/** What an endpoint resets, in the two forms in which it is looked up. */
interface Reset {
  /** What a creator does not own at the root of its object. */
  readonly unowned: ReadonlySet<string>;
  readonly fields: FieldSet;
}

const resets = new WeakMap<ResetFields, Reset>();

function resetOf(names: ResetFields): Reset {
  let reset = resets.get(names);
  if (reset === undefined) resets.set(names, (reset = { unowned: new Set([...UNTRACKED_FIELDS, ...names]), fields: fieldsNamed(names) }));
  return reset;
}

const UNTRACKED: FieldSet = { ...fieldsNamed(UNTRACKED_FIELDS), 'f:metadata': { '.': member, ...fieldsNamed(UNTRACKED_METADATA) } };

/** More Update entries than this are merged into one (DefaultMaxUpdateManagers). */
const MAXIMUM_UPDATE_ENTRIES = 10;
/** Manager of entries that were merged (capmanagers.go). */
const ANCIENT = 'ancient-changes';

/** Who writes, and through which door. */
export interface Writer {
  readonly manager: string;
  /** The version of the URL, such as `apps/v1`. */
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339 with whole seconds. */
  readonly now: string;
}

/** Fields that a main or status endpoint resets, as root field names; they never count as written through it. */
export type ResetFields = readonly string[];

const NOTHING: ResetFields = [];
const STATUS: ResetFields = ['status'];
const SPEC: ResetFields = ['spec'];
const EVERYTHING: ResetFields = ['spec', 'status', 'metadata'];

/**
 * What an endpoint resets (GetResetFields of the strategies): the main endpoint does not write status, `/status` does not
 * write spec, and nothing written through `/ephemeralcontainers` is tracked.
 */
export function resetFieldsOf(hasStatus: boolean, subresource: string): ResetFields {
  if (subresource === 'ephemeralcontainers') return EVERYTHING;
  if (subresource === 'status') return SPEC;
  return hasStatus ? STATUS : NOTHING;
}

const NO_ENTRIES: readonly ManagedFieldsEntry[] = Object.freeze([]);

export const entriesOf = (object: JsonObject): readonly ManagedFieldsEntry[] => {
  const metadata = object['metadata'];
  const entries = isObject(metadata) ? metadata['managedFields'] : undefined;
  return Array.isArray(entries) ? (entries as readonly ManagedFieldsEntry[]) : NO_ENTRIES;
};

export const fieldsOfEntry = (entry: ManagedFieldsEntry): FieldSet => entry.fieldsV1 as unknown as FieldSet;

/** An entry with other fields, the same entry when they are the same set. */
const withFields = (entry: ManagedFieldsEntry, fields: FieldSet): ManagedFieldsEntry =>
  fields === fieldsOfEntry(entry) ? entry : { ...entry, fieldsV1: fields as unknown as Record<string, unknown> };

/** A new entry with the property order of the wire. */
export const newEntry = (writer: Writer, operation: 'Apply' | 'Update', fields: FieldSet): ManagedFieldsEntry => ({
  manager: writer.manager,
  operation,
  apiVersion: writer.apiVersion,
  time: writer.now,
  fieldsType: 'FieldsV1',
  fieldsV1: fields as unknown as Record<string, unknown>,
  ...(writer.subresource === '' ? {} : { subresource: writer.subresource }),
});

export const isEntryOf = (entry: ManagedFieldsEntry, writer: Writer, operation: 'Apply' | 'Update'): boolean =>
  entry.manager === writer.manager &&
  entry.operation === operation &&
  (operation === 'Apply' || entry.apiVersion === writer.apiVersion) &&
  (entry.subresource ?? '') === writer.subresource;

/** Removes what is never tracked and what the endpoint resets. */
export function tracked(fields: FieldSet, reset: ResetFields): FieldSet {
  if (isEmpty(fields)) return fields;
  let out = difference(fields, UNTRACKED);
  if (reset.length > 0) out = differenceBelow(out, resetOf(reset).fields);
  return out;
}

/** Apply before Update, then time, manager, version, subresource (managedfields.go sortEncodedManagedFields). */
export const compareEntries = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): number =>
  compareText(a.operation, b.operation) ||
  compareText(a.time ?? '', b.time ?? '') ||
  compareText(a.manager, b.manager) ||
  compareText(a.apiVersion, b.apiVersion) ||
  compareText(a.subresource ?? '', b.subresource ?? '');

/** Merges the oldest Update entries when there are too many. Entries must be sorted. */
function capped(entries: readonly ManagedFieldsEntry[], now: string): readonly ManagedFieldsEntry[] {
  if (entries.length <= MAXIMUM_UPDATE_ENTRIES) return entries;
  const updates = entries.filter((entry) => entry.operation === 'Update');
  if (updates.length <= MAXIMUM_UPDATE_ENTRIES) return entries;
  const kept = new Set(entries);
  const buckets = new Map<string, ManagedFieldsEntry>();
  let count = updates.length;
  for (const entry of updates) {
    if (count <= MAXIMUM_UPDATE_ENTRIES) break;
    const bucket = buckets.get(entry.apiVersion);
    kept.delete(entry);
    if (bucket === undefined) {
      const writer = { manager: ANCIENT, apiVersion: entry.apiVersion, subresource: '', now: entry.time ?? now };
      buckets.set(entry.apiVersion, newEntry(writer, 'Update', fieldsOfEntry(entry)));
      continue;
    }
    buckets.set(entry.apiVersion, withFields(bucket, union(fieldsOfEntry(bucket), fieldsOfEntry(entry))));
    count -= 1;
  }
  return [...kept, ...buckets.values()].sort(compareEntries);
}

/** Whether the client asked for tracking to start anew: `managedFields: []` or `[{}]`. */
const isReset = (entries: unknown): boolean =>
  Array.isArray(entries) &&
  (entries.length === 0 || (entries.length === 1 && isObject(entries[0]) && Object.keys(entries[0]).length === 0));

/** Entries that the written object carries: none given means those of the live object (decodeLiveOrNew). */
function startingEntries(live: JsonObject, next: JsonObject, isCreate: boolean): readonly ManagedFieldsEntry[] {
  const metadata = next['metadata'];
  const given = isObject(metadata) ? metadata['managedFields'] : undefined;
  if (isReset(given)) return NO_ENTRIES;
  if (isCreate || !Array.isArray(given)) return isCreate ? NO_ENTRIES : entriesOf(live);
  return given as readonly ManagedFieldsEntry[];
}

/**
 * managedFields after `next` was written over `live` by an update, patch or create (`live` = `{}`). Both objects are in
 * the version of the request. Returns the live list itself when no tracked field changed.
 */
export function updateManagedFields(
  shape: Shape,
  live: JsonObject,
  next: JsonObject,
  writer: Writer,
  reset: ResetFields = NOTHING,
): readonly ManagedFieldsEntry[] {
  const isCreate = !('metadata' in live);
  const entries = startingEntries(live, next, isCreate);
  if (isCreate) {
    const created = createdFields(shape, next, resetOf(reset).unowned, UNTRACKED_METADATA);
    return isEmpty(created) ? entries : [newEntry(writer, 'Update', created)];
  }
  // An object without any entry is not tracked before its first apply (skipnonapplied.go).
  if (entries.length === 0) return NO_ENTRIES;
  const { added, modified, removed } = compare(shape, live, next);
  const written = tracked(union(added, modified), reset);
  const gone = tracked(removed, reset);
  if (isEmpty(written) && isEmpty(gone)) return entries;
  let changed = false;
  let own: ManagedFieldsEntry | undefined;
  const others: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    let fields = fieldsOfEntry(entry);
    if (isEntryOf(entry, writer, 'Update')) {
      own = entry;
      fields = union(difference(fields, gone), written);
      changed ||= fields !== fieldsOfEntry(entry);
      if (isEmpty(fields)) continue;
      others.push(isEmpty(written) ? withFields(entry, fields) : { ...withFields(entry, fields), time: writer.now });
      changed ||= !isEmpty(written) && entry.time !== writer.now;
      continue;
    }
    const shared = intersection(fields, written);
    fields = difference(isEmpty(shared) ? fields : difference(fields, shared), gone);
    changed ||= fields !== fieldsOfEntry(entry);
    if (!isEmpty(fields)) others.push(withFields(entry, fields));
  }
  if (own === undefined && !isEmpty(written)) {
    others.push(newEntry(writer, 'Update', written));
    changed = true;
  }
  return changed ? capped(others.sort(compareEntries), writer.now) : entries;
}

/** The object with these entries; the same object when they are its entries already, without the field when empty. */
export function withManagedFields<T extends JsonObject>(object: T, entries: readonly ManagedFieldsEntry[]): T {
  const metadata = object['metadata'] as JsonObject;
  if (metadata['managedFields'] === entries) return object;
  if (entries.length > 0) return { ...object, metadata: put(metadata, 'managedFields', entries) };
  const { managedFields: _, ...rest } = metadata;
  return { ...object, metadata: rest };
}
