/**
 * GET of one object.
 *
 * Without a resourceVersion it is a quorum read of etcd, so it never returns anything older than what was answered before;
 * with one it comes from this server's watch cache, which may lag. Source: apiserver/pkg/storage/cacher/cacher.go, `Get`.
 */
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { badRequest, notFound, plainError, tooLargeResourceVersion } from '../status/status.ts';
import { isUnavailable } from '../storage/etcd-client.ts';
import { type Answer, type Call, failed, storageKey } from './request.ts';

/** etcd did not answer: the text of its client. */
export const NO_ANSWER = 'etcdserver: request timed out';

export function* get(call: Call): Task<Answer> {
  const { request, info, version } = call;
  const name = request.name ?? '';
  const wanted = request.query?.['resourceVersion'] ?? '';
  const found = wanted === '' || info.storage.resource === 'events' ? yield* live(call, name) : yield* cached(call, name, wanted);
  if ('answer' in found) return found.answer;
  if (found.object === undefined) return failed(notFound(info, name));
  return { code: 200, body: version.fromStorage(found.object) };
}

type Found = { readonly object: KubeObject | undefined } | { readonly answer: Answer };

/** Reads the object from etcd. */
export function* live({ world, request, info }: Call, name: string): Task<Found> {
  const read = yield* world.storage.etcd.range(storageKey(info, request.namespace, name));
  if (isUnavailable(read)) return { answer: failed(plainError(NO_ANSWER)) };
  return { object: read.kvs[0]?.object };
}

function* cached({ world, request, info }: Call, name: string, wanted: string): Task<Found> {
  const { storage } = world;
  const revision = Number(wanted);
  if (!Number.isSafeInteger(revision) || revision < 0) {
    return { answer: failed(badRequest(`resourceVersion: Invalid value: ${JSON.stringify(wanted)}`)) };
  }
  if (revision > storage.revision && !(yield* storage.waitFor(revision))) {
    return { answer: failed(tooLargeResourceVersion(revision, storage.revision)) };
  }
  return { object: storage.get(info.storage, info.namespaced ? (request.namespace ?? '') : '', name) };
}
