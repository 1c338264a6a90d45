/**
 * DELETE: graceful for pods, held back by finalizers, immediate otherwise.
 *
 * Source: apiserver/pkg/registry/generic/registry/store.go (`Delete`), registry/rest/delete.go (`BeforeDelete`),
 * pkg/registry/core/pod/strategy.go (`CheckGracefulDelete`), pkg/registry/core/namespace/storage/storage.go (`Delete`).
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { formatSeconds, parseTime } from '../../object/time.ts';
import type { KubeObject } from '../../object/types.ts';
import { CLEANUP_FINALIZER, DEFINITIONS, withCondition, type Definition } from '../crd/definition.ts';
import { MARKED_FOR_DELETION } from '../crd/definition-strategy.ts';
import type { KindInfo } from '../registry/kind.ts';
import { conflict, notFound, success, type Status } from '../status/status.ts';
import { guaranteedUpdate, type Decision, type Written } from '../storage/guaranteed-update.ts';
import { admitWithoutObject } from './admit.ts';
import { read } from './convert.ts';
import { deleteOptions, type DeleteOptions } from './delete-options.ts';
import { deletionFinalizers } from './finalizers.ts';
import { type Answer, type Call, contextOf, failed, storageKey } from './request.ts';
import { release } from './reserve.ts';
import type { Services } from './services.ts';
import { cachedObject } from './stored.ts';

export function* remove(services: Services, call: Call): Task<Answer> {
  const options = deleteOptions(call);
  if (isLeft(options)) return failed(options.left);
  const removed = yield* removeObject(services, call, call.request.name ?? '', options.right);
  if (isLeft(removed)) return failed(removed.left);
  const object = yield* read(call, removed.right.object);
  return isLeft(object) ? failed(object.left) : deletionAnswer(call, { ...removed.right, object: object.right }, options.right);
}

/** What a DELETE answers: the object while it stays (and always for some kinds), else Success with its identity. */
function deletionAnswer({ info, version }: Call, { kind, object }: Written, options: DeleteOptions): Answer {
  if (kind !== 'deleted' || info.returnDeletedObject) {
    const isAccepted = kind !== 'deleted' && options.orphanDependents === false;
    return { code: isAccepted ? 202 : 200, body: version.fromStorage(object) };
  }
  const { name, uid } = object.metadata;
  const details = { name, ...(info.group === '' ? {} : { group: info.group }), kind: info.resource, uid };
  // The Status of a delete is written without its code (endpoints/handlers/delete.go).
  const { code: _code, ...body } = success(details);
  return { code: 200, body };
}

/** Deletes one object; the result says whether it is gone or only marked. */
export function* removeObject(services: Services, call: Call, name: string, options: DeleteOptions): Task<Either<Status, Written>> {
  const { info, request } = call;
  const key = storageKey(info, request.namespace, name);
  const cached = cachedObject(call, name);
  const marked = yield* guaranteedUpdate(services.storage.etcd, key, cached, (current) => decide(services, call, name, options, current), options.isDryRun);
  const written = isLeft(marked) || !isOver(call, marked.right) || options.isDryRun ? marked : yield* erase(services, call, key, marked.right);
  if (!isLeft(written) && written.right.kind === 'deleted' && !options.isDryRun) release(services, call, undefined, written.right.object);
  return written;
}

/** What becomes of the stored object. */
function* decide(services: Services, call: Call, name: string, options: DeleteOptions, current: KubeObject | undefined): Task<Either<Status, Decision>> {
  if (current === undefined) return left(notFound(call.info, name));
  const refused = checkPreconditions(call, options, current);
  if (refused !== undefined) return left(refused);
  const marked = mark(call, current, options);
  if (marked === 'pending') return right({ kind: 'keep', object: current });
  const shown = yield* read(call, current);
  if (isLeft(shown)) return shown;
  const admitted = yield* admitWithoutObject(services, call, 'DELETE', undefined, shown.right);
  if (isLeft(admitted)) return admitted;
  return right(marked === 'gone' ? { kind: 'delete' } : { kind: 'put', object: marked });
}

/** Whether the first of the two writes of a graceful deletion left nothing to wait for. */
const isOver = ({ info }: Call, { kind, object: { metadata } }: Written): boolean =>
  info.graceful && kind === 'updated' && metadata.deletionGracePeriodSeconds === 0 && (metadata.finalizers ?? []).length === 0;

/** The second write: the object goes. Somebody else may have been faster. */
function* erase(services: Services, { info }: Call, key: string, { object }: Written): Task<Either<Status, Written>> {
  const erased = yield* guaranteedUpdate(services.storage.etcd, key, object, (current) => decideErasure(info, object, current), false);
  return isLeft(erased) && erased.left.reason === 'NotFound' ? right({ kind: 'deleted', object }) : erased;
}

function* decideErasure(info: KindInfo, { metadata: { name, uid } }: KubeObject, current: KubeObject | undefined): Task<Either<Status, Decision>> {
  return current?.metadata.uid === uid ? right({ kind: 'delete' }) : left(notFound(info, name));
}

