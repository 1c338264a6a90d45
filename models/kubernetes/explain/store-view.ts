/**
 * The cluster's objects at any position of a log, by folding etcd's facts.
 *
 * `etcd.put` holds a new object or the edits of a changed one, `etcd.delete` a key. Objects are frozen and shared between
 * versions, so a copy of the view copies one map. The view also knows which record wrote each object last.
 */
import type { Json, LogRecord } from '../../../src/index.ts';
import type { Projection } from '../../../src/replay/projection.ts';
import { KINDS } from '../api-server/registry/kinds.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { Backup } from '../cluster/config.ts';
import { applyEdits, type Edit } from '../object/diff.ts';
import { parseSelector, selectorMatches } from '../object/selector.ts';
import { isLeft } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../object/types.ts';
import { appended, NO_SEQS, type Seqs } from './trail.ts';

/** One stored object. */
export interface Stored {
  readonly object: KubeObject;
  /** The etcd revision of its last write: its resourceVersion. */
  readonly revision: number;
  /** The record of its last write; -1 when it was there before the run began. */
  readonly seq: number;
  /** The records of all its writes. */
  readonly writes: Seqs;
}

/** What the store holds at a position, by key. */
export interface StoreView {
  readonly objects: Map<string, Stored>;
  /** The store's revision: that of the last write or delete. A fresh etcd is at 1. */
  revision: number;
  /** The writes of objects that are gone, the last one deleted them. */
  readonly gone: Map<string, Seqs>;
  /** The steps of scheduler and container runtime for a pod, by `namespace/name`. */
  readonly steps: Map<string, Seqs>;
  /** What was done to an actor. */
  readonly controls: Map<string, Seqs>;
}

/** So many objects that are gone are remembered. */
const GONE_MAX = 20_000;
/** Kinds of facts about a pod. */
const POD_FACTS = ['scheduler.decision', 'container'] as const;
/** Objects whose coming and going nobody asks about. */
const isQuiet = (key: string): boolean => key.startsWith('/registry/events/') || key.startsWith('/registry/leases/');

interface PutFact {
  readonly key: string;
  readonly rev: number;
  readonly value?: KubeObject;
  readonly edits?: readonly Edit[];
}

/** The objects of the store, as etcd's facts tell them. */
export const STORE_VIEW: Projection<StoreView> = {
  name: 'kubernetes/store/6',
  facts: ['etcd.put', 'etcd.delete', ...POD_FACTS],
  init: () => ({ objects: new Map(), revision: 1, gone: new Map(), steps: new Map(), controls: new Map() }),
  apply: (state, record) => {
    for (const { kind, data } of record.facts) {
      if (kind === 'etcd.put') put(state, data as unknown as PutFact, record.seq);
      else if (kind === 'etcd.delete') remove(state, data as unknown as { readonly key: string; readonly rev: number }, record.seq);
      else if ((POD_FACTS as readonly string[]).includes(kind)) step(state, (data as { readonly pod: string }).pod, record.seq);
    }
    if (record.via === 'control') control(state, record);
  },
  applyControl: control,
  applyText: (state, kind, text, seq) => {
    if (kind === 'etcd.delete') remove(state, JSON.parse(text) as { readonly key: string; readonly rev: number }, seq);
    else if (kind === 'etcd.put') putText(state, text, seq);
    else step(state, (JSON.parse(text) as { readonly pod: string }).pod, seq);
  },
  clone: (state) => ({ objects: new Map(state.objects), revision: state.revision, gone: new Map(state.gone), steps: new Map(state.steps), controls: new Map(state.controls) }),
  encode: ({ objects, revision, gone, steps, controls }, keep) => [
    revision,
    [...objects].map(([key, stored]) => [key, keep === undefined ? (stored.object as unknown as Json) : keep(stored, () => textOf(stored)), stored.revision, stored.writes]),
    [...gone],
    [...steps],
    [...controls],
  ],
  show: (state) => Object.fromEntries([...state.objects].map(([key, stored]) => [key, stored.object as unknown as Json])),
  decode: (encoded, text, like) => {
    const [revision, entries, gone, steps, controls] = encoded as unknown as [number, [string, KubeObject | number, number, Seqs][], [string, Seqs][], [string, Seqs][], [string, Seqs][]];
    const objects = new Map<string, Stored>();
    for (const [key, kept, rev, writes] of entries) {
      const known = like?.objects.get(key);
      const seq = lastOf(writes);
      if (known?.seq === seq) objects.set(key, known);
      else objects.set(key, typeof kept === 'number' ? new Unread(() => (text as (number: number) => string)(kept), rev, writes) : { object: kept, revision: rev, seq, writes });
    }
    return { objects, revision, gone: new Map(gone), steps: new Map(steps), controls: new Map(controls) };
  },
};

