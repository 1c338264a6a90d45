import { describe, expect, it } from 'vitest';
import { hex, sha256 } from '../../object/hash.ts';
import type { EndpointSlice, Service } from '../../object/types.ts';
import { BlockCache } from '../block-cache.ts';
import { nodeProfile } from '../config.ts';
import type { KubeProxyConfiguration, NodeFacts } from '../config.ts';
import { Proxier, SharedViews } from '../proxier.ts';
import { restoreInput } from './restore.ts';
import { servicePortRules } from './service-port-rules.ts';

const NODE: NodeFacts = { name: 'n1', addresses: ['10.0.0.11'], nfacct: false };
const CONFIG: KubeProxyConfiguration = { clusterCIDR: '10.244.0.0/16' };

function service(path: string, spec: Record<string, unknown>, vips: readonly string[] = []): Service {
  const [namespace, name] = path.split('/') as [string, string];
  const ingress = vips.map((ip) => ({ ip }));
  const defaults = { clusterIPs: [spec['clusterIP']], ipFamilies: ['IPv4'] };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: '', resourceVersion: '1', creationTimestamp: '' },
    spec: { ...defaults, ...spec },
    status: { loadBalancer: { ingress } },
  } as unknown as Service;
}

type Condition = { ready?: boolean; serving?: boolean; terminating?: boolean };

