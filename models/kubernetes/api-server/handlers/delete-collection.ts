/**
 * DELETE of a collection: each matching object is deleted by itself, one after the other; not atomic.
 *
 * The answer is the list as it was read, before anything was deleted: no object in it is marked as being deleted.
 * Source: apiserver/pkg/registry/generic/registry/store.go, `DeleteCollection`.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
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
  for (const { metadata } of page.items) {
    const { namespace, name } = metadata;
    const one = { ...call, request: { ...call.request, name, ...(namespace === undefined ? {} : { namespace }) } };
    const written = yield* removeObject(services, one, name, options.right);
    if (isLeft(written) && written.left.code !== 404) return failed(written.left);
  }
  const items = yield* readAll(call, page.items);
  return isLeft(items) ? failed(items.left) : { code: 200, body: listObject(call, { ...page, items: items.right }) };
}
