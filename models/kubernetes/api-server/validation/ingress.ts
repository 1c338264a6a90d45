/**
 * Validation of Ingresses and IngressClasses.
 * Upstream: pkg/apis/networking/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import { parseIP } from '../../object/ip.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, notSupported, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { immutable, specOf } from './check.ts';
import { label1035Errors, labelErrors, pathSegmentErrors, portNameErrors, portNumberErrors, regexText, subdomainErrors } from './name.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const CONTROLLER_MAX = 250;
const PATH_TYPES: readonly string[] = ['Exact', 'ImplementationSpecific', 'Prefix'];
const INVALID_SEQUENCES: readonly string[] = ['//', '/./', '/../', '%2f', '%2F'];
const INVALID_SUFFIXES: readonly string[] = ['/..', '/.'];
const SCOPES: readonly string[] = ['Cluster', 'Namespace'];

const each = (path: string, value: unknown, texts: readonly string[]): FieldError[] => texts.map((text) => invalidValue(path, value, text));

/** What a resource backend and the parameters of a class have in common: validateIngressTypedLocalObjectReference. */
function validateTypedReference(reference: Json, path: string): FieldError[] {
  const { apiGroup, kind = '', name = '' } = reference as { apiGroup?: string | null; kind?: string; name?: string };
  const errors: FieldError[] = [];
  // A group that was left out is shown as null.
  if (apiGroup !== undefined && apiGroup !== null) errors.push(...each(`${path}.apiGroup`, apiGroup, subdomainErrors(apiGroup)));
  if (kind === '') errors.push(required(`${path}.kind`, 'kind is required'));
  else errors.push(...each(`${path}.kind`, kind, pathSegmentErrors(kind)));
  if (name === '') errors.push(required(`${path}.name`, 'name is required'));
  else errors.push(...each(`${path}.name`, name, pathSegmentErrors(name)));
  return errors;
}

function validateServiceBackend(service: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = (service['name'] as string | undefined) ?? '';
  if (name === '') errors.push(required(`${path}.service.name`));
  else errors.push(...each(`${path}.service.name`, name, label1035Errors(name)));
  const { name: portName = '', number = 0 } = (service['port'] ?? {}) as { name?: string; number?: number };
  if (portName !== '' && number !== 0) errors.push(invalidValue(path, '', 'cannot set both port name & port number'));
  else if (portName !== '') errors.push(...each(`${path}.service.port.name`, portName, portNameErrors(portName)));
  else if (number !== 0) errors.push(...each(`${path}.service.port.number`, number, portNumberErrors(number)));
  else errors.push(required(path, 'port name or number is required'));
  return errors;
}

/** validateIngressBackend. */
function validateBackend(backend: Json, path: string): FieldError[] {
  const { service, resource } = backend as { service?: Json; resource?: Json };
  if (service !== undefined && resource !== undefined) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) return validateTypedReference(resource, `${path}.resource`);
  return service === undefined ? [invalidValue(path, '', 'resource or service backend is required')] : validateServiceBackend(service, path);
}

