/**
 * Validation of the addresses that a load balancer has, in the status of Services and Ingresses.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateLoadBalancerStatus), pkg/apis/networking/validation/validation.go
 * (ValidateIngressLoadBalancerStatus).
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { type FieldError, forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import { parseSloppyIP, validateIP } from './ip.ts';
import { subdomainErrors } from './name.ts';

const PATH = 'status.loadBalancer.ingress';
const IP_MODES = ['Proxy', 'VIP'];

const entriesOf = ({ status }: KubeObject): readonly Json[] => ((status as Json | undefined)?.['loadBalancer']?.['ingress'] as Json[] | undefined) ?? [];

function validateEntry({ ip = '', hostname = '' }: Json, path: string, mode: readonly FieldError[]): FieldError[] {
  const errors = [...(ip === '' ? [] : validateIP(ip, `${path}.ip`)), ...mode];
  if (hostname === '') return errors;
  for (const text of subdomainErrors(hostname)) errors.push(invalidValue(`${path}.hostname`, hostname, text));
  if (parseSloppyIP(hostname) !== undefined) errors.push(invalidValue(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'));
  return errors;
}

/** How traffic to the address is meant to arrive; defaults fill it in where there is an address. */
function validateMode({ ip = '', ipMode }: Json, path: string): FieldError[] {
  if (ipMode === undefined) return ip === '' ? [] : [required(path, 'must be specified when `ip` is set')];
  if (ip === '') return [forbiddenValue(path, 'may not be specified when `ip` is not set')];
  return IP_MODES.includes(ipMode) ? [] : [notSupported(path, ipMode, IP_MODES)];
}

/** Service, on update of its status. */
export function validateServiceStatus(service: KubeObject): FieldError[] {
  const entries = entriesOf(service);
  if (service['spec']?.type !== 'LoadBalancer' && entries.length > 0) return [forbiddenValue(PATH, "may only be used when `spec.type` is 'LoadBalancer'")];
  return entries.flatMap((entry, at) => validateEntry(entry, `${PATH}[${at}]`, validateMode(entry, `${PATH}[${at}].ipMode`)));
}

/** Ingress, on update of its status. */
export const validateIngressStatus = (ingress: KubeObject): FieldError[] => entriesOf(ingress).flatMap((entry, at) => validateEntry(entry, `${PATH}[${at}]`, []));
