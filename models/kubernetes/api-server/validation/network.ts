/**
 * Validation of Ingresses, IngressClasses, NetworkPolicies and budgets.
 * Upstream: pkg/apis/{networking,policy}/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import ipaddr from 'ipaddr.js';
import { forbiddenValue, invalidValue, notSupported, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { immutable, nonNegative, notMoreThan100Percent, positiveIntOrPercent, validateLabelSelector } from './check.ts';
import { label1035Errors, portNumberErrors, subdomainErrors } from './name.ts';
import { portOrName } from './probe.ts';

const specOf = (object: KubeObject): Json => (object['spec'] as Json | undefined) ?? {};

function validateBackend(backend: Json, path: string): FieldError[] {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (service === undefined) return resource === undefined ? [required(path, 'resource or service backend is required')] : [];
  const errors: FieldError[] = [];
  if ((service['name'] ?? '') === '') errors.push(required(`${path}.service.name`));
  else for (const text of label1035Errors(service['name'])) errors.push(invalidValue(`${path}.service.name`, service['name'], text));
  const port = (service['port'] as Json | undefined) ?? {};
  const hasName = (port['name'] ?? '') !== '';
  const hasNumber = (port['number'] ?? 0) !== 0;
  if (hasName && hasNumber) errors.push(invalidValue(`${path}.service.port`, '', 'cannot set both port name & port number'));
  else if (hasName) errors.push(...portOrName(port['name'], `${path}.service.port.name`));
  else if (hasNumber) for (const text of portNumberErrors(port['number'])) errors.push(invalidValue(`${path}.service.port.number`, port['number'], text));
  else errors.push(required(`${path}`, 'port name or number is required'));
  return errors;
}

function validatePath(entry: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const types = ['Exact', 'ImplementationSpecific', 'Prefix'];
  const type = entry['pathType'] as string | undefined;
  const value = (entry['path'] as string | undefined) ?? '';
  if (type === undefined || type === '') return [required(`${path}.pathType`, 'pathType must be specified')];
  if (type === 'Exact' || type === 'Prefix') {
    if (!value.startsWith('/')) errors.push(invalidValue(`${path}.path`, value, 'must be an absolute path'));
    else {
      for (const bad of ['//', '/./', '/../', '%2f', '%2F']) if (value.includes(bad)) errors.push(invalidValue(`${path}.path`, value, `must not contain '${bad}'`));
      for (const bad of ['/..', '/.']) if (value.endsWith(bad)) errors.push(invalidValue(`${path}.path`, value, `cannot end with '${bad}'`));
    }
  } else if (type === 'ImplementationSpecific') {
    if (value !== '' && !value.startsWith('/')) errors.push(invalidValue(`${path}.path`, value, 'must be an absolute path'));
  } else errors.push(notSupported(`${path}.pathType`, type, types));
  return [...errors, ...validateBackend(entry['backend'] ?? {}, `${path}.backend`)];
}

const WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** A host name, or one with a wildcard in front. */
function hostErrors(host: string): readonly string[] {
  if (!host.includes('*')) return subdomainErrors(host);
  return host.startsWith('*.') && subdomainErrors(host.slice(2)).length === 0 ? [] : [WILDCARD];
}

