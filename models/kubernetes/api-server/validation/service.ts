/**
 * Validation of Services, Endpoints and EndpointSlices.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateService*, ValidateEndpoints), pkg/apis/discovery/validation.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import ipaddr from 'ipaddr.js';
import { parseCIDR } from '../../object/ip.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required, tooMany } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goSyntax, literal } from '../status/go-format.ts';
import { immutable, sameJson } from './check.ts';
import { PROTOCOLS } from './container.ts';
import { validateLabels } from './metadata.ts';
import { labelErrors, portNumberErrors, subdomainErrors } from './name.ts';
import { portOrName } from './probe.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const IP_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const SPECIAL: Readonly<Record<string, string>> = {
  unspecified: 'may not be unspecified (0.0.0.0 or ::)',
  loopback: 'may not be in the loopback range (127.0.0.0/8, ::1/128)',
  linkLocal: 'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  multicast: 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
};
/** The port of the kubelet, which a load balancer must not expose. */
const KUBELET_PORT = 10250;

function validatePort(port: Json, needsName: boolean, names: Set<string>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = (port['name'] as string | undefined) ?? '';
  if (needsName && name === '') errors.push(required(`${path}.name`));
  else if (name !== '') {
    for (const text of labelErrors(name)) errors.push(invalidValue(`${path}.name`, name, text));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    else names.add(name);
  }
  for (const text of portNumberErrors(port['port'] ?? 0)) errors.push(invalidValue(`${path}.port`, port['port'] ?? 0, text));
  if (port['protocol'] === undefined) errors.push(required(`${path}.protocol`));
  else if (!PROTOCOLS.includes(port['protocol'])) errors.push(notSupported(`${path}.protocol`, port['protocol'], PROTOCOLS));
  errors.push(...portOrName(port['targetPort'], `${path}.targetPort`));
  return errors;
}

function validatePorts(spec: Json): FieldError[] {
  const ports = (spec['ports'] as Json[] | undefined) ?? [];
  const isHeadless = spec['clusterIP'] === 'None';
  const errors: FieldError[] = [];
  if (ports.length === 0 && !isHeadless && spec['type'] !== 'ExternalName') errors.push(required('spec.ports'));
  if (spec['type'] === 'LoadBalancer') {
    ports.forEach((port, at) => {
      if (port['port'] === KUBELET_PORT) errors.push(invalidValue(`spec.ports[${at}]`, port['port'], 'may not expose port 10250 externally since it is used by kubelet'));
    });
  }
  const names = new Set<string>();
  ports.forEach((port, at) => errors.push(...validatePort(port, ports.length > 1, names, `spec.ports[${at}]`)));
  return errors;
}

