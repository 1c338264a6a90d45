/**
 * The cluster's objects as a property sees them: the store's content, folded from the facts of etcd.
 *
 * One view serves all properties of a run: the first that sees a fact folds it, the others find it done. Objects are shared
 * with the store and never changed.
 */
import type { Fact, Json } from '../../../src/index.ts';
import type { KeyValue } from '../etcd/message.ts';
import { applyEdits, type Edit } from '../object/diff.ts';
import type { KubeObject } from '../object/types.ts';

/** The kinds of facts that change objects. */
export const OBJECT_FACTS = ['etcd.put', 'etcd.delete'] as const;

/** One change of one object. */
export interface Change {
  /** The store's key: `/registry/pods/default/web-1`. */
  readonly key: string;
  /** The first part of the key: `pods`, `services/specs`, `minions` for nodes. */
  readonly resource: string;
  readonly rev: number;
  readonly isDelete: boolean;
  /** What it is now; of a delete, what it was last. */
  readonly object: KubeObject;
  /** What it was before; undefined when it is new. */
  readonly previous: KubeObject | undefined;
}

interface PutData {
  readonly key: string;
  readonly rev: number;
  readonly value?: Json;
  readonly edits?: readonly Edit[];
}

const ROOT = '/registry/';

/** Resources whose prefix has two parts, besides those of a group with a dot in its name. */
const TWO_PARTS: readonly string[] = ['services', 'ranges'];

export class ObjectView {
  /** The revision of the last change. */
  revision = 0;
  private readonly resources = new Map<string, Map<string, KubeObject>>();
  private last: { readonly fact: Fact; readonly change: Change | undefined } | undefined;

  /** An empty view, or one of a store that holds something already. */
  constructor(values: readonly KeyValue[] = []) {
    for (const { key, object } of values) this.directory(resourceOfKey(key)).set(key, object);
  }

  /** Folds a fact, once; returns the change that it is. */
  take(fact: Fact): Change | undefined {
    if (this.last?.fact === fact) return this.last.change;
    const change = fact.kind === 'etcd.put' ? this.put(fact.data as unknown as PutData) : fact.kind === 'etcd.delete' ? this.delete(fact.data as unknown as PutData) : undefined;
    this.last = { fact, change };
    if (change !== undefined) this.revision = change.rev;
    return change;
  }

  /** All objects of a resource by its key prefix. */
  list<T extends KubeObject = KubeObject>(resource: string): readonly T[] {
    return [...(this.resources.get(resource)?.values() ?? [])] as T[];
  }

  get<T extends KubeObject = KubeObject>(resource: string, namespace: string | undefined, name: string): T | undefined {
    return this.resources.get(resource)?.get(`${ROOT}${resource}/${namespace === undefined ? '' : `${namespace}/`}${name}`) as T | undefined;
  }

  private put({ key, rev, value, edits }: PutData): Change {
    const resource = resourceOfKey(key);
    const directory = this.directory(resource);
    const previous = directory.get(key);
    const object = edits === undefined ? (value as unknown as KubeObject) : applyEdits(previous as KubeObject, edits);
    directory.set(key, object);
    return { key, resource, rev, isDelete: false, object, previous };
  }

  private delete({ key, rev }: PutData): Change | undefined {
    const resource = resourceOfKey(key);
    const directory = this.directory(resource);
    const previous = directory.get(key);
    if (previous === undefined) return undefined;
    directory.delete(key);
    return { key, resource, rev, isDelete: true, object: previous, previous };
  }

  private directory(resource: string): Map<string, KubeObject> {
    let directory = this.resources.get(resource);
    if (directory === undefined) this.resources.set(resource, (directory = new Map()));
    return directory;
  }
}

/** `pods` of `/registry/pods/default/web-1`, `services/specs` of `/registry/services/specs/default/web`. */
export function resourceOfKey(key: string): string {
  const end = key.indexOf('/', ROOT.length);
  const first = key.slice(ROOT.length, end);
  if (!TWO_PARTS.includes(first) && !first.includes('.')) return first;
  return key.slice(ROOT.length, key.indexOf('/', end + 1));
}
