/**
 * Validation of Services.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateService*).
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goSyntax, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';
import { oneOf } from './check.ts';
import { PROTOCOLS } from './container.ts';
import { validateCIDR, validateIP, validateNonSpecialIP } from './ip.ts';
import { validateLabels } from './metadata.ts';
import { FIELD_IMMUTABLE, labelErrors, portNumberErrors, qualifiedNameErrors, subdomainErrors } from './name.ts';
import { portOrName } from './probe.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';
/** The port of the kubelet, which a load balancer must not expose. */
const KUBELET_PORT = 10250;

const portsOf = (spec: Json): readonly Json[] => (spec['ports'] as Json[] | undefined) ?? [];

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
  errors.push(...oneOf(port['protocol'], PROTOCOLS, `${path}.protocol`, true), ...portOrName(port['targetPort'], `${path}.targetPort`));
  return [...errors, ...validateAppProtocol(port['appProtocol'], `${path}.appProtocol`)];
}

/** The protocol of an application is a qualified name; of Services, Endpoints and EndpointSlices. */
export const validateAppProtocol = (value: string | undefined, path: string): FieldError[] =>
  value === undefined ? [] : qualifiedNameErrors(value).map((text) => invalidValue(path, value, text));

const validatePorts = (spec: Json): FieldError[] => {
  const ports = portsOf(spec);
  const names = new Set<string>();
  return ports.flatMap((port, at) => validatePort(port, ports.length > 1, names, `spec.ports[${at}]`));
};

