/**
 * The DaemonSet controller.
 *
 * Safety: a pod is created on a node only when no own pod that has not ended is meant for it (two while surging) and earlier asks are
 * confirmed; never where it should not run; rolling deletions of available pods stay within maxUnavailable. Liveness: each eligible
 * node ends with exactly one own pod, ineligible ones with none. Source: pkg/controller/daemon/daemon_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { claimObjects } from '../../client/controller-ref-manager.ts';
import { ControllerExpectations } from '../../client/expectations.ts';
import { aggregate, type Err } from '../../client/failure.ts';
import { BY_CONTROLLER, claimable } from '../../client/owner-index.ts';
import { PodControl } from '../../client/pod-template.ts';
import type { Task } from '../../client/process.ts';
import { CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { controllerOf, isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { selectorMatches, selectorOf, type LabelSelector } from '../../object/selector.ts';
import type { ControllerRevision, DaemonSet, KubeObject, Node, Pod } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { isPodReady } from '../pod/pod-state.ts';
import { cleanupHistory, constructHistory } from './daemon-history.ts';
import { updateDaemonSetStatus } from './daemon-status.ts';
import { eligibilityOf, FailedPodBackoff, HASH_LABEL, podsByNode, type DaemonSync, type DaemonTools } from './daemon-sync.ts';
import { DAEMON_SET_KIND, manageDaemons, selectsEverything } from './manage-daemons.ts';
import { nodeEligibility } from './node-eligibility.ts';
import { rollingUpdate } from './update-daemons.ts';

const SECOND = 1_000_000;
/** daemon_controller.go: BackoffGCInterval. */
const BACKOFF_GC_INTERVAL = 60 * SECOND;

