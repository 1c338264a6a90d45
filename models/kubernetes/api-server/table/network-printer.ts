/**
 * Tables of Services, Endpoints and EndpointSlices. Upstream: pkg/printers/internalversion/printers.go.
 */
import type { Endpoints, EndpointSlice, KubeObject, Service } from '../../object/types.ts';
import { AGE, column, fieldDescription, labelsText, listText, NAME, wide, type Printer } from './column.ts';
import { since } from './age.ts';

/** printEndpoints, printEndpointSlice: how many are named before `+ N more...`. */
const SHOWN_MAX = 3;

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
  cells: (object, now) => {
    const { metadata, spec } = object as Service;
    return [
      metadata.name,
      spec.type ?? 'ClusterIP',
      spec.clusterIP ?? '<none>',
      externalIPs(object as Service),
      portsText(spec.ports ?? []),
      since(metadata.creationTimestamp, now),
      labelsText(spec.selector),
    ];
  },
};

function externalIPs({ spec, status }: Service): string {
  const fixed = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '<none>';
  if (spec.type !== 'LoadBalancer') return fixed.length === 0 ? '<none>' : fixed.join(',');
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '');
  const all = [...ingress, ...fixed];
  return all.length === 0 ? '<pending>' : all.join(',');
}

function portsText(ports: NonNullable<Service['spec']['ports']>): string {
  if (ports.length === 0) return '<none>';
  return ports.map(({ port, nodePort, protocol = 'TCP' }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`).join(',');
}

export const endpointsPrinter: Printer = {
  columns: [NAME, column('Endpoints', fieldDescription('Endpoints.subsets')), AGE],
  cells: (object, now) => {
    const { metadata, subsets = [] } = object as Endpoints;
    const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
      ports.length === 0 ? addresses.map(({ ip }) => ip) : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`)),
    );
    return [metadata.name, listText(all, SHOWN_MAX, '<none>'), since(metadata.creationTimestamp, now)];
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
    const { metadata, addressType, ports, endpoints = [] } = object as EndpointSlice & KubeObject;
    const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
    const numbers = (ports ?? []).map(({ port }) => String(port ?? '*'));
    return [metadata.name, addressType, listText(numbers, SHOWN_MAX, '<unset>'), listText(addresses, SHOWN_MAX, '<unset>'), since(metadata.creationTimestamp, now)];
  },
};