/** The same over a store that has held these objects since before the run began. */
export function storeViewOver({ revision, values }: Backup): Projection<StoreView> {
  const objects = [...values].map(({ key, object, modRevision }) => [key, { object, revision: modRevision, seq: -1, writes: NO_SEQS }] as const);
  return { ...STORE_VIEW, init: () => ({ ...STORE_VIEW.init(), objects: new Map<string, Stored>(objects), revision }) };
}

const lastOf = (writes: Seqs): number => writes[writes.length - 1] ?? -1;

/** An object that is read when somebody looks at it: its text, where the log has it, or edits of the version before. */
class Unread implements Stored {
  readonly revision: number;
  readonly writes: Seqs;
  private text: string | (() => string) | undefined;
  private before: Stored | undefined;
  private parsed: KubeObject | undefined;

  /** With `before`, the text is the fact that holds the edits. */
  constructor(text: string | (() => string), revision: number, writes: Seqs, before?: Stored) {
    this.text = text;
    this.revision = revision;
    this.writes = writes;
    this.before = before;
  }

  get seq(): number {
    return lastOf(this.writes);
  }

  get object(): KubeObject {
    if (this.parsed !== undefined) return this.parsed;
    const first = this.before;
    if (first === undefined) return this.parse();
    const unread: Unread[] = [this];
    let before: Stored = first;
    while (before instanceof Unread && before.parsed === undefined && before.before !== undefined) {
      unread.push(before);
      before = before.before;
    }
    let { object } = before;
    for (let i = unread.length - 1; i >= 0; i--) object = (unread[i] as Unread).edit(object);
    return object;
  }

  /** The text, while nobody has looked and it is the object's own. */
  get unread(): string | undefined {
    return this.before === undefined && this.text !== undefined ? this.ownText() : undefined;
  }

  private ownText(): string {
    return typeof this.text === 'function' ? this.text() : (this.text as string);
  }

  private parse(): KubeObject {
    this.parsed ??= JSON.parse(this.ownText()) as KubeObject;
    this.text = undefined;
    return this.parsed;
  }

  private edit(object: KubeObject): KubeObject {
    this.parsed = applyEdits(object, (JSON.parse(this.ownText()) as PutFact).edits ?? []);
    this.text = undefined;
    this.before = undefined;
    return this.parsed;
  }
}

const textOf = (stored: Stored): string => (stored instanceof Unread ? stored.unread : undefined) ?? JSON.stringify(stored.object);