/** validateHTTPIngressPath. */
function validatePath(entry: Json, path: string): FieldError[] {
  const type = entry['pathType'] as string | undefined;
  const value = (entry['path'] as string | undefined) ?? '';
  if (type === undefined) return [required(`${path}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  const fail = (text: string): number => errors.push(invalidValue(`${path}.path`, value, text));
  if (type === 'Exact' || type === 'Prefix') {
    if (!value.startsWith('/')) fail('must be an absolute path');
    for (const bad of INVALID_SEQUENCES) if (value.includes(bad)) fail(`must not contain '${bad}'`);
    for (const bad of INVALID_SUFFIXES) if (value.endsWith(bad)) fail(`cannot end with '${bad}'`);
  } else if (type === 'ImplementationSpecific') {
    if (value !== '' && !value.startsWith('/')) fail('must be an absolute path');
  } else errors.push(notSupported(`${path}.pathType`, type, PATH_TYPES));
  return [...errors, ...validateBackend((entry['backend'] as Json | undefined) ?? {}, `${path}.backend`)];
}

const WILDCARD_TEXT = regexText(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*',
  '*.example.com',
);
const WILDCARD = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A host name, or one with a wildcard in front (IsWildcardDNS1123Subdomain). */
function hostErrors(host: string): readonly string[] {
  if (!host.includes('*')) return subdomainErrors(host);
  const errors = host.length > 253 ? ['must be no more than 253 characters'] : [];
  return WILDCARD.test(host) ? errors : [...errors, WILDCARD_TEXT];
}

/** validateIngressRules. */
function validateRule(rule: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const host = (rule['host'] as string | undefined) ?? '';
  if (host !== '') {
    if (parseIP(host) !== undefined) errors.push(invalidValue(`${path}.host`, host, 'must be a DNS name, not an IP address'));
    errors.push(...each(`${path}.host`, host, hostErrors(host)));
  }
  const http = rule['http'] as Json | undefined;
  if (http === undefined) return errors;
  const paths = (http['paths'] as Json[] | undefined | null) ?? [];
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  return [...errors, ...paths.flatMap((entry, at) => validatePath(entry, `${path}.http.paths[${at}]`))];
}

function validateTls(tls: Json, path: string): FieldError[] {
  const hosts = (tls['hosts'] as string[] | undefined) ?? [];
  const secret = (tls['secretName'] as string | undefined) ?? '';
  return [
    ...hosts.flatMap((host, at) => each(`${path}.hosts[${at}]`, host, hostErrors(host))),
    ...(secret === '' ? [] : each(`${path}.secretName`, secret, subdomainErrors(secret))),
  ];
}

/** ValidateIngressSpec. */
export function validateIngress(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const rules = (spec['rules'] as Json[] | undefined) ?? [];
  const errors: FieldError[] = [];
  if (rules.length === 0 && spec['defaultBackend'] === undefined) {
    errors.push(invalidValue('spec', literal('[]networking.IngressRule(nil)'), 'either `defaultBackend` or `rules` must be specified'));
  }
  if (spec['defaultBackend'] !== undefined) errors.push(...validateBackend(spec['defaultBackend'] as Json, 'spec.defaultBackend'));
  errors.push(...rules.flatMap((rule, at) => validateRule(rule, `spec.rules[${at}]`)));
  errors.push(...((spec['tls'] as Json[] | undefined) ?? []).flatMap((tls, at) => validateTls(tls, `spec.tls[${at}]`)));
  const className = spec['ingressClassName'] as string | undefined;
  if (className !== undefined) errors.push(...each('spec.ingressClassName', className, subdomainErrors(className)));
  return errors;
}

/** ValidateIngressCreate: the annotation that came before the field must say the same. */
export function validateIngressCreate(object: KubeObject): FieldError[] {
  const errors = validateIngress(object);
  const annotation = object.metadata.annotations?.[CLASS_ANNOTATION];
  const className = specOf(object)['ingressClassName'] as string | undefined;
  if (annotation === undefined || className === undefined || annotation === className) return errors;
  return [...errors, invalidValue(`annotations.${CLASS_ANNOTATION}`, annotation, 'must match `ingressClassName` when both are specified')];
}

const CONTROLLER_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

/** IsDomainPrefixedPath. */
function domainPrefixedPath(text: string, path: string): FieldError[] {
  if (text === '') return [required(path)];
  const slash = text.indexOf('/');
  const [host, rest] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 1 || rest === '') return [invalidValue(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const errors = each(path, host, subdomainErrors(host));
  if (!new RegExp(`^${CONTROLLER_PATH}$`).test(rest)) errors.push(invalidValue(path, rest, regexText('Invalid path', CONTROLLER_PATH)));
  return errors;
}

/** validateIngressClassParametersReference. */
function validateParameters(parameters: Json, path: string): FieldError[] {
  const errors = validateTypedReference(parameters, path);
  const { scope, namespace } = parameters as { scope?: string; namespace?: string };
  if (scope === undefined) errors.push(required(`${path}.scope`));
  else if (!SCOPES.includes(scope)) errors.push(notSupported(`${path}.scope`, scope, SCOPES));
  else if (scope === 'Cluster') {
    if (namespace !== undefined) errors.push(forbiddenValue(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  } else if (namespace === undefined) errors.push(required(`${path}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  else errors.push(...each(`${path}.namespace`, namespace, labelErrors(namespace)));
  return errors;
}

/** validateIngressClassSpec. */
export function validateIngressClass(object: KubeObject): FieldError[] {
  const { controller = '', parameters } = specOf(object) as { controller?: string; parameters?: Json };
  const errors = controller.length > CONTROLLER_MAX ? [tooLong('spec.controller', CONTROLLER_MAX)] : [];
  errors.push(...domainPrefixedPath(controller, 'spec.controller'));
  return parameters === undefined ? errors : [...errors, ...validateParameters(parameters, 'spec.parameters')];
}

export const validateIngressClassUpdate = (next: KubeObject, old: KubeObject): FieldError[] =>
  immutable(specOf(next)['controller'], specOf(old)['controller'], 'spec.controller', specOf(next)['controller'] ?? '');