/** Whether the object is the one that the deletion means. */
export function checkPreconditions({ info }: Call, { preconditions }: DeleteOptions, { metadata }: KubeObject): Status | undefined {
  const { uid, resourceVersion } = preconditions ?? {};
  // These errors name the kind where all others name the resource (registry/rest/delete.go).
  const kind = { group: info.group, resource: info.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    return conflict(kind, metadata.name, text);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    return conflict(kind, metadata.name, text);
  }
  return undefined;
}

/** What becomes of the object: removed at once, marked as being deleted, or left alone because that was done before. */
function mark(call: Call, object: KubeObject, options: DeleteOptions): KubeObject | 'gone' | 'pending' {
  if (call.info.resource === 'namespaces') return markNamespace(call, object);
  if (isDefinition(call.info) && object.metadata.deletionTimestamp === undefined) return markDefinition(object as Definition, contextOf(call).now);
  const { metadata } = object;
  const finalizers = deletionFinalizers(call.info, object, options.propagationPolicy);
  if (!call.info.graceful || (metadata.deletionTimestamp !== undefined && (metadata.deletionGracePeriodSeconds ?? 0) === 0)) return markAtOnce(call, object, finalizers);
  if (metadata.deletionTimestamp === undefined) return stamp(call, object, podGrace(object, options.gracePeriodSeconds), finalizers);
  const asked = options.gracePeriodSeconds;
  const current = metadata.deletionGracePeriodSeconds as number;
  return asked === undefined || asked >= current ? 'pending' : shorten(object, current, asked, finalizers);
}

/** Without a grace period only finalizers hold an object. */
function markAtOnce(call: Call, object: KubeObject, finalizers: readonly string[]): KubeObject | 'gone' | 'pending' {
  const { metadata } = object;
  if (finalizers.length === 0) return 'gone';
  if (metadata.deletionTimestamp === undefined || metadata.deletionGracePeriodSeconds !== 0) return stamp(call, object, 0, finalizers);
  return finalizers === (metadata.finalizers ?? finalizers) ? 'pending' : { ...object, metadata: withFinalizers(metadata, finalizers) };
}

/** A second DELETE with a smaller grace period moves the deadline forward. */
function shorten(object: KubeObject, current: number, grace: number, finalizers: readonly string[]): KubeObject {
  const { metadata } = object;
  const deadline = (parseTime(metadata.deletionTimestamp as string) as number) / 1_000_000 - current + grace;
  return { ...object, metadata: { ...withFinalizers(metadata, finalizers), deletionTimestamp: formatSeconds(deadline), deletionGracePeriodSeconds: grace } };
}

function stamp(call: Call, object: KubeObject, grace: number, finalizers: readonly string[]): KubeObject {
  const seconds = Math.floor((parseTime(contextOf(call).now) as number) / 1_000_000);
  const { metadata } = object;
  const earlier = metadata.deletionTimestamp;
  const isPast = earlier !== undefined && (parseTime(earlier) as number) <= seconds * 1_000_000;
  const marked = { ...withFinalizers(metadata, finalizers), deletionTimestamp: isPast ? earlier : formatSeconds(seconds + grace), deletionGracePeriodSeconds: grace };
  return { ...object, metadata: earlier === undefined ? bumped(marked) : marked };
}

const withFinalizers = (metadata: KubeObject['metadata'], finalizers: readonly string[]): KubeObject['metadata'] => {
  const { finalizers: _old, ...rest } = metadata;
  return finalizers.length === 0 ? rest : { ...rest, finalizers: [...finalizers] };
};

/** The first mark counts as a change of generation, for kinds that have one. */
const bumped = (metadata: KubeObject['metadata']): KubeObject['metadata'] =>
  (metadata.generation ?? 0) > 0 ? { ...metadata, generation: (metadata.generation as number) + 1 } : metadata;

/** The grace period of a pod in seconds. */
function podGrace(pod: KubeObject, asked: number | undefined): number {
  const { nodeName, terminationGracePeriodSeconds } = pod['spec'] as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
  const period = asked ?? terminationGracePeriodSeconds ?? 30;
  if (nodeName === undefined || nodeName === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  return period < 0 ? 1 : period;
}

/** A namespace is marked Terminating; the namespace controller empties and finalizes it. */
function markNamespace(call: Call, object: KubeObject): KubeObject | 'gone' | 'pending' {
  const { metadata } = object;
  const holds = (object['spec']?.finalizers?.length ?? 0) + (metadata.finalizers?.length ?? 0) > 0;
  if (metadata.deletionTimestamp !== undefined) return holds ? 'pending' : 'gone';
  return {
    ...object,
    metadata: bumped({ ...metadata, deletionTimestamp: contextOf(call).now }),
    status: { ...object['status'], phase: 'Terminating' },
  };
}

const isDefinition = ({ group, resource }: KindInfo): boolean => group === DEFINITIONS.group && resource === DEFINITIONS.resource;

/** A definition waits for the cleanup of its objects (pkg/registry/customresourcedefinition/etcd.go). */
function markDefinition(definition: Definition, now: string): KubeObject {
  const { metadata } = definition;
  const finalizers = [...(metadata.finalizers ?? []).filter((name) => name !== CLEANUP_FINALIZER), CLEANUP_FINALIZER];
  return withCondition({ ...definition, metadata: { ...metadata, deletionTimestamp: now, finalizers } }, MARKED_FOR_DELETION, now);
}
