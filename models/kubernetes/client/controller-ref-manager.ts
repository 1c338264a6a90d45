/**
 * Claims objects for a controller: keeps its own, adopts orphans that match, releases its own that no longer match.
 *
 * An object is adopted only after a live read has shown that the controller still exists and is not being deleted, because
 * the cache may lag behind a deletion. All patches are guarded by the object's UID.
 * Source: pkg/controller/controller_ref_manager.go.
 */
import type { GroupVersionResource } from '../api/message.ts';
import { controllerOf, isTerminating } from '../object/meta.ts';
import { selectorMatches, type Selector } from '../object/selector.ts';
import type { KubeObject, OwnerReference } from '../object/types.ts';
import type { Client } from './client.ts';
import { aggregate, failedWith, failure, failureOf, type Err } from './failure.ts';
import type { Task } from './process.ts';

/** Who claims, and what. */
export interface Claimer<T extends KubeObject> {
  readonly client: Client;
  /** The collection of the claimed objects. */
  readonly resource: GroupVersionResource;
  readonly controller: KubeObject;
  readonly controllerKind: { readonly apiVersion: string; readonly kind: string };
  /** The collection of the controller, for the live read. */
  readonly controllerResource: GroupVersionResource;
  readonly selector: Selector;
  /** A further condition beside the selector. */
  readonly filter?: (object: T) => boolean;
  /** Finalizers that adoption adds. */
  readonly finalizers?: readonly string[];
}

/** What was claimed; errors of single objects are aggregated and the others are claimed nevertheless. */
export interface Claimed<T> {
  readonly claimed: readonly T[];
  readonly error: Err;
}

/** The reference that makes `owner` the controller of a dependent. */
export function newControllerRef(owner: KubeObject, kind: { readonly apiVersion: string; readonly kind: string }): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: kind.apiVersion, kind: kind.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Claims from the candidates; keeps their order. */
export function* claimObjects<T extends KubeObject>(claimer: Claimer<T>, candidates: readonly T[]): Task<Claimed<T>> {
  const claimed: T[] = [];
  const errors: Err[] = [];
  let canAdopt: { readonly error: Err } | undefined;
  for (const object of candidates) {
    const ref = controllerOf(object);
    if (ref !== undefined) {
      if (ref.uid !== claimer.controller.metadata.uid) continue;
      if (matches(claimer, object)) claimed.push(object);
      else if (!isTerminating(claimer.controller)) errors.push(yield* release(claimer, object));
      continue;
    }
    if (isTerminating(claimer.controller) || !matches(claimer, object) || isTerminating(object)) continue;
    canAdopt ??= { error: yield* recheckDeletionTimestamp(claimer) };
    if (canAdopt.error !== undefined) {
      errors.push(failure(`can't adopt ${describe(object)}: ${canAdopt.error.message}`));
      continue;
    }
    const error = yield* adopt(claimer, object);
    if (error === undefined) claimed.push(object);
    else if (!failedWith(error, 'NotFound')) errors.push(error);
  }
  return { claimed, error: aggregate(errors) };
}

function matches<T extends KubeObject>(claimer: Claimer<T>, object: T): boolean {
  return selectorMatches(claimer.selector, object.metadata.labels) && (claimer.filter?.(object) ?? true);
}

function describe(object: KubeObject): string {
  return `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name} (${object.metadata.uid})`;
}

/** `RecheckDeletionTimestamp` with a live read. */
function* recheckDeletionTimestamp<T extends KubeObject>(claimer: Claimer<T>): Task<Err> {
  const { controller, client, controllerResource } = claimer;
  const { namespace = '', name, uid } = controller.metadata;
  const fresh = yield* client.get(controllerResource, namespace === '' ? undefined : namespace, name);
  if (!fresh.ok) return failureOf(fresh);
  if (fresh.object.metadata.uid !== uid) {
    return failure(`original ${claimer.controllerKind.kind} ${namespace}/${name} is gone: got uid ${fresh.object.metadata.uid}, wanted ${uid}`);
  }
  if (isTerminating(fresh.object)) {
    return failure(`${namespace}/${name} has just been deleted at ${fresh.object.metadata.deletionTimestamp ?? ''}`);
  }
  return undefined;
}

function* adopt<T extends KubeObject>(claimer: Claimer<T>, object: T): Task<Err> {
  const { client, resource, controller, controllerKind, finalizers } = claimer;
  const body = {
    metadata: {
      ownerReferences: [newControllerRef(controller, controllerKind)],
      uid: object.metadata.uid,
      ...(finalizers === undefined ? {} : { finalizers }),
    },
  };
  const { namespace, name } = object.metadata;
  return failureOf(yield* client.patch(resource, namespace, name, 'application/strategic-merge-patch+json', body));
}

function* release<T extends KubeObject>(claimer: Claimer<T>, object: T): Task<Err> {
  const { client, resource, controller, finalizers } = claimer;
  const { namespace, name, uid } = object.metadata;
  const body = {
    metadata: {
      ownerReferences: [{ $patch: 'delete', uid: controller.metadata.uid }],
      uid,
      ...(finalizers === undefined ? {} : { '$deleteFromPrimitiveList/finalizers': finalizers }),
    },
  };
  const error = failureOf(yield* client.patch(resource, namespace, name, 'application/strategic-merge-patch+json', body));
  return failedWith(error, 'NotFound') || failedWith(error, 'Invalid') ? undefined : error;
}
