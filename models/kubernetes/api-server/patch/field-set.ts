/**
 * Sets of field paths, kept in the very form in which managedFields shows them (`FieldsV1`).
 *
 * A node's children are `f:name` fields, `k:{...}` list elements by key, `v:...` set members; `.` says that the node
 * itself belongs to the set, and a node without children always does. The trie is immutable and shared: an operation that
 * changes nothing returns its operand, so that a controller's thousandth status update costs a walk over what it changed.
 * Upstream: structured-merge-diff/fieldpath/{set,serialize,serialize-pe}.go.
 */

import { scalarText } from './json-value.ts';

/** A node of the trie; the root of a set is a node that itself never belongs to the set. */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

const SELF = '.';
/** A member without children; as a root, the empty set. */
export const EMPTY: FieldSet = Object.freeze({});

/** Whether a root has no members. */
export const isEmpty = (set: FieldSet): boolean => {
  for (const _ in set) return false;
  return true;
};

const isMember = (node: FieldSet): boolean => SELF in node || isEmpty(node);

const rank = (element: string): number => (element === SELF ? 0 : 'fkvi'.indexOf(element.charAt(0)) + 1);

/** Order of path elements: `.`, fields, keys, values, indices (fieldpath.PathElement.Less). */
export function compareElements(a: string, b: string): number {
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  if (a.startsWith('k:')) return compareKeys(a, b);
  return compareText(a, b);
}

/** Texts in the order of their code units. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One key whose value is a plain string: what nearly all lists have. */
const ONE_KEY = /^k:\{("[^"\\]*"):"([^"\\]*)"\}$/;

/** Keys compare field by field, numbers as numbers. */
function compareKeys(a: string, b: string): number {
  const one = ONE_KEY.exec(a);
  const other = one === null ? null : ONE_KEY.exec(b);
  if (one !== null && other !== null && one[1] === other[1]) return compareText(one[2] as string, other[2] as string);
  const left = Object.entries(JSON.parse(a.slice(2)) as Record<string, unknown>);
  const right = Object.entries(JSON.parse(b.slice(2)) as Record<string, unknown>);
  for (let at = 0; at < left.length && at < right.length; at++) {
    const [leftName = '', leftValue] = left[at] ?? [];
    const [rightName = '', rightValue] = right[at] ?? [];
    if (leftName !== rightName) return leftName < rightName ? -1 : 1;
    if (leftValue === rightValue) continue;
    if (typeof leftValue === 'number' && typeof rightValue === 'number') return leftValue - rightValue;
    return String(leftValue) < String(rightValue) ? -1 : 1;
  }
  return left.length - right.length;
}

/** A node with these children in order; undefined when it neither belongs to the set nor leads to a member. */
function node(member: boolean, children: Readonly<Record<string, FieldSet>>, sort: boolean): FieldSet | undefined {
  const names = Object.keys(children);
  if (names.length === 0) return member ? EMPTY : undefined;
  const ordered = sort ? names.sort(compareElements) : names;
  const out: Record<string, FieldSet> = member ? { [SELF]: EMPTY } : {};
  for (const name of ordered) out[name] = children[name] as FieldSet;
  return out;
}

function children(set: FieldSet): Record<string, FieldSet> {
  const out: Record<string, FieldSet> = {};
  for (const name in set) if (name !== SELF) out[name] = set[name] as FieldSet;
  return out;
}

function uniteNodes(a: FieldSet, b: FieldSet, member: boolean): FieldSet {
  let out: Record<string, FieldSet> | undefined;
  let added = false;
  for (const name in b) {
    if (name === SELF) continue;
    const mine = a[name];
    const theirs = b[name] as FieldSet;
    const both = mine === undefined ? theirs : uniteNodes(mine, theirs, isMember(mine) || isMember(theirs));
    if (both === mine) continue;
    added ||= mine === undefined;
    (out ??= children(a))[name] = both;
  }
  const before = isMember(a);
  if (out === undefined && (member === before || isEmpty(a))) return a;
  return node(member, out ?? children(a), added) ?? EMPTY;
}

/** Members of either set. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return uniteNodes(a, b, false);
}

function subtractNodes(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  let out: Record<string, FieldSet> | undefined;
  for (const name in b) {
    const mine = name === SELF ? undefined : a[name];
    if (mine === undefined) continue;
    const theirs = b[name] as FieldSet;
    const rest = subtractNodes(mine, theirs, isMember(mine) && !isMember(theirs));
    if (rest === mine) continue;
    out ??= children(a);
    if (rest === undefined) delete out[name];
    else out[name] = rest;
  }
  if (out === undefined && member === isMember(a)) return a;
  return node(member, out ?? children(a), false);
}

/** Members of `a` that are not members of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  return subtractNodes(a, b, false) ?? EMPTY;
}

/** Members of `a` that are neither members of `b` nor below one (Set.RecursiveDifference). */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  let out: Record<string, FieldSet> | undefined;
  for (const name in b) {
    const mine = name === SELF ? undefined : a[name];
    if (mine === undefined) continue;
    const theirs = b[name] as FieldSet;
    const member = isMember(mine);
    const inner = isMember(theirs) ? EMPTY : differenceBelow(mine, theirs);
    if (inner === mine && !isEmpty(inner)) continue;
    out ??= { ...a };
    if (isEmpty(inner) && !(member && !isMember(theirs))) delete out[name];
    else out[name] = inner;
  }
  return out ?? a;
}

function intersectNodes(a: FieldSet, b: FieldSet, member: boolean): FieldSet | undefined {
  const out: Record<string, FieldSet> = {};
  for (const name in b) {
    const mine = name === SELF ? undefined : a[name];
    if (mine === undefined) continue;
    const theirs = b[name] as FieldSet;
    const common = intersectNodes(mine, theirs, isMember(mine) && isMember(theirs));
    if (common !== undefined) out[name] = common;
  }
  return node(member, out, false);
}

/** Members of both sets. */
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => intersectNodes(a, b, false) ?? EMPTY;

/** Whether the path lies in the set or above a member of it. */
export function leadsTo(set: FieldSet, path: readonly string[]): boolean {
  let at: FieldSet | undefined = set;
  for (const element of path) {
    at = at[element];
    if (at === undefined) return false;
  }
  return true;
}

/** Same members. */
export function sameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const other = b[name];
      return other !== undefined && sameSet(a[name] as FieldSet, other);
    })
  );
}

