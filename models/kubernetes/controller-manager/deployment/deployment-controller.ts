/**
 * The Deployment controller.
 *
 * Safety: the rolling step never raises the sum of sizes above replicas + surge, and its scale-downs keep as many pods available
 * as promised, as judged from ReplicaSet status; Recreate makes no new pod while an old one may run; an equal template is never
 * rolled out twice. Liveness: if new pods become available, the rollout completes; else Progressing turns False within the
 * deadline and about a second. Source: pkg/controller/deployment/deployment_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { claimObjects } from '../../client/controller-ref-manager.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { isNamespaceTerminating, type Err } from '../../client/failure.ts';
import { BY_CONTROLLER, claimable, controlledBy } from '../../client/owner-index.ts';
import type { Task } from '../../client/process.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { controllerOf, getCondition, isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { isEmptySelector, selectorMatches, selectorOf, type LabelSelector, type Selector } from '../../object/selector.ts';
import type { Deployment, OwnerReference, Pod, ReplicaSet } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { hasProgressDeadline, newCondition } from './deployment-util.ts';
import { writeStatus, type DeploymentSync } from './deployment-sync.ts';
import { rolloutRecreate } from './recreate.ts';
import { rollback, rollbackRevision } from './rollback.ts';
import { rolloutRolling } from './rolling.ts';
import { DEPLOYMENT_KIND, isScalingEvent, setCondition, syncScale, syncStatusOnly } from './sync.ts';

/** deployment_controller.go: maxRetries. */
const RETRIES_MAX = 15;

const selectorFor = (deployment: Deployment): Selector => selectorOf(deployment.spec.selector as LabelSelector);

