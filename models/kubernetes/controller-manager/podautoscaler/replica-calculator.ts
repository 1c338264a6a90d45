/**
 * How many replicas metrics ask for. Pure.
 *
 * Pods without a sample are counted so that they slow every move down: as using all when scaling down, nothing when scaling up; pods that are not
 * ready yet as using nothing when scaling up. A change that would be undone by that is not made.
 * Source: pkg/controller/podautoscaler/{replica_calculator,metrics/utilization}.go.
 */
import { failure, type Err } from '../../client/failure.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { isTerminating } from '../../object/meta.ts';
import { quantityMilliValue, quantityOf } from '../../object/quantity.ts';
import { isSidecar } from '../../object/resources.ts';
import type { Pod } from '../../object/types.ts';
import { isPodReady, readyCondition } from '../pod/pod-state.ts';
import type { PodMetric, PodMetrics } from './metrics-client.ts';

export interface CalculatorOptions {
  readonly tolerance: number;
  /** µs. */
  readonly cpuInitializationPeriod: number;
  readonly initialReadinessDelay: number;
  readonly clock: WallClock;
}

/** A number of replicas, with what was measured: per cent of the request, and thousandths a pod. */
export interface Proposal {
  readonly replicas: number;
  readonly utilization?: number;
  readonly usage: number;
}

export type Calculated = { readonly value: Proposal } | { readonly error: NonNullable<Err> };

const refuse = (message: string): { readonly error: NonNullable<Err> } => ({ error: failure(message) });
const NO_PODS = 'no pods returned by selector while calculating replica count';
const NO_METRICS = 'did not receive metrics for targeted pods (pods might be unready)';

/** From the use of a resource in per cent of what pods request (GetResourceReplicas). */
export function resourceReplicas(options: CalculatorOptions, current: number, target: number, resource: string, pods: readonly Pod[], samples: PodMetrics, container: string): Calculated {
  if (pods.length === 0) return refuse(NO_PODS);
  const { ready, unready, missing, metrics } = groupPods(options, pods, samples, resource);
  if (metrics.size === 0) return refuse(NO_METRICS);
  const requests = podRequests(pods, container, resource);
  if ('error' in requests) return requests;
  const first = utilizationRatio(metrics, requests.value, target);
  if (first === undefined) return refuse('no metrics returned matched known pods');
  const fallback = (pod: string): number => Math.trunc(((requests.value.get(pod) ?? 0) * Math.max(100, target)) / 100);
  const again = (): number => utilizationRatio(metrics, requests.value, target)?.ratio ?? 0;
  return { value: { replicas: settle(options, current, first.ratio, ready, unready, missing, metrics, fallback, again), utilization: first.utilization, usage: first.usage } };
}

/** From the average of a plain value (calcPlainMetricReplicas). */
export function plainReplicas(options: CalculatorOptions, current: number, target: number, resource: string, pods: readonly Pod[], samples: PodMetrics): Calculated {
  if (pods.length === 0) return refuse(NO_PODS);
  const { ready, unready, missing, metrics } = groupPods(options, pods, samples, resource);
  if (metrics.size === 0) return refuse(NO_METRICS);
  const usage = averageOf(metrics);
  const again = (): number => averageOf(metrics) / target;
  return { value: { replicas: settle(options, current, usage / target, ready, unready, missing, metrics, () => target, again), usage } };
}

/** From one value that all replicas carry (GetObjectMetricReplicas, GetExternalMetricReplicas). */
export function valueReplicas({ tolerance }: CalculatorOptions, current: number, usage: number, target: number, pods: readonly Pod[]): Calculated {
  const ratio = usage / target;
  if (current === 0) return { value: { replicas: Math.ceil(ratio), usage } };
  if (Math.abs(1 - ratio) <= tolerance) return { value: { replicas: current, usage } };
  if (pods.length === 0) return refuse(`unable to calculate ready pods: ${NO_PODS}`);
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
  return { value: { replicas: Math.ceil(ratio * ready), usage } };
}

/** From one value of which each replica is to carry so much (GetObjectPerPodMetricReplicas, GetExternalPerPodMetricReplicas). */
export function perPodReplicas({ tolerance }: CalculatorOptions, statusReplicas: number, usage: number, target: number): Proposal {
  const isFar = Math.abs(1 - usage / (target * statusReplicas)) > tolerance;
  return { replicas: isFar || statusReplicas === 0 ? Math.ceil(usage / target) : statusReplicas, usage: statusReplicas === 0 ? 0 : Math.ceil(usage / statusReplicas) };
}

