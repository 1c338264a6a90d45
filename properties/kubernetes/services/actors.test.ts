import { describe, expect, it } from 'vitest';
import type { DnsAnswer } from '../../../models/kubernetes/api/dns.ts';
import type { NetConnect, NetEndpoint, NetListen, NetRequest, NetResponse, NetResult } from '../../../models/kubernetes/api/net.ts';
import { Client } from '../../../models/kubernetes/client/client.ts';
import { processBehavior } from '../../../models/kubernetes/client/process.ts';
import type { Process, Task } from '../../../models/kubernetes/client/process.ts';
import { suspend } from '../../../models/kubernetes/client/process.ts';
import { ENDPOINT_SLICES, NAMESPACES, NETWORK_POLICIES, NODES, PODS, SERVICES } from '../../../models/kubernetes/client/resources.ts';
import { fakeApiServer } from '../../../models/kubernetes/client/testing/fake-api-server.ts';
import { kubeProxy, KubeProxyShared } from '../../../models/kubernetes/kube-proxy/proxy.ts';
import { coreDns } from '../../../models/kubernetes/network/dns/coredns.ts';
import { network } from '../../../models/kubernetes/network/network.ts';
import { Kernel, PlainNetwork } from '../../../src/index.ts';
import type { Message } from '../../../src/index.ts';
import { endpointSlice, service } from './service-world.ts';

const SECOND = 1_000_000;
const SERVERS = ['kube-apiserver'];
const EPOCH = 1_767_225_600_000;

/** Runs a script that talks to the API server and to the network. */
function run(script: (process: Process, client: Client, net: Net) => Task, seed = 'services'): void {
  const kernel = new Kernel({ seed, network: new PlainNetwork({ default: { min: 100, max: 300 } }) });
  const shared = new KubeProxyShared({ clusterCIDR: '10.244.0.0/16' });
  kernel.spawn({ id: 'kube-apiserver', type: 'kube-apiserver', behavior: fakeApiServer() });
  kernel.spawn(network({ servers: SERVERS, epoch: EPOCH }));
  kernel.spawn(coreDns({ servers: SERVERS, epoch: EPOCH, ip: '10.96.0.10' }));
  for (const node of ['n1', 'n2']) kernel.spawn(kubeProxy({ node, servers: SERVERS, epoch: EPOCH, shared }));
  const behavior = processBehavior((process) => {
    const client = new Client(process, { servers: SERVERS, user: { name: 'test', groups: [] }, userAgent: 'test' });
    process.go(script(process, client, new Net(process)));
  });
  kernel.spawn({ id: 'script', type: 'script', behavior });
  kernel.run({ until: 120 * SECOND });
}

/** A runtime and its programs, as far as the network sees them. */
class Net {
  readonly #process: Process;
  readonly #waiting = new Map<number, (result: NetResult) => void>();
  #next = 1;