export class DeploymentController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly deployments: SharedInformer<Deployment>;
  private readonly replicaSets: SharedInformer<ReplicaSet>;
  private readonly pods: SharedInformer<Pod>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('deployment-controller');
    this.recorder = context.recorder(this.client, 'deployment-controller');
    this.deployments = context.factory.informer<Deployment>(DEPLOYMENTS);
    this.replicaSets = context.factory.informer<ReplicaSet>(REPLICA_SETS);
    this.pods = context.factory.informer<Pod>(PODS);
    this.replicaSets.addIndexers(BY_CONTROLLER);
    this.pods.addIndexers(BY_CONTROLLER);
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop(
      { name: 'deployment-controller', workers: 5, client: this.client, sync, retriesMax: RETRIES_MAX, isFinal: isNamespaceTerminating },
      [this.deployments, this.replicaSets, this.pods],
    );
    this.deployments.addEventHandler({
      add: (object) => this.enqueue(object),
      update: (_old, object) => this.enqueue(object),
      delete: (object) => this.enqueue(object),
    });
    this.replicaSets.addEventHandler({
      add: (set) => this.replicaSetAdded(set),
      update: (old, set) => this.replicaSetUpdated(old, set),
      delete: (set) => this.replicaSetDeleted(set),
    });
    this.pods.addEventHandler({ delete: (pod) => this.podDeleted(pod) });
  }

  private enqueue(deployment: Deployment): void {
    this.loop.queue.add(namespacedName(deployment));
  }

  private resolve(namespace: string | undefined, ref: OwnerReference | undefined): Deployment | undefined {
    if (ref === undefined || ref.kind !== 'Deployment') return undefined;
    const deployment = this.deployments.lister.get(namespace, ref.name);
    return deployment?.metadata.uid === ref.uid ? deployment : undefined;
  }

  private enqueueOwner(set: ReplicaSet): void {
    const owner = this.resolve(set.metadata.namespace, controllerOf(set));
    if (owner !== undefined) this.enqueue(owner);
  }

  private replicaSetAdded(set: ReplicaSet): void {
    if (isTerminating(set)) return this.replicaSetDeleted(set);
    if (controllerOf(set) === undefined) this.enqueueMatching(set);
    else this.enqueueOwner(set);
  }

  private replicaSetUpdated(old: ReplicaSet, set: ReplicaSet): void {
    if (old.metadata.resourceVersion === set.metadata.resourceVersion) return;
    const isReowned = !semanticEqual(controllerOf(old), controllerOf(set));
    if (isReowned) this.enqueueOwner(old);
    if (controllerOf(set) !== undefined) return this.enqueueOwner(set);
    if (isReowned || !semanticEqual(old.metadata.labels, set.metadata.labels)) this.enqueueMatching(set);
  }

  private replicaSetDeleted(set: ReplicaSet): void {
    this.enqueueOwner(set);
  }

  private enqueueMatching(set: ReplicaSet): void {
    if (set.metadata.labels === undefined) return;
    for (const deployment of this.deployments.lister.list(set.metadata.namespace)) {
      const selector = selectorFor(deployment);
      if (!isEmptySelector(selector) && selectorMatches(selector, set.metadata.labels)) this.enqueue(deployment);
    }
  }

  /** A Deployment that waits for its old pods to be gone hears of the last one. */
  private podDeleted(pod: Pod): void {
    const ref = controllerOf(pod);
    if (ref === undefined || ref.kind !== 'ReplicaSet') return;
    const set = this.replicaSets.lister.get(pod.metadata.namespace, ref.name);
    if (set === undefined || set.metadata.uid !== ref.uid) return;
    const deployment = this.resolve(set.metadata.namespace, controllerOf(set));
    if (deployment !== undefined && deployment.spec.strategy?.type === 'Recreate') this.context.process.go(this.checkLastPod(deployment));
  }

  private *checkLastPod(deployment: Deployment): Task {
    const listed = yield* this.client.list<ReplicaSet>(REPLICA_SETS, deployment.metadata.namespace);
    if (!listed.ok) return;
    const own = listed.object.items.filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
    if (own.every((set) => this.podsOf(deployment, set).length === 0)) this.enqueue(deployment);
  }

  private podsOf(deployment: Deployment, set: ReplicaSet): readonly Pod[] {
    const selector = selectorFor(deployment);
    return controlledBy(this.pods.indexer, set.metadata.uid).filter((pod) => selectorMatches(selector, pod.metadata.labels));
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const deployment = this.deployments.lister.get(namespace, name);
    if (deployment === undefined) return undefined;
    if (isEmptySelector(selectorFor(deployment))) return yield* this.refuseSelector(deployment, key);
    const { claimed, error } = yield* claimObjects<ReplicaSet>(
      {
        client: this.client,
        resource: REPLICA_SETS,
        controller: deployment,
        controllerKind: DEPLOYMENT_KIND,
        controllerResource: DEPLOYMENTS,
        selector: selectorFor(deployment),
      },
      claimable(this.replicaSets.indexer, deployment),
    );
    if (error !== undefined) return error;
    return yield* this.syncClaimed(this.newSync(key, deployment, claimed));
  }

  private newSync(key: string, deployment: Deployment, replicaSets: readonly ReplicaSet[]): DeploymentSync {
    const { client, recorder } = this;
    return {
      deployment,
      replicaSets,
      key,
      client,
      recorder,
      clock: this.context.clock,
      queue: this.loop.queue,
      cachedReplicaSet: (name) => this.replicaSets.lister.get(deployment.metadata.namespace, name),
      podsOf: (set) => this.podsOf(deployment, set),
    };
  }

  private *syncClaimed(sync: DeploymentSync): Task<Err> {
    if (isTerminating(sync.deployment)) return yield* syncStatusOnly(sync);
    const pausedError = yield* checkPausedConditions(sync);
    if (pausedError !== undefined) return pausedError;
    const hasRollback = rollbackRevision(sync.deployment) !== undefined;
    if (sync.deployment.spec.paused === true) return yield* syncScale(sync, hasRollback);
    if (hasRollback) return yield* rollback(sync);
    const scaling = yield* isScalingEvent(sync);
    if (scaling.error !== undefined) return scaling.error;
    if (scaling.value) return yield* syncScale(sync, hasRollback);
    return sync.deployment.spec.strategy?.type === 'Recreate' ? yield* rolloutRecreate(sync) : yield* rolloutRolling(sync);
  }

  private *refuseSelector(deployment: Deployment, key: string): Task<Err> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    this.recorder.event(deployment, 'Warning', 'SelectingAll', message);
    const generation = deployment.metadata.generation ?? 0;
    if ((deployment.status?.observedGeneration ?? 0) >= generation) return undefined;
    yield* writeStatus(this.newSync(key, deployment, []), { ...deployment.status, observedGeneration: generation });
    return undefined;
  }
}

/** Says that the Deployment was paused or resumed, so that its deadline does not run while nothing may happen. */
function* checkPausedConditions(sync: DeploymentSync): Task<Err> {
  const { deployment, clock } = sync;
  if (!hasProgressDeadline(deployment)) return undefined;
  const current = getCondition(deployment.status?.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const isPaused = deployment.spec.paused === true;
  const saysPaused = current?.reason === 'DeploymentPaused';
  if (isPaused === saysPaused) return undefined;
  const [reason, message] = isPaused ? ['DeploymentPaused', 'Deployment is paused'] : ['DeploymentResumed', 'Deployment is resumed'];
  setCondition(sync, newCondition('Progressing', 'Unknown', reason as string, message as string, clock));
  return yield* writeStatus(sync);
}
