/**
 * LIST: from the watch cache, consistently read, or from etcd's history, as the parameters demand.
 *
 * The table of apiserver.md 3.2: without a resourceVersion the cache answers once it has caught up with etcd's revision;
 * `0` takes the cache as it is and ignores the limit; exact revisions and later pages come from etcd.
 * Source: apiserver/pkg/storage/cacher/cacher.go (`GetList`), apiserver/pkg/storage/etcd3/store.go (`GetList`).
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { converterOf } from '../crd/webhook-converter.ts';
import { groupVersionText } from '../registry/kind.ts';
import { badRequest, continueExpired, expired, plainError, tooLargeResourceVersion, type Status } from '../status/status.ts';
import { resourceVersionError } from '../request/number.ts';
import { isUnavailable } from '../storage/etcd-client.ts';
import { readAll } from './convert.ts';
import { decodeContinue, encodeContinue } from './continue-token.ts';
import { listOptionsErrors } from './list-options.ts';
import { type Answer, type Call, failed, type Selection, selectionOf, storageKey } from './request.ts';
import { isCached } from './stored.ts';

/** What a read of the collection found: objects in key order as of one revision. */
interface Snapshot {
  readonly objects: readonly KubeObject[];
  readonly revision: number;
}

export function* list(call: Call): Task<Answer> {
  const page = yield* select(call);
  if ('status' in page) return failed(page.status);
  const items = yield* readAll(call, page.items);
  return isLeft(items) ? failed(items.left) : { code: 200, body: listObject(call, { ...page, items: items.right }) };
}

/** One page of a collection. */
export interface Page {
  readonly items: readonly KubeObject[];
  readonly revision: number;
  readonly continue?: string;
  readonly remaining?: number;
}

/** Reads the page that the request asks for; items are in storage form, or converted if a selector had to look at them. */
export function* select(call: Call): Task<Page | { readonly status: Status }> {
  const { request } = call;
  const query = request.query ?? {};
  const wrong = listOptionsErrors(query, false);
  if (wrong !== undefined) return { status: wrong };
  const selection = selectionOf(call);
  if (isLeft(selection)) return { status: selection.left };
  const limit = Number(query['limit'] ?? '0') || 0;
  if ((query['continue'] ?? '') !== '') return yield* nextPage(call, selection.right, limit, query['continue'] as string);
  const snapshot = yield* firstRead(call, limit);
  if ('status' in snapshot) return snapshot;
  const usesLimit = limit > 0 && query['resourceVersion'] !== '0';
  return yield* pageOf(call, selection.right, snapshot, usesLimit ? limit : 0, '');
}

function* firstRead(call: Call, limit: number): Task<Snapshot | { readonly status: Status }> {
  const { world, request, info } = call;
  const { storage } = world;
  const wanted = request.query?.['resourceVersion'] ?? '';
  const match = request.query?.['resourceVersionMatch'] ?? '';
  if (wanted === '') {
    if (!isCached(info)) return yield* fromEtcd(call, 0);
    const now = yield* storage.etcd.range(`/registry/${info.keyPrefix}`);
    if (isUnavailable(now)) return { status: plainError(now.message) };
    if (!(yield* storage.waitFor(now.revision))) return yield* fromEtcd(call, 0);
    return fromCache(call, storage.revision);
  }
  const wrong = resourceVersionError(wanted);
  const revision = Number(wanted);
  const isExact = match === 'Exact' || (limit > 0 && match === '' && wanted !== '0');
  if (isExact || !isCached(info)) {
    return wrong === undefined ? yield* fromEtcd(call, isExact ? revision : 0) : { status: badRequest(`invalid resource version: ${wrong}`) };
  }
  // The cache passes the error on as it is, so it becomes one of no particular kind.
  if (wrong !== undefined) return { status: plainError(wrong) };
  if (!(yield* storage.waitFor(revision))) return { status: tooLargeResourceVersion(revision, storage.revision) };
  return fromCache(call, storage.revision);
}

