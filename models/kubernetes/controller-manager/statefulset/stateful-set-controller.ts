/**
 * The StatefulSet controller.
 *
 * Safety: at most one pod object per ordinal, always with the same identity; OrderedReady makes pod k only when all lower ones are
 * running and ready, and deletes from the top, one at a time; an update never touches ordinals below the partition. Liveness: if each
 * pod becomes ready, all reach the update revision. A pod that never becomes ready stops an OrderedReady set for good, as upstream.
 * Source: pkg/controller/statefulset/stateful_set.go, stateful_set_status_updater.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { claimObjects } from '../../client/controller-ref-manager.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { aggregate, failureOf, type Err } from '../../client/failure.ts';
import { BY_CONTROLLER, claimable } from '../../client/owner-index.ts';
import type { Task } from '../../client/process.ts';
import { CONTROLLER_REVISIONS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import { DEFAULT_RETRY, retryOnConflict } from '../../client/retry.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { controllerOf, isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { isEmptySelector, selectorMatches, selectorOf, type LabelSelector } from '../../object/selector.ts';
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { templatePatch } from '../daemon/daemon-history.ts';
import { byRevision, createRevision, isSameRevision, newRevision } from '../history/controller-history.ts';
import { isPodReady } from '../pod/pod-state.ts';
import { updateStatefulSet, type StatefulStatus, type StatefulSync } from './stateful-set-control.ts';
import { StatefulPodControl } from './stateful-pod-control.ts';
import { ordinalOf, replicaCount, revisionOf, STATEFUL_SET_KIND } from './stateful-set-util.ts';

const SECOND = 1_000_000;

interface Revisions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisionCount: number;
}

export class StatefulSetController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly sets: SharedInformer<StatefulSet>;
  private readonly pods: SharedInformer<Pod>;
  private readonly revisions: SharedInformer<ControllerRevision>;
  private readonly control: StatefulPodControl;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('statefulset-controller');
    this.recorder = context.recorder(this.client, 'statefulset-controller');
    this.sets = context.factory.informer<StatefulSet>(STATEFUL_SETS);
    this.pods = context.factory.informer<Pod>(PODS);
    this.revisions = context.factory.informer<ControllerRevision>(CONTROLLER_REVISIONS);
    const claims = context.factory.informer<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
    this.pods.addIndexers(BY_CONTROLLER);
    this.revisions.addIndexers(BY_CONTROLLER);
    this.control = new StatefulPodControl(context.process, this.client, this.recorder, claims.lister, this.pods.lister);
    const options = { name: 'statefulset-controller', workers: 5, client: this.client, sync: (key: string) => this.sync(key) };
    this.loop = context.loop(options, [this.sets, this.pods, this.revisions, claims]);
    const enqueue = (set: StatefulSet): void => this.loop.queue.add(namespacedName(set));
    this.sets.addEventHandler({ add: enqueue, update: (_old, set) => enqueue(set), delete: enqueue });
    this.pods.addEventHandler({ add: (pod) => this.podAdded(pod), update: (old, pod) => this.podUpdated(old, pod), delete: (pod) => this.podDeleted(pod) });
  }

  private ownerOf(pod: Pod): StatefulSet | undefined {
    const ref = controllerOf(pod);
    if (ref?.kind !== 'StatefulSet') return undefined;
    const owner = this.sets.lister.get(pod.metadata.namespace, ref.name);
    return owner?.metadata.uid === ref.uid ? owner : undefined;
  }

  private enqueueOwner(pod: Pod): void {
    const owner = this.ownerOf(pod);
    if (owner !== undefined) this.loop.queue.add(namespacedName(owner));
  }

  private podAdded(pod: Pod): void {
    if (isTerminating(pod) || controllerOf(pod) !== undefined) this.enqueueOwner(pod);
    else this.enqueueMatching(pod);
  }

  private podUpdated(old: Pod, pod: Pod): void {
    if (old.metadata.resourceVersion === pod.metadata.resourceVersion) return;
    const isReowned = !semanticEqual(controllerOf(old), controllerOf(pod));
    if (isReowned) this.enqueueOwner(old);
    if (controllerOf(pod) === undefined) {
      if (isReowned || !semanticEqual(old.metadata.labels, pod.metadata.labels)) this.enqueueMatching(pod);
      return;
    }
    const owner = this.ownerOf(pod);
    if (owner === undefined) return;
    this.loop.queue.add(namespacedName(owner));
    const { minReadySeconds = 0 } = owner.spec;
    if (minReadySeconds > 0 && !isPodReady(old) && isPodReady(pod)) this.loop.queue.addAfter(namespacedName(owner), (minReadySeconds + 1) * SECOND);
  }

  private podDeleted(pod: Pod): void {
    this.enqueueOwner(pod);
  }

  private enqueueMatching(pod: Pod): void {
    for (const set of this.sets.lister.list(pod.metadata.namespace)) {
      const selector = selectorOf(set.spec.selector as LabelSelector);
      if (!isEmptySelector(selector) && selectorMatches(selector, pod.metadata.labels)) this.loop.queue.add(namespacedName(set));
    }
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const set = this.sets.lister.get(namespace, name);
    if (set === undefined) return undefined;
    const claimer = {
      client: this.client, controller: set, controllerKind: STATEFUL_SET_KIND, controllerResource: STATEFUL_SETS, selector: selectorOf(set.spec.selector as LabelSelector),
    };
    // Revisions are adopted, but a relabelled one is only lost from sight, never released.
    const labelled = claimable(this.revisions.indexer, set).filter(({ metadata }) => selectorMatches(claimer.selector, metadata.labels));
    const owned = yield* claimObjects<ControllerRevision>({ ...claimer, resource: CONTROLLER_REVISIONS }, labelled);
    const pods = yield* claimObjects<Pod>({ ...claimer, resource: PODS, filter: (pod) => ordinalOf(set, pod) >= 0 }, claimable(this.pods.indexer, set));
    const claimError = aggregate([owned.error, pods.error]);
    if (claimError !== undefined) return claimError;
    const history = [...owned.claimed].sort(byRevision);
    const found = yield* this.findRevisions(set, history);
    if ('error' in found) return found.error;
    const { process, clock } = this.context;
    const sync: StatefulSync = {
      process, clock, control: this.control, set, pods: pods.claimed,
      currentRevision: found.current, updateRevision: found.update, collisionCount: found.collisionCount,
    };
    const { status, error } = yield* updateStatefulSet(sync);
    const written = complete(set, status);
    const statusError = yield* this.writeStatus(set, written);
    const cleanupError = yield* this.truncateHistory(sync, history);
    const failed = aggregate([error, statusError, cleanupError]);
    const { minReadySeconds = 0 } = set.spec;
    if (failed === undefined && minReadySeconds > 0 && written.availableReplicas !== replicaCount(set)) this.loop.queue.addAfter(key, minReadySeconds * SECOND);
    return failed;
  }

  /** The current and the update revision; a template that was there before keeps its revision and gets a new number. */
  private *findRevisions(set: StatefulSet, history: readonly ControllerRevision[]): Task<Revisions | { readonly error: Err }> {
    const data = templatePatch(set.spec.template);
    const collisions = set.status?.collisionCount ?? 0;
    const number = (history.at(-1)?.revision ?? 0) + 1;
    const draft = newRevision(set, STATEFUL_SET_KIND, set.spec.template.metadata?.labels ?? {}, data, number, collisions);
    const equal = history.filter((revision) => isSameRevision(revision, draft)).at(-1);
    const latest = history.at(-1);
    const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision);
    if (equal !== undefined && equal === latest) return { current: current ?? equal, update: equal, collisionCount: collisions };
    if (equal !== undefined) {
      const raised = yield* this.client.update<ControllerRevision>(CONTROLLER_REVISIONS, { ...equal, revision: number });
      return raised.ok ? { current: current ?? raised.object, update: raised.object, collisionCount: collisions } : { error: failureOf(raised) };
    }
    const made = yield* createRevision(this.client, set, draft, collisions);
    if (made.error !== undefined) return { error: made.error };
    return { current: current ?? made.revision, update: made.revision, collisionCount: made.collisionCount ?? 0 };
  }

  private *writeStatus(set: StatefulSet, status: StatefulStatus): Task<Err> {
    const { observedGeneration = 0, ...counts } = status;
    const old = (set.status ?? {}) as unknown as Record<string, unknown>;
    const isSame = Object.entries(counts).every(([field, value]) => field === 'collisionCount' || (old[field] ?? (typeof value === 'number' ? 0 : '')) === value);
    if (isSame && ((old['observedGeneration'] as number | undefined) ?? 0) >= observedGeneration) return undefined;
    let base = set;
    return yield* retryOnConflict(this.context.process, DEFAULT_RETRY, () => this.writeOnce(base, status, () => {
      base = this.sets.lister.get(set.metadata.namespace, set.metadata.name) ?? base;
    }));
  }

  private *writeOnce(base: StatefulSet, status: StatefulStatus, refresh: () => void): Task<Err> {
    const result = yield* this.client.updateStatus<StatefulSet>(STATEFUL_SETS, { ...base, status: withoutZeros(status, base) });
    if (!result.ok) refresh();
    return failureOf(result);
  }

  /** Deletes the oldest revisions beyond the limit that nothing uses. */
  private *truncateHistory({ set, pods, currentRevision, updateRevision }: StatefulSync, history: readonly ControllerRevision[]): Task<Err> {
    const live = new Set([currentRevision.metadata.name, updateRevision.metadata.name, ...pods.map(revisionOf)]);
    const unused = history.filter(({ metadata }) => !live.has(metadata.name));
    const excess = unused.length - (set.spec.revisionHistoryLimit ?? 10);
    for (const { metadata } of unused.slice(0, Math.max(0, excess))) {
      const result = yield* this.client.delete(CONTROLLER_REVISIONS, metadata.namespace, metadata.name);
      if (!result.ok && !isNotFound(result)) return failureOf(result);
    }
    return undefined;
  }
}

/** When all pods are updated and ready, the update revision becomes the current one. */
function complete(set: StatefulSet, status: StatefulStatus): StatefulStatus {
  const wanted = replicaCount(set);
  const isRolling = set.spec.updateStrategy?.type !== 'OnDelete';
  if (!isRolling || status.updatedReplicas !== wanted || status.replicas !== wanted || status.readyReplicas !== wanted) return status;
  return { ...status, currentReplicas: status.updatedReplicas, currentRevision: status.updateRevision as string };
}

function withoutZeros(status: StatefulStatus, { status: old }: StatefulSet): StatefulStatus {
  const { readyReplicas, currentReplicas, updatedReplicas, ...rest } = status;
  const counts = Object.entries({ readyReplicas, currentReplicas, updatedReplicas }).filter(([, value]) => (value ?? 0) !== 0);
  return { ...rest, ...Object.fromEntries(counts), ...(old?.conditions === undefined ? {} : { conditions: old.conditions }) };
}
