/**
 * The disruption controller: says in each PodDisruptionBudget's status how many pods may be evicted now.
 *
 * Safety: disruptionsAllowed is never negative, and 0 when the count is not known; evictions that are under way count as disrupted for
 * two minutes at most. Liveness: the status follows pods and budgets. The eviction API refuses by this status; deletions that do not
 * go through it are only seen afterwards. Source: pkg/controller/disruption/disruption.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../client/discovery.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { DEPLOYMENTS, POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { disruptionAllowed, withDisruptionAllowed } from '../../object/disruption-budget.ts';
import { isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { formatSelector, selectorMatches, selectorOf, type LabelSelector } from '../../object/selector.ts';
import type { Deployment, Pod, PodDisruptionBudget, policy, ReplicaSet, ReplicationController, StatefulSet } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { disruptionTarget, withoutDisruptionTarget } from '../pod/disruption-target.ts';
import { isPodReady, isPodTerminal } from '../pod/pod-state.ts';
import { expectedPods, type ExpectedPods, type ScaleSources } from './expected-pods.ts';

const SECOND = 1_000_000;
/** disruption.go: DeletionTimeout, stalePodDisruptionTimeout. */
const DELETION_TIMEOUT = 120 * SECOND;
const STALE_DISRUPTION_TIMEOUT = 120 * SECOND;

type Status = policy.PodDisruptionBudgetStatus;
type DisruptedPods = Readonly<Record<string, string>>;

export class DisruptionController {
  readonly loop: ControlLoop;
  readonly staleLoop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly budgets: SharedInformer<PodDisruptionBudget>;
  private readonly pods: SharedInformer<Pod>;
  private readonly sources: ScaleSources;

  constructor(context: ControllerContext) {
    this.context = context;
    const { factory } = context;
    this.client = context.client('disruption-controller');
    this.recorder = context.recorder(this.client, 'controllermanager');
    this.budgets = factory.informer<PodDisruptionBudget>(POD_DISRUPTION_BUDGETS);
    this.pods = factory.informer<Pod>(PODS);
    const replicationControllers = factory.informer<ReplicationController>(REPLICATION_CONTROLLERS);
    const replicaSets = factory.informer<ReplicaSet>(REPLICA_SETS);
    const deployments = factory.informer<Deployment>(DEPLOYMENTS);
    const statefulSets = factory.informer<StatefulSet>(STATEFUL_SETS);
    const definitions = factory.informer(CUSTOM_RESOURCE_DEFINITIONS);
    this.sources = {
      client: this.client, replicationControllers: replicationControllers.lister, replicaSets: replicaSets.lister,
      deployments: deployments.lister, statefulSets: statefulSets.lister, definitions: () => definitions.indexer.values(),
    };
    const informers = [this.budgets, this.pods, replicationControllers, replicaSets, deployments, statefulSets];
    this.loop = context.loop({ name: 'disruption-controller', workers: 1, client: this.client, sync: (key) => this.sync(key) }, informers);
    this.staleLoop = context.loop({ name: 'disruption-controller.stale', workers: 1, client: this.client, sync: (key) => this.syncStale(key) }, informers);
    const enqueue = (budget: PodDisruptionBudget): void => this.loop.queue.add(namespacedName(budget));
    this.budgets.addEventHandler({ add: enqueue, update: (_old, budget) => enqueue(budget), delete: enqueue });
    this.pods.addEventHandler({ add: (pod) => this.podChanged(pod), update: (_old, pod) => this.podChanged(pod), delete: (pod) => this.enqueueFor(pod) });
  }

  private podChanged(pod: Pod): void {
    this.enqueueFor(pod);
    const left = this.staleAfter(pod);
    if (left !== undefined) this.staleLoop.queue.addAfter(namespacedName(pod), left);
  }

  private enqueueFor(pod: Pod): void {
    const matching = this.budgets.lister.list(pod.metadata.namespace).filter((budget) => selects(budget, pod));
    const [first] = matching;
    if (first === undefined) return;
    if (matching.length > 1) {
      const { namespace = '', name } = pod.metadata;
      const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${first.metadata.name}" arbitrarily.`;
      this.recorder.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', message);
    }
    this.loop.queue.add(namespacedName(first));
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const budget = this.budgets.lister.get(namespace, name);
    if (budget === undefined) return undefined;
    const error = yield* this.trySync(key, budget);
    if (error === undefined || error.status?.reason === 'Conflict') return error;
    return yield* this.failSafe(budget, error);
  }

