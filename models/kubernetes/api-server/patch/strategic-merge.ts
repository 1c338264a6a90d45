/**
 * Strategic merge patch: a merge patch that knows which lists are keyed, and takes directives.
 *
 * Directives are `$patch` (replace, delete, merge), `$retainKeys`, `$setElementOrder/<field>` and
 * `$deleteFromPrimitiveList/<field>`. Elements of a keyed list that the patch names come first among themselves, in the
 * patch's order, as far as the order on the server does not say otherwise.
 * Upstream: apimachinery/pkg/util/strategicpatch/patch.go.
 */
import * as Either from 'fp-ts/lib/Either.js';
import { goPlain } from '../status/go-format.ts';
import { badRequest, plainError } from '../status/status.ts';
import type { Status } from '../status/status.ts';
import { has, isObject, jsonEqual, mutableCopy, noMapError, own, setOwn } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { UNTYPED } from './shape.ts';
import type { Field, Shape } from './shape.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/** Thrown inside this module only, and turned into the left side at its edge: the recursion is deep and errors are rare. */
class Rejection extends Error {
  readonly status: Status;
  constructor(status: Status) {
    super(status.message);
    this.status = status;
  }
}

const reject = (status: Status): never => {
  throw new Rejection(status);
};

const noMergeKey = (item: JsonObject, key: string): never =>
  reject(plainError(`map: ${goPlain(item)} does not contain declared merge key: ${key}`));

const fieldOf = (shape: Shape, name: string): Field | undefined =>
  shape.kind === 'structure' ? shape.fields.get(name) : undefined;

function shapeOfField(shape: Shape, name: string): Shape {
  if (shape.kind === 'map') return shape.values;
  return fieldOf(shape, name)?.shape() ?? UNTYPED;
}

const itemShape = (shape: Shape): Shape => (shape.kind === 'list' ? shape.items : UNTYPED);

/** A patch value that lands on nothing: nulls and directives vanish (dropDirectives, discardNullValuesFromPatch). */
function settled(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => !(isObject(item) && has(item, DIRECTIVE) && own(item, DIRECTIVE) !== 'merge')).map(settled);
  }
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const isDirective = key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER);
    if (!isDirective && value[key] !== null) setOwn(out, key, settled(value[key]));
  }
  return out;
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

/** Position of an element: by its merge key, or by value. */
function positionOf(items: readonly unknown[], item: unknown, key: string): number {
  if (key === '') return items.findIndex((other) => jsonEqual(other, item));
  if (!isObject(item)) return -1;
  const value = own(item, key);
  return items.findIndex((other) => isObject(other) && jsonEqual(own(other, key), value));
}

const inOrderOf = (items: readonly unknown[], order: readonly unknown[], key: string): readonly unknown[] =>
  items
    .map((item, at) => ({ item, at, rank: positionOf(order, item, key) }))
    .sort((a, b) => (a.rank < 0 || b.rank < 0 ? a.at - b.at : a.rank - b.rank || a.at - b.at))
    .map(({ item }) => item);

/** Interleaves the elements that a patch names with those only the server has, following the server's order. */
function ordered(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  key: string,
): readonly unknown[] {
  const isNamed = (item: unknown): boolean => positionOf(patchOrder, item, key) >= 0;
  const right = inOrderOf(merged.filter(isNamed), patchOrder, key);
  const left = inOrderOf(merged.filter((item) => !isNamed(item)), serverOrder, key);
  const out: unknown[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const leftRank = i < left.length ? positionOf(serverOrder, left[i], key) : -1;
    const rightRank = j < right.length ? positionOf(serverOrder, right[j], key) : -1;
    const isLeftNext = j >= right.length || (i < left.length && leftRank >= 0 && rightRank >= 0 && leftRank < rightRank);
    if (isLeftNext) out.push(left[i++]);
    else out.push(right[j++]);
  }
  return out;
}

function mergeKeyed(original: readonly unknown[], patch: readonly unknown[], key: string, shape: Shape): readonly unknown[] {
  let items: readonly unknown[] = original;
  const plain: JsonObject[] = [];
  let isReplaced = false;
  for (const entry of patch) {
    if (!isObject(entry)) return reject(badRequest('invalid JSON document'));
    const directive = own(entry, DIRECTIVE);
    if (directive === undefined) plain.push(entry);
    else if (directive === 'replace') isReplaced = true;
    else if (directive === 'delete') {
      if (!has(entry, key)) noMergeKey(entry, key);
      items = items.filter((item) => !(isObject(item) && jsonEqual(own(item, key), entry[key])));
    } else if (directive === 'merge') return reject(plainError('merging lists cannot yet be specified in the patch'));
    else return reject(plainError(`unknown patch type: ${goPlain(directive)} in map: ${goPlain(entry)}`));
  }
  if (isReplaced) return plain.map(settled);
  const merged = [...items];
  for (const entry of plain) {
    if (!has(entry, key)) noMergeKey(entry, key);
    const at = positionOf(merged, entry, key);
    if (at < 0) merged.push(settled(entry));
    else merged[at] = mergeObject(merged[at] as JsonObject, entry, itemShape(shape));
  }
  return ordered(merged, plain, items, key);
}