function slice(
  path: string,
  ports: readonly (readonly [string, number, string?])[],
  endpoints: readonly (readonly [string, string, Condition?])[],
): EndpointSlice {
  const [namespace, name] = path.split('/') as [string, string];
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-1`,
      namespace,
      uid: '',
      resourceVersion: '1',
      creationTimestamp: '',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    ports: ports.map(([portName, port, protocol]) => ({ name: portName, port, protocol: protocol ?? 'TCP' })),
    endpoints: endpoints.map(([ip, nodeName, conditions]) => ({
      addresses: [ip],
      nodeName,
      conditions: conditions ?? { ready: true },
    })),
  } as unknown as EndpointSlice;
}

function proxierOf(objects: readonly (Service | EndpointSlice)[], config = CONFIG, node = NODE) {
  const profile = nodeProfile(config, node, 'IPv4');
  const proxier = new Proxier(new SharedViews('IPv4'), new BlockCache(servicePortRules), profile);
  for (const object of objects) {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    if (object.kind === 'Service') proxier.onService(key, object as Service);
    else proxier.onEndpointSlice(key, object as EndpointSlice);
  }
  proxier.sync();
  return proxier;
}

function fullInput(objects: readonly (Service | EndpointSlice)[], config = CONFIG, node = NODE): string {
  const proxier = proxierOf(objects, config, node);
  return restoreInput(proxier.profile, proxier.table.all(), undefined);
}

const cart = service('shop/cart', {
  type: 'ClusterIP',
  clusterIP: '10.96.12.5',
  ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
});
const cartSlice = slice(
  'shop/cart',
  [['http', 8080]],
  [
    ['10.244.2.9', 'n2'],
    ['10.244.1.7', 'n1'],
    ['10.244.10.3', 'n3'],
  ],
);
const web = service('shop/web', {
  type: 'NodePort',
  clusterIP: '10.96.12.6',
  ports: [
    { name: 'http', port: 80, protocol: 'TCP', nodePort: 30080 },
    { name: 'https', port: 443, protocol: 'TCP', nodePort: 30443 },
  ],
});
const webSlice = slice(
  'shop/web',
  [
    ['http', 8080],
    ['https', 8443],
  ],
  [
    ['10.244.1.8', 'n1'],
    ['10.244.2.4', 'n2'],
  ],
);

/** Digests of whole restore inputs of the real program for the same objects. */
describe('iptables-restore input', () => {
  it('is byte for byte the real one for a ClusterIP Service', () => {
    expect(hex(sha256(fullInput([cart, cartSlice])))).toBe(
      '2faf98e1722f7bbc03207c2f39d14f63254a93cc9e48e5c746b406a12f81ffec',
    );
  });

  it('is the real one for a NodePort Service with two ports', () => {
    expect(hex(sha256(fullInput([web, webSlice])))).toBe(
      '3d43d1f7a6bfa5f0d1c97d2c07714e05bfb1a8e774c6d5231aed486dcc82c255',
    );
  });

  it('is the real one for a LoadBalancer without usable endpoints', () => {
    const pay = service(
      'shop/pay',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.12.7',
        externalIPs: ['198.51.100.9'],
        ports: [{ port: 443, protocol: 'TCP', nodePort: 31443 }],
      },
      ['203.0.113.40'],
    );
    const none = slice(
      'shop/pay',
      [['', 8443]],
      [['10.244.1.9', 'n1', { ready: false, serving: false, terminating: false }]],
    );
    expect(hex(sha256(fullInput([pay, none])))).toBe(
      '46afd0e72b994b11f1accb7121eb518da8cec36462bdfaf03ed5d16624e0cd13',
    );
  });

  it('is the real one for source ranges with affinity', () => {
    const api = service(
      'shop/api',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.12.8',
        loadBalancerSourceRanges: ['192.0.2.0/24', ' 10.0.0.0/16'],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
        externalTrafficPolicy: 'Cluster',
        ports: [{ port: 8443, protocol: 'TCP', nodePort: 31844 }],
      },
      ['203.0.113.41'],
    );
    const endpoints = slice(
      'shop/api',
      [['', 8443]],
      [
        ['10.244.1.21', 'n1'],
        ['10.244.3.2', 'n3'],
      ],
    );
    expect(hex(sha256(fullInput([api, endpoints])))).toBe(
      'ffa39ae9450e21eacb1e364a7c2a81dbb1886b6487cc92531f8c414b50ae9a08',
    );
  });

  it('is the real one for a Local policy that falls back to a terminating endpoint', () => {
    const edge = service(
      'shop/edge',
      {
        type: 'LoadBalancer',
        clusterIP: '10.96.12.9',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 32999,
        ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 32080 }],
      },
      ['203.0.113.42'],
    );
    const endpoints = slice(
      'shop/edge',
      [['http', 8080]],
      [
        ['10.244.1.30', 'n1', { ready: false, serving: true, terminating: true }],
        ['10.244.2.31', 'n2'],
      ],
    );
    // The order of the two endpoint chains is not specified here; the recorded text has the remote endpoint first.
    const text = fullInput([edge, endpoints]);
    const lines = text.split('\n');
    const local = lines.filter((line) => /^(:|-A )KUBE-SEP-RQNYTVJ7KGAX3X7E/.test(line));
    const swapped = lines
      .filter((line) => !local.includes(line))
      .flatMap((line) => {
        if (line.startsWith(':KUBE-SEP-GHOYWLTXQUTS6AZV')) return [line, local[0] as string];
        return line.startsWith('-A KUBE-SEP-GHOYWLTXQUTS6AZV') && line.includes('DNAT')
          ? [line, ...local.slice(1)]
          : [line];
      });
    expect(hex(sha256(swapped.join('\n')))).toBe('808197702cc5fe8232b410acea15f713a07f93eecba150dcdd39352ca8586b78');
  });

  it('is the real one without cluster CIDR, localhost node ports and with selected addresses', () => {
    const logs = service('ops/logs', {
      type: 'NodePort',
      clusterIP: '10.96.12.10',
      externalIPs: ['198.51.100.10'],
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      ports: [{ name: 'syslog', port: 514, protocol: 'UDP', nodePort: 30514 }],
    });
    const endpoints = slice(
      'ops/logs',
      [['syslog', 1514, 'UDP']],
      [
        ['10.244.2.50', 'n2'],
        ['10.244.3.50', 'n3'],
      ],
    );
    const config = { nodePortAddresses: ['10.0.0.0/24'], iptables: { masqueradeAll: true, localhostNodePorts: false } };
    const node = { ...NODE, tcpBeLiberal: true, randomFully: false };
    expect(hex(sha256(fullInput([logs, endpoints], config, node)))).toBe(
      'a03edaa3bb4a0bd1c6a8499024198b54e1d981a51906ec5856b0c25e65483b79',
    );
  });

  it('rewrites only the chains of a changed Service in a partial sync', () => {
    const proxier = proxierOf([cart, cartSlice, web, webSlice]);
    const before = proxier.table.all();
    const fewer = slice(
      'shop/cart',
      [['http', 8080]],
      [
        ['10.244.1.7', 'n1'],
        ['10.244.10.3', 'n3'],
      ],
    );
    expect(proxier.onEndpointSlice('shop/cart-1', fewer)).toBe(true);
    const result = proxier.sync();
    expect(result.full).toBe(false);
    expect(result.updated).toEqual(['shop/cart']);
    const after = proxier.table.all();
    expect(after.filter((block) => before.includes(block)).map((block) => block.name)).toEqual([
      'shop/web:http',
      'shop/web:https',
    ]);
    const text = restoreInput(proxier.profile, after, new Set(result.updated), ['KUBE-SEP-BQDHVMWANCT6EYGM']);
    expect(text).toContain('--probability 0.5000000000 -j KUBE-SEP-HR5QIAI7KRESNQ5F');
    expect(text).toContain(':KUBE-SEP-BQDHVMWANCT6EYGM - [0:0]\n');
    expect(text).toContain('-X KUBE-SEP-BQDHVMWANCT6EYGM\n');
    expect(text).toContain('-j KUBE-SVC-67NZLRHBNDSAWJRO');
    expect(text).not.toContain('-A KUBE-SVC-67NZLRHBNDSAWJRO');
  });
});