export function validateIngress(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const rules = (spec['rules'] as Json[] | undefined) ?? [];
  const errors: FieldError[] = [];
  if (rules.length === 0 && spec['defaultBackend'] === undefined) errors.push(invalidValue('spec', literal(rulesText()), 'either `defaultBackend` or `rules` must be specified'));
  if (spec['defaultBackend'] !== undefined) errors.push(...validateBackend(spec['defaultBackend'], 'spec.defaultBackend'));
  rules.forEach((rule, at) => {
    const path = `spec.rules[${at}]`;
    const host = (rule['host'] as string | undefined) ?? '';
    if (host !== '') {
      if (ipaddr.isValid(host)) errors.push(invalidValue(`${path}.host`, host, 'must be a DNS name, not an IP address'));
      for (const text of hostErrors(host)) errors.push(invalidValue(`${path}.host`, host, text));
    }
    const http = rule['http'] as Json | undefined;
    if (http === undefined) return;
    const paths = (http['paths'] as Json[] | undefined) ?? [];
    if (paths.length === 0) errors.push(required(`${path}.http.paths`));
    paths.forEach((entry, i) => errors.push(...validatePath(entry, `${path}.http.paths[${i}]`)));
  });
  ((spec['tls'] as Json[] | undefined) ?? []).forEach((tls, at) => {
    ((tls['hosts'] as string[] | undefined) ?? []).forEach((host, i) => {
      for (const text of hostErrors(host)) errors.push(invalidValue(`spec.tls[${at}].hosts[${i}]`, host, text));
    });
    const secret = (tls['secretName'] as string | undefined) ?? '';
    if (secret !== '') for (const text of subdomainErrors(secret)) errors.push(invalidValue(`spec.tls[${at}].secretName`, secret, text));
  });
  const className = spec['ingressClassName'] as string | undefined;
  if (className !== undefined) for (const text of subdomainErrors(className)) errors.push(invalidValue('spec.ingressClassName', className, text));
  return errors;
}

const rulesText = (): string =>
  'networking.IngressSpec{IngressClassName:(*string)(nil), DefaultBackend:(*networking.IngressBackend)(nil), TLS:[]networking.IngressTLS(nil), Rules:[]networking.IngressRule(nil)}';

