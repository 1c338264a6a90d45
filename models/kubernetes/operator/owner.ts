/**
 * Helpers that most reconciles need: owner references, finalizers, and "create it or bring it up to date".
 *
 * Objects are never changed in place; each function returns the object to write. Source:
 * sigs.k8s.io/controller-runtime/pkg/controller/controllerutil/controllerutil.go.
 */
import type { Task } from '../client/process.ts';
import { equal } from '../object/equal.ts';
import { controllerOf } from '../object/meta.ts';
import type { KubeObject } from '../object/types.ts';
import { AlreadyOwnedError } from './api-error.ts';
import type { Kind } from './kind.ts';
import type { Draft, ReconcileClient } from './reconcile-client.ts';

export { hasFinalizer, withFinalizer, withoutFinalizer } from '../object/finalizer.ts';

/**
 * The object with `owner` as its controller: it is deleted with the owner, and its changes reach the owner's controller.
 * Throws an {@link AlreadyOwnedError} when another object controls it already.
 */
export function withController<T extends Draft>(object: T, kind: Kind, owner: KubeObject): T {
  const { ownerReferences = [] } = object.metadata;
  const other = ownerReferences.find((reference) => reference.controller === true && reference.uid !== owner.metadata.uid);
  if (other !== undefined) throw new AlreadyOwnedError(`Object ${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''} is already owned by another ${other.kind} controller ${other.name}`);
  const reference = { apiVersion: kind.apiVersion, kind: kind.kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true };
  const rest = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid);
  return { ...object, metadata: { ...object.metadata, ownerReferences: [...rest, reference] } };
}

/** Whether `owner` controls the object. */
export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean => controllerOf(object)?.uid === owner.metadata.uid;

/** What {@link createOrUpdate} did. */
export type OperationResult = 'created' | 'updated' | 'unchanged';

/**
 * Makes an object as `mutate` wants it: creates it where the cache has none, else updates it where `mutate` changes anything.
 * `mutate` gets the present object (or a draft with its name) and returns the wanted one; it must be a pure function.
 * Gotcha: the cache may not show an object that was just made. Then creating it throws `AlreadyExists`, and the next call sees it.
 */
export function* createOrUpdate<T extends KubeObject>(client: ReconcileClient, kind: Kind<T>, place: { readonly namespace: string; readonly name: string }, mutate: (object: T | Draft) => T | Draft): Task<OperationResult> {
  const found = yield* client.get(kind, place);
  if (found === undefined) {
    const metadata = kind.namespaced ? place : { name: place.name };
    yield* client.create(kind, mutate({ apiVersion: kind.apiVersion, kind: kind.kind, metadata }) as Draft);
    return 'created';
  }
  const wanted = mutate(found);
  if (equal(found, wanted)) return 'unchanged';
  yield* client.update(kind, wanted as T);
  return 'updated';
}