/** Pairs of protocol and node port, and of protocol and port, occur once. */
function validatePortUniqueness(spec: Json): FieldError[] {
  const ports = portsOf(spec);
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  const seen = new Set<string>();
  if (spec['type'] === 'ClusterIP') {
    ports.forEach((port, at) => {
      if ((port['nodePort'] ?? 0) !== 0) errors.push(forbiddenValue(`spec.ports[${at}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  }
  ports.forEach((port, at) => {
    if ((port['nodePort'] ?? 0) === 0) return;
    const text = `${port['protocol']}/${port['nodePort']}`;
    if (nodePorts.has(text)) errors.push(duplicate(`spec.ports[${at}].nodePort`, port['nodePort']));
    nodePorts.add(text);
  });
  ports.forEach((port, at) => {
    const text = `${port['protocol']}/${port['port']}`;
    if (seen.has(text)) errors.push(duplicate(`spec.ports[${at}]`, portText(port)));
    seen.add(text);
  });
  return errors;
}

/** A port by which others are compared: only its protocol and number. */
const portText = (port: Json): Literal =>
  literal(
    `core.ServicePort{Name:"", Protocol:${goSyntax(port['protocol'] ?? '')}, AppProtocol:(*string)(nil), Port:${port['port'] ?? 0}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}`,
  );

/** What only some types of a service need, or must not have. */
function validateTypeNeeds(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  const ports = portsOf(spec);
  const isHeadless = spec['clusterIP'] === 'None';
  if (ports.length === 0 && !isHeadless && spec['type'] !== 'ExternalName') errors.push(required('spec.ports'));
  if (spec['type'] === 'LoadBalancer') {
    ports.forEach((port, at) => {
      if (port['port'] === KUBELET_PORT) errors.push(invalidValue(`spec.ports[${at}]`, port['port'], `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`));
    });
  }
  if (isHeadless && (spec['type'] === 'LoadBalancer' || spec['type'] === 'NodePort')) {
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec['type']} services`));
  }
  return spec['type'] === 'ExternalName' ? [...errors, ...validateExternalName(spec)] : errors;
}

function validateExternalName(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  const isSet = (field: string): boolean => ((spec[field] as unknown[] | string | undefined)?.length ?? 0) > 0;
  if (isSet('clusterIPs') || isSet('clusterIP')) errors.push(forbiddenValue('spec.clusterIPs', 'may not be set for ExternalName services'));
  if (isSet('ipFamilies')) errors.push(forbiddenValue('spec.ipFamilies', 'may not be set for ExternalName services'));
  if (spec['ipFamilyPolicy'] !== undefined) errors.push(forbiddenValue('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
  const name = ((spec['externalName'] as string | undefined) ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else for (const text of subdomainErrors(name)) errors.push(invalidValue('spec.externalName', name, text));
  return errors;
}

/** What a load balancer has and other types have not. */
function validateLoadBalancer(spec: Json): FieldError[] {
  const { loadBalancerClass } = spec;
  if (spec['type'] === 'LoadBalancer') {
    const errors = spec['allocateLoadBalancerNodePorts'] === undefined ? [required('allocateLoadBalancerNodePorts')] : [];
    if (loadBalancerClass === undefined) return errors;
    return [...errors, ...qualifiedNameErrors(loadBalancerClass).map((text) => invalidValue('spec.loadBalancerClass', loadBalancerClass, text))];
  }
  return (['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const)
    .filter((field) => spec[field] !== undefined)
    .map((field) => forbiddenValue(`spec.${field}`, LOAD_BALANCER_ONLY));
}

/** NeedsHealthCheck. */
const needsHealthCheck = (spec: Json): boolean => spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';

/** validateServiceExternalTrafficPolicy. */
function validateExternalPolicy(spec: Json): FieldError[] {
  const errors: FieldError[] = [];
  const { externalTrafficPolicy: policy, healthCheckNodePort: port } = spec;
  const isExternal = spec['type'] === 'LoadBalancer' || spec['type'] === 'NodePort' || (spec['type'] === 'ClusterIP' && (spec['externalIPs']?.length ?? 0) > 0);
  const hasPolicy = (policy ?? '') !== '';
  if (!isExternal && hasPolicy) errors.push(invalidValue('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services'));
  if (isExternal) errors.push(...oneOf(policy, POLICIES, 'spec.externalTrafficPolicy', true));
  if (!needsHealthCheck(spec)) {
    if ((port ?? 0) !== 0) errors.push(invalidValue('spec.healthCheckNodePort', port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  } else if ((port ?? 0) === 0) errors.push(required('spec.healthCheckNodePort'));
  else for (const text of portNumberErrors(port)) errors.push(invalidValue('spec.healthCheckNodePort', port, text));
  return errors;
}

/** validateServiceInternalTrafficFieldsValue. */
const validateInternalPolicy = (spec: Json): FieldError[] =>
  oneOf(spec['internalTrafficPolicy'], POLICIES, 'spec.internalTrafficPolicy', ['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec['type']));

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

/** Ranges in the spec, or else in the annotation that was there before the field. */
function validateSourceRanges(object: KubeObject, spec: Json): FieldError[] {
  const ranges = (spec['loadBalancerSourceRanges'] as string[] | undefined) ?? [];
  const annotation = object.metadata.annotations?.[SOURCE_RANGES];
  if (ranges.length === 0 && annotation === undefined) return [];
  const path = ranges.length > 0 ? 'spec.LoadBalancerSourceRanges' : `metadata.annotations[${SOURCE_RANGES}]`;
  const errors = spec['type'] === 'LoadBalancer' ? [] : [forbiddenValue(path, LOAD_BALANCER_ONLY)];
  if (ranges.length > 0) return [...errors, ...ranges.flatMap((range, at) => validateCIDR(range.trim(), `${path}[${at}]`))];
  const text = annotation?.trim() ?? '';
  return text === '' ? errors : [...errors, ...text.split(',').flatMap((range) => validateCIDR(range.trim(), path))];
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
    } else {
      const wrong = validateIP(ip, `${path}[${at}]`);
      errors.push(...wrong);
      isBroken ||= wrong.length > 0;
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

/** Service, with cluster IPs and node ports reserved. */
export function validateService(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const distribution = spec['trafficDistribution'] as string | undefined;
  return [
    ...validateTypeNeeds(spec),
    ...validatePorts(spec),
    ...validateLabels(spec['selector'], 'spec.selector'),
    ...validateAffinity(spec),
    ...validateClusterIPs(spec),
    ...((spec['externalIPs'] as string[] | undefined) ?? []).flatMap((ip, at) => {
      const wrong = validateIP(ip, `spec.externalIPs[${at}]`);
      return wrong.length > 0 ? wrong : validateNonSpecialIP(ip, `spec.externalIPs[${at}]`);
    }),
    ...oneOf(spec['type'], TYPES, 'spec.type', true),
    ...validatePortUniqueness(spec),
    ...validateSourceRanges(object, spec),
    ...validateLoadBalancer(spec),
    ...validateExternalPolicy(spec),
    ...validateInternalPolicy(spec),
    ...(distribution === undefined || distribution === 'PreferClose' ? [] : [notSupported('spec.trafficDistribution', distribution, ['PreferClose'])]),
  ];
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
    if (spec['loadBalancerClass'] !== before['loadBalancerClass']) errors.push(invalidValue('spec.loadBalancerClass', spec['loadBalancerClass'], 'may not change once set'));
  }
  if (needsHealthCheck(before) && needsHealthCheck(spec) && spec['healthCheckNodePort'] !== before['healthCheckNodePort']) {
    errors.push(forbiddenValue('spec.healthCheckNodePort', FIELD_IMMUTABLE));
  }
  return [...errors, ...validateService(next)];
}
