/**
 * The API server alone: requests a second of processor time, at 10,000 pods. `npm run bench -- api`.
 *
 * Everything that a request costs is in it: the client's and the gateway's messages, etcd, the watch cache, the log.
 */
import { performance } from 'node:perf_hooks';
import type { Message } from '../src/index.ts';
import type { ApiRequest } from '../models/kubernetes/api/message.ts';
import type { Process } from '../models/kubernetes/client/process.ts';
import { COMPONENTS } from '../models/kubernetes/cluster/config.ts';
import { GATEWAY, gatewayState } from '../models/kubernetes/cluster/gateway.ts';
import { createCluster } from '../models/kubernetes/cluster/simulation.ts';
import { cpuSeconds, line } from './machine.ts';

const PODS = 10_000;
const WATCHERS = 5000;
const CHANGES = 20;
const ADMIN = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
/** Requests that are open at the same time. */
const BATCH = 100;

type Asked = Pick<ApiRequest, 'verb'> & Partial<ApiRequest>;

class Bench {
  readonly cluster = createCluster({ seed: '1', nodes: 0, timing: 'zero', gateway: true, disable: [...COMPONENTS], freeze: false, guard: false });
  #nextId = 1;

  constructor() {
    this.cluster.runFor(10_000_000);
    this.all([{ verb: 'create', resource: 'serviceaccounts', namespace: 'default', body: { metadata: { name: 'default' } } }]);
  }

  submit(asked: Asked): void {
    const request = { kind: 'api.request', id: this.#nextId++, group: '', version: 'v1', resource: 'pods', user: ADMIN, userAgent: 'bench', ...asked };
    this.cluster.kernel.input(GATEWAY, { kind: 'gateway.submit', request } as unknown as Message);
  }

  /** Sends requests and waits for their answers. Returns how many came; a refusal is an error. */
  all(asked: readonly Asked[]): number {
    let answers = 0;
    for (let at = 0; at < asked.length; at += BATCH) {
      for (const request of asked.slice(at, at + BATCH)) this.submit(request);
      const wanted = Math.min(asked.length, at + BATCH);
      while (answers < wanted) {
        this.cluster.runFor(1000);
        answers += this.taken().filter(({ kind }) => kind === 'api.response').length;
      }
    }
    return answers;
  }

  taken(): readonly Message[] {
    const found = gatewayState(this.cluster.kernel.state(GATEWAY) as Process | undefined)?.outbox.splice(0) ?? [];
    for (const message of found) if (message.kind === 'api.response' && (message as unknown as { code: number }).code >= 400) throw new Error(`a request was refused: ${JSON.stringify(message)}`);
    return found as unknown as readonly Message[];
  }
}

/** A pod as a controller sends it. */
const pod = (index: number): unknown => ({
  metadata: { name: `pod-${index}`, labels: { app: 'web', index: String(index) } },
  spec: { containers: [{ name: 'web', image: 'nginx:1.25', ports: [{ containerPort: 80 }], resources: { requests: { cpu: '100m', memory: '128Mi' } }, env: [{ name: 'A', value: 'b' }] }] },
});

function measured(label: string, unit: string, work: () => number): void {
  let count = 0;
  const started = performance.now();
  const seconds = cpuSeconds(() => (count = work()));
  line(`  ${label}`, count / seconds, `${unit} of processor time (${((count / (performance.now() - started)) * 1000).toFixed(0)}/s on the wall)`);
}

/** Prints the numbers. */
export function apiBench(): void {
  const bench = new Bench();
  const each = (count: number, make: (index: number) => Asked): Asked[] => Array.from({ length: count }, (_, index) => make(index));
  const named = (index: number): Partial<ApiRequest> => ({ namespace: 'default', name: `pod-${index}` });
  console.log(`kube-apiserver, ${PODS} pods`);
  measured('create', 'pods/s', () => bench.all(each(PODS, (index) => ({ verb: 'create', namespace: 'default', body: pod(index) }))));
  measured('get', 'requests/s', () => bench.all(each(PODS, (index) => ({ verb: 'get', ...named(index) }))));
  measured(`list of ${PODS} pods`, 'lists/s', () => bench.all(each(20, () => ({ verb: 'list', namespace: 'default' }))));
  measured('list with a label selector', 'lists/s', () => bench.all(each(20, (index) => ({ verb: 'list', namespace: 'default', query: { labelSelector: `index=${index}` } }))));
  const merge = { contentType: 'application/strategic-merge-patch+json' };
  measured('strategic merge patch', 'patches/s', () => bench.all(each(2000, (index) => ({ verb: 'patch', ...named(index), ...merge, body: { metadata: { labels: { tier: 'front' } } } }))));
  const status = { conditions: [{ type: 'Ready', status: 'True' }], phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] };
  measured('patch of the status', 'patches/s', () => bench.all(each(2000, (index) => ({ verb: 'patch', ...named(index), ...merge, subresource: 'status', body: { status } }))));
  const applied = { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { applied: 'yes' } } };
  measured('server-side apply', 'patches/s', () => bench.all(each(2000, (index) => ({ verb: 'patch', ...named(index), contentType: 'application/apply-patch+yaml', query: { fieldManager: 'bench' }, body: { ...applied, metadata: { ...applied.metadata, name: `pod-${index}` } } }))));
  for (let watcher = 0; watcher < WATCHERS; watcher++) bench.submit({ verb: 'watch', namespace: 'default', query: { resourceVersion: '0', fieldSelector: 'metadata.name=pod-1' } });
  bench.cluster.runFor(1_000_000);
  bench.taken();
  measured(`change seen by ${WATCHERS} watchers`, 'events/s', () => {
    let events = 0;
    for (let change = 0; change < CHANGES; change++) {
      bench.submit({ verb: 'patch', ...named(1), ...merge, body: { metadata: { labels: { change: String(change) } } } });
      bench.cluster.runFor(100_000);
      events += bench.taken().filter(({ kind }) => kind !== 'api.response').length;
    }
    return events;
  });
}
