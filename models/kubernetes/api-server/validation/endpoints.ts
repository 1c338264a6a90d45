/**
 * Validation of Endpoints and EndpointSlices.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateEndpoints), pkg/apis/discovery/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, invalidValue, required, tooMany } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { immutable, oneOf, sameJson } from './check.ts';
import { PROTOCOLS } from './container.ts';
import { validateIP, validateIPv4, validateIPv6, validateNonSpecialIP } from './ip.ts';
import { validateLabels } from './metadata.ts';
import { labelErrors, portNumberErrors, subdomainErrors } from './name.ts';
import { validateAppProtocol } from './service.ts';

const labelField = (value: string | undefined, path: string): FieldError[] =>
  value === undefined || value === '' ? [] : labelErrors(value).map((text) => invalidValue(path, value, text));

const nodeNameField = (value: string | undefined, path: string): FieldError[] =>
  value === undefined ? [] : subdomainErrors(value).map((text) => invalidValue(path, value, text));

/** validateEndpointAddress. */
function validateAddress(address: Json, path: string): FieldError[] {
  const ip = (address['ip'] as string | undefined) ?? '';
  return [
    ...validateIP(ip, `${path}.ip`),
    ...labelField(address['hostname'], `${path}.hostname`),
    ...nodeNameField(address['nodeName'], `${path}.nodeName`),
    ...validateNonSpecialIP(ip, `${path}.ip`),
  ];
}

/** validateEndpointPort. */
function validatePort(port: Json, needsName: boolean, path: string): FieldError[] {
  const name = (port['name'] as string | undefined) ?? '';
  const number = (port['port'] as number | undefined) ?? 0;
  return [
    ...(needsName && name === '' ? [required(`${path}.name`)] : labelField(name, `${path}.name`)),
    ...portNumberErrors(number).map((text) => invalidValue(`${path}.port`, number, text)),
    ...oneOf(port['protocol'], PROTOCOLS, `${path}.protocol`, true),
    ...validateAppProtocol(port['appProtocol'], `${path}.appProtocol`),
  ];
}

/** Endpoints. */
export function validateEndpoints(object: KubeObject): FieldError[] {
  return ((object['subsets'] as Json[] | undefined) ?? []).flatMap((subset, at) => {
    const path = `subsets[${at}]`;
    const ready = (subset['addresses'] as Json[] | undefined) ?? [];
    const notReady = (subset['notReadyAddresses'] as Json[] | undefined) ?? [];
    const ports = (subset['ports'] as Json[] | undefined) ?? [];
    return [
      ...(ready.length === 0 && notReady.length === 0 ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...ready.flatMap((address, i) => validateAddress(address, `${path}.addresses[${i}]`)),
      ...notReady.flatMap((address, i) => validateAddress(address, `${path}.notReadyAddresses[${i}]`)),
      ...ports.flatMap((port, i) => validatePort(port, ports.length > 1, `${path}.ports[${i}]`)),
    ];
  });
}

/** Limits of discovery/validation. */
const ENDPOINTS_MAX = 1000;
const ADDRESSES_MAX = 100;
const SLICE_PORTS_MAX = 20000;
const TOPOLOGY_MAX = 16;
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

/** IsFullyQualifiedDomainName. */
function validateDomain(value: string, path: string): FieldError[] {
  if (value === '') return [required(path)];
  const name = value.replace(/\.$/, '');
  const wrong = subdomainErrors(name);
  if (wrong.length > 0) return [invalidValue(path, name, wrong.join(','))];
  const labels = name.split('.');
  if (labels.length < 2) return [invalidValue(path, name, 'should be a domain with at least two segments separated by dots')];
  return labels.flatMap((label) => (labelErrors(label).length === 0 ? [] : [invalidValue(path, label, labelErrors(label).join(','))]));
}

/** An address of a known type; of others nothing is known. */
function validateSliceAddress(address: string, type: string, path: string): FieldError[] {
  if (type === 'FQDN') return validateDomain(address, path);
  if (type === 'IPv4') return [...validateIPv4(address, path), ...validateNonSpecialIP(address, path)];
  return type === 'IPv6' ? [...validateIPv6(address, path), ...validateNonSpecialIP(address, path)] : [];
}

function validateSliceEndpoint(endpoint: Json, type: string, path: string): FieldError[] {
  const addresses = (endpoint['addresses'] as string[] | null | undefined) ?? [];
  const topology = endpoint['deprecatedTopology'] as Json | undefined;
  const labels = Object.keys(topology ?? {}).length;
  return [
    ...(addresses.length === 0 ? [required(`${path}.addresses`, 'must contain at least 1 address')] : []),
    ...(addresses.length > ADDRESSES_MAX ? [tooMany(`${path}.addresses`, addresses.length, ADDRESSES_MAX)] : []),
    ...addresses.flatMap((address, at) => validateSliceAddress(address, type, `${path}.addresses[${at}]`)),
    ...nodeNameField(endpoint['nodeName'], `${path}.nodeName`),
    ...(labels > TOPOLOGY_MAX ? [tooMany(`${path}.deprecatedTopology`, labels, TOPOLOGY_MAX)] : []),
    ...validateLabels(topology, `${path}.deprecatedTopology`),
    ...(endpoint['hostname'] === undefined ? [] : labelErrors(endpoint['hostname']).map((text) => invalidValue(`${path}.hostname`, endpoint['hostname'], text))),
  ];
}

function validateSlicePorts(ports: readonly Json[]): FieldError[] {
  if (ports.length > SLICE_PORTS_MAX) return [tooMany('ports', ports.length, SLICE_PORTS_MAX)];
  const names = new Set<string>();
  return ports.flatMap((port, at) => {
    const path = `ports[${at}]`;
    const name = (port['name'] as string | undefined) ?? '';
    const errors = labelField(name, `${path}.name`);
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    errors.push(...oneOf(port['protocol'], PROTOCOLS, `${path}.protocol`, true));
    return [...errors, ...validateAppProtocol(port['appProtocol'], `${path}.appProtocol`)];
  });
}

/** EndpointSlice. */
export function validateEndpointSlice(object: KubeObject): FieldError[] {
  const type = (object['addressType'] as string | undefined) ?? '';
  const errors = oneOf(type, ADDRESS_TYPES, 'addressType', true);
  const endpoints = (object['endpoints'] as Json[] | null | undefined) ?? [];
  if (endpoints.length > ENDPOINTS_MAX) errors.push(tooMany('endpoints', endpoints.length, ENDPOINTS_MAX));
  else errors.push(...endpoints.flatMap((endpoint, at) => validateSliceEndpoint(endpoint, type, `endpoints[${at}]`)));
  return [...errors, ...validateSlicePorts((object['ports'] as Json[] | null | undefined) ?? [])];
}

export const validateEndpointSliceUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...(sameJson(next['endpoints'], old['endpoints']) && sameJson(next['ports'], old['ports']) ? [] : validateEndpointSlice(next)),
  ...immutable(next['addressType'], old['addressType'], 'addressType'),
];
