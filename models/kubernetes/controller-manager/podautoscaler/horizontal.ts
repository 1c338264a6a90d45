/**
 * The horizontal pod autoscaler: keeps the number of a workload's pods at what its metrics ask for.
 *
 * Safety: whenever it acts on a target that is not at zero, min ≤ replicas ≤ max; it never scales down while a metric cannot be read; two autoscalers that
 * select the same pods both stop. Liveness: each autoscaler is looked at every 15 s; with constant metrics inside the tolerance nothing is written.
 * Source: pkg/controller/podautoscaler/horizontal.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { allResources, CUSTOM_RESOURCE_DEFINITIONS, type ApiResource } from '../../client/discovery.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failure, failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import type { RateLimiter } from '../../client/rate-limiter.ts';
import { HORIZONTAL_POD_AUTOSCALERS, PODS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { namespacedName, splitKey } from '../../object/meta.ts';
import { NOTHING, parseSelector, selectorMatches, type Selector } from '../../object/selector.ts';
import type { autoscaling, HorizontalPodAutoscaler, KubeObject, Pod } from '../../object/types.ts';
import { isLeft } from 'fp-ts/lib/Either.js';
import type { ControllerContext } from '../controller-context.ts';
import { proposalOf } from './metric-proposals.ts';
import { MetricsClient } from './metrics-client.ts';
import type { CalculatorOptions } from './replica-calculator.ts';
import { ScalingHistory } from './scaling-rules.ts';
import { withCondition, type Status } from './autoscaler-status.ts';

const SECOND = 1_000_000;
const SYNC_PERIOD = 15 * SECOND;
const DOWNSCALE_STABILIZATION = 300 * SECOND;
const CPU_INITIALIZATION = 300 * SECOND;
const INITIAL_READINESS = 30 * SECOND;
const TOLERANCE = 0.1;

interface Scale extends KubeObject {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector?: string };
}

/** What all metrics together ask for. */
type Wanted = { readonly replicas: number; readonly name: string; readonly error?: NonNullable<Err> } | { readonly failed: NonNullable<Err> };

/** Every key waits for one period, however often it is added (`NewFixedItemIntervalRateLimiter`). */
const fixedInterval = (period: number): RateLimiter => ({ when: () => period, forget: () => undefined, numRequeues: () => 1 });

