/**
 * Answers of the three metrics APIs.
 *
 * Source: k8s.io/metrics/pkg/apis/{metrics/v1beta1,custom_metrics/v1beta2,external_metrics/v1beta1}/types.go.
 */
import type { ApiRequest } from '../api/message.ts';
import type { Process } from '../client/process.ts';
import type { SharedInformer } from '../client/shared-informer.ts';
import { NAMESPACE_INDEX } from '../client/store.ts';
import { isTerminating } from '../object/meta.ts';
import { addQuantity, formatQuantity, milliQuantityFrom, quantityFrom, ZERO, type Quantity } from '../object/quantity.ts';
import { selectorMatches } from '../object/selector.ts';
import { rfc3339 } from '../object/time.ts';
import type { KubeObject, Node, Pod } from '../object/types.ts';
import type { Sample } from './metrics-server.ts';
import { concerns, isSelected, perPod, selectorOfText, valueAt, type MetricSeries } from './series.ts';

interface Answer {
  readonly code: number;
  readonly body: unknown;
}

interface Usage {
  readonly name: string;
  readonly usage: { readonly cpu: Quantity; readonly memory: Quantity };
}

export class MetricsApi {
  private readonly process: Process;
  private readonly epoch: number;
  private readonly pods: SharedInformer<Pod>;
  private readonly nodes: SharedInformer<Node>;
  private readonly samples: () => ReadonlyMap<string, Sample>;
  private readonly resolution: number;
  private series: MetricSeries[];

  constructor(process: Process, epoch: number, pods: SharedInformer<Pod>, nodes: SharedInformer<Node>, samples: () => ReadonlyMap<string, Sample>, series: MetricSeries[], resolution: number) {
    this.process = process;
    this.epoch = epoch;
    this.pods = pods;
    this.nodes = nodes;
    this.samples = samples;
    this.series = series;
    this.resolution = resolution;
  }

  /** Series that count before those that are known. */
  prepend(series: readonly MetricSeries[]): void {
    this.series = [...series, ...this.series];
  }

  answer(request: ApiRequest): Answer {
    if (request.verb !== 'get' && request.verb !== 'list') return refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
    if (request.group === 'external.metrics.k8s.io') return this.external(request);
    if (request.group === 'custom.metrics.k8s.io') return this.custom(request);
    return request.resource === 'nodes' ? this.nodeMetrics(request) : this.podMetrics(request);
  }

  private podMetrics({ verb, namespace, name, query }: ApiRequest): Answer {
    const byPod = this.usageByPod();
    if (verb === 'get') {
      const pod = this.pods.lister.get(namespace, name ?? '');
      const metrics = pod === undefined ? undefined : this.metricsOf(pod, byPod);
      return metrics === undefined ? notFound('podmetrics.metrics.k8s.io', `${namespace}/${name}`) : { code: 200, body: metrics };
    }
    const selector = selectorOfText(query?.['labelSelector']);
    const pods = namespace ? this.pods.indexer.byIndex(NAMESPACE_INDEX, namespace) : this.pods.lister.list();
    const items = pods.filter(({ metadata }) => selectorMatches(selector, metadata.labels)).flatMap((pod) => this.metricsOf(pod, byPod) ?? []);
    return { code: 200, body: { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items } };
  }

  private metricsOf(pod: Pod, byPod: ReadonlyMap<string, readonly Usage[]>): KubeObject | undefined {
    const usages = this.usageOf(pod, byPod);
    if (usages === undefined) return undefined;
    const containers = usages.map(({ name, usage }) => ({ name, usage: { cpu: formatQuantity(usage.cpu), memory: formatQuantity(usage.memory) } }));
    const { name, namespace, labels } = pod.metadata;
    const metadata = { name, namespace, creationTimestamp: this.now, ...(labels === undefined ? {} : { labels }) };
    return { kind: 'PodMetrics', apiVersion: 'metrics.k8s.io/v1beta1', metadata, timestamp: this.sampledAt, window: '15s', containers } as unknown as KubeObject;
  }

  /** What a pod's containers use: as declared, or else as scraped; undefined where nobody knows. */
  private usageOf(pod: Pod, byPod: ReadonlyMap<string, readonly Usage[]>): readonly Usage[] | undefined {
    if (pod.status?.phase !== 'Running') return undefined;
    const declared = this.series.filter((series) => series.type === 'Resource' && concerns(series, pod));
    const scraped = byPod.get(pod.metadata.uid);
    if (declared.length === 0) return scraped;
    const names = pod.spec.containers.map(({ name }) => name);
    const usages = names.map((name) => ({ name, usage: { ...(scraped?.find((usage) => usage.name === name)?.usage ?? { cpu: ZERO, memory: ZERO }) } }));
    let isKnown = scraped !== undefined;
    for (const resource of ['cpu', 'memory'] as const) {
      const series = declared.find(({ name }) => name === resource);
      if (series === undefined) continue;
      const value = perPod(series, this.sampled, this.countOf(series));
      const target = usages.find(({ name }) => name === (series.container ?? names[0]));
      if (value === undefined || target === undefined) return undefined;
      target.usage[resource] = value;
      isKnown = true;
    }
    return isKnown ? usages : undefined;
  }