function validatePortUniqueness(spec: Json): FieldError[] {
  const ports = (spec['ports'] as Json[] | undefined) ?? [];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  ports.forEach((port, at) => {
    const text = `${port['protocol']}/${port['port']}`;
    if (seen.has(text)) {
      const shown = literal(`core.ServicePort{Name:"", Protocol:${goSyntax(port['protocol'])}, AppProtocol:(*string)(nil), Port:${port['port']}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}`);
      errors.push(duplicate(`spec.ports[${at}]`, shown));
    }
    seen.add(text);
  });
  const nodePorts = new Set<string>();
  ports.forEach((port, at) => {
    if ((port['nodePort'] ?? 0) === 0) return;
    if (spec['type'] === 'ClusterIP') errors.push(forbiddenValue(`spec.ports[${at}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    const text = `${port['protocol']}/${port['nodePort']}`;
    if (nodePorts.has(text)) errors.push(duplicate(`spec.ports[${at}].nodePort`, port['nodePort']));
    nodePorts.add(text);
  });
  return errors;
}

function validateTypeNeeds(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  const isHeadless = spec['clusterIP'] === 'None';
  if (spec['type'] === 'LoadBalancer' && isHeadless) errors.push(invalidValue('spec.clusterIPs[0]', 'None', 'may not be set to \'None\' for LoadBalancer services'));
  if (spec['type'] === 'NodePort' && isHeadless) errors.push(invalidValue('spec.clusterIPs[0]', 'None', "may not be set to 'None' for NodePort services"));
  if (spec['type'] === 'ExternalName') {
    const isSet = (field: string): boolean => ((spec[field] as unknown[] | string | undefined)?.length ?? 0) > 0;
    if (isSet('clusterIPs') || isSet('clusterIP')) errors.push(forbiddenValue('spec.clusterIPs', 'may not be set for ExternalName services'));
    if (isSet('ipFamilies')) errors.push(forbiddenValue('spec.ipFamilies', 'may not be set for ExternalName services'));
    if (spec['ipFamilyPolicy'] !== undefined) errors.push(forbiddenValue('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
    const name = ((spec['externalName'] as string | undefined) ?? '').replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else for (const text of subdomainErrors(name)) errors.push(invalidValue('spec.externalName', name, text));
  }
  return errors;
}

function validatePolicies(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  const isExternal = spec['type'] === 'LoadBalancer' || spec['type'] === 'NodePort' || (spec['type'] === 'ClusterIP' && (spec['externalIPs']?.length ?? 0) > 0);
  const external = spec['externalTrafficPolicy'] as string | undefined;
  if (!isExternal && external !== undefined) errors.push(invalidValue('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'));
  if (isExternal && external === undefined) errors.push(required('spec.externalTrafficPolicy'));
  else if (isExternal && external !== 'Cluster' && external !== 'Local') errors.push(notSupported('spec.externalTrafficPolicy', external, ['Cluster', 'Local']));
  if (spec['healthCheckNodePort'] !== undefined && !(spec['type'] === 'LoadBalancer' && external === 'Local')) {
    errors.push(invalidValue('spec.healthCheckNodePort', spec['healthCheckNodePort'], "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  }
  const internal = spec['internalTrafficPolicy'] as string | undefined;
  if (internal === undefined) {
    if (['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec['type'])) errors.push(required('spec.internalTrafficPolicy'));
  } else if (internal !== 'Cluster' && internal !== 'Local') errors.push(notSupported('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']));
  if (spec['type'] !== 'LoadBalancer' && spec['loadBalancerClass'] !== undefined) errors.push(forbiddenValue('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  if (spec['type'] !== 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== undefined) {
    errors.push(forbiddenValue('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  }
  return errors;
}

function validateAffinity(spec: Json): FieldError[] {
  const affinity = spec['sessionAffinity'] as string | undefined;
  if (affinity === undefined) return [required('spec.sessionAffinity')];
  if (affinity !== 'ClientIP' && affinity !== 'None') return [notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None'])];
  const seconds = spec['sessionAffinityConfig']?.['clientIP']?.['timeoutSeconds'] as number | undefined;
  if (affinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > 86400)) {
    return [invalidValue('spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds, 'must be greater than 0 and less than 86400')];
  }
  return [];
}

function validateSourceRanges(spec: Json): FieldError[] {
  const ranges = (spec['loadBalancerSourceRanges'] as string[] | undefined) ?? [];
  if (ranges.length === 0) return [];
  const path = 'spec.LoadBalancerSourceRanges';
  if (spec['type'] !== 'LoadBalancer') return [forbiddenValue(path, "may only be used when `type` is 'LoadBalancer'")];
  return ranges.some((range) => parseCIDR(range.trim()) === undefined)
    ? [invalidValue(path, literal(`[${ranges.join(' ')}]`), 'must be a list of IP ranges. For example, 10.240.0.0/24,10.250.0.0/24')]
    : [];
}

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** ValidateServiceClusterIPsRelatedFields; it is asked for before addresses are reserved, and again after. */
export function validateClusterIPs(spec: Json): FieldError[] {
  if (spec['type'] === 'ExternalName') return [];
  const errors: FieldError[] = [];
  const first = (spec['clusterIP'] as string | undefined) ?? '';
  const given = (spec['clusterIPs'] as string[] | undefined) ?? [];
  const all = given.length === 0 && first !== '' ? [first] : given;
  const path = 'spec.clusterIPs';
  if (first === '' && all.length > 0) errors.push(invalidValue(path, all, 'must be empty when `clusterIP` is not specified'));
  else if (first !== '' && all[0] !== first) errors.push(invalidValue(path, all, 'first value must match `clusterIP`'));
  const families = (spec['ipFamilies'] as string[] | undefined) ?? [];
  families.forEach((family, at) => {
    if (!FAMILIES.includes(family)) errors.push(notSupported(`spec.ipFamilies[${at}]`, family, FAMILIES));
    if (families.indexOf(family) < at) errors.push(duplicate(`spec.ipFamilies[${at}]`, family));
  });
  const policy = spec['ipFamilyPolicy'] as string | undefined;
  if (policy !== undefined && !FAMILY_POLICIES.includes(policy)) errors.push(notSupported('spec.ipFamilyPolicy', policy, FAMILY_POLICIES));
  let isBroken = false;
  all.forEach((ip, at) => {
    if (at === 0 && ip === 'None') {
      if (all.length > 1) errors.push(invalidValue(path, all, "'None' must be the first and only value"));
      isBroken ||= all.length > 1;
    } else if (!ipaddr.isValid(ip)) {
      errors.push(invalidValue(`${path}[${at}]`, ip, IP_TEXT));
      isBroken = true;
    }
  });
  if (all.length > 2) errors.push(invalidValue(path, all, 'may only hold up to 2 values'));
  if (isBroken) return errors;
  const isSix = (ip: string): boolean => ip.includes(':');
  if (all.length > 1 && new Set(all.map(isSix)).size !== all.length) errors.push(invalidValue(path, all, 'may specify no more than one IP for each IP family'));
  if (all[0] === 'None') return errors;
  families.slice(0, all.length).forEach((family, at) => {
    const ip = all[at] as string;
    if (FAMILIES.includes(family) && isSix(ip) !== (family === 'IPv6')) errors.push(invalidValue(`${path}[${at}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${at}]\``));
  });
  return errors;
}