export const validateIngressClass = (object: KubeObject): FieldError[] => {
  const parameters = specOf(object)['parameters'] as Json | undefined;
  const errors: FieldError[] = [];
  const controller = (specOf(object)['controller'] as string | undefined) ?? '';
  if (controller.length > 250) errors.push(tooLong('spec.controller', 250));
  if (controller !== '' && controller.split('/').length < 2) errors.push(invalidValue('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  if (parameters === undefined) return errors;
  if ((parameters['kind'] ?? '') === '') errors.push(required('spec.parameters.kind', 'kind is required'));
  if ((parameters['name'] ?? '') === '') errors.push(required('spec.parameters.name', 'name is required'));
  if (parameters['scope'] === 'Namespace' && (parameters['namespace'] ?? '') === '') {
    errors.push(required('spec.parameters.namespace', "`parameters.scope` is set to 'Namespace'"));
  }
  if (parameters['scope'] === 'Cluster' && parameters['namespace'] !== undefined) {
    errors.push(forbiddenValue('spec.parameters.namespace', "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
};

export const validateIngressClassUpdate = (next: KubeObject, old: KubeObject): FieldError[] =>
  immutable(specOf(next)['controller'], specOf(old)['controller'], 'spec.controller');

function validatePeer(peer: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const kinds = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((name) => peer[name] !== undefined);
  for (const name of ['podSelector', 'namespaceSelector'] as const) errors.push(...validateLabelSelector(peer[name], `${path}.${name}`));
  const block = peer['ipBlock'] as Json | undefined;
  if (block !== undefined) {
    if (!ipaddr.isValidCIDR(block['cidr'] ?? '')) {
      errors.push((block['cidr'] ?? '') === '' ? required(`${path}.ipBlock.cidr`) : invalidValue(`${path}.ipBlock.cidr`, block['cidr'], 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
    }
    else {
      ((block['except'] as string[] | undefined) ?? []).forEach((text, at) => {
        const here = `${path}.ipBlock.except[${at}]`;
        if (!ipaddr.isValidCIDR(text)) errors.push(invalidValue(here, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
        else if (!isStrictSubset(text, block['cidr'])) errors.push(invalidValue(here, text, 'must be a strict subset of `cidr`'));
      });
    }
    if (kinds.length > 1) errors.push(forbiddenValue(path, 'may not specify both ipBlock and another peer'));
  }
  if (kinds.length === 0) errors.push(required(path, 'must specify a peer'));
  return errors;
}

/** Whether a range lies within another and is smaller. */
function isStrictSubset(inner: string, outer: string): boolean {
  const [[address, bits], [base, size]] = [ipaddr.parseCIDR(inner), ipaddr.parseCIDR(outer)];
  return address.kind() === base.kind() && bits > size && (address as ipaddr.IPv4).match(base as ipaddr.IPv4, size);
}

export function validateNetworkPolicy(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors = validateLabelSelector(spec['podSelector'], 'spec.podSelector');
  for (const [field, side] of [['ingress', 'from'], ['egress', 'to']] as const) {
    ((spec[field] as Json[] | undefined) ?? []).forEach((rule, at) => {
      const path = `spec.${field}[${at}]`;
      ((rule['ports'] as Json[] | undefined) ?? []).forEach((port, i) => {
        const here = `${path}.ports[${i}]`;
        if (!['SCTP', 'TCP', 'UDP'].includes(port['protocol'])) errors.push(notSupported(`${here}.protocol`, port['protocol'] ?? '', ['SCTP', 'TCP', 'UDP']));
        if (port['port'] !== undefined) errors.push(...portOrName(port['port'], `${here}.port`));
        const end = port['endPort'] as number | undefined;
        if (end === undefined) return;
        if (port['port'] === undefined) errors.push(required(`${here}.port`, 'must be specified when `endPort` is specified'));
        else if (typeof port['port'] === 'string') errors.push(forbiddenValue(`${here}.endPort`, 'may not be specified when `port` is non-numeric'));
        else if (end < port['port']) errors.push(invalidValue(`${here}.endPort`, end, 'must be greater than or equal to `port`'));
      });
      ((rule[side] as Json[] | undefined) ?? []).forEach((peer, i) => errors.push(...validatePeer(peer, `${path}.${side}[${i}]`)));
    });
  }
  const types = (spec['policyTypes'] as string[] | undefined) ?? [];
  if (types.length > 2) return [...errors, invalidValue('spec.policyTypes', literal(`[]networking.PolicyType{${types.map((type) => `"${type}"`).join(', ')}}`), 'may not specify more than two policyTypes')];
  types.forEach((type, at) => {
    if (type !== 'Ingress' && type !== 'Egress') errors.push(notSupported(`spec.policyTypes[${at}]`, type, ['Egress', 'Ingress']));
  });
  return errors;
}

export function validateBudget(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const { minAvailable: min, maxUnavailable: max } = spec;
  const errors: FieldError[] = [];
  if (min !== undefined && max !== undefined) {
    const selector = spec['selector'] === undefined ? '(*v1.LabelSelector)(nil)' : '(*v1.LabelSelector)(0xc000000000)';
    const text = `policy.PodDisruptionBudgetSpec{MinAvailable:(*intstr.IntOrString)(0xc000000000), Selector:${selector}, MaxUnavailable:(*intstr.IntOrString)(0xc000000000), UnhealthyPodEvictionPolicy:(*policy.UnhealthyPodEvictionPolicyType)(nil)}`;
    errors.push(invalidValue('spec', literal(text), 'minAvailable and maxUnavailable cannot be both set'));
  }
  if (min !== undefined) errors.push(...positiveIntOrPercent(min, 'spec.minAvailable'), ...notMoreThan100Percent(min, 'spec.minAvailable'));
  if (max !== undefined) errors.push(...positiveIntOrPercent(max, 'spec.maxUnavailable'), ...notMoreThan100Percent(max, 'spec.maxUnavailable'));
  errors.push(...validateLabelSelector(spec['selector'], 'spec.selector'));
  const policy = spec['unhealthyPodEvictionPolicy'] as string | undefined;
  if (policy !== undefined && policy !== 'AlwaysAllow' && policy !== 'IfHealthyBudget') {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']));
  }
  return errors;
}

export const validateBudgetUpdate = (next: KubeObject, old: KubeObject): FieldError[] => (next['spec'] === old['spec'] ? [] : validateBudget(next));

export const validateBudgetStatus = (object: KubeObject): FieldError[] =>
  (['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((name) => nonNegative((object['status'] as Json | undefined)?.[name], `status.${name}`));
