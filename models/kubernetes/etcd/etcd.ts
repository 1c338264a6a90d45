/**
 * etcd: the store that kube-apiserver writes to, as an actor of its own.
 *
 * Promises: a transaction is atomic and durable once answered; revisions only grow; a watch sees every change below its
 * prefix once, in revision order. What a crash loses is only connections: watchers must come back.
 */
import { type ActorSpec, type Behavior, type Context, type Json, unreachable } from '../../../src/index.ts';
import { Heap } from '../client/heap.ts';
import { diff } from '../object/diff.ts';
import { NEW } from '../object/new.ts';
import type {
  EtcdCompact,
  EtcdEvent,
  EtcdEvents,
  EtcdRange,
  EtcdReply,
  EtcdRequest,
  EtcdTxn,
  EtcdTxnResult,
  EtcdWatch,
  KeyValue,
} from './message.ts';
import { Store } from './store.ts';

interface Watcher {
  readonly client: string;
  readonly id: number;
  readonly prefix: string;
}

interface Expire {
  readonly kind: 'etcd.expire';
}

/** When a key expires, in µs, and the revision that armed it: a later write disarms it. */
interface Expiry {
  readonly key: string;
  readonly at: number;
  readonly revision: number;
}

/** A write whose fsync is done. */
interface Commit {
  readonly kind: 'etcd.commit';
  readonly client: string;
  readonly txn: EtcdTxn;
}

interface State {
  readonly commitTime: { readonly min: number; readonly max: number };
  /** When the last write that was accepted becomes durable, in µs; later ones wait for it. */
  busyUntil: number;
  commits: number;
  readonly store: Store;
  readonly watchers: Watcher[];
  /** Keys that expire, the next one first. */
  readonly expiries: Heap<Expiry>;
  nextExpiry: number;
}

interface Durable {
  readonly store: Store;
  readonly expiries: State['expiries'];
}

export interface EtcdOptions {
  /** Actor id; `etcd` unless several stores run. */
  readonly id?: string;
  /** How long a write takes to become durable, in µs: an inclusive range. Writes queue behind each other's fsync. */
  readonly commitTime?: { readonly min: number; readonly max: number };
  /** What is stored at the start. Default: nothing. */
  readonly store?: Store;
  /** Whether what is stored at the start is recorded, so that a log tells of it. */
  readonly tellsStart?: boolean;
}

/** The actor. */
export function etcd({ id = 'etcd', commitTime = { min: 0, max: 0 }, store = new Store(), tellsStart = false }: EtcdOptions = {}): ActorSpec {
  const behavior: Behavior<State, EtcdRequest | Expire | Commit> = {
    start: (context, kept) => {
      if (kept === undefined && tellsStart) tell(store, context);
      return start(context, (kept as Durable | undefined) ?? { store, expiries: new Heap<Expiry>(({ key }) => key, isBefore) }, commitTime);
    },
    step: (state, message, context) => step(state, message, context),
    durable: ({ store, expiries }): Durable => ({ store, expiries }),
  };
  return { id, type: 'etcd', behavior };
}

function start(context: Context, kept: Durable, commitTime: State['commitTime']): State {
  const state: State = {
    commitTime,
    busyUntil: 0,
    commits: 0,
    store: kept.store,
    watchers: [],
    expiries: kept.expiries,
    nextExpiry: Infinity,
  };
  armExpiry(state, context);
  return state;
}

/** Records what is stored, in the order in which it was written. */
function tell(store: Store, context: Context): void {
  const values = [...store.range('/registry/', 0)].sort((a, b) => a.modRevision - b.modRevision);
  for (const { key, modRevision, object } of values) context.record('etcd.put', { key, rev: modRevision, value: object as unknown as Json });
}

function step(state: State, message: EtcdRequest | Expire | Commit, context: Context): void {
  switch (message.kind) {
    case 'etcd.txn':
      return accept(state, message, context);
    case 'etcd.commit':
      return txn(state, message.txn, message.client, context);
    case 'etcd.range':
      return range(state, message, context);
    case 'etcd.watch':
      return watch(state, message, context);
    case 'etcd.compact':
      return compact(state, message, context);
    case 'etcd.expire':
      return expire(state, context);
    default:
      return unreachable(message);
  }
}

function reply(context: Context, message: EtcdReply): void {
  if (context.from !== undefined) context.send(context.from, message);
}

/** Takes a write in; it happens when its fsync is done. Group commit: writes that wait together share one. */
function accept(state: State, message: EtcdTxn, context: Context): void {
  const client = context.from ?? '';
  const { min, max } = state.commitTime;
  if (max === 0) return txn(state, message, client, context);
  const took = min + context.choose('commit', max - min + 1);
  state.busyUntil = Math.max(context.now + took, state.busyUntil);
  context.setTimer(`commit#${state.commits++}`, state.busyUntil - context.now, { kind: 'etcd.commit', client, txn: message } as Commit);
}

