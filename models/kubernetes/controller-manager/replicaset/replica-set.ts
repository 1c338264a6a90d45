/**
 * The ReplicaSet and ReplicationController controllers.
 *
 * Safety: a wave of creations is sized by spec.replicas minus the active pods of one read of the cache, at most 500; a wave of
 * deletions likewise and in ranking order; no wave starts while an earlier one is unconfirmed. Pods of other controllers are
 * never counted or deleted. Liveness: active pods become spec.replicas if creations succeed, else the condition ReplicaFailure
 * says why and retries go on. Source: pkg/controller/replicaset/replica_set.go.
 */
import type { ControlLoop } from '../../client/control-loop.ts';
import type { Client } from '../../client/client.ts';
import { claimObjects, newControllerRef } from '../../client/controller-ref-manager.ts';
import { UidTrackingExpectations } from '../../client/expectations.ts';
import { isNamespaceTerminating, type Err } from '../../client/failure.ts';
import { BY_CONTROLLER, claimable, controlledBy } from '../../client/owner-index.ts';
import { PodControl, podFromTemplate, type PodDraft } from '../../client/pod-template.ts';
import type { Task } from '../../client/process.ts';
import { PODS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { SLOW_START_INITIAL_BATCH_SIZE, slowStartBatch } from '../../client/slow-start.ts';
import { controllerOf, isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { isEmptySelector, selectorMatches } from '../../object/selector.ts';
import type { OwnerReference, Pod, ReplicaSet } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { sortActivePodsWithRanks } from '../pod/active-pods.ts';
import { isPodActive, isPodReady } from '../pod/pod-state.ts';
import { calculateStatus, updateReplicaSetStatus } from './replica-set-status.ts';
import type { ReplicaSetKind } from './replica-set-kind.ts';

/** replica_set.go: BurstReplicas. */
const BURST_REPLICAS = 500;

export class ReplicaSetController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly kind: ReplicaSetKind;
  private readonly client: Client;
  private readonly podControl: PodControl;
  private readonly expectations: UidTrackingExpectations;
  private readonly replicaSets: SharedInformer<ReplicaSet>;
  private readonly pods: SharedInformer<Pod>;

  constructor(context: ControllerContext, kind: ReplicaSetKind) {
    this.context = context;
    this.kind = kind;
    this.client = context.client(kind.controller);
    this.podControl = new PodControl(this.client, context.recorder(this.client, kind.eventSource));
    this.expectations = new UidTrackingExpectations(context.process);
    this.replicaSets = context.factory.informer<ReplicaSet>(kind.resource);
    this.pods = context.factory.informer<Pod>(PODS);
    this.pods.addIndexers(BY_CONTROLLER);
    this.replicaSets.addIndexers(BY_CONTROLLER);
    this.loop = context.loop(
      { name: kind.controller, workers: 5, client: this.client, sync: (key) => this.sync(key) },
      [this.replicaSets, this.pods],
    );
    this.replicaSets.addEventHandler({
      add: (object) => this.enqueue(object),
      update: (old, object) => this.replicaSetUpdated(old, object),
      delete: (object) => this.replicaSetDeleted(object),
    });
    this.pods.addEventHandler({
      add: (pod) => this.podAdded(pod),
      update: (old, pod) => this.podUpdated(old, pod),
      delete: (pod) => this.podDeleted(pod),
    });
  }

  private enqueue(object: ReplicaSet): void {
    this.loop.queue.add(namespacedName(object));
  }

  private replicaSetUpdated(old: ReplicaSet, object: ReplicaSet): void {
    if (old.metadata.uid !== object.metadata.uid) this.replicaSetDeleted(old);
    this.enqueue(object);
  }

  private replicaSetDeleted(object: ReplicaSet): void {
    this.expectations.delete(namespacedName(object));
    this.enqueue(object);
  }

  /** The cached ReplicaSet that this reference means, if it is still the same one. */
  private resolve(namespace: string | undefined, ref: OwnerReference): ReplicaSet | undefined {
    if (ref.kind !== this.kind.kind) return undefined;
    const object = this.replicaSets.lister.get(namespace, ref.name);
    return object?.metadata.uid === ref.uid ? object : undefined;
  }

  private podAdded(pod: Pod): void {
    if (isTerminating(pod)) return this.podDeleted(pod);
    const ref = controllerOf(pod);
    if (ref === undefined) return this.enqueueMatching(pod);
    const owner = this.resolve(pod.metadata.namespace, ref);
    if (owner === undefined) return;
    this.expectations.creationObserved(namespacedName(owner));
    this.enqueue(owner);
  }

  private podUpdated(old: Pod, pod: Pod): void {
    if (old.metadata.resourceVersion === pod.metadata.resourceVersion) return;
    const isRelabelled = !semanticEqual(old.metadata.labels, pod.metadata.labels);
    if (isTerminating(pod)) {
      this.podDeleted(pod);
      if (isRelabelled) this.podDeleted(old);
      return;
    }
    const ref = controllerOf(pod);
    const oldRef = controllerOf(old);
    const isReowned = !semanticEqual(ref, oldRef);
    if (isReowned && oldRef !== undefined) {
      const oldOwner = this.resolve(old.metadata.namespace, oldRef);
      if (oldOwner !== undefined) this.enqueue(oldOwner);
    }
    if (ref === undefined) {
      if (isRelabelled || isReowned) this.enqueueMatching(pod);
      return;
    }
    const owner = this.resolve(pod.metadata.namespace, ref);
    if (owner === undefined) return;
    this.enqueue(owner);
    const { minReadySeconds = 0 } = owner.spec;
    if (minReadySeconds > 0 && !isPodReady(old) && isPodReady(pod)) {
      // One second more, because the status update of the pod may be stamped a little later than it happened.
      this.loop.queue.addAfter(namespacedName(owner), (minReadySeconds + 1) * 1_000_000);
    }
  }

  private podDeleted(pod: Pod): void {
    const ref = controllerOf(pod);
    if (ref === undefined) return;
    const owner = this.resolve(pod.metadata.namespace, ref);
    if (owner === undefined) return;
    this.expectations.deletionObservedOf(namespacedName(owner), namespacedName(pod));
    this.enqueue(owner);
  }

  /** Queues every ReplicaSet that would adopt this pod. */
  private enqueueMatching(pod: Pod): void {
    if (pod.metadata.labels === undefined) return;
    for (const object of this.replicaSets.lister.list(pod.metadata.namespace)) {
      const selector = this.kind.selector(object);
      if (!isEmptySelector(selector) && selectorMatches(selector, pod.metadata.labels)) this.enqueue(object);
    }
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const object = this.replicaSets.lister.get(namespace, name);
    if (object === undefined) {
      this.expectations.delete(key);
      return undefined;
    }
    const mayManage = this.expectations.satisfied(key);
    const active = claimable(this.pods.indexer, object).filter(isPodActive);
    const { claimed, error: claimError } = yield* claimObjects<Pod>(
      {
        client: this.client,
        resource: PODS,
        controller: object,
        controllerKind: this.kind,
        controllerResource: this.kind.resource,
        selector: this.kind.selector(object),
      },
      active,
    );
    if (claimError !== undefined) return claimError;
    const manageError = mayManage && !isTerminating(object) ? yield* this.manageReplicas(claimed, object, key) : undefined;
    const status = calculateStatus(object, claimed, manageError, this.context.clock);
    const { error, updated } = yield* updateReplicaSetStatus(this.client, this.kind.resource, object, status);
    if (error !== undefined) return error;
    const { minReadySeconds = 0, replicas = 0 } = updated.spec;
    const { readyReplicas = 0, availableReplicas = 0 } = updated.status;
    if (manageError === undefined && minReadySeconds > 0 && readyReplicas === replicas && availableReplicas !== replicas) {
      this.loop.queue.addAfter(key, minReadySeconds * 1_000_000);
    }
    return manageError;
  }

  private *manageReplicas(active: readonly Pod[], object: ReplicaSet, key: string): Task<Err> {
    const difference = active.length - (object.spec.replicas ?? 0);
    if (difference < 0) return yield* this.createPods(Math.min(-difference, BURST_REPLICAS), object, key);
    if (difference > 0) return yield* this.deletePods(Math.min(difference, BURST_REPLICAS), active, object, key);
    return undefined;
  }

  private *createPods(count: number, object: ReplicaSet, key: string): Task<Err> {
    const { expectations } = this;
    expectations.expectCreations(key, count);
    const draft = podFromTemplate(object.spec.template ?? {}, object, newControllerRef(object, this.kind));
    const { successes, error } = yield* slowStartBatch(this.context.process, count, SLOW_START_INITIAL_BATCH_SIZE, () => this.createPod(draft, object));
    for (let skipped = count - successes; skipped > 0; skipped--) expectations.creationObserved(key);
    return error;
  }

  private *createPod(draft: PodDraft, object: ReplicaSet): Task<Err> {
    const failed = yield* this.podControl.create(draft, object);
    // Nothing can be created in a namespace that goes away; the expectation stays, so nothing is tried again soon.
    return isNamespaceTerminating(failed) ? undefined : failed;
  }

  private *deletePods(count: number, active: readonly Pod[], object: ReplicaSet, key: string): Task<Err> {
    const victims = this.podsToDelete(count, active, object);
    this.expectations.expectDeletionsOf(key, victims.map(namespacedName));
    const errors = yield* this.context.process.join(victims.map((pod) => this.deletePod(pod, object, key)));
    return errors.find((error) => error !== undefined);
  }

  private *deletePod(pod: Pod, object: ReplicaSet, key: string): Task<Err> {
    const error = yield* this.podControl.delete(pod.metadata.namespace ?? '', pod.metadata.name, object);
    if (error === undefined) return undefined;
    this.expectations.deletionObservedOf(key, namespacedName(pod));
    return error.status?.reason === 'NotFound' ? undefined : error;
  }

  private podsToDelete(count: number, active: readonly Pod[], object: ReplicaSet): readonly Pod[] {
    if (count >= active.length) return active;
    const perNode = new Map<string, number>();
    for (const pod of this.relatedPods(object)) {
      const node = pod.spec.nodeName;
      if (node && isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1);
    }
    const ranked = active.map((pod) => ({ pod, rank: perNode.get(pod.spec.nodeName ?? '') ?? 0 }));
    return sortActivePodsWithRanks(ranked, this.context.clock).slice(0, count).map(({ pod }) => pod);
  }

  /** Pods that any ReplicaSet with the same controller selects (`getIndirectlyRelatedPods`). */
  private relatedPods(object: ReplicaSet): Iterable<Pod> {
    const ref = controllerOf(object);
    const siblings = ref === undefined ? [object] : controlledBy(this.replicaSets.indexer, ref.uid);
    const related = new Map<string, Pod>();
    for (const sibling of siblings) {
      const selector = this.kind.selector(sibling);
      for (const pod of this.pods.lister.list(object.metadata.namespace, selector)) related.set(pod.metadata.uid, pod);
    }
    return related.values();
  }
}