/** ValidateNonSpecialIP. */
function specialIPErrors(ip: string, path: string): FieldError[] {
  const address = ipaddr.parse(ip);
  const range = address.range();
  const text =
    range === 'multicast' && !/^(?:224\.0\.0\.|ff02:)/i.test(address.toString()) ? undefined : SPECIAL[range];
  return text === undefined || (range === 'unspecified' && !/^(?:0\.0\.0\.0|::)$/.test(address.toString())) ? [] : [invalidValue(path, ip, text)];
}

/** Service, with cluster IPs and node ports reserved. */
export function validateService(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors = [...validateTypeNeeds(spec), ...validatePorts(spec), ...validateAffinity(spec)];
  if (spec['selector'] !== undefined) errors.push(...validateLabels(spec['selector'], 'spec.selector'));
  const type = spec['type'] as string | undefined;
  if (type === undefined) errors.push(required('spec.type'));
  else if (!TYPES.includes(type)) errors.push(notSupported('spec.type', type, TYPES));
  errors.push(...validateClusterIPs(spec));
  ((spec['externalIPs'] as string[] | undefined) ?? []).forEach((ip, at) => {
    errors.push(...(ipaddr.isValid(ip) ? specialIPErrors(ip, `spec.externalIPs[${at}]`) : [invalidValue(`spec.externalIPs[${at}]`, ip, IP_TEXT)]));
  });
  errors.push(...validatePortUniqueness(spec), ...validatePolicies(spec));
  errors.push(...validateSourceRanges(spec));
  const distribution = spec['trafficDistribution'] as string | undefined;
  if (distribution !== undefined && distribution !== 'PreferClose') errors.push(notSupported('spec.trafficDistribution', distribution, ['PreferClose']));
  return errors;
}

/** Service on update: cluster IPs stay while the type needs them. */
export function validateServiceUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  if (next['spec'] === old['spec']) return [];
  const spec = next['spec'] as Json;
  const before = old['spec'] as Json;
  const errors: FieldError[] = [];
  if (before['type'] !== 'ExternalName' && spec['type'] !== 'ExternalName') {
    const first = (spec['clusterIPs'] as string[] | undefined) ?? [];
    const was = (before['clusterIPs'] as string[] | undefined) ?? [];
    if (first.length === 0 && was.length > 0) errors.push(invalidValue('spec.clusterIPs[0]', first, 'primary clusterIP can not be unset'));
    else if (was.length > 0 && first[0] !== was[0]) errors.push(invalidValue('spec.clusterIPs[0]', first, 'may not change once set'));
  }
  if (spec['type'] === 'LoadBalancer' && before['type'] === 'LoadBalancer') {
    errors.push(...immutable(spec['loadBalancerClass'], before['loadBalancerClass'], 'spec.loadBalancerClass'));
  }
  return [...errors, ...validateService(next)];
}

function validateEndpointAddress(address: Json, path: string): FieldError[] {
  const ip = (address['ip'] as string | undefined) ?? '';
  if (!ipaddr.isValid(ip)) return [invalidValue(`${path}.ip`, ip, IP_TEXT)];
  const errors: FieldError[] = [];
  if (address['hostname'] !== undefined) for (const text of labelErrors(address['hostname'])) errors.push(invalidValue(`${path}.hostname`, address['hostname'], text));
  return [...errors, ...specialIPErrors(ip, `${path}.ip`)];
}

