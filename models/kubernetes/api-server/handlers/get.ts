/**
 * GET of one object.
 *
 * Without a resourceVersion it is a quorum read of etcd, so it never returns anything older than what was answered before;
 * with one it comes from this server's watch cache, which may lag. Source: apiserver/pkg/storage/cacher/cacher.go, `Get`.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { converterOf } from '../crd/webhook-converter.ts';
import { resourceVersionError } from '../request/number.ts';
import { badRequest, notFound, plainError, tooLargeResourceVersion } from '../status/status.ts';
import { isUnavailable } from '../storage/etcd-client.ts';
import { read } from './convert.ts';
import { type Answer, type Call, failed, storageKey } from './request.ts';
import { isCached } from './stored.ts';

export function* get(call: Call): Task<Answer> {
  const { request, info, version } = call;
  const name = request.name ?? '';
  const wanted = request.query?.['resourceVersion'] ?? '';
  const wrong = isCached(info) ? undefined : resourceVersionError(wanted);
  if (wrong !== undefined) return failed(badRequest(`invalid resource version: ${wrong}`));
  const found = wanted === '' || !isCached(info) ? yield* live(call, name) : yield* cached(call, name, wanted);
  if ('answer' in found) return found.answer;
  if (found.object === undefined) return failed(notFound(info, name));
  return { code: 200, body: version.fromStorage(found.object) };
}

type Found = { readonly object: KubeObject | undefined } | { readonly answer: Answer };

/** Reads the object from etcd. */
export function* live(call: Call, name: string): Task<Found> {
  const { world, request, info } = call;
  const found = yield* world.storage.etcd.range(storageKey(info, request.namespace, name));
  if (isUnavailable(found)) return { answer: failed(plainError(found.message)) };
  return yield* inVersion(call, found.kvs[0]?.object);
}

function* inVersion(call: Call, object: KubeObject | undefined): Task<Found> {
  if (object === undefined || converterOf(call.info) === undefined) return { object };
  const converted = yield* read(call, object);
  return isLeft(converted) ? { answer: failed(converted.left) } : { object: converted.right };
}

function* cached(call: Call, name: string, wanted: string): Task<Found> {
  const { world, request, info } = call;
  const { storage } = world;
  const wrong = resourceVersionError(wanted);
  if (wrong !== undefined) return { answer: failed(plainError(wrong)) };
  const revision = Number(wanted);
  if (revision > storage.revision && !(yield* storage.waitFor(revision))) {
    return { answer: failed(tooLargeResourceVersion(revision, storage.revision)) };
  }
  return yield* inVersion(call, storage.get(info.storage, info.namespaced ? (request.namespace ?? '') : '', name));
}
