/**
 * An immutable map from strings to values that shares structure between versions (a hash array mapped trie).
 *
 * Thousands of kube-proxies hold the same tables, each perhaps a few changes apart. With versions that share all but the
 * changed path, a change costs O(log n) once for the whole cluster and every lagging node keeps its own exact version
 * for nothing. Iteration order follows hashes: sort keys where order matters.
 */
import { fnv32a } from '../object/hash.ts';

interface Leaf<V> {
  readonly hash: number;
  readonly key: string;
  readonly value: V;
  /** Another key with the same 32-bit hash. */
  readonly next: Leaf<V> | undefined;
}

interface Branch<V> {
  readonly bitmap: number;
  readonly children: readonly Trie<V>[];
}

type Trie<V> = Leaf<V> | Branch<V>;

const BITS = 5;

function isBranch<V>(node: Trie<V>): node is Branch<V> {
  return 'bitmap' in node;
}

function popCount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function find<V>(root: Trie<V> | undefined, hash: number, key: string): V | undefined {
  let node = root;
  let shift = 0;
  while (node !== undefined && isBranch(node)) {
    const bit = 1 << ((hash >>> shift) & 31);
    if ((node.bitmap & bit) === 0) return undefined;
    node = node.children[popCount(node.bitmap & (bit - 1))];
    shift += BITS;
  }
  if (node === undefined || node.hash !== hash) return undefined;
  for (let leaf: Leaf<V> | undefined = node; leaf !== undefined; leaf = leaf.next) {
    if (leaf.key === key) return leaf.value;
  }
  return undefined;
}

function withoutKey<V>(leaf: Leaf<V> | undefined, key: string): Leaf<V> | undefined {
  if (leaf === undefined) return undefined;
  if (leaf.key === key) return leaf.next;
  return { ...leaf, next: withoutKey(leaf.next, key) };
}

function insert<V>(node: Trie<V> | undefined, shift: number, leaf: Leaf<V>): Trie<V> {
  if (node === undefined) return leaf;
  if (!isBranch(node)) {
    if (node.hash === leaf.hash) return { ...leaf, next: withoutKey(node, leaf.key) };
    const lower = insert({ bitmap: 1 << ((node.hash >>> shift) & 31), children: [node] }, shift, leaf);
    return lower;
  }
  const bit = 1 << ((leaf.hash >>> shift) & 31);
  const index = popCount(node.bitmap & (bit - 1));
  const children = node.children.slice();
  if ((node.bitmap & bit) === 0) {
    children.splice(index, 0, leaf);
    return { bitmap: node.bitmap | bit, children };
  }
  children[index] = insert(node.children[index], shift + BITS, leaf);
  return { bitmap: node.bitmap, children };
}

function remove<V>(node: Trie<V>, shift: number, hash: number, key: string): Trie<V> | undefined {
  if (!isBranch(node)) return node.hash === hash ? withoutKey(node, key) : node;
  const bit = 1 << ((hash >>> shift) & 31);
  if ((node.bitmap & bit) === 0) return node;
  const index = popCount(node.bitmap & (bit - 1));
  const child = remove(node.children[index] as Trie<V>, shift + BITS, hash, key);
  const children = node.children.slice();
  if (child === undefined) {
    children.splice(index, 1);
    if (children.length === 0) return undefined;
    const only = children[0] as Trie<V>;
    return children.length === 1 && !isBranch(only) ? only : { bitmap: node.bitmap & ~bit, children };
  }
  if (node.children.length === 1 && !isBranch(child)) return child;
  children[index] = child;
  return { bitmap: node.bitmap, children };
}

function visit<V>(node: Trie<V> | undefined, each: (key: string, value: V) => void): void {
  if (node === undefined) return;
  if (isBranch(node)) {
    for (const child of node.children) visit(child, each);
    return;
  }
  for (let leaf: Leaf<V> | undefined = node; leaf !== undefined; leaf = leaf.next) each(leaf.key, leaf.value);
}

/** An immutable map; `with` and `without` give new versions. */
export class PersistentMap<V> {
  readonly #root: Trie<V> | undefined;
  readonly size: number;

  private constructor(root: Trie<V> | undefined, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(undefined, 0);
  }

  get(key: string): V | undefined {
    return find(this.#root, fnv32a(key), key);
  }

  with(key: string, value: V): PersistentMap<V> {
    const hash = fnv32a(key);
    const before = find(this.#root, hash, key);
    if (before === value && before !== undefined) return this;
    const root = insert(this.#root, 0, { hash, key, value, next: undefined });
    return new PersistentMap(root, before === undefined ? this.size + 1 : this.size);
  }

  without(key: string): PersistentMap<V> {
    const hash = fnv32a(key);
    if (this.#root === undefined || find(this.#root, hash, key) === undefined) return this;
    return new PersistentMap(remove(this.#root, 0, hash, key), this.size - 1);
  }

  /** Calls `each` for every entry, in the order of the hashes. */
  forEach(each: (key: string, value: V) => void): void {
    visit(this.#root, each);
  }

  /** All keys in code-unit order. */
  sortedKeys(): string[] {
    const keys: string[] = [];
    this.forEach((key) => keys.push(key));
    return keys.sort();
  }
}