export class DaemonSetsController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly daemonSets: SharedInformer<DaemonSet>;
  private readonly revisions: SharedInformer<ControllerRevision>;
  private readonly pods: SharedInformer<Pod>;
  private readonly nodes: SharedInformer<Node>;
  private readonly tools: DaemonTools;

  constructor(context: ControllerContext) {
    const { process, clock, factory } = context;
    this.client = context.client('daemonset-controller');
    this.daemonSets = factory.informer<DaemonSet>(DAEMON_SETS);
    this.revisions = factory.informer<ControllerRevision>(CONTROLLER_REVISIONS);
    this.pods = factory.informer<Pod>(PODS);
    this.nodes = factory.informer<Node>(NODES);
    this.revisions.addIndexers(BY_CONTROLLER);
    this.pods.addIndexers(BY_CONTROLLER);
    const options = { name: 'daemonset-controller', workers: 2, client: this.client, sync: (key: string) => this.sync(key) };
    this.loop = context.loop(options, [this.daemonSets, this.revisions, this.pods, this.nodes]);
    const recorder = context.recorder(this.client, 'daemonset-controller');
    this.tools = {
      process, clock, recorder, client: this.client, queue: this.loop.queue, podControl: new PodControl(this.client, recorder),
      expectations: new ControllerExpectations(process), failedPods: new FailedPodBackoff(process),
    };
    this.addHandlers();
    context.every('daemon.backoff', BACKOFF_GC_INTERVAL, () => this.collectBackoff());
  }

  private *collectBackoff(): Task {
    this.tools.failedPods.collect();
  }

  private addHandlers(): void {
    this.daemonSets.addEventHandler({
      add: (object) => this.enqueue(object),
      update: (old, object) => {
        if (old.metadata.uid !== object.metadata.uid) this.daemonSetDeleted(old);
        this.enqueue(object);
      },
      delete: (object) => this.daemonSetDeleted(object),
    });
    const owned = (object: KubeObject): void => {
      const owner = this.ownerOf(object);
      if (owner !== undefined) this.enqueue(owner);
    };
    this.revisions.addEventHandler({
      add: owned,
      update: (old, object) => {
        if (old.metadata.resourceVersion !== object.metadata.resourceVersion) owned(object);
      },
      delete: owned,
    });
    this.pods.addEventHandler({ add: (pod) => this.podAdded(pod), update: (old, pod) => this.podUpdated(old, pod), delete: (pod) => this.podDeleted(pod) });
    this.nodes.addEventHandler({ add: (node) => this.nodeAdded(node), update: (old, node) => this.nodeUpdated(old, node) });
  }

  private enqueue(object: DaemonSet): void {
    this.loop.queue.add(namespacedName(object));
  }

  private daemonSetDeleted(object: DaemonSet): void {
    this.tools.expectations.delete(namespacedName(object));
    this.enqueue(object);
  }

  private ownerOf(object: KubeObject): DaemonSet | undefined {
    const ref = controllerOf(object);
    if (ref?.kind !== 'DaemonSet') return undefined;
    const owner = this.daemonSets.lister.get(object.metadata.namespace, ref.name);
    return owner?.metadata.uid === ref.uid ? owner : undefined;
  }

  private podAdded(pod: Pod): void {
    if (isTerminating(pod)) return this.podDeleted(pod);
    if (controllerOf(pod) === undefined) return this.enqueueMatching(pod);
    const owner = this.ownerOf(pod);
    if (owner === undefined) return;
    this.tools.expectations.creationObserved(namespacedName(owner));
    this.enqueue(owner);
  }

  private podUpdated(old: Pod, pod: Pod): void {
    if (old.metadata.resourceVersion === pod.metadata.resourceVersion) return;
    if (isTerminating(pod)) return this.podDeleted(pod);
    const isReowned = !semanticEqual(controllerOf(old), controllerOf(pod));
    const oldOwner = isReowned ? this.ownerOf(old) : undefined;
    if (oldOwner !== undefined) this.enqueue(oldOwner);
    if (controllerOf(pod) === undefined) {
      if (isReowned || !semanticEqual(old.metadata.labels, pod.metadata.labels)) this.enqueueMatching(pod);
      return;
    }
    const owner = this.ownerOf(pod);
    if (owner === undefined) return;
    this.enqueue(owner);
    const { minReadySeconds = 0 } = owner.spec;
    if (minReadySeconds > 0 && !isPodReady(old) && isPodReady(pod)) this.loop.queue.addAfter(namespacedName(owner), (minReadySeconds + 1) * SECOND);
  }

  private podDeleted(pod: Pod): void {
    const owner = this.ownerOf(pod);
    if (owner === undefined) return;
    this.tools.expectations.deletionObserved(namespacedName(owner));
    this.enqueue(owner);
  }

  private enqueueMatching(pod: Pod): void {
    for (const object of this.daemonSets.lister.list(pod.metadata.namespace)) {
      if (!selectsEverything(object) && selectorMatches(selectorOf(object.spec.selector as LabelSelector), pod.metadata.labels)) this.enqueue(object);
    }
  }

  private nodeAdded(node: Node): void {
    for (const object of this.daemonSets.lister.list()) if (nodeEligibility(node, object).shouldRun) this.enqueue(object);
  }

  private nodeUpdated(old: Node, node: Node): void {
    if (semanticEqual(old.metadata.labels, node.metadata.labels) && semanticEqual(old.spec.taints, node.spec.taints)) return;
    for (const object of this.daemonSets.lister.list()) {
      if (!semanticEqual(nodeEligibility(old, object), nodeEligibility(node, object))) this.enqueue(object);
    }
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const daemonSet = this.daemonSets.lister.get(namespace, name);
    if (daemonSet === undefined) {
      this.tools.expectations.delete(key);
      return undefined;
    }
    if (selectsEverything(daemonSet)) {
      this.tools.recorder.event(daemonSet, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
      return undefined;
    }
    if (isTerminating(daemonSet)) return undefined;
    const claimer = {
      client: this.client, controller: daemonSet, controllerKind: DAEMON_SET_KIND, controllerResource: DAEMON_SETS,
      selector: selectorOf(daemonSet.spec.selector as LabelSelector),
    };
    const revisions = yield* claimObjects<ControllerRevision>({ ...claimer, resource: CONTROLLER_REVISIONS }, claimable(this.revisions.indexer, daemonSet));
    const pods = yield* claimObjects<Pod>({ ...claimer, resource: PODS }, claimable(this.pods.indexer, daemonSet));
    const claimError = aggregate([revisions.error, pods.error]);
    if (claimError !== undefined) return claimError;
    const history = yield* constructHistory(this.client, daemonSet, revisions.claimed, pods.claimed);
    if (history.error !== undefined) return history.error;
    const { current, old } = history.value;
    const hash = current.metadata.labels?.[HASH_LABEL] ?? '';
    const newSync = (claimed: readonly Pod[]): DaemonSync => ({
      ...this.tools, key, daemonSet, hash, nodes: this.nodes.lister.list(), podsByNode: podsByNode(claimed), eligibility: eligibilityOf(daemonSet),
    });
    const sync = newSync(pods.claimed);
    if (!this.tools.expectations.satisfied(key)) return yield* updateDaemonSetStatus(sync, false);
    // Each stage looks at the pods anew: those that the stage before made may be known by now.
    const again = (): DaemonSync => newSync(claimable(this.pods.indexer, daemonSet).filter((pod) => controllerOf(pod)?.uid === daemonSet.metadata.uid));
    const error = yield* this.update(sync, old, again);
    const statusError = yield* updateDaemonSetStatus(again(), true);
    return error ?? statusError;
  }

  private *update(sync: DaemonSync, old: readonly ControllerRevision[], again: () => DaemonSync): Task<Err> {
    const manageError = yield* manageDaemons(sync);
    if (manageError !== undefined) return manageError;
    const isRolling = sync.daemonSet.spec.updateStrategy?.type !== 'OnDelete';
    if (isRolling && this.tools.expectations.satisfied(sync.key)) {
      const error = yield* rollingUpdate(again());
      if (error !== undefined) return error;
    }
    return yield* cleanupHistory(sync, old);
  }
}
