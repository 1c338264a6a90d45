/**
 * Compare-and-swap loops over one key.
 *
 * An update is a function of the current object. It first runs on the cached copy, which may be stale: a refusal from a
 * stale copy is never shown, the function runs again on a live read. When the key changed meanwhile it runs again on what
 * is there now, without a bound. Writing what is already there writes nothing.
 * Source: apiserver/pkg/storage/etcd3/store.go, `GuaranteedUpdate` and `Delete`.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { equal } from '../../object/equal.ts';
import type { KubeObject } from '../../object/types.ts';
import { plainError, type Status } from '../status/status.ts';
import { isUnavailable, type EtcdClient } from './etcd-client.ts';

/** What an update wants of the current object (undefined: the key does not exist). */
export type Decision =
  | { readonly kind: 'put'; readonly object: KubeObject; readonly ttlSeconds?: number }
  /** The object goes; `answer` is shown for it, else what was stored last. */
  | { readonly kind: 'delete'; readonly answer?: KubeObject }
  /** Nothing is to be written; the object is the answer. */
  | { readonly kind: 'keep'; readonly object: KubeObject };

export type Update = (current: KubeObject | undefined) => Task<Either<Status, Decision>>;

/** How an update ended: what is stored now, or what was removed. */
export interface Written {
  readonly kind: 'created' | 'updated' | 'unchanged' | 'deleted';
  readonly object: KubeObject;
}

/** Runs `update` until it sticks. `cached` is this server's possibly stale copy. */
export function* guaranteedUpdate(etcd: EtcdClient, key: string, cached: KubeObject | undefined, update: Update, isDryRun: boolean): Task<Either<Status, Written>> {
  let current = cached;
  let isLive = false;
  if (current === undefined) {
    const read = yield* readLive(etcd, key);
    if (isLeft(read)) return read;
    current = read.right;
    isLive = true;
  }
  for (;;) {
    const decided = yield* update(current);
    if (isLeft(decided) || decided.right.kind === 'keep' || isUnchanged(current, decided.right)) {
      if (!isLive) {
        const read = yield* readLive(etcd, key);
        if (isLeft(read)) return read;
        isLive = true;
        if (read.right?.metadata.resourceVersion !== current?.metadata.resourceVersion) {
          current = read.right;
          continue;
        }
      }
      if (isLeft(decided)) return decided;
      return right({ kind: 'unchanged', object: decided.right.kind === 'keep' ? decided.right.object : (current as KubeObject) });
    }
    const decision = decided.right;
    if (isDryRun) return right(dryRun(current, decision));
    const tried = yield* attempt(etcd, key, current, decision);
    if (isLeft(tried)) return tried;
    if (tried.right.written !== undefined) return right(tried.right.written);
    current = tried.right.current;
    isLive = true;
  }
}

interface Attempt {
  readonly written?: Written;
  readonly current?: KubeObject | undefined;
}

function* attempt(etcd: EtcdClient, key: string, current: KubeObject | undefined, decision: Exclude<Decision, { kind: 'keep' }>): Task<Either<Status, Attempt>> {
  const expect = current === undefined ? 0 : Number(current.metadata.resourceVersion);
  const put = decision.kind === 'put' ? decision.object : undefined;
  const result = yield* etcd.txn(key, expect, put, decision.kind === 'put' ? decision.ttlSeconds : undefined);
  if (isUnavailable(result)) return left(plainError(result.message));
  if (!result.succeeded) return right({ current: result.kv?.object });
  const kind = decision.kind === 'delete' ? 'deleted' : current === undefined ? 'created' : 'updated';
  const shown = decision.kind === 'delete' ? decision.answer : undefined;
  return right({ written: { kind, object: shown ?? ((result.kv?.object ?? current) as KubeObject) } });
}

function dryRun(current: KubeObject | undefined, decision: Exclude<Decision, { kind: 'keep' }>): Written {
  if (decision.kind === 'delete') return { kind: 'deleted', object: decision.answer ?? (current as KubeObject) };
  return { kind: current === undefined ? 'created' : 'updated', object: decision.object };
}

function isUnchanged(current: KubeObject | undefined, decision: Decision): boolean {
  return decision.kind === 'put' && current !== undefined && equal(current, decision.object);
}

export function* readLive(etcd: EtcdClient, key: string): Task<Either<Status, KubeObject | undefined>> {
  const read = yield* etcd.range(key);
  return isUnavailable(read) ? left(plainError(read.message)) : right(read.kvs[0]?.object);
}