export class HorizontalController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly metrics: MetricsClient;
  private readonly calculator: CalculatorOptions;
  private readonly autoscalers: SharedInformer<HorizontalPodAutoscaler>;
  private readonly pods: SharedInformer<Pod>;
  private readonly definitions: SharedInformer<KubeObject>;
  private readonly histories = new Map<string, ScalingHistory>();
  /** What each autoscaler's target selects. */
  private readonly selectors = new Map<string, Selector>();

  constructor(context: ControllerContext) {
    const { hpaSyncPeriod = SYNC_PERIOD, hpaTolerance = TOLERANCE, hpaCPUInitializationPeriod = CPU_INITIALIZATION, hpaInitialReadinessDelay = INITIAL_READINESS } = context.options;
    this.context = context;
    this.client = context.client('horizontal-pod-autoscaler');
    this.recorder = context.recorder(this.client, 'horizontal-pod-autoscaler');
    this.metrics = new MetricsClient(this.client, context.clock);
    this.calculator = { tolerance: hpaTolerance, cpuInitializationPeriod: hpaCPUInitializationPeriod, initialReadinessDelay: hpaInitialReadinessDelay, clock: context.clock };
    this.autoscalers = context.factory.informer<HorizontalPodAutoscaler>(HORIZONTAL_POD_AUTOSCALERS);
    this.pods = context.factory.informer<Pod>(PODS);
    this.definitions = context.factory.informer(CUSTOM_RESOURCE_DEFINITIONS);
    const sync = (key: string): Task<Err> => this.sync(key);
    const settle = (key: string): void => {
      const { namespace, name } = splitKey(key);
      if (this.autoscalers.lister.get(namespace, name) !== undefined) this.loop.queue.addRateLimited(key);
    };
    const options = { name: 'horizontal-pod-autoscaler-controller', workers: 5, client: this.client, limiter: fixedInterval(hpaSyncPeriod) };
    this.loop = context.loop({ ...options, sync, settle }, [this.autoscalers, this.pods]);
    const enqueue = (autoscaler: HorizontalPodAutoscaler): void => {
      const key = namespacedName(autoscaler);
      this.loop.queue.addRateLimited(key);
      if (!this.selectors.has(key)) this.selectors.set(key, NOTHING);
    };
    const handler = { add: enqueue, update: (_old: HorizontalPodAutoscaler, autoscaler: HorizontalPodAutoscaler) => enqueue(autoscaler), delete: (autoscaler: HorizontalPodAutoscaler) => void this.selectors.delete(namespacedName(autoscaler)) };
    this.autoscalers.addEventHandler(handler, hpaSyncPeriod);
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const autoscaler = this.autoscalers.lister.get(namespace, name);
    if (autoscaler !== undefined) return yield* this.reconcile(autoscaler, key);
    this.histories.delete(key);
    this.selectors.delete(key);
    return undefined;
  }

  private *reconcile(autoscaler: HorizontalPodAutoscaler, key: string): Task<Err> {
    const status: Status = { conditions: autoscaler.status?.conditions ?? [], old: autoscaler.status };
    const { kind, name } = autoscaler.spec.scaleTargetRef;
    const reference = `${kind}/${autoscaler.metadata.namespace}/${name}`;
    const target = yield* this.target(autoscaler);
    if ('error' in target) {
      this.recorder.event(autoscaler, 'Warning', 'FailedGetScale', target.error.message);
      this.set(status, 'AbleToScale', 'False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${target.error.message}`);
      yield* this.write(autoscaler, status);
      return target.error;
    }
    const { scale, resource } = target;
    this.set(status, 'AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    const current = scale.spec.replicas ?? 0;
    const { now } = this.context.process;
    const history = this.historyOf(key);
    history.begin(current, now);
    const minimum = autoscaler.spec.minReplicas ?? 1;
    const { maxReplicas } = autoscaler.spec;
    let desired = current;
    let reason = '';
    let later: Err;
    if (current === 0 && minimum !== 0) this.set(status, 'ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
    else if (current > maxReplicas) [desired, reason] = [maxReplicas, 'Current number of replicas above Spec.MaxReplicas'];
    else if (current < minimum) [desired, reason] = [minimum, 'Current number of replicas below Spec.MinReplicas'];
    else {
      const wanted = yield* this.wanted(autoscaler, key, scale, status);
      if ('failed' in wanted) {
        this.setReplicas(status, current, autoscaler.status?.desiredReplicas ?? 0);
        yield* this.write(autoscaler, status);
        this.recorder.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', wanted.failed.message);
        return failure(`failed to compute desired number of replicas based on listed metrics for ${reference}: ${wanted.failed.message}`);
      }
      later = wanted.error;
      if (wanted.replicas > current) reason = `${wanted.name} above target`;
      if (wanted.replicas < current) reason = 'All metrics below target';
      const normal = history.normalize(autoscaler, current, wanted.replicas, minimum, now);
      this.set(status, 'AbleToScale', 'True', normal.able.reason, normal.able.message);
      this.set(status, 'ScalingLimited', normal.limited.status, normal.limited.reason, normal.limited.message);
      desired = normal.replicas;
    }
    if (desired !== current) {
      const error = yield* this.rescale(autoscaler, resource, scale, desired, reason, status);
      if (error !== undefined) return failure(`failed to rescale ${reference}: ${error.message}`);
      history.changed(autoscaler, current, desired, this.context.process.now);
      status.lastScaleTime = this.context.clock.text;
    }
    this.setReplicas(status, current, desired);
    return (yield* this.write(autoscaler, status)) ?? later;
  }

  private historyOf(key: string): ScalingHistory {
    const known = this.histories.get(key);
    if (known !== undefined) return known;
    const made = new ScalingHistory(this.context.options.hpaDownscaleStabilization ?? DOWNSCALE_STABILIZATION);
    this.histories.set(key, made);
    return made;
  }

  /** The target's scale, found through the kinds that the cluster has. */
  private *target({ metadata, spec: { scaleTargetRef: { apiVersion = '', kind, name } } }: HorizontalPodAutoscaler): Task<{ readonly scale: Scale; readonly resource: ApiResource } | { readonly error: NonNullable<Err> }> {
    if (apiVersion.split('/').length > 2) return { error: failure(`unexpected GroupVersion string: ${apiVersion}`) };
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const resource = allResources(this.definitions.indexer.values()).find((entry) => entry.kind === kind && entry.gvr.group === group);
    if (resource === undefined) return { error: failure(`no matches for kind "${kind}" in group "${group}"`) };
    const { namespace = '' } = metadata;
    const result = yield* this.client.call('get', resource.gvr, { namespace, name, subresource: 'scale' });
    return result.ok ? { scale: result.object as Scale, resource } : { error: failureOf(result) ?? failure('unknown') };
  }

  private *rescale(autoscaler: HorizontalPodAutoscaler, { gvr }: ApiResource, scale: Scale, desired: number, reason: string, status: Status): Task<Err> {
    const updated = yield* this.client.update(gvr, { ...scale, spec: { ...scale.spec, replicas: desired } }, 'scale');
    const error = failureOf(updated);
    if (error === undefined) {
      this.set(status, 'AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`);
      this.recorder.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`);
      return undefined;
    }
    this.recorder.event(autoscaler, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${error.message}`);
    this.set(status, 'AbleToScale', 'False', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${error.message}`);
    this.setReplicas(status, scale.spec.replicas ?? 0, autoscaler.status?.desiredReplicas ?? 0);
    yield* this.write(autoscaler, status);
    return error;
  }

  /** The highest number that a metric asks for (computeReplicasForMetrics). */
  private *wanted(autoscaler: HorizontalPodAutoscaler, key: string, scale: Scale, status: Status): Task<Wanted> {
    const selected = this.select(autoscaler, key, scale.status.selector ?? '', status);
    if ('failed' in selected) return selected;
    const specs = autoscaler.spec.metrics ?? [];
    const specReplicas = scale.spec.replicas ?? 0;
    const context = { metrics: this.metrics, options: this.calculator, autoscaler, ...selected, specReplicas, statusReplicas: scale.status.replicas, resourceOf: (apiVersion: string, kind: string) => this.pluralOf(apiVersion, kind) };
    const statuses: autoscaling.MetricStatus[] = [];
    let best: { readonly replicas: number; readonly name: string } | undefined;
    let first: { readonly reason: string; readonly error: NonNullable<Err>; readonly outer: string } | undefined;
    let invalid = 0;
    for (const spec of specs) {
      const proposal = yield* proposalOf(context, spec);
      if ('error' in proposal) {
        this.recorder.event(autoscaler, 'Warning', proposal.reason, proposal.error.message);
        statuses.push({ type: '' });
        first ??= proposal;
        invalid++;
        continue;
      }
      statuses.push(proposal.status);
      if (best === undefined || best.replicas === 0 || proposal.replicas > best.replicas) best = proposal;
    }
    status.currentMetrics = statuses;
    const error = first === undefined ? undefined : failure(`invalid metrics (${invalid} invalid out of ${specs.length}), first error is: ${first.outer}`);
    if (first !== undefined && (best === undefined || best.replicas < specReplicas)) {
      this.set(status, 'ScalingActive', 'False', first.reason, `the HPA was unable to compute the replica count: ${first.error.message}`);
      return { failed: error ?? failure('') };
    }
    const { replicas, name } = best ?? { replicas: 0, name: '' };
    this.set(status, 'ScalingActive', 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${name}`);
    return { replicas, name, ...(error === undefined ? {} : { error }) };
  }

  /** The target's pods; refuses a selector that another autoscaler's target shares pods with (validateAndParseSelector). */
  private select(autoscaler: HorizontalPodAutoscaler, key: string, text: string, status: Status): { readonly pods: readonly Pod[]; readonly selector: Selector } | { readonly failed: NonNullable<Err> } {
    const refuse = (reason: string, message: string, condition = message, conditionReason = reason): { readonly failed: NonNullable<Err> } => {
      this.recorder.event(autoscaler, 'Warning', reason, message);
      this.set(status, 'ScalingActive', 'False', conditionReason, condition);
      return { failed: failure(message) };
    };
    if (text === '') return refuse('SelectorRequired', 'selector is required', "the HPA target's scale is missing a selector", 'InvalidSelector');
    const parsed = parseSelector(text);
    if (isLeft(parsed)) return refuse('InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${parsed.left}`);
    this.selectors.set(key, parsed.right);
    const { namespace = '' } = autoscaler.metadata;
    const pods = this.pods.lister.list(namespace, parsed.right);
    const rivals = [...this.selectors].filter(([other, selector]) => splitKey(other).namespace === namespace && pods.some(({ metadata }) => selectorMatches(selector, metadata.labels)));
    if (rivals.length <= 1) return { pods, selector: parsed.right };
    const names = rivals.map(([other]) => `{${splitKey(other).name} ${namespace}}`).sort();
    return refuse('AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${names.join(' ')}]`);
  }

  private pluralOf(apiVersion: string, kind: string): string {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const found = allResources(this.definitions.indexer.values()).find((entry) => entry.kind === kind && entry.gvr.group === group);
    const plural = found?.gvr.resource ?? `${kind.toLowerCase()}s`;
    return group === '' ? plural : `${plural}.${group}`;
  }

  private set(status: Status, type: string, value: 'True' | 'False', reason: string, message: string): void {
    status.conditions = withCondition(status.conditions, { type, status: value, reason, message }, this.context.clock.text);
  }

  private setReplicas(status: Status, current: number, desired: number): void {
    status.currentReplicas = current;
    status.desiredReplicas = desired;
  }

  private *write(autoscaler: HorizontalPodAutoscaler, { old, conditions, currentReplicas, desiredReplicas, lastScaleTime, currentMetrics }: Status): Task<Err> {
    const { currentMetrics: _before, ...rest } = old ?? {};
    const next = {
      ...(currentReplicas === undefined ? old : { ...rest, currentReplicas, desiredReplicas }),
      ...(currentMetrics === undefined ? {} : { currentMetrics }),
      conditions,
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    };
    if (semanticEqual(old, next)) return undefined;
    const result = yield* this.client.updateStatus(HORIZONTAL_POD_AUTOSCALERS, { ...autoscaler, status: next } as unknown as HorizontalPodAutoscaler);
    const error = failureOf(result);
    if (error === undefined) return undefined;
    this.recorder.event(autoscaler, 'Warning', 'FailedUpdateStatus', error.message);
    return failure(`failed to update status for ${autoscaler.metadata.name}: ${error.message}`);
  }
}
