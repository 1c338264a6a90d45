/**
 * What the horizontal pod autoscaler reads from the three metrics APIs.
 *
 * Values are in thousandths (`MilliValue`). Failures are texts as client-go's errors have them. Source:
 * pkg/controller/podautoscaler/metrics/client.go.
 */
import type { Client } from '../../client/client.ts';
import { failure, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import type { Result } from '../../client/result.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { quantityMilliValue, quantityOf } from '../../object/quantity.ts';
import { formatSelector, type Selector } from '../../object/selector.ts';
import type { KubeObject } from '../../object/types.ts';

/** A pod's metric. Times in µs. */
export interface PodMetric {
  readonly value: number;
  readonly timestamp: number;
  readonly window: number;
}

export type PodMetrics = Map<string, PodMetric>;
export type Fetched<T> = { readonly value: T } | { readonly error: NonNullable<Err> };

const SECOND = 1_000_000;
/** client.go: metricServerDefaultMetricWindow. */
const DEFAULT_WINDOW = 60 * SECOND;
const METRICS = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods' } as const;
const CUSTOM = { group: 'custom.metrics.k8s.io', version: 'v1beta2' } as const;
const EXTERNAL = { group: 'external.metrics.k8s.io', version: 'v1beta1' } as const;

interface PodMetricsItem extends KubeObject {
  readonly timestamp: string;
  readonly window: string;
  readonly containers: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[];
}

interface MetricValue {
  readonly describedObject: { readonly name: string };
  readonly timestamp: string;
  readonly windowSeconds?: number;
  readonly value: string;
}

export class MetricsClient {
  private readonly client: Client;
  private readonly clock: WallClock;

  constructor(client: Client, clock: WallClock) {
    this.client = client;
    this.clock = clock;
  }

  /** A resource's use by pod name; of one container where it is named. Pods without that resource are left out. */
  *resource(resource: string, namespace: string, selector: Selector, container: string): Task<Fetched<PodMetrics>> {
    const listed = yield* this.client.list<PodMetricsItem>(METRICS, namespace, { labelSelector: formatSelector(selector) });
    if (!listed.ok) return refused('resource', listed, 'get pods.metrics.k8s.io');
    const { items } = listed.object;
    if (items.length === 0) return { error: failure('no metrics returned from resource metrics API') };
    const metrics: PodMetrics = new Map();
    for (const item of items) {
      const { name } = item.metadata;
      const containers = container === '' ? item.containers : item.containers.filter((entry) => entry.name === container);
      if (container !== '' && containers.length === 0) return { error: failure(`container ${container} not present in metrics for pod ${namespace}/${name}`) };
      if (containers.some(({ usage }) => usage[resource] === undefined)) continue;
      const value = containers.reduce((sum, { usage }) => sum + quantityMilliValue(quantityOf(usage[resource] ?? '0')), 0);
      metrics.set(name, { value, timestamp: this.clock.parse(item.timestamp), window: windowOf(item.window) });
    }
    return { value: metrics };
  }

  /** A custom metric of the pods that a selector selects, by name. */
  *raw(metric: string, namespace: string, selector: Selector, metricSelector: Selector): Task<Fetched<PodMetrics>> {
    const found = yield* this.custom(namespace, 'pods', '*', metric, { labelSelector: formatSelector(selector), ...metricQuery(metricSelector) });
    if ('error' in found) return found;
    if (found.value.length === 0) return { error: failure('no metrics returned from custom metrics API') };
    const entries = found.value.map(({ describedObject, timestamp, windowSeconds, value }): [string, PodMetric] => [
      describedObject.name,
      { value: quantityMilliValue(quantityOf(value)), timestamp: this.clock.parse(timestamp), window: windowSeconds === undefined ? DEFAULT_WINDOW : windowSeconds * SECOND },
    ]);
    return { value: new Map(entries) };
  }

  /** A custom metric of one object. `resource` is its plural, with its group. */
  *object(metric: string, namespace: string, resource: string, name: string, metricSelector: Selector): Task<Fetched<number>> {
    const found = yield* this.custom(namespace, resource, name, metric, metricQuery(metricSelector));
    if ('error' in found) return found;
    return { value: quantityMilliValue(quantityOf(found.value[0]?.value ?? '0')) };
  }

  /** The values of an external metric. */
  *external(metric: string, namespace: string, selector: Selector): Task<Fetched<readonly number[]>> {
    const listed = yield* this.client.list<MetricValue>({ ...EXTERNAL, resource: metric }, namespace, { labelSelector: formatSelector(selector) });
    if (!listed.ok) return refused('external', listed, `get ${metric}.external.metrics.k8s.io`);
    if (listed.object.items.length === 0) return { error: failure('no metrics returned from external metrics API') };
    return { value: listed.object.items.map(({ value }) => quantityMilliValue(quantityOf(value))) };
  }

  private *custom(namespace: string, resource: string, name: string, metric: string, query: Readonly<Record<string, string>>): Task<Fetched<readonly MetricValue[]>> {
    const result = yield* this.client.call('get', { ...CUSTOM, resource }, { namespace, name, subresource: metric, query });
    if (!result.ok) return refused('custom', result, `get ${resource}.custom.metrics.k8s.io${name === '*' ? ' *' : ` ${name}`}`);
    return { value: (result.object as unknown as { items: readonly MetricValue[] }).items };
  }
}

const metricQuery = (selector: Selector): Readonly<Record<string, string>> =>
  selector.requirements.length === 0 ? {} : { metricLabelSelector: formatSelector(selector) };

/** client-go's words for an answer without a reason: an API that is not there says "the server could not find the requested resource (…)". */
function refused(api: string, result: Result<unknown>, what: string): { readonly error: NonNullable<Err> } {
  const message = result.ok ? '' : (result.status.message ?? result.status.reason ?? '');
  const text = message === 'the server could not find the requested resource' ? `${message} (${what})` : message;
  return { error: failure(`unable to fetch metrics from ${api} metrics API: ${text}`) };
}

/** A duration as metrics-server writes it: `15s`, `10.5s`. */
const windowOf = (text: string): number => Math.round(Number.parseFloat(text) * SECOND);
