/**
 * Validation of Ingresses, IngressClasses, NetworkPolicies, budgets and autoscalers.
 * Upstream: pkg/apis/{networking,policy,autoscaling}/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import ipaddr from 'ipaddr.js';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { immutable, nonNegative, notMoreThan100Percent, positiveIntOrPercent, validateLabelSelector } from './check.ts';
import { portNumberErrors, subdomainErrors } from './name.ts';
import { portOrName } from './probe.ts';

const specOf = (object: KubeObject): Json => (object['spec'] as Json | undefined) ?? {};

function validateBackend(backend: Json, path: string): FieldError[] {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (service === undefined) return resource === undefined ? [required(path, 'resource or service backend is required')] : [];
  const errors: FieldError[] = [];
  if ((service['name'] ?? '') === '') errors.push(required(`${path}.service.name`));
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
  if (type === undefined) errors.push(required(`${path}.pathType`, 'pathType must be specified'));
  else if (type === 'Exact' || type === 'Prefix') {
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
      for (const text of subdomainErrors(host.startsWith('*.') ? host.slice(2) : host)) errors.push(invalidValue(`${path}.host`, host, text));
    }
    const http = rule['http'] as Json | undefined;
    if (http === undefined) return;
    const paths = (http['paths'] as Json[] | undefined) ?? [];
    if (paths.length === 0) errors.push(required(`${path}.http.paths`));
    paths.forEach((entry, i) => errors.push(...validatePath(entry, `${path}.http.paths[${i}]`)));
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
    if (kinds.length > 1) errors.push(forbiddenValue(path, 'may not specify both ipBlock and another peer'));
  }
  if (kinds.length === 0) errors.push(required(path, 'must specify a peer'));
  return errors;
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

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

function validateMetricTarget(target: Json | undefined, path: string): FieldError[] {
  const value = target ?? {};
  const types = ['AverageValue', 'Utilization', 'Value'];
  if ((value['type'] ?? '') === '') return [required(`${path}.type`, 'must specify a metric target type')];
  if (!types.includes(value['type'])) return [invalidValue(`${path}.type`, value['type'], 'must be either Utilization, Value, or AverageValue')];
  const utilization = value['averageUtilization'] as number | undefined;
  return utilization !== undefined && utilization < 1 ? [invalidValue(`${path}.averageUtilization`, utilization, 'must be greater than 0')] : [];
}

function validateMetrics(metrics: readonly Json[], minReplicas: number | undefined): FieldError[] {
  const errors: FieldError[] = [];
  let hasExternal = false;
  metrics.forEach((metric, at) => {
    const path = `spec.metrics[${at}]`;
    const type = (metric['type'] as string | undefined) ?? '';
    if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
    else if (!METRIC_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, METRIC_TYPES));
    else {
      const field = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
      hasExternal ||= type === 'Object' || type === 'External';
      const source = metric[field] as Json | undefined;
      if (source === undefined) errors.push(required(`${path}.${field}`, 'must populate information for the given metric source'));
      else {
        if ((type === 'Resource' || type === 'ContainerResource') && (source['name'] ?? '') === '') errors.push(required(`${path}.${field}.name`, 'must specify a resource name'));
        if (type === 'ContainerResource' && (source['container'] ?? '') === '') errors.push(required(`${path}.${field}.container`, 'must specify a container'));
        errors.push(...validateMetricTarget(source['target'], `${path}.${field}.target`));
      }
    }
  });
  if (minReplicas === 0 && !hasExternal) errors.push(forbiddenValue('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  return errors;
}

function validateScaling(rules: Json | undefined, path: string): FieldError[] {
  if (rules === undefined) return [];
  const errors = nonNegative(rules['stabilizationWindowSeconds'], `${path}.stabilizationWindowSeconds`);
  if ((rules['stabilizationWindowSeconds'] ?? 0) > 3600) {
    errors.push(invalidValue(`${path}.stabilizationWindowSeconds`, rules['stabilizationWindowSeconds'], 'must be less than or equal to 3600'));
  }
  const select = rules['selectPolicy'] as string | undefined;
  if (select !== undefined && !['Disabled', 'Max', 'Min'].includes(select)) errors.push(notSupported(`${path}.selectPolicy`, select, ['Disabled', 'Max', 'Min']));
  const policies = (rules['policies'] as Json[] | undefined) ?? [];
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, at) => {
    const here = `${path}.policies[${at}]`;
    if (policy['type'] !== 'Pods' && policy['type'] !== 'Percent') errors.push(notSupported(`${here}.type`, policy['type'] ?? '', ['Percent', 'Pods']));
    if ((policy['value'] ?? 0) <= 0) errors.push(invalidValue(`${here}.value`, policy['value'] ?? 0, 'must be greater than zero'));
    if ((policy['periodSeconds'] ?? 0) <= 0) errors.push(invalidValue(`${here}.periodSeconds`, policy['periodSeconds'] ?? 0, 'must be greater than zero'));
    else if (policy['periodSeconds'] > 1800) errors.push(invalidValue(`${here}.periodSeconds`, policy['periodSeconds'], 'must be less than or equal to 1800'));
  });
  return errors;
}

export function validateAutoscaler(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const min = spec['minReplicas'] as number | undefined;
  const max = (spec['maxReplicas'] as number | undefined) ?? 0;
  if (min !== undefined && min < 1) errors.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than 0'));
  if (min !== undefined && max < min) errors.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  const target = (spec['scaleTargetRef'] as Json | undefined) ?? {};
  if ((target['kind'] ?? '') === '') errors.push(required('spec.scaleTargetRef.kind'));
  if ((target['name'] ?? '') === '') errors.push(required('spec.scaleTargetRef.name'));
  errors.push(...validateMetrics(spec['metrics'] ?? [], min));
  errors.push(...validateScaling(spec['behavior']?.['scaleUp'], 'spec.behavior.scaleUp'));
  return [...errors, ...validateScaling(spec['behavior']?.['scaleDown'], 'spec.behavior.scaleDown')];
}

export const validateAutoscalerUpdate = (next: KubeObject, old: KubeObject): FieldError[] => (next['spec'] === old['spec'] ? [] : validateAutoscaler(next));
