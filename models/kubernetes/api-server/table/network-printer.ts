/**
 * Rows of services, their endpoints, ingresses and network policies.
 *
 * Upstream: pkg/printers/internalversion/printers.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { since } from './age.ts';
import { AGE, NAME, column, fieldDescription, labelsText, listText, wide } from './column.ts';
import type { Printer } from './column.ts';
import { selectorText } from './workload-printer.ts';

interface Ingress {
  readonly ip?: string;
  readonly hostname?: string;
}

const age = (object: KubeObject, now: number): string => since(object.metadata.creationTimestamp, now);

/** Addresses of a load balancer, sorted, without repetitions. */
function balancerText(ingress: readonly Ingress[] | undefined): string {
  const found = new Set((ingress ?? []).map((item) => item.ip || item.hostname || '').filter((text) => text !== ''));
  return [...found].sort().join(',');
}

function externalText({ spec, status }: KubeObject): string {
  const external = (spec?.externalIPs ?? []) as readonly string[];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.length > 0 ? external.join(',') : '<none>';
    case 'LoadBalancer': {
      const balanced = balancerText(status?.loadBalancer?.ingress);
      const all = [...(balanced === '' ? [] : [balanced]), ...external];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

interface Port {
  readonly port: number;
  readonly nodePort?: number;
  readonly protocol?: string;
}

const portText = ({ port, nodePort, protocol }: Port): string =>
  nodePort ? `${port}:${nodePort}/${protocol ?? ''}` : `${port}/${protocol ?? ''}`;

export const servicePrinter: Printer = {
  columns: [
    NAME,
    column('Type', fieldDescription('ServiceSpec.type')),
    column('Cluster-IP', fieldDescription('ServiceSpec.clusterIP')),
    column('External-IP', fieldDescription('ServiceSpec.externalIPs')),
    column('Port(s)', fieldDescription('ServiceSpec.ports')),
    AGE,
    wide('Selector', fieldDescription('ServiceSpec.selector')),
  ],
  cells: (object, now) => [
    object.metadata.name,
    object['spec']?.type ?? '',
    object['spec']?.clusterIP || '<none>',
    externalText(object),
    ((object['spec']?.ports ?? []) as readonly Port[]).map(portText).join(',') || '<none>',
    age(object, now),
    labelsText(object['spec']?.selector),
  ],
};

const hostPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

export const endpointsPrinter: Printer = {
  columns: [NAME, column('Endpoints', fieldDescription('Endpoints.subsets')), AGE],
  cells: (object, now) => {
    const subsets = (object['subsets'] ?? []) as readonly { addresses?: readonly { ip: string }[]; ports?: readonly Port[] }[];
    const found = subsets.flatMap(({ addresses = [], ports = [] }) =>
      ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
    );
    return [object.metadata.name, listText(found, 3, '<none>'), age(object, now)];
  },
};

export const endpointSlicePrinter: Printer = {
  columns: [
    NAME,
    column('AddressType', fieldDescription('EndpointSlice.addressType')),
    column('Ports', fieldDescription('EndpointSlice.ports')),
    column('Endpoints', fieldDescription('EndpointSlice.endpoints')),
    AGE,
  ],
  cells: (object, now) => {
    const ports = ((object['ports'] ?? []) as readonly { port?: number; name?: string }[]).map(({ port, name }) => String(port ?? name ?? '*'));
    const addresses = ((object['endpoints'] ?? []) as readonly { addresses?: readonly string[] }[]).flatMap((item) => item.addresses ?? []);
    return [object.metadata.name, object['addressType'] ?? '', listText(ports, 3, '<unset>'), listText(addresses, 3, '<unset>'), age(object, now)];
  },
};

function hostsText(rules: readonly { host?: string }[]): string {
  const named = rules.slice(0, 3).flatMap(({ host }) => (host ? [host] : []));
  if (named.length === 0) return '*';
  return rules.length > 3 ? `${named.join(',')} + ${rules.length - 3} more...` : named.join(',');
}

export const ingressPrinter: Printer = {
  columns: [
    NAME,
    column('Class', 'The name of the IngressClass resource that should be used for additional configuration'),
    column('Hosts', 'Hosts that incoming requests are matched against before the ingress rule'),
    column('Address', 'Address is a list containing ingress points for the load-balancer'),
    column('Ports', 'Ports of TLS configurations that open'),
    AGE,
  ],
  cells: (object, now) => [
    object.metadata.name,
    object['spec']?.ingressClassName ?? '<none>',
    hostsText(object['spec']?.rules ?? []),
    balancerText(object['status']?.loadBalancer?.ingress),
    (object['spec']?.tls ?? []).length > 0 ? '80, 443' : '80',
    age(object, now),
  ],
};

export const ingressClassPrinter: Printer = {
  columns: [
    NAME,
    column('Controller', 'Controller that is responsible for handling corresponding resources'),
    column('Parameters', 'A reference to a resource with additional parameters'),
    AGE,
  ],
  cells: (object, now) => {
    const parameters = object['spec']?.parameters as { kind: string; apiGroup?: string; name: string } | undefined;
    const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
    const text = parameters === undefined ? '<none>' : `${parameters.kind}${group}/${parameters.name}`;
    return [object.metadata.name, object['spec']?.controller ?? '', text, age(object, now)];
  },
};

export const networkPolicyPrinter: Printer = {
  columns: [NAME, column('Pod-Selector', fieldDescription('NetworkPolicySpec.podSelector')), AGE],
  cells: (object, now) => [object.metadata.name, selectorText(object['spec']?.podSelector), age(object, now)],
};