/** All members as paths, in order. */
export function members(set: FieldSet, path: readonly string[] = []): readonly (readonly string[])[] {
  const out: (readonly string[])[] = [];
  for (const name in set) {
    if (name === SELF) continue;
    const below = set[name] as FieldSet;
    const at = [...path, name];
    if (isMember(below)) out.push(at);
    out.push(...members(below, at));
  }
  return out;
}

/** A node that is being collected from finished children, in any order. */
export class FieldSetNode {
  private children: Record<string, FieldSet> | undefined;
  private last = '';
  private isSorted = true;

  /** Gives the node a child that it does not have yet. */
  set(element: string, child: FieldSet): void {
    if (this.children === undefined) this.children = {};
    else this.isSorted &&= compareElements(this.last, element) < 0;
    this.children[element] = child;
    this.last = element;
  }

  /** The node; undefined when it neither is a member nor leads to one. */
  build(isMember: boolean): FieldSet | undefined {
    if (this.children === undefined) return isMember ? EMPTY : undefined;
    if (this.isSorted && !isMember) return this.children;
    return node(isMember, this.children, !this.isSorted);
  }
}

/** A set that is being collected; paths may come in any order. */
export class FieldSetBuilder {
  private readonly root: BuilderNode = { member: false, children: new Map() };
  private empty = true;

  /** Adds a path. */
  add(path: readonly string[]): void {
    let at = this.root;
    for (const element of path) {
      let next = at.children.get(element);
      if (next === undefined) {
        next = { member: false, children: new Map() };
        at.children.set(element, next);
      }
      at = next;
    }
    at.member = true;
    this.empty = false;
  }

  /** The set collected so far. */
  build(): FieldSet {
    return this.empty ? EMPTY : built(this.root);
  }
}

interface BuilderNode {
  member: boolean;
  readonly children: Map<string, BuilderNode>;
}

function built(from: BuilderNode): FieldSet {
  if (from.children.size === 0) return EMPTY;
  const out: Record<string, FieldSet> = from.member ? { [SELF]: EMPTY } : {};
  const names = [...from.children.keys()];
  if (names.length > 1) names.sort(compareElements);
  for (const name of names) out[name] = built(from.children.get(name) as BuilderNode);
  return out;
}

/** `.spec.containers[name="c"].image`: a path as conflict messages print it (fieldpath.Path.String). */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      const body = element.slice(2);
      if (element.startsWith('f:')) return `.${body}`;
      if (element.startsWith('v:')) return `[=${body}]`;
      if (element.startsWith('i:')) return `[${body}]`;
      const keys = JSON.parse(body) as Record<string, unknown>;
      return `[${Object.entries(keys)
        .map(([name, value]) => `${name}=${scalarText(value)}`)
        .join(',')}]`;
    })
    .join('');
}
