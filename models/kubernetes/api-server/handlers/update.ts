/**
 * PUT and PATCH: replace an object by what the request makes of the current one.
 *
 * The whole pipeline (patching, admission, preparation, validation) runs inside the compare-and-swap loop, so it is done
 * again on the newest object when somebody else was faster. Removing the last finalizer of an object that is being deleted
 * deletes it. Source: apiserver/pkg/endpoints/handlers/{update,patch}.go, registry/generic/registry/store.go (`Update`).
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { trackUpdate } from './track.ts';
import type { KindInfo, UpdateStrategy } from '../registry/kind.ts';
import { beforeUpdate } from '../strategy/before-update.ts';
import { invalidValue } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { conflict, invalid, notFound, type Status } from '../status/status.ts';
import { guaranteedUpdate, type Decision, type Written } from '../storage/guaranteed-update.ts';
import { admit, admitFinally } from './admit.ts';
import { checkName } from './check-name.ts';
import { read, write } from './convert.ts';
import { createObject } from './create.ts';
import { decode } from './decode.ts';
import { isRemovable } from './finalizers.ts';
import { writeOptions, writeOptionsErrors, type WriteOptions } from './options.ts';
import { type Answer, type Call, contextOf, failed, storageKey } from './request.ts';
import { release, reserve } from './reserve.ts';
import type { Services } from './services.ts';
import { cachedObject, ttlSecondsOf } from './stored.ts';

/** What a write makes of the current object: the next version in storage form. */
export type Transform = (current: KubeObject) => Either<Status, KubeObject>;

export function* update(services: Services, call: Call): Task<Answer> {
  const query = call.request.query ?? {};
  const wrong = writeOptionsErrors(query, 'UpdateOptions');
  if (wrong !== undefined) return failed(wrong);
  const options = writeOptions(query, call.request.userAgent);
  const decoded = decode(call, call.request.body, options.fieldValidation, cachedObject(call, call.request.name ?? ''));
  if (isLeft(decoded)) return failed(decoded.left);
  const { object, warnings } = decoded.right;
  const misnamed = checkName(call, object);
  if (misnamed !== undefined) return failed(misnamed);
  const strategy = strategyOf(call);
  const needsVersion = !call.info.strategy.allowUnconditionalUpdate && !object.metadata.resourceVersion;
  if (needsVersion) return failed(mustHaveVersion(call.info, object.metadata.name), warnings);
  const written = yield* updateObject(services, call, strategy, () => right(object), options, {
    resourceVersion: object.metadata.resourceVersion,
    uid: object.metadata.uid,
  });
  if (isLeft(written)) {
    const isMissing = written.left.code === 404 && call.info.strategy.allowCreateOnUpdate && call.request.subresource === undefined;
    return isMissing ? yield* createInstead(services, call, object, options, warnings) : failed(written.left, warnings);
  }
  return answer(call, written.right, warnings);
}

/** What the sent object claims about the stored one. */
export interface Claims {
  readonly resourceVersion?: string | undefined;
  readonly uid?: string | undefined;
}

/** An update that is going on. */
interface Update {
  readonly services: Services;
  readonly call: Call;
  readonly strategy: UpdateStrategy;
  readonly transform: Transform;
  readonly options: WriteOptions;
  readonly claims: Claims;
  readonly key: string;
  /** The object for which addresses and ports are held, until the write is done or tried again, and the one that it replaces. */
  reserved: KubeObject | undefined;
  replaced: KubeObject | undefined;
}

/** Runs a transform through the update pipeline. */
export function* updateObject(services: Services, call: Call, strategy: UpdateStrategy, transform: Transform, options: WriteOptions, claims: Claims = {}): Task<Either<Status, Written>> {
  const { info, request } = call;
  const key = storageKey(info, request.namespace, request.name ?? '');
  const cached = cachedObject(call, call.request.name ?? '');
  const update: Update = { services, call, strategy, transform, options, claims, key, reserved: undefined, replaced: undefined };
  const written = yield* guaranteedUpdate(services.storage.etcd, key, cached, (stored) => decide(update, stored), options.isDryRun);
  if (update.reserved !== undefined) settle(update, written);
  if (isLeft(written)) return written;
  const object = yield* read(call, written.right.object);
  return isLeft(object) ? object : right({ ...written.right, object: object.right });
}

