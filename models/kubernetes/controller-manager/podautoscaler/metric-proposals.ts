/**
 * What each metric of an autoscaler's spec asks for, with the status that shows it.
 *
 * Source: pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetric, computeStatusFor…).
 */
import { failure, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { formatQuantity, milliQuantityFrom, quantityMilliValue, quantityOf } from '../../object/quantity.ts';
import { EVERYTHING, selectorOf, type LabelSelector, type Selector } from '../../object/selector.ts';
import type { autoscaling, HorizontalPodAutoscaler, Pod } from '../../object/types.ts';
import type { MetricsClient } from './metrics-client.ts';
import { perPodReplicas, plainReplicas, resourceReplicas, valueReplicas, type Calculated, type CalculatorOptions } from './replica-calculator.ts';

export interface ProposalContext {
  readonly metrics: MetricsClient;
  readonly options: CalculatorOptions;
  readonly autoscaler: HorizontalPodAutoscaler;
  /** The pods of the target, and how they are selected. */
  readonly pods: readonly Pod[];
  readonly selector: Selector;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  /** The plural of a kind with its group, for the custom metrics API. */
  readonly resourceOf: (apiVersion: string, kind: string) => string;
}

export type MetricProposal =
  | { readonly replicas: number; readonly name: string; readonly status: autoscaling.MetricStatus }
  /** `error` goes into the event and the condition; `outer` into the error of the whole. */
  | { readonly reason: string; readonly error: NonNullable<Err>; readonly outer: string };

export function* proposalOf(context: ProposalContext, spec: autoscaling.MetricSpec): Task<MetricProposal> {
  switch (spec.type) {
    case 'Resource':
      return spec.resource === undefined ? unknown(spec.type) : yield* resource(context, spec.resource.name, spec.resource.target, '');
    case 'ContainerResource':
      return spec.containerResource === undefined ? unknown(spec.type) : yield* resource(context, spec.containerResource.name, spec.containerResource.target, spec.containerResource.container);
    case 'Pods':
      return spec.pods === undefined ? unknown(spec.type) : yield* ofPods(context, spec.pods);
    case 'Object':
      return spec.object === undefined ? unknown(spec.type) : yield* ofObject(context, spec.object);
    case 'External':
      return spec.external === undefined ? unknown(spec.type) : yield* external(context, spec.external);
    default:
      return unknown(spec.type);
  }
}

function unknown(type: string): MetricProposal {
  const text = `unknown metric source type "${type}"`;
  return { reason: 'InvalidMetricSourceType', error: failure(text), outer: text };
}

function refused(reason: string, head: string, { message }: NonNullable<Err>): MetricProposal {
  return { reason, error: failure(message), outer: `${head}: ${message}` };
}

const milli = (value: unknown): number => quantityMilliValue(quantityOf(value as string));
const quantity = (value: number): string => formatQuantity(milliQuantityFrom(value));
const metricSelectorOf = (selector: unknown): Selector => (selector === undefined ? EVERYTHING : selectorOf(selector as LabelSelector));

function* resource({ metrics, options, autoscaler, pods, selector, specReplicas }: ProposalContext, name: string, target: autoscaling.MetricTarget, container: string): Task<MetricProposal> {
  const reason = container === '' ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric';
  const head = container === '' ? `failed to get ${name} resource metric value` : `failed to get ${container} container metric value`;
  const isValue = target.averageValue !== undefined;
  if (!isValue && target.averageUtilization === undefined) {
    return refused(reason, head, failure('invalid resource metric source: neither an average utilization target nor an average value (usage) target was set'));
  }
  const fetched = yield* metrics.resource(name, autoscaler.metadata.namespace ?? '', selector, container);
  let calculated: Calculated;
  if ('error' in fetched) calculated = { error: failure(`unable to get metrics for resource ${name}: ${fetched.error.message}`) };
  else if (isValue) calculated = plainReplicas(options, specReplicas, milli(target.averageValue), name, pods, fetched.value);
  else calculated = resourceReplicas(options, specReplicas, target.averageUtilization ?? 0, name, pods, fetched.value, container);
  if ('error' in calculated) return refused(reason, head, failure(`failed to get ${name} ${isValue ? 'usage' : 'utilization'}: ${calculated.error.message}`));
  const { replicas, utilization, usage } = calculated.value;
  const current = { ...(utilization === undefined ? {} : { averageUtilization: utilization }), averageValue: quantity(usage) };
  const status = container === '' ? { type: 'Resource', resource: { name, current } } : { type: 'ContainerResource', containerResource: { container, name, current } };
  const what = isValue ? `${name} resource` : `${name} ${container === '' ? '' : 'container '}resource utilization (percentage of request)`;
  return { replicas, name: what, status: status as autoscaling.MetricStatus };
}

function* ofPods({ metrics, options, autoscaler, pods, selector, specReplicas }: ProposalContext, { metric, target }: autoscaling.PodsMetricSource): Task<MetricProposal> {
  const fetched = yield* metrics.raw(metric.name, autoscaler.metadata.namespace ?? '', selector, metricSelectorOf(metric.selector));
  const calculated = 'error' in fetched ? { error: failure(`unable to get metric ${metric.name}: ${fetched.error.message}`) } : plainReplicas(options, specReplicas, milli(target.averageValue), '', pods, fetched.value);
  if ('error' in calculated) return refused('FailedGetPodsMetric', 'failed to get pods metric value', calculated.error);
  const status = { type: 'Pods', pods: { metric, current: { averageValue: quantity(calculated.value.usage) } } };
  return { replicas: calculated.value.replicas, name: `pods metric ${metric.name}`, status: status as autoscaling.MetricStatus };
}

function* ofObject(context: ProposalContext, { describedObject, metric, target }: autoscaling.ObjectMetricSource): Task<MetricProposal> {
  const { metrics, options, autoscaler, pods, specReplicas, statusReplicas } = context;
  const { namespace = '' } = autoscaler.metadata;
  const refuse = (error: NonNullable<Err>): MetricProposal => refused('FailedGetObjectMetric', 'failed to get object metric value', error);
  if (target.type !== 'Value' && target.type !== 'AverageValue') return refuse(failure('invalid object metric source: neither a value target nor an average value target was set'));
  const { kind, name, apiVersion = '' } = describedObject;
  const fetched = yield* metrics.object(metric.name, namespace, context.resourceOf(apiVersion, kind), name, metricSelectorOf(metric.selector));
  if ('error' in fetched) {
    const text = `unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}/${fetched.error.message}`;
    return refuse(failure(target.type === 'Value' ? text : `failed to get ${metric.name} object metric: ${text}`));
  }
  if (target.type === 'Value') {
    const calculated = valueReplicas(options, specReplicas, fetched.value, milli(target.value), pods);
    if ('error' in calculated) return refuse(calculated.error);
    const status = { type: 'Object', object: { metric, describedObject, current: { value: quantity(calculated.value.usage) } } };
    return { replicas: calculated.value.replicas, name: `${kind} metric ${metric.name}`, status: status as autoscaling.MetricStatus };
  }
  const { replicas, usage } = perPodReplicas(options, statusReplicas, fetched.value, milli(target.averageValue));
  const status = { type: 'Object', object: { metric, describedObject, current: { averageValue: quantity(usage) } } };
  return { replicas, name: `external metric ${metric.name}(${selectorText(metric.selector)})`, status: status as autoscaling.MetricStatus };
}

function* external(context: ProposalContext, { metric, target }: autoscaling.ExternalMetricSource): Task<MetricProposal> {
  const { metrics, options, autoscaler, pods, specReplicas, statusReplicas } = context;
  const { namespace = '' } = autoscaler.metadata;
  const name = `external metric ${metric.name}(${selectorText(metric.selector)})`;
  const refuse = (error: NonNullable<Err>): MetricProposal => {
    const head = `failed to get ${metric.name} external metric`;
    return { reason: 'FailedGetExternalMetric', error, outer: `${head} value: ${head}: ${error.message}` };
  };
  if (target.averageValue === undefined && target.value === undefined) return refuse(failure('invalid external metric source: neither a value target nor an average value target was set'));
  const fetched = yield* metrics.external(metric.name, namespace, metricSelectorOf(metric.selector));
  if ('error' in fetched) return refuse(failure(`unable to get external metric ${namespace}/${metric.name}/${selectorText(metric.selector)}: ${fetched.error.message}`));
  const sum = fetched.value.reduce((total, value) => total + value, 0);
  if (target.averageValue !== undefined) {
    const { replicas, usage } = perPodReplicas(options, statusReplicas, sum, milli(target.averageValue));
    return { replicas, name, status: { type: 'External', external: { metric, current: { averageValue: quantity(usage) } } } as autoscaling.MetricStatus };
  }
  const calculated = valueReplicas(options, specReplicas, sum, milli(target.value), pods);
  if ('error' in calculated) return refuse(calculated.error);
  return { replicas: calculated.value.replicas, name, status: { type: 'External', external: { metric, current: { value: quantity(sum) } } } as autoscaling.MetricStatus };
}

/** Go's `%+v` of a *LabelSelector. */
function selectorText(selector: unknown): string {
  if (selector === undefined) return 'nil';
  const { matchLabels = {}, matchExpressions = [] } = selector as LabelSelector;
  const labels = Object.keys(matchLabels).sort().map((key) => `${key}: ${matchLabels[key]},`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
