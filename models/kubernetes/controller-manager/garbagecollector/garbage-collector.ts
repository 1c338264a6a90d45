/**
 * The garbage collector: deletes objects whose owners are all gone, and carries out foreground and orphan deletion.
 *
 * Safety: an object is deleted only after live reads have shown that none of its owners stands, and only if it still has the
 * UID that was judged; an owner deleted in the foreground outlives every known dependent that blocks it; orphaned dependents are not
 * deleted. Liveness: whatever lost its last owner goes. Source: pkg/controller/garbagecollector/garbagecollector.go.
 */
import type { Client } from '../../client/client.ts';
import { ControlLoop } from '../../client/control-loop.ts';
import type { ApiResource } from '../../client/discovery.ts';
import { failure, failureOf, type Err, type Failure } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { isConflict, isNotFound, type Result } from '../../client/result.ts';
import { isTerminating } from '../../object/meta.ts';
import type { KubeObject, OwnerReference } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { blockingDependents, type GraphNode, type Identity } from './graph.ts';
import { absentKey, FOREGROUND_FINALIZER, GraphBuilder, hasFinalizer, ORPHAN_FINALIZER } from './graph-builder.ts';

const WORKERS = 20;
/** removeFinalizer: retry.DefaultBackoff-like tries on a conflict. */
const FINALIZER_TRIES = 4;

interface Classified {
  readonly solid: readonly OwnerReference[];
  readonly dangling: readonly OwnerReference[];
  readonly waiting: readonly OwnerReference[];
}

