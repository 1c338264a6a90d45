/**
 * Validation of NetworkPolicies.
 * Upstream: pkg/apis/networking/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import { cidrContains, parseCIDR } from '../../object/ip.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { validateLabelSelector } from './check.ts';
import { portNameErrors, portNumberErrors } from './name.ts';

const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES: readonly string[] = ['Ingress', 'Egress'];
const CIDR_TEXT = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** ValidateNetworkPolicyPort. */
function validatePort(entry: Json, path: string): FieldError[] {
  const { protocol, port, endPort } = entry as { protocol?: string; port?: number | string; endPort?: number };
  const errors: FieldError[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  if (port === undefined) {
    if (endPort !== undefined) errors.push(invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is not specified'));
  } else if (typeof port === 'string') {
    if (endPort !== undefined) errors.push(invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
    for (const text of portNameErrors(port)) errors.push(invalidValue(`${path}.port`, port, text));
  } else {
    for (const text of portNumberErrors(port)) errors.push(invalidValue(`${path}.port`, port, text));
    if (endPort === undefined) return errors;
    if (endPort < port) errors.push(invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'));
    for (const text of portNumberErrors(endPort)) errors.push(invalidValue(`${path}.endPort`, endPort, text));
  }
  return errors;
}

/** ValidateIPBlock. */
function validateBlock(block: Json, path: string): FieldError[] {
  const { cidr = '', except } = block as { cidr?: string; except?: readonly string[] };
  if (cidr === '') return [required(`${path}.cidr`)];
  const outer = parseCIDR(cidr);
  if (outer === undefined) return [invalidValue(`${path}.cidr`, cidr, CIDR_TEXT)];
  return (except ?? []).flatMap((text, at) => {
    const here = `${path}.except[${at}]`;
    const inner = parseCIDR(text);
    if (inner === undefined) return [invalidValue(here, text, CIDR_TEXT)];
    const isStrictSubset = cidrContains(outer, inner.words) && inner.prefixLength > outer.prefixLength;
    return isStrictSubset ? [] : [invalidValue(here, text, 'must be a strict subset of `cidr`')];
  });
}

/** ValidateNetworkPolicyPeer. */
function validatePeer(peer: Json, path: string): FieldError[] {
  const errors = (['podSelector', 'namespaceSelector'] as const).flatMap((name) => validateLabelSelector(peer[name] as Json | undefined, `${path}.${name}`));
  const block = peer['ipBlock'] as Json | undefined;
  if (block !== undefined) errors.push(...validateBlock(block, `${path}.ipBlock`));
  const count = ['podSelector', 'namespaceSelector', 'ipBlock'].filter((name) => peer[name] !== undefined).length;
  if (count === 0) errors.push(required(path, 'must specify a peer'));
  else if (count > 1 && block !== undefined) errors.push(forbiddenValue(path, 'may not specify both ipBlock and another peer'));
  return errors;
}

/** ValidateNetworkPolicySpec. */
export function validateNetworkPolicy(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors = validateLabelSelector(spec['podSelector'] as Json | undefined, 'spec.podSelector');
  for (const [field, side] of [['ingress', 'from'], ['egress', 'to']] as const) {
    ((spec[field] as Json[] | undefined) ?? []).forEach((rule, at) => {
      const path = `spec.${field}[${at}]`;
      ((rule['ports'] as Json[] | undefined) ?? []).forEach((port, i) => errors.push(...validatePort(port, `${path}.ports[${i}]`)));
      ((rule[side] as Json[] | undefined) ?? []).forEach((peer, i) => errors.push(...validatePeer(peer, `${path}.${side}[${i}]`)));
    });
  }
  const types = (spec['policyTypes'] as string[] | undefined) ?? [];
  if (types.length > POLICY_TYPES.length) {
    const shown = literal(`[]networking.PolicyType{${types.map(goQuote).join(', ')}}`);
    return [...errors, invalidValue('spec.policyTypes', shown, 'may not specify more than two policyTypes')];
  }
  types.forEach((type, at) => {
    if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`spec.policyTypes[${at}]`, type, POLICY_TYPES));
  });
  return errors;
}
