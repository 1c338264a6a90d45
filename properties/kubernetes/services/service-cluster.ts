/**
 * The service actors on a real kernel with a small API server: kube-proxies, the network, CoreDNS, and a script that
 * plays whatever else a cluster would do (kubelets, runtimes, controllers).
 */
import type {
  NetConnect,
  NetEndpoint,
  NetListen,
  NetRequest,
  NetResponse,
  NetResult,
} from '../../../models/kubernetes/api/net.ts';
import { Client } from '../../../models/kubernetes/client/client.ts';
import { processBehavior, suspend } from '../../../models/kubernetes/client/process.ts';
import type { Process, Task } from '../../../models/kubernetes/client/process.ts';
import { NAMESPACES, NODES } from '../../../models/kubernetes/client/resources.ts';
import { fakeApiServer } from '../../../models/kubernetes/client/testing/fake-api-server.ts';
import type { ProxyMode } from '../../../models/kubernetes/kube-proxy/config.ts';
import { kubeProxy, KubeProxyShared } from '../../../models/kubernetes/kube-proxy/proxy.ts';
import { coreDns } from '../../../models/kubernetes/network/dns/coredns.ts';
import { network } from '../../../models/kubernetes/network/network.ts';
import { Kernel, PlainNetwork } from '../../../src/index.ts';
import type { ActorSpec } from '../../../src/index.ts';

export const SECOND = 1_000_000;
export const SERVERS = ['kube-apiserver'];
export const EPOCH = 1_767_225_600_000;
export const DNS_IP = '10.96.0.10';

/** A runtime and its programs, as far as the network sees them. */
export class Net {
  readonly #process: Process;
  readonly #waiting = new Map<number, (result: NetResult) => void>();
  #next = 1;

  constructor(process: Process) {
    this.#process = process;
    process.on<NetResult>('net.result', (result) => this.#waiting.get(result.id)?.(result));
    process.on<NetRequest>('net.request', (request) => {
      const { id, tag, fromIp, request: asked } = request;
      const path = (asked as { path?: string } | null)?.path ?? '';
      const response: NetResponse = { kind: 'net.response', id, response: { status: 200, tag, from: fromIp, path } };
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
    const defaults = {
      kind: 'net.connect',
      node: 'n1',
      fromIp: '10.244.1.100',
      protocol: 'TCP',
      request: null,
      timeoutUs: SECOND,
    } as const;
    const message: NetConnect = { ...defaults, ...request, id };
    return yield* suspend<NetResult>((resume) => {
      this.#waiting.set(id, resume);
      this.#process.send('network', message);
    });
  }
}

function node(n: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `n${n}`, labels: { 'topology.kubernetes.io/zone': `z${n}` } },
    spec: { podCIDR: `10.244.${n}.0/24`, podCIDRs: [`10.244.${n}.0/24`] },
    status: { addresses: [{ type: 'InternalIP', address: `10.0.0.${n}` }] },
  };
}

export type Script = (process: Process, client: Client, net: Net) => Task;

export interface ClusterOptions {
  readonly mode?: ProxyMode;
  readonly seed?: string;
  readonly seconds?: number;
  readonly more?: readonly ActorSpec[];
}

/** Runs a script in a cluster of two nodes with the namespace `shop`. */
export function runCluster(
  script: Script,
  { mode = 'iptables', seed = 'services', seconds = 120, more = [] }: ClusterOptions = {},
): void {
  const kernel = new Kernel({ seed, network: new PlainNetwork({ default: { min: 100, max: 300 } }) });
  const shared = new KubeProxyShared({ mode, clusterCIDR: '10.244.0.0/16' });
  kernel.spawn({ id: 'kube-apiserver', type: 'kube-apiserver', behavior: fakeApiServer() });
  kernel.spawn(network({ servers: SERVERS, epoch: EPOCH }));
  kernel.spawn(coreDns({ servers: SERVERS, epoch: EPOCH, ip: DNS_IP }));
  for (const name of ['n1', 'n2'])
    kernel.spawn(
      kubeProxy({ node: name, servers: SERVERS, epoch: EPOCH, shared, syncTime: { min: 20_000, max: 60_000 } }),
    );
  const behavior = processBehavior((process) => {
    const client = new Client(process, { servers: SERVERS, user: { name: 'test', groups: [] }, userAgent: 'test' });
    const net = new Net(process);
    process.go(prepared(process, client, net, script));
  });
  kernel.spawn({ id: 'script', type: 'script', behavior });
  for (const spec of more) kernel.spawn(spec);
  kernel.run({ until: seconds * SECOND });
}

function* prepared(process: Process, client: Client, net: Net, script: Script): Task {
  yield* client.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  for (const n of [1, 2]) {
    yield* client.create(NODES, undefined, node(n));
    net.address(`n${n}`, `10.0.0.${n}`, true);
  }
  net.address('n1', '10.244.1.100');
  yield* script(process, client, net);
}
