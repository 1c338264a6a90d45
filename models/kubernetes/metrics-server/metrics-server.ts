/**
 * metrics-server: asks kubelets what containers use, and serves it as metrics.k8s.io; and, like a metrics adapter, serves what a scenario declares as
 * custom.metrics.k8s.io and external.metrics.k8s.io.
 *
 * A pod is known after the second scrape that saw it, since a rate needs two points. Samples are as old as the last scrape (every 15 s).
 * Source: sigs.k8s.io/metrics-server/pkg/{scraper,storage,api}, k8s.io/metrics (types of the three APIs).
 */
import { serviceAccountUser } from '../api/service-account.ts';
import type { ActorSpec } from '../../../src/index.ts';
import type { ApiRequest, ApiResponse } from '../api/message.ts';
import type { KubeletRequest, KubeletResponse } from '../api/kubelet.ts';
import type { ContainerStats, StatsSummary } from '../api/stats.ts';
import { Client } from '../client/client.ts';
import { processBehavior, type Process, type Task } from '../client/process.ts';
import { NODES, PODS } from '../client/resources.ts';
import { SharedInformerFactory, waitForCacheSync, type SharedInformer } from '../client/shared-informer.ts';
import type { Node, Pod } from '../object/types.ts';
import { METRICS_APIS, registerApis } from './api-service.ts';
import { MetricsApi } from './metrics-api.ts';
import type { MetricSeries } from './series.ts';

export { METRICS_APIS } from './api-service.ts';
export type { MetricSeries } from './series.ts';

export const METRICS_SERVER = 'metrics-server';
/** `--metric-resolution` of the released manifest. */
const RESOLUTION = 15_000_000;

export interface MetricsServerOptions {
  readonly servers: readonly string[];
  /** The cluster's epoch, ms. */
  readonly epoch: number;
  /** What the scenario declares. */
  readonly series?: readonly MetricSeries[];
  /** Whether kubelets are there to be asked; default true. */
  readonly scrapes?: boolean;
}

/** Says what a metric is from now on: added to the scenario's series, before them. Sent as an input to `metrics-server`. */
export interface MetricsSet {
  readonly kind: 'metrics.set';
  readonly series: readonly MetricSeries[];
}

/** The last scrape of a container. */
export interface Sample {
  readonly podUid: string;
  readonly stats: ContainerStats;
  /** How many scrapes in a row have seen it. */
  readonly scrapes: number;
}

/** The actor. */
export function metricsServer(options: MetricsServerOptions): ActorSpec {
  return { id: METRICS_SERVER, type: METRICS_SERVER, behavior: processBehavior((process) => void new MetricsServer(process, options)) };
}

class MetricsServer {
  private readonly process: Process;
  private readonly nodes: SharedInformer<Node>;
  private readonly pods: SharedInformer<Pod>;
  /** By pod and container. */
  private samples = new Map<string, Sample>();
  private readonly api: MetricsApi;

  constructor(process: Process, { servers, epoch, series = [], scrapes = true }: MetricsServerOptions) {
    this.process = process;
    const user = serviceAccountUser('kube-system', 'metrics-server');
    const client = new Client(process, { servers, user, userAgent: METRICS_SERVER });
    const factory = new SharedInformerFactory(process, client);
    this.nodes = factory.informer<Node>(NODES);
    this.pods = factory.informer<Pod>(PODS);
    this.api = new MetricsApi(process, epoch, this.pods, this.nodes, () => this.samples, [...series], RESOLUTION);
    process.on<ApiRequest>('api.request', (request) => {
      const { from } = process;
      const { code, body } = this.api.answer(request);
      process.send(from, { kind: 'api.response', id: request.id, code, body } as ApiResponse);
    });
    process.on<MetricsSet>('metrics.set', (message) => this.api.prepend(message.series));
    factory.start();
    process.go(registerApis(process, client, METRICS_APIS));
    if (scrapes) process.go(this.scrape());
  }

  private *scrape(): Task {
    yield* waitForCacheSync(this.process, [this.nodes, this.pods]);
    const answers = new Map<number, string>();
    let nextId = this.process.firstId;
    let seen = new Map<string, Sample>();
    this.process.on<KubeletResponse>('kubelet.response', ({ id, code, body }) => {
      if (code !== 200 || !answers.delete(id)) return;
      for (const { podRef, containers } of (body as StatsSummary).pods) {
        for (const stats of containers) {
          const key = `${podRef.uid}/${stats.name}`;
          seen.set(key, { podUid: podRef.uid, stats, scrapes: (this.samples.get(key)?.scrapes ?? 0) + 1 });
        }
      }
    });
    for (;;) {
      // What the last round brought replaces the round before; a kubelet that did not answer leaves a hole.
      if (seen.size > 0 || answers.size > 0) this.samples = seen;
      seen = new Map();
      answers.clear();
      for (const { metadata } of this.nodes.indexer.values()) {
        const id = nextId++;
        answers.set(id, metadata.name);
        this.process.send(`kubelet/${metadata.name}`, { kind: 'kubelet.request', id, verb: 'get', namespace: '', pod: '', container: '', query: { path: '/stats/summary' } } as KubeletRequest);
      }
      yield* this.process.sleep('scrape', RESOLUTION);
    }
  }
}
