/**
 * DELETE of a collection: each matching object is deleted by itself, one after the other; not atomic.
 * Source: apiserver/pkg/registry/generic/registry/store.go, `DeleteCollection`.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { readAll } from './convert.ts';
import { deleteOptions } from './delete-options.ts';
import { removeObject } from './delete.ts';
import { listObject, select } from './list.ts';
import { type Answer, type Call, failed } from './request.ts';
import type { Services } from './services.ts';

export function* removeCollection(services: Services, call: Call): Task<Answer> {
  const options = deleteOptions(call);
  if (isLeft(options)) return failed(options.left);
  const page = yield* select(call);
  if ('status' in page) return failed(page.status);
  const removed: KubeObject[] = [];
  for (const { metadata } of page.items) {
    const { namespace, name } = metadata;
    const one = { ...call, request: { ...call.request, name, ...(namespace === undefined ? {} : { namespace }) } };
    const written = yield* removeObject(services, one, name, options.right);
    if (isLeft(written)) {
      if (written.left.code === 404) continue;
      return failed(written.left);
    }
    removed.push(written.right.object);
  }
  const items = yield* readAll(call, removed);
  return isLeft(items) ? failed(items.left) : { code: 200, body: listObject(call, { items: items.right, revision: page.revision }) };
}