/** Endpoints. */
export function validateEndpoints(object: KubeObject): FieldError[] {
  return ((object['subsets'] as Json[] | undefined) ?? []).flatMap((subset, at) => {
    const path = `subsets[${at}]`;
    const ready = (subset['addresses'] as Json[] | undefined) ?? [];
    const notReady = (subset['notReadyAddresses'] as Json[] | undefined) ?? [];
    const errors: FieldError[] = [];
    if (ready.length === 0 && notReady.length === 0) errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
    ready.forEach((address, i) => errors.push(...validateEndpointAddress(address, `${path}.addresses[${i}]`)));
    notReady.forEach((address, i) => errors.push(...validateEndpointAddress(address, `${path}.notReadyAddresses[${i}]`)));
    const ports = (subset['ports'] as Json[] | undefined) ?? [];
    ports.forEach((port, i) => {
      const here = `${path}.ports[${i}]`;
      const name = (port['name'] as string | undefined) ?? '';
      if (ports.length > 1 && name === '') errors.push(required(`${here}.name`));
      else if (name !== '') for (const text of labelErrors(name)) errors.push(invalidValue(`${here}.name`, name, text));
      for (const text of portNumberErrors(port['port'] ?? 0)) errors.push(invalidValue(`${here}.port`, port['port'] ?? 0, text));
      if (!PROTOCOLS.includes(port['protocol'])) errors.push(notSupported(`${here}.protocol`, port['protocol'] ?? '', PROTOCOLS));
    });
    return errors;
  });
}

/** Limits of discovery/validation. */
const ENDPOINTS_MAX = 1000;
const ADDRESSES_MAX = 100;
const SLICE_PORTS_MAX = 20000;

function validateSliceEndpoint(endpoint: Json, type: string, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const addresses = (endpoint['addresses'] as string[] | undefined) ?? [];
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > ADDRESSES_MAX) errors.push(tooMany(`${path}.addresses`, addresses.length, ADDRESSES_MAX));
  addresses.forEach((address, at) => {
    const here = `${path}.addresses[${at}]`;
    if (type === 'FQDN') for (const text of subdomainErrors(address)) errors.push(invalidValue(here, address, text));
    else if (type === 'IPv4' && !ipaddr.IPv4.isValidFourPartDecimal(address)) errors.push(invalidValue(here, address, 'must be an IPv4 address'));
    else if (type === 'IPv6' && !ipaddr.IPv6.isValid(address)) errors.push(invalidValue(here, address, 'must be an IPv6 address'));
  });
  if (endpoint['hostname'] !== undefined) for (const text of labelErrors(endpoint['hostname'])) errors.push(invalidValue(`${path}.hostname`, endpoint['hostname'], text));
  return errors;
}

/** EndpointSlice. */
export function validateEndpointSlice(object: KubeObject): FieldError[] {
  const types = ['FQDN', 'IPv4', 'IPv6'];
  const type = (object['addressType'] as string | undefined) ?? '';
  const errors: FieldError[] = [];
  if (type === '') errors.push(required('addressType'));
  else if (!types.includes(type)) errors.push(notSupported('addressType', type, types));
  const endpoints = (object['endpoints'] as Json[] | null | undefined) ?? [];
  if (endpoints.length > ENDPOINTS_MAX) return [...errors, tooMany('endpoints', endpoints.length, ENDPOINTS_MAX)];
  endpoints.forEach((endpoint, at) => errors.push(...validateSliceEndpoint(endpoint, type, `endpoints[${at}]`)));
  const ports = (object['ports'] as Json[] | null | undefined) ?? [];
  if (ports.length > SLICE_PORTS_MAX) errors.push(tooMany('ports', ports.length, SLICE_PORTS_MAX));
  const names = new Set<string>();
  ports.forEach((port, at) => {
    const name = (port['name'] as string | undefined) ?? '';
    if (name !== '') for (const text of labelErrors(name)) errors.push(invalidValue(`ports[${at}].name`, name, text));
    if (names.has(name)) errors.push(duplicate(`ports[${at}].name`, name));
    names.add(name);
    if (port['protocol'] === undefined || port['protocol'] === '') errors.push(required(`ports[${at}].protocol`));
    else if (!PROTOCOLS.includes(port['protocol'])) errors.push(notSupported(`ports[${at}].protocol`, port['protocol'], PROTOCOLS));
  });
  return errors;
}

export const validateEndpointSliceUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...(sameJson(next['endpoints'], old['endpoints']) && sameJson(next['ports'], old['ports']) ? [] : validateEndpointSlice(next)),
  ...immutable(next['addressType'], old['addressType'], 'addressType'),
];