function mergeScalars(original: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const merged: unknown[] = [];
  for (const item of [...original, ...patch]) if (!merged.some((other) => jsonEqual(other, item))) merged.push(item);
  return ordered(merged, patch, original, '');
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], field: Field | undefined, shape: Shape): readonly unknown[] {
  const key = field?.strategicKey;
  if (key === undefined) return patch.map(settled);
  if (original.length === 0 && patch.length === 0) return original;
  if (key === '') return mergeScalars(original, patch);
  return mergeKeyed(original, patch, key, shape);
}

/** `$setElementOrder/<field>`: merges that field's list and puts it into the order given. */
function applyOrder(target: Record<string, unknown>, patch: JsonObject, directive: string, shape: Shape): string {
  const name = directive.slice(SET_ORDER.length);
  const order = own(patch, directive);
  if (!Array.isArray(order)) return reject(badRequest('invalid patch format of setElementOrder list'));
  const field = fieldOf(shape, name);
  const key = field?.strategicKey ?? '';
  const before = own(target, name);
  const change = own(patch, name);
  const original = Array.isArray(before) ? before : undefined;
  const list = Array.isArray(change) ? change : undefined;
  if (original === undefined && list === undefined) return name;
  let merged: readonly unknown[];
  if (original === undefined) merged = settled(list) as readonly unknown[];
  else merged = list === undefined ? original : mergeList(original, list, field, shapeOfField(shape, name));
  setOwn(target, name, ordered(merged, order as readonly unknown[], original ?? [], key));
  return name;
}

function retainKeys(target: Record<string, unknown>, patch: JsonObject): void {
  const keys = own(patch, RETAIN_KEYS);
  if (keys === undefined) return;
  if (!Array.isArray(keys)) reject(badRequest('invalid patch format of retainKeys'));
  const retained = new Set(keys as readonly unknown[]);
  for (const key of Object.keys(patch)) {
    const isDirective = key.startsWith('$');
    if (!isDirective && patch[key] !== null && !retained.has(key)) reject(badRequest('invalid patch format of retainKeys'));
  }
  for (const key of Object.keys(target)) if (!retained.has(key)) delete target[key];
}

function mergeField(target: Record<string, unknown>, name: string, change: unknown, shape: Shape): void {
  if (change === null) {
    delete target[name];
    return;
  }
  const before = own(target, name);
  if (before === undefined || kindOf(before) !== kindOf(change)) {
    setOwn(target, name, settled(change));
    return;
  }
  const field = fieldOf(shape, name);
  const inner = shapeOfField(shape, name);
  let after: unknown = change;
  if (isObject(change)) after = field?.replaced === true ? settled(change) : mergeObject(before as JsonObject, change, inner);
  else if (Array.isArray(change)) after = mergeList(before as readonly unknown[], change, field, inner);
  if (!jsonEqual(before, after)) setOwn(target, name, after);
}

function mergeObject(original: JsonObject, patch: JsonObject, shape: Shape): JsonObject {
  const directive = own(patch, DIRECTIVE);
  if (directive === 'delete') return {};
  if (directive === 'replace') return settled(patch) as JsonObject;
  if (directive !== undefined && directive !== 'merge') {
    return reject(plainError(`unknown patch type: ${goPlain(directive)} in map: ${goPlain(patch)}`));
  }
  const target = mutableCopy(original);
  retainKeys(target, patch);
  const done = new Set<string>();
  for (const key of Object.keys(patch)) if (key.startsWith(SET_ORDER)) done.add(applyOrder(target, patch, key, shape));
  for (const key of Object.keys(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(SET_ORDER) || done.has(key)) continue;
    if (key.startsWith(DELETE_FROM)) {
      const name = key.slice(DELETE_FROM.length);
      const gone = patch[key];
      if (!Array.isArray(gone)) return reject(badRequest('invalid patch format of primitive list'));
      const before = own(target, name);
      if (Array.isArray(before)) setOwn(target, name, before.filter((item) => !gone.some((other) => jsonEqual(other, item))));
    } else mergeField(target, key, patch[key], shape);
  }
  return jsonEqual(target, original) ? original : target;
}

/** Applies a strategic merge patch. Left: 400 for malformed directives, 500 with a bare message where upstream has one. */
export function applyStrategicMergePatch(current: JsonObject, patch: unknown, shape: Shape): Either.Either<Status, JsonObject> {
  if (patch === null) return Either.right(current);
  if (!isObject(patch)) return Either.left(badRequest(noMapError(patch)));
  try {
    return Either.right(mergeObject(current, patch, shape));
  } catch (error) {
    if (error instanceof Rejection) return Either.left(error.status);
    throw error;
  }
}