/** `{"key":…,"rev":…,"value":…}` */
const WHOLE = /^\{"key":"([^"\\]*)","rev":(\d+),"value":/;
/** `{"edits":…,"key":…,"rev":…}`: nothing behind the key has a quote, so its last occurrence is the fact's own. */
const EDITED = /^([^"\\]*)","rev":(\d+)\}$/;

function putText(state: StoreView, text: string, seq: number): void {
  const whole = WHOLE.exec(text);
  if (whole !== null) {
    const [head, key = '', rev] = whole;
    state.objects.set(key, new Unread(text.slice(head.length, -1), Number(rev), writesWith(state, key, seq)));
    state.revision = Number(rev);
    return;
  }
  const [, key = '', rev] = EDITED.exec(text.slice(text.lastIndexOf(',"key":"') + 8)) ?? [];
  const before = state.objects.get(key);
  if (before === undefined || rev === undefined) return put(state, JSON.parse(text) as PutFact, seq);
  state.objects.set(key, new Unread(text, Number(rev), appended(before.writes, seq), before));
  state.revision = Number(rev);
}

/** An object that is made anew begins its list anew. */
const writesWith = (state: StoreView, key: string, seq: number): Seqs => appended(state.objects.get(key)?.writes ?? NO_SEQS, seq);

function remove(state: StoreView, { key, rev }: { readonly key: string; readonly rev: number }, seq: number): void {
  const { objects, gone } = state;
  if (!isQuiet(key)) {
    gone.delete(key);
    gone.set(key, writesWith(state, key, seq));
    if (gone.size > GONE_MAX) for (const oldest of gone.keys()) {
      gone.delete(oldest);
      break;
    }
    if (key.startsWith('/registry/pods/')) state.steps.delete(key.slice('/registry/pods/'.length));
  }
  objects.delete(key);
  state.revision = rev;
}

function put(state: StoreView, { key, rev, value, edits }: PutFact, seq: number): void {
  const before = state.objects.get(key);
  const object = value ?? (before === undefined ? undefined : applyEdits(before.object, edits ?? []));
  if (object !== undefined) state.objects.set(key, { object, revision: rev, seq, writes: writesWith(state, key, seq) });
  state.revision = rev;
}

function step(state: StoreView, pod: string, seq: number): void {
  state.steps.set(pod, appended(state.steps.get(pod) ?? NO_SEQS, seq));
}

function control(state: StoreView, { actor, seq }: LogRecord): void {
  state.controls.set(actor, appended(state.controls.get(actor) ?? NO_SEQS, seq));
}

/** The etcd key of an object. */
export function keyOf(info: Pick<KindInfo, 'keyPrefix' | 'namespaced'>, namespace: string | undefined, name: string): string {
  return `/registry/${info.keyPrefix}/${info.namespaced ? `${namespace ?? 'default'}/` : ''}${name}`;
}

/** A kind by any of its names, as kubectl takes them: plural, singular, short name, Kind, or `plural.group`. */
export function kindNamed(name: string): KindInfo | undefined {
  const lower = name.toLowerCase();
  const [plain, ...group] = lower.split('.');
  return KINDS.find((info) => {
    const names = [info.resource, info.singular, info.kind.toLowerCase(), ...(info.shortNames ?? [])];
    return !info.virtual && (names.includes(lower) || (names.includes(plain as string) && group.length > 0 && info.group.startsWith(group.join('.'))));
  });
}

/** The object of a key as a client would see it: with its resourceVersion. */
export function shown({ object, revision }: Stored): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  /** A label selector as text. */
  readonly selector?: string;
}

/** The objects of a kind at a position, in key order. */
export function listObjects(view: StoreView, info: KindInfo, options: ListOptions = {}): KubeObject[] {
  // Keys say the namespace, so that objects of others need not be read.
  const isWithin = options.namespace !== undefined && info.namespaced;
  const prefix = `/registry/${info.keyPrefix}/${isWithin ? `${options.namespace}/` : ''}`;
  const found: { readonly key: string; readonly stored: Stored }[] = [];
  for (const [key, stored] of view.objects) if (key.startsWith(prefix)) found.push({ key, stored });
  const selector = options.selector === undefined ? undefined : parseSelector(options.selector);
  return found
    .sort((x, y) => (x.key < y.key ? -1 : x.key > y.key ? 1 : 0))
    .filter(({ stored: { object } }) => options.name === undefined || object.metadata.name === options.name)
    .filter(({ stored: { object } }) => selector === undefined || (!isLeft(selector) && selectorMatches(selector.right, object.metadata.labels)))
    .map(({ stored }) => shown(stored));
}

/** One write of a key. */
export interface Write {
  readonly key: string;
  readonly what: 'create' | 'change' | 'delete';
  readonly edits: readonly Edit[];
}

/** The etcd writes of a record: keys and whether they delete. */
export function writesOf(record: LogRecord): readonly Write[] {
  return record.facts.flatMap(({ kind, data }): Write[] => {
    if (kind === 'etcd.delete') return [{ key: (data as { key: string }).key, what: 'delete' as const, edits: [] }];
    if (kind !== 'etcd.put') return [];
    const { key, value, edits = [] } = data as unknown as PutFact;
    return [{ key, what: value === undefined ? ('change' as const) : ('create' as const), edits }];
  });
}

/** `/registry/pods/default/web-1` as people say it: `pod default/web-1`. */
export function sayKey(key: string): string {
  const rest = key.slice('/registry/'.length);
  let best: KindInfo | undefined;
  for (const info of KINDS) {
    if (!info.virtual && rest.startsWith(`${info.keyPrefix}/`) && info.keyPrefix.length > (best?.keyPrefix.length ?? 0)) best = info;
  }
  return best === undefined ? rest : `${best.kind} ${rest.slice(best.keyPrefix.length + 1)}`;
}