export class GarbageCollector {
  readonly deleteLoop: ControlLoop;
  readonly orphanLoop: ControlLoop;
  private readonly client: Client;
  private readonly builder: GraphBuilder;
  private readonly context: ControllerContext;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('generic-garbage-collector', 2, 2);
    const recorder = context.recorder(this.client, 'garbage-collector-controller');
    const sinks = {
      attemptToDelete: (node: GraphNode) => this.deleteLoop.queue.add(node.identity.uid),
      attemptToDeleteLater: (node: GraphNode) => this.deleteLoop.queue.addRateLimited(node.identity.uid),
      attemptToOrphan: (node: GraphNode) => this.orphanLoop.queue.add(node.identity.uid),
    };
    this.builder = new GraphBuilder(context, recorder, sinks);
    const { informers } = this.builder;
    this.deleteLoop = context.loop({ name: 'garbage-collector-controller', workers: WORKERS, client: this.client, sync: (uid) => this.attemptToDelete(uid) }, informers);
    this.orphanLoop = context.loop({ name: 'garbage-collector-controller.orphan', workers: WORKERS, client: this.client, sync: (uid) => this.attemptToOrphan(uid) }, informers);
  }

  private *attemptToDelete(uid: string): Task<Err> {
    const node = this.builder.graph.get(uid);
    if (node === undefined) return undefined;
    if (node.beingDeleted && !node.deletingDependents) return undefined;
    const wasVirtual = node.virtual;
    const { identity } = node;
    const live = yield* this.getLive(identity);
    if ('error' in live) return live.error;
    const latest = live.object;
    if (latest === undefined || latest.metadata.uid !== uid) {
      this.builder.absent(identity);
      return undefined;
    }
    if (node.deletingDependents) return yield* this.processDeletingDependents(node);
    const error = yield* this.judge(node, latest);
    if (error !== undefined) return error;
    // An owner that exists but that no informer has shown yet is looked at again.
    return wasVirtual && node.virtual ? failure(`item ${node.identity.kind} ${node.identity.name} was not observed via informer yet`) : undefined;
  }

  private *judge(node: GraphNode, latest: KubeObject): Task<Err> {
    const owners = latest.metadata.ownerReferences ?? [];
    if (owners.length === 0) return undefined;
    const classified = yield* this.classify(node, owners);
    if (classified === 'never') return undefined;
    if ('error' in classified) return classified.error;
    const { solid, dangling, waiting } = classified.value;
    if (solid.length > 0) {
      const gone = [...dangling, ...waiting];
      return gone.length === 0 ? undefined : yield* this.removeOwners(node.identity, gone.map(({ uid }) => uid), latest);
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      const isCycle = [...node.dependents.values()].some((dependent) => dependent.deletingDependents);
      if (isCycle) {
        const error = yield* this.unblockOwners(node.identity, latest);
        if (error !== undefined) return error;
      }
      return yield* this.deleteObject(node.identity, 'Foreground');
    }
    if (hasFinalizer(latest, ORPHAN_FINALIZER)) return yield* this.deleteObject(node.identity, 'Orphan');
    return yield* this.deleteObject(node.identity, hasFinalizer(latest, FOREGROUND_FINALIZER) ? 'Foreground' : 'Background');
  }

  private *classify(node: GraphNode, owners: readonly OwnerReference[]): Task<{ readonly error: Err } | { readonly value: Classified } | 'never'> {
    const [solid, dangling, waiting]: [OwnerReference[], OwnerReference[], OwnerReference[]] = [[], [], []];
    for (const ref of owners) {
      const found = yield* this.findOwner(node, ref);
      if (found === 'never' || 'error' in found) return found;
      if (found.owner === undefined) dangling.push(ref);
      else if (isTerminating(found.owner) && hasFinalizer(found.owner, FOREGROUND_FINALIZER)) waiting.push(ref);
      else solid.push(ref);
    }
    return { value: { solid, dangling, waiting } };
  }

  private *findOwner(node: GraphNode, ref: OwnerReference): Task<{ readonly error: Failure } | { readonly owner: KubeObject | undefined } | 'never'> {
    const resource = this.builder.resourceOf(ref.apiVersion, ref.kind);
    if (resource === undefined) return { error: failure(`unable to get REST mapping for ${ref.apiVersion}/${ref.kind}.`) };
    // Nobody can tell in which namespace the owner would be: such an object is never collected, nor are its other references looked at.
    if (node.identity.namespace === '' && resource.namespaced) return 'never';
    const namespace = resource.namespaced ? node.identity.namespace : '';
    const { apiVersion, kind, name, uid } = ref;
    const identity: Identity = { apiVersion, kind, name, namespace, uid };
    if (this.builder.absentOwners.get(absentKey(identity)) === true) return { owner: undefined };
    const result = yield* this.client.get<KubeObject>(resource.gvr, namespace || undefined, name);
    if (result.ok && result.object.metadata.uid === uid) return { owner: result.object };
    if (!result.ok && !isNotFound(result)) return { error: failureOf(result) as Failure };
    this.builder.absentOwners.put(absentKey(identity), true);
    return { owner: undefined };
  }

  private *processDeletingDependents(node: GraphNode): Task<Err> {
    const blocking = blockingDependents(node);
    if (blocking.length === 0) return yield* this.removeFinalizer(node.identity, FOREGROUND_FINALIZER);
    for (const dependent of blocking) if (!dependent.deletingDependents) this.deleteLoop.queue.add(dependent.identity.uid);
    return undefined;
  }

  private *attemptToOrphan(uid: string): Task<Err> {
    const node = this.builder.graph.get(uid);
    if (node === undefined) return undefined;
    const dependents = [...node.dependents.values()];
    const errors = yield* this.context.process.join(dependents.map((dependent) => this.orphan(dependent.identity, uid)));
    const failed = errors.filter((error) => error !== undefined);
    if (failed.length > 0) return failure(`orphanDependents(${node.identity.name}) failed: ${failed[0]?.message ?? ''}`);
    return yield* this.removeFinalizer(node.identity, ORPHAN_FINALIZER);
  }

  private *orphan(dependent: Identity, owner: string): Task<Err> {
    const error = yield* this.removeOwners(dependent, [owner], undefined);
    return error?.status?.reason === 'NotFound' ? undefined : error;
  }

  private *getLive(identity: Identity): Task<{ readonly error: Err } | { readonly object: KubeObject | undefined }> {
    const resource = this.builder.resourceOf(identity.apiVersion, identity.kind);
    if (resource === undefined) return { error: failure(`unable to get REST mapping for ${identity.apiVersion}/${identity.kind}.`) };
    const result = yield* this.client.get<KubeObject>(resource.gvr, namespaceFor(resource, identity), identity.name);
    if (result.ok) return { object: result.object };
    return isNotFound(result) ? { object: undefined } : { error: failureOf(result) };
  }

  private *deleteObject(identity: Identity, propagationPolicy: string): Task<Err> {
    const resource = this.builder.resourceOf(identity.apiVersion, identity.kind) as ApiResource;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: identity.uid }, propagationPolicy };
    const result = yield* this.client.delete(resource.gvr, namespaceFor(resource, identity), identity.name, body);
    return isNotFound(result) ? undefined : failureOf(result);
  }

  /** Takes references to these owners away; by a merge patch where the kind has no strategic one. */
  private *removeOwners(identity: Identity, uids: readonly string[], latest: KubeObject | undefined): Task<Err> {
    const body = { metadata: { ownerReferences: uids.map((uid) => ({ $patch: 'delete', uid })), uid: identity.uid } };
    const keep = (object: KubeObject): unknown => (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid));
    return yield* this.patchOwners(identity, body, keep, latest);
  }

  private *unblockOwners(identity: Identity, latest: KubeObject): Task<Err> {
    const blocking = (latest.metadata.ownerReferences ?? []).filter(({ blockOwnerDeletion }) => blockOwnerDeletion === true);
    const body = { metadata: { ownerReferences: blocking.map((ref) => ({ ...ref, blockOwnerDeletion: false })), uid: identity.uid } };
    const unblock = (object: KubeObject): unknown => (object.metadata.ownerReferences ?? []).map((ref) => ({ ...ref, blockOwnerDeletion: false }));
    return yield* this.patchOwners(identity, body, unblock, latest);
  }

  private *patchOwners(identity: Identity, strategic: unknown, change: (object: KubeObject) => unknown, latest: KubeObject | undefined): Task<Err> {
    const resource = this.builder.resourceOf(identity.apiVersion, identity.kind);
    if (resource === undefined) return failure(`unable to get REST mapping for ${identity.apiVersion}/${identity.kind}.`);
    const namespace = namespaceFor(resource, identity);
    const result = yield* this.client.patch(resource.gvr, namespace, identity.name, 'application/strategic-merge-patch+json', strategic);
    if (result.ok || result.status.code !== 415) return failureOf(result);
    const live: Result<KubeObject> = latest === undefined ? yield* this.client.get<KubeObject>(resource.gvr, namespace, identity.name) : { ok: true, object: latest };
    if (!live.ok) return failureOf(live);
    const { resourceVersion } = live.object.metadata;
    const body = { metadata: { resourceVersion, ownerReferences: change(live.object) } };
    return failureOf(yield* this.client.patch(resource.gvr, namespace, identity.name, 'application/merge-patch+json', body));
  }

  private *removeFinalizer(identity: Identity, finalizer: string): Task<Err> {
    for (let tries = 1; ; tries++) {
      const live = yield* this.getLive(identity);
      if ('error' in live) return live.error;
      if (live.object === undefined || !hasFinalizer(live.object, finalizer)) return undefined;
      const resource = this.builder.resourceOf(identity.apiVersion, identity.kind) as ApiResource;
      const { resourceVersion, finalizers = [] } = live.object.metadata;
      const body = { metadata: { resourceVersion, finalizers: finalizers.filter((entry) => entry !== finalizer) } };
      const result = yield* this.client.patch(resource.gvr, namespaceFor(resource, identity), identity.name, 'application/merge-patch+json', body);
      if (result.ok || isNotFound(result)) return undefined;
      if (!isConflict(result) || tries >= FINALIZER_TRIES) return failureOf(result);
      yield* this.context.process.sleep('retry', 10_000 * 5 ** (tries - 1));
    }
  }
}

function namespaceFor(resource: ApiResource, identity: Identity): string | undefined {
  return resource.namespaced ? identity.namespace : undefined;
}
