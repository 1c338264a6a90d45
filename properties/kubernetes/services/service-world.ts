/**
 * A small cluster for the laws of Services: nodes with a proxier each, pods that listen, and the data plane between.
 * No actors and no API server: what a kube-proxy has received is put into its proxier by hand, so that a law can put
 * nodes into any state of knowledge.
 */
import type { NodeRules } from '../../../models/kubernetes/api/net.ts';
import { nodeProfile } from '../../../models/kubernetes/kube-proxy/config.ts';
import type { KubeProxyConfiguration, NodeFacts } from '../../../models/kubernetes/kube-proxy/config.ts';
import { blockCache, listRules, nodeRules } from '../../../models/kubernetes/kube-proxy/node-rules.ts';
import type { AnyBlock } from '../../../models/kubernetes/kube-proxy/node-rules.ts';
import { Proxier, SharedViews } from '../../../models/kubernetes/kube-proxy/proxier.ts';
import { DataPlane } from '../../../models/kubernetes/network/data-plane.ts';
import type { ConnectOutcome, ConnectRequest } from '../../../models/kubernetes/network/data-plane.ts';
import { PolicyEngine } from '../../../models/kubernetes/network/network-policy.ts';
import type { EndpointSlice, Namespace, NetworkPolicy, Pod, Service } from '../../../models/kubernetes/object/types.ts';
import { stream, type Sfc32 } from '../../../src/index.ts';

export interface ServiceSpec {
  readonly name: string;
  readonly namespace?: string;
  readonly spec: Record<string, unknown>;
  readonly vips?: readonly string[];
}

export function service({ name, namespace = 'shop', spec, vips = [] }: ServiceSpec): Service {
  const clusterIPs = [spec['clusterIP']];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: '', resourceVersion: '1', creationTimestamp: '' },
    spec: { type: 'ClusterIP', clusterIPs, ipFamilies: ['IPv4'], ...spec },
    status: { loadBalancer: { ingress: vips.map((ip) => ({ ip })) } },
  } as unknown as Service;
}

export interface EndpointSpec {
  readonly ip: string;
  readonly node: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

export function endpointSlice(
  name: string,
  endpoints: readonly EndpointSpec[],
  port = 8080,
  protocol = 'TCP',
  namespace = 'shop',
  portName = '',
): EndpointSlice {
  const metadata = { name: `${name}-1`, namespace, uid: '', resourceVersion: '1', creationTimestamp: '' };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: portName, port, protocol }],
    endpoints: endpoints.map((endpoint) => {
      const ready = endpoint.ready ?? true;
      const conditions = { ready, serving: endpoint.serving ?? ready, terminating: endpoint.terminating ?? false };
      return { addresses: [endpoint.ip], nodeName: endpoint.node, conditions };
    }),
  } as unknown as EndpointSlice;
}

/** Nodes `n1`… with addresses 10.0.0.1…, pods 10.244.N.X. */
export class ServiceWorld {
  readonly plane: DataPlane;
  readonly proxiers = new Map<string, Proxier<AnyBlock>>();
  readonly random: Sfc32;
  readonly policies: NetworkPolicy[] = [];
  readonly pods = new Map<string, Pod>();
  readonly namespaces = new Map<string, Namespace>();
  readonly #clock = { now: 0, choose: (_kind: string, n: number): number => this.random.below(n) };

  constructor(nodes: number, config: KubeProxyConfiguration = { clusterCIDR: '10.244.0.0/16' }, seed = 1) {
    this.random = stream(String(seed), 'service-world');
    const world = {
      policies: (namespace: string) => this.policies.filter((policy) => policy.metadata.namespace === namespace),
      podByIP: (ip: string) => this.pods.get(ip),
      namespace: (name: string) => this.namespaces.get(name),
    };
    this.plane = new DataPlane({
      environment: this.#clock,
      policies: (book) => new PolicyEngine(world, book),
      pods: world,
    });
    const cache = blockCache(config.mode === undefined || config.mode === '' ? 'iptables' : config.mode);
    const shared = new SharedViews('IPv4');
    for (let i = 1; i <= nodes; i++) {
      const facts: NodeFacts = { name: `n${i}`, addresses: [`10.0.0.${i}`], podCIDRs: [`10.244.${i}.0/24`] };
      this.proxiers.set(facts.name, new Proxier(shared, cache, nodeProfile(config, facts, 'IPv4'), listRules));
      this.plane.addEndpoint({ node: facts.name, ip: `10.0.0.${i}`, hostNetwork: true });
      this.plane.setPodCIDRs(facts.name, facts.podCIDRs ?? []);
    }
    this.sync();
  }

  /** Virtual time, µs. */
  get now(): number {
    return this.#clock.now;
  }

  set now(time: number) {
    this.#clock.now = time;
  }

  /** A pod with an address, listening on some ports. */
  pod(
    ip: string,
    node: string,
    listens: readonly number[] = [],
    labels: Record<string, string> = {},
    namespace = 'shop',
  ): void {
    this.plane.addEndpoint({ node, ip, hostNetwork: false });
    const metadata = { name: `pod-${ip}`, namespace, uid: '', resourceVersion: '1', creationTimestamp: '', labels };
    const containers = [
      { name: 'c', image: 'i', ports: listens.map((containerPort, i) => ({ name: `p${i}`, containerPort })) },
    ];
    this.pods.set(ip, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers }, status: {} } as unknown as Pod);
    for (const port of listens) this.plane.listen(ip, port, 'TCP', { owner: node, tag: ip });
  }

  /** Every proxier receives an object. */
  apply(object: Service | EndpointSlice): void {
    for (const name of this.proxiers.keys()) this.applyOn(name, object);
  }

  applyOn(node: string, object: Service | EndpointSlice): void {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const proxier = this.proxiers.get(node)!;
    if (object.kind === 'Service') proxier.onService(key, object as Service);
    else proxier.onEndpointSlice(key, object as EndpointSlice);
  }

  /** Proxiers (all, or one) write their rules. */
  sync(node?: string): void {
    for (const [name, proxier] of this.proxiers) {
      if (node !== undefined && node !== name) continue;
      const { staleUDP } = proxier.sync();
      this.plane.setRules(name, this.rules(name));
      this.plane.kernel(name).conntrack.purge(staleUDP);
    }
  }

  rules(node: string): NodeRules {
    const proxier = this.proxiers.get(node)!;
    return nodeRules(proxier.profile, proxier.table);
  }

  connect(request: Partial<ConnectRequest> & { toIP: string; port: number }): ConnectOutcome {
    return this.plane.connect({ node: 'n1', fromIP: '10.244.1.100', protocol: 'TCP', ...request });
  }
}
