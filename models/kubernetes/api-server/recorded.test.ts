/**
 * Pushes recorded exchanges of a real kube-apiserver through this one, in process and without HTTP.
 *
 * What HTTP itself decides (unparsable bodies, content negotiation, plain-text 404s, discovery, tables) is left to the
 * checker that talks to the facade; custom resources need their conversion hooks and are left to it, too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Kernel, type Message, PlainNetwork } from '../../../src/index.ts';
import type { ApiRequest, ApiResponse } from '../api/message.ts';
import { processBehavior } from '../client/process.ts';
import { LATENCIES } from '../cluster/timing.ts';
import { etcd } from '../etcd/etcd.ts';
import { queryOf, requestInfo } from './request/request-info.ts';
import { kubeApiServer } from './server.ts';

const FILE = new URL('../../../../shared/oracle/api-public.json', import.meta.url).pathname;
const COMPARE = new URL('../../../../shared/oracle/compare.mjs', import.meta.url).pathname;

interface Exchange {
  readonly request: { method: string; path: string; body?: unknown; contentType?: string; accept?: string };
  readonly response: { status: number; body: any };
}
interface Group {
  readonly group: string;
  readonly namespace: string;
  readonly exchanges: readonly Exchange[];
}

const SKIPPED = ['discovery', 'crd'];

class Server {
  private readonly kernel: Kernel;
  private readonly answers = new Map<number, ApiResponse>();
  private next = 1;

  constructor() {
    this.kernel = new Kernel({ seed: '1', network: new PlainNetwork(LATENCIES.zero) });
    this.kernel.spawn(etcd());
    this.kernel.spawn(kubeApiServer({ epoch: 1_735_689_600_000 }));
    this.kernel.spawn({
      id: 'recorder',
      type: 'recorder',
      behavior: processBehavior((process) => {
        process.on<ApiRequest>('api.request', (request) => process.send('kube-apiserver', request as never));
        process.on<ApiResponse>('api.response', (response) => this.answers.set(response.id, response));
      }),
    });
    this.kernel.run({ until: 2_000_000 });
  }

  call({ method, path, body, contentType, accept }: Exchange['request']): ApiResponse | undefined {
    const url = new URL(path, 'http://server');
    const query = queryOf(url.search.slice(1));
    const info = requestInfo(method, url.pathname.split('/').slice(1).map(decodeURIComponent), query);
    if (info === undefined || accept !== undefined || query['watch'] !== undefined || typeof body === 'string') return undefined;
    const { rest: _rest, ...asked } = info;
    const id = this.next++;
    const request = { kind: 'api.request', id, ...asked, query, body, contentType, user: { name: 'admin', groups: ['system:masters'] }, userAgent: 'vector' };
    this.kernel.input('recorder', request as unknown as Message);
    const end = this.kernel.now + 40_000_000;
    while (!this.answers.has(id) && this.kernel.now < end) this.kernel.run({ until: this.kernel.now + 50_000 });
    return this.answers.get(id);
  }
}

describe.skipIf(!existsSync(FILE))('the API server (recordings are only there in the workplace)', () => {
  it('answers recorded exchanges as the real one did', async () => {
    const { similarity } = (await import(COMPARE)) as { similarity: (a: unknown, b: unknown, path: string, diffs: string[]) => number };
    const groups = JSON.parse(readFileSync(FILE, 'utf8')) as Group[];
    const asked = JSON.stringify(groups.map((group) => group.exchanges.map(({ request }) => request)));
    const server = new Server();
    const lines: string[] = [];
    let [total, exact, sameCode] = [0, 0, 0];
    for (const { group, namespace, exchanges } of groups) {
      if (SKIPPED.includes(group)) continue;
      server.call({ method: 'POST', path: '/api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } });
      server.call({ method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts`, body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } } });
      for (const { request, response } of exchanges) {
        const got = server.call(request);
        if (got === undefined) continue;
        total++;
        const diffs: string[] = [];
        const isSame = got.code === response.status;
        const score = isSame ? similarity(normal(response.body, asked), normal(got.body, asked), '', diffs) : 0;
        if (isSame) sameCode++;
        if (score === 1) exact++;
        else lines.push(`${group} ${request.method} ${request.path}: ${isSame ? diffs.slice(0, 3).join(' ;; ') : `real ${response.status} got ${got.code} ${(got.body as any)?.message ?? ''} [real ${response.body?.message ?? ''}]`}`);
      }
    }
    if (process.env['SHOW'] !== undefined) console.log(`${lines.join('\n')}\nexact ${exact}/${total} code ${sameCode}/${total}`);
    expect(sameCode / total).toBeGreaterThanOrEqual(0.9);
    expect(exact / total).toBeGreaterThanOrEqual(0.8);
  });
});

const DROPPED = new Set(['resourceVersion', 'uid', 'creationTimestamp', 'deletionTimestamp', 'selfLink', 'time', 'managedFields', 'continue', 'remainingItemCount', 'token', 'expirationTimestamp', 'lastTransitionTime', 'extra', 'details']);

/** What differs from run to run is replaced, as the checker does. */
function normal(value: unknown, asked: string, key = ''): unknown {
  if (typeof value === 'string') {
    if (/^10\.96\.\d+\.\d+$/.test(value) && !asked.includes(`"clusterIP":"${value}"`)) return '<clusterIP>';
    return (value.split('\n')[0] as string)
      .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z\b/g, '<time>')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
      .replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<x>')
      .replace(/(gen-|Bad_|p{20,})[a-z0-9]{5}\b/g, '$1<x>')
      .replace(/0xc[0-9a-f]+/g, '<pointer>')
      .replace(/resource version: \d+/g, 'resource version: <rv>')
      .replace(/current: \d+|\(\d+\)/g, '<rv>');
  }
  if (Array.isArray(value)) {
    const kept = key === 'sources' ? value.filter((item) => item.configMap?.items?.[0]?.key !== 'service-ca.crt') : value;
    return kept.map((item) => normal(item, asked, key));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => !DROPPED.has(name));
  return Object.fromEntries(entries.map(([name, item]) => [name, (name === 'nodePort' || name === 'healthCheckNodePort') && typeof item === 'number' ? '<port>' : normal(item, asked, name)]));
}