  private *trySync(key: string, budget: PodDisruptionBudget): Task<Err> {
    const pods = this.pods.lister.list(budget.metadata.namespace).filter((pod) => selects(budget, pod));
    if (pods.length === 0) this.recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const found = yield* expectedPods(this.sources, budget, pods);
    if (found.error !== undefined) {
      this.recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${found.error.message}`);
      return found.error;
    }
    if (found.value.unmanaged.length > 0) this.warnUnmanaged(budget);
    const { disruptedPods, recheckAt } = this.stillDisrupted(budget, pods);
    const healthy = pods.filter((pod) => !isTerminating(pod) && disruptedPods[pod.metadata.name] === undefined && isPodReady(pod)).length;
    const error = yield* this.updateStatus(budget, healthy, found.value, disruptedPods);
    if (error === undefined && recheckAt !== undefined) this.loop.queue.addAfter(key, recheckAt - this.context.clock.now);
    return error;
  }

  private warnUnmanaged(budget: PodDisruptionBudget): void {
    const selector = formatSelector(selectorOf(budget.spec.selector as LabelSelector));
    const message = `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
    this.recorder.event(budget, 'Warning', 'UnmanagedPods', message);
  }

  /** The evictions that are still under way; those that led to nothing within two minutes are dropped. */
  private stillDisrupted(budget: PodDisruptionBudget, pods: readonly Pod[]): { disruptedPods: DisruptedPods; recheckAt: number | undefined } {
    const noted = (budget.status?.disruptedPods ?? {}) as unknown as DisruptedPods;
    const disruptedPods: Record<string, string> = {};
    let recheckAt: number | undefined;
    for (const pod of pods) {
      const since = isTerminating(pod) ? undefined : noted[pod.metadata.name];
      if (since === undefined) continue;
      const until = this.context.clock.parse(since) + DELETION_TIMEOUT;
      if (until < this.context.clock.now) {
        this.recorder.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespacedName(budget)} to be deleted but it wasn't`);
        continue;
      }
      disruptedPods[pod.metadata.name] = since;
      recheckAt = Math.min(recheckAt ?? Infinity, until);
    }
    return { disruptedPods, recheckAt };
  }

  private *updateStatus(budget: PodDisruptionBudget, currentHealthy: number, { expected, desiredHealthy }: ExpectedPods, disruptedPods: DisruptedPods): Task<Err> {
    const disruptionsAllowed = expected <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const next = {
      observedGeneration: budget.metadata.generation ?? 0,
      ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
      disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods: expected,
      conditions: this.conditions(budget, disruptionAllowed(disruptionsAllowed), budget.metadata.generation),
    };
    return semanticEqual(budget.status, next) ? undefined : yield* this.write(budget, next as unknown as Status);
  }

  /** Allows nothing. The generation was not acted on, so what has been observed stays as it was. */
  private *failSafe(budget: PodDisruptionBudget, error: NonNullable<Err>): Task<Err> {
    const verdict = { status: 'False', reason: 'SyncFailed', message: error.message };
    const status = { ...budget.status, disruptionsAllowed: 0, conditions: this.conditions(budget, verdict, budget.status?.observedGeneration) };
    return yield* this.write(budget, status as unknown as Status);
  }

  private conditions(budget: PodDisruptionBudget, verdict: ReturnType<typeof disruptionAllowed>, observedGeneration: number | undefined): unknown[] {
    return withDisruptionAllowed(budget, { ...verdict, ...(observedGeneration ? { observedGeneration } : {}) }, this.context.clock.text);
  }

  private *write(budget: PodDisruptionBudget, status: Status): Task<Err> {
    return failureOf(yield* this.client.updateStatus<PodDisruptionBudget>(POD_DISRUPTION_BUDGETS, { ...budget, status }));
  }

  /** µs until a pod's mark as a disruption's target is stale; undefined when it has none that can be. */
  private staleAfter(pod: Pod): number | undefined {
    const condition = disruptionTarget(pod);
    if (condition?.status !== 'True' || isTerminating(pod) || isPodTerminal(pod) || condition.reason === 'TerminationByKubelet') return undefined;
    return STALE_DISRUPTION_TIMEOUT - this.context.clock.since(condition.lastTransitionTime as string | undefined);
  }

  private *syncStale(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const pod = this.pods.lister.get(namespace, name);
    const left = pod === undefined ? undefined : this.staleAfter(pod);
    if (pod === undefined || left === undefined) return undefined;
    if (left > 0) {
      this.staleLoop.queue.addAfter(key, left);
      return undefined;
    }
    const patch = withoutDisruptionTarget(pod, this.context.clock);
    const result = yield* this.client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', patch, { subresource: 'status' });
    return isNotFound(result) ? undefined : failureOf(result);
  }
}

const selects = ({ spec }: PodDisruptionBudget, pod: Pod): boolean => selectorMatches(selectorOf(spec.selector as LabelSelector), pod.metadata.labels);