function txn(state: State, message: EtcdTxn, client: string, context: Context): void {
  const answer = (result: Omit<EtcdTxnResult, 'kind' | 'id'>): void =>
    context.send(client, { kind: 'etcd.txn.result', id, ...result } as EtcdTxnResult);
  const { store } = state;
  const { id, key, put } = message;
  const current = store.get(key);
  if ((current?.modRevision ?? 0) !== message.expect) {
    answer({ succeeded: false, revision: store.revision, ...(current ? { kv: current } : {}) });
    return;
  }
  if (put === undefined && current === undefined) {
    answer({ succeeded: true, revision: store.revision });
    return;
  }
  const event = put === undefined ? store.delete(key) : store.put(key, put);
  if (message.ttlSeconds !== undefined) {
    state.expiries.push({ key, at: context.now + message.ttlSeconds * 1_000_000, revision: event.revision });
    armExpiry(state, context);
  } else state.expiries.delete(key);
  publish(state, event, context);
  const kv: KeyValue = { key, object: event.object, modRevision: event.revision, createRevision: event.createRevision };
  answer({ succeeded: true, revision: event.revision, kv });
}

function range(state: State, { id, key, revision = 0 }: EtcdRange, context: Context): void {
  const { store } = state;
  const base = { kind: 'etcd.range.result', id, revision: store.revision } as const;
  if (revision > store.revision) return reply(context, { ...NEW, ...base, kvs: [], error: 'future' });
  if (revision > 0 && revision < store.compactRevision) {
    return reply(context, { ...NEW, ...base, kvs: [], error: 'compacted', compactRevision: store.compactRevision });
  }
  if (key.endsWith('/')) return reply(context, { ...NEW, ...base, kvs: store.range(key, revision) });
  const kv = store.get(key);
  return reply(context, { ...NEW, ...base, kvs: kv === undefined ? [] : [kv] });
}

function watch(state: State, { id, prefix, from }: EtcdWatch, context: Context): void {
  const client = context.from;
  if (client === undefined) return;
  const { store } = state;
  if (from <= store.compactRevision) {
    reply(context, { kind: 'etcd.events', id, revision: store.revision, events: [], error: 'compacted' });
    return;
  }
  // A client watches once: what it watched on a connection that has broken is over.
  const before = state.watchers.findIndex((watcher) => watcher.client === client);
  if (before >= 0) state.watchers.splice(before, 1);
  state.watchers.push({ client, id, prefix });
  reply(context, { kind: 'etcd.events', id, revision: store.revision, events: store.since(prefix, from) });
}

function compact(state: State, { id, revision }: EtcdCompact, context: Context): void {
  state.store.compact(revision);
  context.record('etcd.compact', { revision });
  reply(context, { kind: 'etcd.compact.result', id, revision: state.store.revision });
}

/** Records a change and sends it to everybody who watches it. */
function publish(state: State, event: EtcdEvent, context: Context): void {
  if (context.recording) record(event, context);
  for (const { client, id, prefix } of state.watchers) {
    if (!event.key.startsWith(prefix)) continue;
    const message: EtcdEvents = { kind: 'etcd.events', id, revision: event.revision, events: [event] };
    context.send(client, message);
  }
}

/**
 * Facts: `etcd.put` holds the whole value of a new key and the edits of a changed one, `etcd.delete` the key. Folding them
 * gives the store's content.
 */
function record({ type, key, revision: rev, object, previous }: EtcdEvent, context: Context): void {
  if (type === 'delete') context.record('etcd.delete', { key, rev });
  else if (previous === undefined) context.record('etcd.put', { key, rev, value: object as unknown as Json });
  else context.record('etcd.put', { key, rev, edits: diff(previous, object) as unknown as Json });
}

/** Sets the timer for the earliest expiry, unless it is set. */
function armExpiry(state: State, context: Context): void {
  const next = state.expiries.peek()?.at ?? Infinity;
  if (next === state.nextExpiry) return;
  state.nextExpiry = next;
  if (next === Infinity) context.cancelTimer('expire');
  else context.setTimer('expire', Math.max(0, next - context.now), { kind: 'etcd.expire' });
}

function expire(state: State, context: Context): void {
  state.nextExpiry = Infinity;
  for (let due = state.expiries.peek(); due !== undefined && due.at <= context.now; due = state.expiries.peek()) {
    const { key, revision } = due;
    state.expiries.delete(key);
    if (state.store.get(key)?.modRevision === revision) publish(state, state.store.delete(key), context);
  }
  armExpiry(state, context);
}

function isBefore(a: Expiry, b: Expiry): boolean {
  return a.at !== b.at ? a.at < b.at : a.revision < b.revision;
}