function fromCache({ world, request, info }: Call, revision: number): Snapshot {
  const namespace = info.namespaced ? (request.namespace ?? '') : '';
  return { objects: world.storage.cacher(info.storage).list(namespace), revision };
}

function* fromEtcd({ world, request, info }: Call, revision: number): Task<Snapshot | { readonly status: Status }> {
  const namespace = info.namespaced && request.namespace !== undefined ? `${request.namespace}/` : '';
  const read = yield* world.storage.etcd.range(`/registry/${info.keyPrefix}/${namespace}`, revision);
  if (isUnavailable(read)) return { status: plainError(read.message) };
  if (read.error === 'future') return { status: tooLargeResourceVersion(revision, read.revision) };
  if (read.error === 'compacted') return { status: expired('The resourceVersion for the provided list is too old.') };
  return { objects: read.kvs.map((kv) => kv.object), revision: revision === 0 ? read.revision : revision };
}

function* nextPage(call: Call, selection: Selection, limit: number, token: string): Task<Page | { readonly status: Status }> {
  const decoded = decodeContinue(token);
  if (isLeft(decoded)) return { status: badRequest(`invalid continue token: ${decoded.left}`) };
  const { revision, start } = decoded.right;
  const snapshot = yield* fromEtcd(call, Math.max(revision, 0));
  if (!('status' in snapshot)) return yield* pageOf(call, selection, snapshot, limit, start);
  if (snapshot.status.code !== 410) return snapshot;
  return { status: continueExpired(encodeContinue(start.replace(/\u0000$/, ''), -1)) };
}

/** One page of a snapshot. Selectors look at objects in the version of the request. */
function* pageOf(call: Call, selection: Selection, snapshot: Snapshot, limit: number, start: string): Task<Page | { readonly status: Status }> {
  if (selection.isEverything || converterOf(call.info) === undefined) return cut(call, selection, snapshot, limit, start);
  const objects = yield* readAll(call, snapshot.objects);
  return isLeft(objects) ? { status: objects.left } : cut(call, selection, { ...snapshot, objects: objects.right }, limit, start);
}

/** Selects from a snapshot, from the key `start` on, up to `limit` matches (0: all). */
function cut(call: Call, selection: Selection, { objects, revision }: Snapshot, limit: number, start: string): Page {
  const items: KubeObject[] = [];
  const prefix = pagePrefix(call);
  for (let at = 0; at < objects.length; at++) {
    const object = objects[at] as KubeObject;
    if (start !== '' && keyOf(call, object, prefix) < start) continue;
    if (!selection.matches(object)) continue;
    if (limit > 0 && items.length === limit) {
      const last = items[items.length - 1] as KubeObject;
      const remaining = objects.length - at;
      return { items, revision, continue: encodeContinue(keyOf(call, last, prefix), revision), ...(selection.isEverything ? { remaining } : {}) };
    }
    items.push(object);
  }
  return { items, revision };
}

/** Keys in tokens are relative to the listed prefix: the namespace's, or the resource's. */
function pagePrefix({ request, info }: Call): number {
  const namespace = info.namespaced && request.namespace !== undefined ? `${request.namespace}/` : '';
  return `/registry/${info.keyPrefix}/${namespace}`.length;
}

function keyOf({ info }: Call, object: KubeObject, prefix: number): string {
  return storageKey(info, object.metadata.namespace, object.metadata.name).slice(prefix);
}

/** The list object. Items of built-in kinds leave out apiVersion and kind, as the real server's JSON lists do. */
export function listObject({ info, version }: Call, page: Page): unknown {
  const isBuiltIn = version.schema !== '';
  return {
    kind: info.listKind,
    apiVersion: groupVersionText(info.group, version.version),
    metadata: {
      resourceVersion: String(page.revision),
      ...(page.continue === undefined ? {} : { continue: page.continue }),
      ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
    },
    items: page.items.map((object) => (isBuiltIn ? withoutType(version.fromStorage(object)) : version.fromStorage(object))),
  };
}

function withoutType(object: KubeObject): Omit<KubeObject, 'kind' | 'apiVersion'> {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}