  constructor(process: Process) {
    this.#process = process;
    process.on<NetResult>('net.result', (result) => this.#waiting.get(result.id)?.(result));
    process.on<NetRequest>('net.request', (request) => {
      const response: NetResponse = { kind: 'net.response', id: request.id, response: { tag: request.tag, from: request.fromIp } };
      process.send('network', response);
    });
  }

  address(node: string, ip: string, hostNetwork = false): void {
    const message: NetEndpoint = { kind: 'net.endpoint', node, ip, up: true, hostNetwork, owner: 'script' };
    this.#process.send('network', message);
  }

  listen(ip: string, port: number, on = true): void {
    const message: NetListen = { kind: 'net.listen', ip, port, protocol: 'TCP', owner: 'script', tag: ip, on };
    this.#process.send('network', message);
  }

  *connect(request: Partial<NetConnect> & { toIp: string; port: number }): Task<NetResult> {
    const id = this.#next++;
    const defaults = { kind: 'net.connect', node: 'n1', fromIp: '10.244.1.100', protocol: 'TCP', request: null, timeoutUs: SECOND } as const;
    const message: NetConnect = { ...defaults, ...request, id };
    this.#process.send('network', message as Message & NetConnect);
    return yield* suspend<NetResult>((resume) => this.#waiting.set(id, resume));
  }
}

function node(name: string, n: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'topology.kubernetes.io/zone': `z${n}` } },
    spec: { podCIDR: `10.244.${n}.0/24`, podCIDRs: [`10.244.${n}.0/24`] },
    status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n}` }] },
  };
}

function* cluster(client: Client, net: Net): Task {
  yield* client.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  for (const n of [1, 2]) {
    yield* client.create(NODES, undefined, node(`n${n}`, n));
    net.address(`n${n}`, `10.0.0.${n}`, true);
  }
  net.address('n1', '10.244.1.100');
  net.address('n1', '10.244.1.5');
  net.address('n2', '10.244.2.6');
  for (const ip of ['10.244.1.5', '10.244.2.6']) net.listen(ip, 8080);
  const ports = [{ port: 80, protocol: 'TCP', nodePort: 30080 }];
  yield* client.create(SERVICES, 'shop', service({ name: 'web', spec: { type: 'NodePort', clusterIP: '10.96.0.7', ports } }));
  const endpoints = [{ ip: '10.244.1.5', node: 'n1' }, { ip: '10.244.2.6', node: 'n2' }];
  yield* client.create(ENDPOINT_SLICES, 'shop', endpointSlice('web', endpoints));
}

describe('kube-proxy, network and coredns together', () => {
  it('carry requests to endpoints, answer names, follow changes', () => {
    const seen: Record<string, unknown> = {};
    run(function* (process, client, net): Task {
      yield* cluster(client, net);
      yield* process.sleep('wait', 20 * SECOND);
      const tags = new Set<string>();
      for (let i = 0; i < 40; i++) {
        const result = yield* net.connect({ toIp: '10.96.0.7', port: 80 });
        tags.add((result.response as { tag: string }).tag);
      }
      seen['tags'] = [...tags].sort();
      const dns = { protocol: 'UDP', toIp: '10.96.0.10', port: 53 } as const;
      const answer = yield* net.connect({ ...dns, request: { name: 'web.shop.svc.cluster.local', type: 'A' } });
      seen['dns'] = (answer.response as unknown as DnsAnswer).answers.map((record) => record.data);
      const outside = yield* net.connect({ node: '', fromIp: '192.0.2.1', toIp: '10.0.0.2', port: 30080 });
      seen['outside'] = outside.ok;
      const health = yield* net.connect({ node: '', fromIp: '192.0.2.1', toIp: '10.0.0.2', port: 10256, request: { method: 'GET', path: '/healthz' } });
      seen['health'] = (health.response as { status: number }).status;

      const slice = (yield* client.get(ENDPOINT_SLICES, 'shop', 'web-1')) as { ok: true; object: never };
      const one = endpointSlice('web', [{ ip: '10.244.2.6', node: 'n2' }]);
      yield* client.update(ENDPOINT_SLICES, { ...one, metadata: { ...one.metadata, resourceVersion: (slice.object as { metadata: { resourceVersion: string } }).metadata.resourceVersion } });
      yield* process.sleep('wait', 3 * SECOND);
      const later = new Set<string>();
      for (let i = 0; i < 20; i++) later.add(((yield* net.connect({ toIp: '10.96.0.7', port: 80 })).response as { tag: string }).tag);
      seen['later'] = [...later];
      net.listen('10.244.2.6', 8080, false);
      yield* process.sleep('wait', SECOND);
      seen['refused'] = (yield* net.connect({ toIp: '10.96.0.7', port: 80 })).error;
      seen['lost'] = (yield* net.connect({ toIp: '10.96.0.99', port: 80 })).error;
    });
    expect(seen).toEqual({
      tags: ['10.244.1.5', '10.244.2.6'],
      dns: ['10.96.0.7'],
      outside: true,
      health: 200,
      later: ['10.244.2.6'],
      refused: 'refused',
      lost: 'timeout',
    });
  });

  it('enforce a policy once it exists', () => {
    const seen: unknown[] = [];
    run(function* (process, client, net): Task {
      yield* cluster(client, net);
      const pod = (name: string, ip: string, labels: object) => ({
        apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [] }, status: { podIP: ip, podIPs: [{ ip }] },
      });
      yield* client.create(PODS, 'shop', pod('client', '10.244.1.100', { app: 'client' }));
      yield* client.create(PODS, 'shop', pod('web', '10.244.2.6', { app: 'web' }));
      yield* process.sleep('wait', 20 * SECOND);
      seen.push((yield* net.connect({ toIp: '10.244.2.6', port: 8080 })).ok);
      yield* client.create(NETWORK_POLICIES, 'shop', {
        apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'deny' }, spec: { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress'] },
      });
      yield* process.sleep('wait', 5 * SECOND);
      seen.push((yield* net.connect({ toIp: '10.244.2.6', port: 8080 })).error);
      seen.push((yield* net.connect({ toIp: '10.244.1.5', port: 8080 })).ok);
    });
    expect(seen).toEqual([true, 'timeout', true]);
  });

  it('make the same run twice from one seed', () => {
    const course = (seed: string): string[] => {
      const seen: string[] = [];
      run(function* (process, client, net): Task {
        yield* cluster(client, net);
        yield* process.sleep('wait', 20 * SECOND);
        for (let i = 0; i < 20; i++) {
          const { backend } = yield* net.connect({ toIp: '10.96.0.7', port: 80 });
          seen.push(`${process.now} ${backend}`);
        }
      }, seed);
      return seen;
    };
    expect(course('a')).toEqual(course('a'));
    expect(course('a')).not.toEqual(course('b'));
  });
});