/** What was reserved for nothing goes back; after a write it is what the object no longer needs. */
function settle({ services, call, options, reserved, replaced }: Update, written: Either<Status, Written>): void {
  if (isLeft(written) || options.isDryRun) release(services, call, reserved, replaced);
  else release(services, call, replaced, written.right.kind === 'deleted' ? undefined : written.right.object);
}

/** What becomes of the stored object. */
function* decide(update: Update, stored: KubeObject | undefined): Task<Either<Status, Decision>> {
  const { services, call, strategy, transform, options, claims, key } = update;
  const { info } = call;
  const shown = stored === undefined ? right(stored) : yield* read(call, stored);
  if (isLeft(shown)) return shown;
  const current = shown.right;
  if (update.reserved !== undefined) release(services, call, update.reserved, update.replaced);
  update.reserved = undefined;
  if (current === undefined) return left(notFound(info, call.request.name ?? ''));
  const refused = checkClaims(call, key, claims, current);
  if (refused !== undefined) return left(refused);
  const next = transform(current);
  if (isLeft(next)) return next;
  if (next.right === current) return right({ kind: 'keep', object: current });
  const tracked = options.isApplied ? next.right : trackUpdate(call, next.right, current, options.manager);
  const admitted = yield* admit(services, call, 'UPDATE', tracked, current);
  if (isLeft(admitted)) return admitted;
  const allocated = reserve(services, call, admitted.right, current);
  if (isLeft(allocated)) return allocated;
  update.reserved = allocated.right;
  update.replaced = current;
  const prepared = beforeUpdate(info, strategy, allocated.right, current, contextOf(call));
  if (isLeft(prepared)) return prepared;
  const checked = yield* admitFinally(services, call, 'UPDATE', prepared.right, current);
  if (isLeft(checked)) return checked;
  if (isRemovable(info, prepared.right, current)) return right({ kind: 'delete', answer: prepared.right });
  const kept = yield* write(call, prepared.right);
  if (isLeft(kept)) return kept;
  const ttlSeconds = ttlSecondsOf(info);
  return right(ttlSeconds === undefined ? { kind: 'put', object: kept.right } : { kind: 'put', object: kept.right, ttlSeconds });
}

function* createInstead(services: Services, call: Call, object: KubeObject, options: WriteOptions, warnings: readonly string[]): Task<Answer> {
  const { resourceVersion: _none, ...metadata } = object.metadata;
  if (_none !== undefined && _none !== '' && _none !== '0') return failed(conflict(call.info, object.metadata.name), warnings);
  const made = yield* createObject(services, call, { ...object, metadata: metadata as KubeObject['metadata'] }, options);
  if (isLeft(made)) return failed(made.left, warnings);
  return { code: 201, body: call.version.fromStorage(made.right), ...(warnings.length > 0 ? { warnings } : {}) };
}

export function answer(call: Call, written: Written, warnings: readonly string[]): Answer {
  const body = call.version.fromStorage(written.object);
  const notes = [...warnings];
  return { code: written.kind === 'created' ? 201 : 200, body, ...(notes.length > 0 ? { warnings: notes } : {}) };
}

/** The strategy of the main resource or of the subresource that is addressed. */
export function strategyOf({ info, request }: Call): UpdateStrategy {
  return (request.subresource === undefined ? undefined : info.strategy.subresources[request.subresource]) ?? info.strategy;
}

/** Optimistic concurrency: what the client last saw must still be there. */
function checkClaims({ info }: Call, key: string, { resourceVersion, uid }: Claims, current: KubeObject): Status | undefined {
  const { metadata } = current;
  if (uid !== undefined && uid !== '' && uid !== metadata.uid) {
    const text = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
    // The storage's own error, as it prints itself (apiserver/pkg/storage/errors.go).
    return conflict(info, metadata.name, `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${text}`);
  }
  const isStale = resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0' && resourceVersion !== metadata.resourceVersion;
  return isStale ? conflict(info, metadata.name) : undefined;
}

/** The store knows a kind by its resource (registry/generic/registry/store.go, `Update`). */
const mustHaveVersion = ({ group, resource }: KindInfo, name: string): Status =>
  invalid({ group, kind: resource }, name, [invalidValue('metadata.resourceVersion', literal('0x0'), 'must be specified for an update')]);