/** Decides, and decides again with what is assumed of pods without a usable sample. `metrics` gets the assumptions. */
function settle({ tolerance }: CalculatorOptions, current: number, ratio: number, ready: number, unready: readonly string[], missing: readonly string[], metrics: PodMetrics, fallback: (pod: string) => number, again: () => number): number {
  const hasUnready = unready.length > 0 && ratio > 1;
  if (!hasUnready && missing.length === 0) return Math.abs(1 - ratio) <= tolerance ? current : Math.ceil(ratio * ready);
  const assume = (pod: string, value: number): void => void metrics.set(pod, { value, timestamp: 0, window: 0 });
  if (ratio < 1) for (const pod of missing) assume(pod, fallback(pod));
  else if (ratio > 1) for (const pod of missing) assume(pod, 0);
  if (hasUnready) for (const pod of unready) assume(pod, 0);
  const next = again();
  if (Math.abs(1 - next) <= tolerance || (ratio < 1 && next > 1) || (ratio > 1 && next < 1)) return current;
  const replicas = Math.ceil(next * metrics.size);
  return (next < 1 && replicas > current) || (next > 1 && replicas < current) ? current : replicas;
}

/** Sorts pods by what their samples are worth; `metrics` has those that count. */
function groupPods(options: CalculatorOptions, pods: readonly Pod[], samples: PodMetrics, resource: string) {
  const unready: string[] = [];
  const missing: string[] = [];
  const metrics: PodMetrics = new Map(samples);
  let ready = 0;
  for (const pod of pods) {
    const { name } = pod.metadata;
    const metric = samples.get(name);
    if (isTerminating(pod) || pod.status?.phase === 'Failed') metrics.delete(name);
    else if (pod.status?.phase === 'Pending') {
      unready.push(name);
      metrics.delete(name);
    } else if (metric === undefined) missing.push(name);
    else if (resource === 'cpu' && isTooYoung(options, pod, metric)) {
      unready.push(name);
      metrics.delete(name);
    } else ready++;
  }
  return { ready, unready, missing, metrics };
}

/** Whether what a pod used while it started is not to be counted. */
function isTooYoung({ clock, cpuInitializationPeriod, initialReadinessDelay }: CalculatorOptions, pod: Pod, { timestamp, window }: PodMetric): boolean {
  const condition = readyCondition(pod);
  const started = clock.parse(pod.status?.startTime as string | undefined);
  if (condition === undefined || started === 0) return true;
  const changed = clock.parse(condition.lastTransitionTime as string | undefined);
  const isUnready = condition.status === 'False';
  if (started + cpuInitializationPeriod > clock.now) return isUnready || timestamp < changed + window;
  return isUnready && started + initialReadinessDelay > changed;
}

/** Requests by pod, in thousandths (calculatePodRequests). */
function podRequests(pods: readonly Pod[], container: string, resource: string): { readonly value: ReadonlyMap<string, number> } | { readonly error: NonNullable<Err> } {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    let sum = 0;
    for (const { name, resources } of [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)]) {
      if (container !== '' && container !== name) continue;
      const request = resources?.requests?.[resource] as string | undefined;
      if (request === undefined) return refuse(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
      sum += quantityMilliValue(quantityOf(request));
    }
    requests.set(metadata.name, sum);
  }
  return { value: requests };
}

/** GetResourceUtilizationRatio. */
function utilizationRatio(metrics: PodMetrics, requests: ReadonlyMap<string, number>, target: number): { ratio: number; utilization: number; usage: number } | undefined {
  let used = 0;
  let requested = 0;
  let count = 0;
  for (const [pod, { value }] of metrics) {
    const request = requests.get(pod);
    if (request === undefined) continue;
    used += value;
    requested += request;
    count++;
  }
  if (requested === 0) return undefined;
  const utilization = Math.trunc((used * 100) / requested);
  return { ratio: utilization / target, utilization, usage: Math.trunc(used / count) };
}

function averageOf(metrics: PodMetrics): number {
  let sum = 0;
  for (const { value } of metrics.values()) sum += value;
  return Math.trunc(sum / metrics.size);
}
