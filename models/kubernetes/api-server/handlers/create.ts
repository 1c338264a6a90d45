/**
 * POST: creates an object.
 *
 * Order, as upstream (apiserver/pkg/endpoints/handlers/create.go, registry/generic/registry/store.go `Create`): options,
 * decoding with defaults, system metadata, managed fields, mutating admission, the kind's preparation and validation,
 * validating admission, storage. A generated name that is taken is drawn again, up to eight times.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { isTerminating } from '../../object/meta.ts';
import type { KubeObject } from '../../object/types.ts';
import { trackCreate } from './track.ts';
import { beforeCreate, fillMetadata, withName } from '../strategy/before-create.ts';
import { alreadyExists, generateNameConflict, plainError, type Status } from '../status/status.ts';
import { isUnavailable } from '../storage/etcd-client.ts';
import { admit, admitFinally } from './admit.ts';
import { read, write } from './convert.ts';
import { decode } from './decode.ts';
import { writeOptions, writeOptionsErrors, type WriteOptions } from './options.ts';
import { type Answer, type Call, contextOf, failed, storageKey } from './request.ts';
import { release, reserve } from './reserve.ts';
import type { Services } from './services.ts';
import { ttlSecondsOf } from './stored.ts';

/** registry/generic/registry/store.go: `maxNameGenerationCreateAttempts`. */
const NAME_ATTEMPTS = 8;

export function* create(services: Services, call: Call): Task<Answer> {
  const query = call.request.query ?? {};
  const wrong = writeOptionsErrors(query, 'CreateOptions');
  if (wrong !== undefined) return failed(wrong);
  const options = writeOptions(query, call.request.userAgent);
  const decoded = decode(call, call.request.body, options.fieldValidation);
  if (isLeft(decoded)) return failed(decoded.left);
  const { object, warnings } = decoded.right;
  const made = yield* createObject(services, call, object, options);
  if (isLeft(made)) return failed(made.left, warnings);
  const notes = [...warnings, ...call.info.strategy.warningsOnCreate(made.right, contextOf(call))];
  return { code: 201, body: call.version.fromStorage(made.right), ...(notes.length > 0 ? { warnings: notes } : {}) };
}

/** Creates a decoded object (storage form) and returns what is stored. */
export function* createObject(services: Services, call: Call, object: KubeObject, options: WriteOptions): Task<Either<Status, KubeObject>> {
  const isGenerated = !object.metadata.name && Boolean(object.metadata.generateName);
  const limit = isGenerated ? NAME_ATTEMPTS : 1;
  for (let attempt = 1; ; attempt++) {
    const tried = yield* tryCreate(services, call, object, options);
    if (isLeft(tried)) return tried;
    if ('object' in tried.right) return right(tried.right.object);
    const { taken, current } = tried.right;
    if (attempt < limit) continue;
    const status = isGenerated ? generateNameConflict(call.info, taken) : alreadyExists(call.info, taken);
    return left(isTerminating(current) ? { ...status, message: `object is being deleted: ${status.message}` } : status);
  }
}

type Attempt = { readonly object: KubeObject } | { readonly taken: string; readonly current: KubeObject };

function* tryCreate(services: Services, call: Call, object: KubeObject, options: WriteOptions): Task<Either<Status, Attempt>> {
  const { info } = call;
  const filled = fillMetadata(info, object, contextOf(call));
  const tracked = options.isApplied ? filled : trackCreate(call, filled, options.manager);
  const admitted = yield* admit(services, call, 'CREATE', tracked, undefined);
  if (isLeft(admitted)) return admitted;
  const named = withName(admitted.right, contextOf(call));
  const reserved = reserve(services, call, named, undefined);
  if (isLeft(reserved)) return reserved;
  const stored = yield* store(services, call, reserved.right, options);
  if (isLeft(stored) || !('object' in stored.right) || options.isDryRun) release(services, call, reserved.right, undefined);
  return stored;
}

function* store(services: Services, call: Call, object: KubeObject, options: WriteOptions): Task<Either<Status, Attempt>> {
  const { info } = call;
  const prepared = beforeCreate(info, object, contextOf(call));
  if (isLeft(prepared)) return prepared;
  const { name, namespace } = prepared.right.metadata;
  const checked = yield* admitFinally(services, call, 'CREATE', prepared.right, undefined);
  if (isLeft(checked)) return checked;
  const key = storageKey(info, namespace, name);
  if (options.isDryRun) {
    const read = yield* services.storage.etcd.range(key);
    if (isUnavailable(read)) return left(plainError(read.message));
    const current = read.kvs[0]?.object;
    return right(current === undefined ? { object: prepared.right } : { taken: name, current });
  }
  const kept = yield* write(call, prepared.right);
  if (isLeft(kept)) return kept;
  const result = yield* services.storage.etcd.txn(key, 0, kept.right, ttlSecondsOf(info));
  if (isUnavailable(result)) return left(plainError(result.message));
  if (!result.succeeded) return right({ taken: name, current: result.kv?.object as KubeObject });
  const made = yield* read(call, result.kv?.object as KubeObject);
  return isLeft(made) ? made : right({ object: made.right });
}