  private countOf(series: MetricSeries): number {
    const isRunning = (pod: Pod): boolean => pod.status?.phase === 'Running' && !isTerminating(pod) && (pod.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
    let count = 0;
    for (const pod of this.pods.indexer.values()) if (concerns(series, pod) && isRunning(pod)) count++;
    return count;
  }

  private usageByPod(): Map<string, Usage[]> {
    const found = new Map<string, Usage[]>();
    for (const { podUid, stats, scrapes } of this.samples().values()) {
      if (scrapes < 2) continue;
      const usage = { cpu: milliQuantityFrom(Math.ceil(stats.cpu.usageNanoCores / 1_000_000)), memory: quantityFrom(stats.memory.workingSetBytes, 'BinarySI') };
      const entry = { name: stats.name, usage };
      const known = found.get(podUid);
      if (known === undefined) found.set(podUid, [entry]);
      else known.push(entry);
    }
    return found;
  }

  private nodeMetrics({ verb, name, query }: ApiRequest): Answer {
    const byPod = this.usageByPod();
    const totals = new Map<string, { cpu: Quantity; memory: Quantity }>();
    for (const pod of this.pods.indexer.values()) {
      for (const { usage } of this.usageOf(pod, byPod) ?? []) {
        const { cpu, memory } = totals.get(pod.spec.nodeName ?? '') ?? { cpu: ZERO, memory: { ...ZERO, format: 'BinarySI' as const } };
        totals.set(pod.spec.nodeName ?? '', { cpu: addQuantity(cpu, usage.cpu), memory: addQuantity(memory, usage.memory) });
      }
    }
    const metricsOf = ({ metadata: { name: node, labels } }: Node): unknown => {
      const { cpu, memory } = totals.get(node) ?? { cpu: ZERO, memory: ZERO };
      const metadata = { name: node, creationTimestamp: this.now, ...(labels === undefined ? {} : { labels }) };
      return { kind: 'NodeMetrics', apiVersion: 'metrics.k8s.io/v1beta1', metadata, timestamp: this.sampledAt, window: '15s', usage: { cpu: formatQuantity(cpu), memory: formatQuantity(memory) } };
    };
    if (verb === 'get') {
      const node = this.nodes.lister.get(undefined, name ?? '');
      return node === undefined ? notFound('nodemetrics.metrics.k8s.io', name ?? '') : { code: 200, body: metricsOf(node) };
    }
    const selector = selectorOfText(query?.['labelSelector']);
    const items = this.nodes.lister.list(undefined, selector).map(metricsOf);
    return { code: 200, body: { kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items } };
  }

  /** `…/namespaces/NS/RESOURCE/NAME/METRIC`; the name `*` asks for all pods of a label selector. */
  private custom({ namespace, resource, name, subresource = '', query }: ApiRequest): Answer {
    const items: unknown[] = [];
    const metric = { name: subresource, ...(query?.['metricLabelSelector'] === undefined ? {} : { selector: query['metricLabelSelector'] }) };
    const sample = (described: unknown, value: Quantity): void =>
      void items.push({ describedObject: described, metric, timestamp: this.sampledAt, windowSeconds: 60, value: formatQuantity(value), selector: null });
    if (name === '*') {
      const selector = selectorOfText(query?.['labelSelector']);
      const pods = this.pods.lister.list(namespace, selector).filter(({ status }) => status?.phase === 'Running');
      for (const pod of pods) {
        const series = this.series.find((entry) => entry.type === 'Pods' && entry.name === subresource && concerns(entry, pod) && isSelected(entry, query?.['metricLabelSelector']));
        const value = series === undefined ? undefined : perPod(series, this.sampled, this.countOf(series));
        if (value !== undefined) sample({ kind: 'Pod', namespace, name: pod.metadata.name, apiVersion: '/v1' }, value);
      }
    } else {
      const plural = resource.split('.')[0] ?? resource;
      const series = this.series.find((entry) => {
        const kind = entry.object?.kind.toLowerCase() ?? '';
        const isOfKind = plural === `${kind}s` || plural === `${kind}es` || plural === kind.replace(/y$/, 'ies');
        return entry.type === 'Object' && entry.name === subresource && (entry.namespace === undefined || entry.namespace === namespace) && entry.object?.name === name && isOfKind && isSelected(entry, query?.['metricLabelSelector']);
      });
      const value = series === undefined ? undefined : valueAt(series, this.sampled);
      if (value === undefined) return refusal(404, 'NotFound', `the server could not find the metric ${subresource} for ${resource} ${name ?? ''}`);
      sample({ kind: series?.object?.kind, namespace, name, apiVersion: '/v1' }, value);
    }
    return { code: 200, body: { kind: 'MetricValueList', apiVersion: 'custom.metrics.k8s.io/v1beta2', metadata: {}, items } };
  }

  private external({ namespace, resource, query }: ApiRequest): Answer {
    const found = this.series.filter((entry) => entry.type === 'External' && entry.name === resource && (entry.namespace === undefined || entry.namespace === namespace) && isSelected(entry, query?.['labelSelector']));
    const items = found.flatMap((series) => {
      const value = valueAt(series, this.sampled);
      return value === undefined ? [] : [{ metricName: resource, metricLabels: series.labels ?? {}, timestamp: this.sampledAt, value: formatQuantity(value) }];
    });
    return { code: 200, body: { kind: 'ExternalMetricValueList', apiVersion: 'external.metrics.k8s.io/v1beta1', metadata: {}, items } };
  }

  /** When the last scrape began, µs: declared values are sampled as scraped ones are. */
  private get sampled(): number {
    return Math.floor(this.process.now / this.resolution) * this.resolution;
  }

  private get sampledAt(): string {
    return rfc3339(this.epoch, this.sampled);
  }

  private get now(): string {
    return rfc3339(this.epoch, this.process.now);
  }
}

const refusal = (code: number, reason: string, message: string): Answer => ({ code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code } });
const notFound = (what: string, name: string): Answer => refusal(404, 'NotFound', `${what} "${name}" not found`);
