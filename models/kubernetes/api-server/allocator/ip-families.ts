/**
 * `ipFamilies` and `ipFamilyPolicy` of a Service, in a cluster that has IPv4 alone.
 *
 * What is left out follows from the addresses that are asked for and from what the Service had. A Service that is headless and
 * selects nothing has both families: nobody here knows what kind of endpoints its user will write.
 *
 * Source: pkg/registry/core/service/storage/alloc.go (`initIPFamilyFields`).
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { NEW } from '../../object/new.ts';
import type { Service } from '../../object/types.ts';
import { type FieldError, invalidValue } from '../status/field-error.ts';
import { validateClusterIPs } from '../validation/service.ts';

type Spec = Service['spec'];

const OURS = 'IPv4';
const familyOf = (ip: string): string => (ip.includes(':') ? 'IPv6' : 'IPv4');
const isFree = ({ clusterIP, selector }: Spec): boolean => clusterIP === 'None' && Object.keys(selector ?? {}).length === 0;
const policyError = (policy: string, text: string): FieldError => invalidValue('spec.ipFamilyPolicy', policy, text);

/** The spec with both fields; `old` is the stored one. */
export function initIPFamilies(given: Spec, old: Spec | undefined): Either<readonly FieldError[], Spec> {
  const policy = given.ipFamilyPolicy ?? old?.ipFamilyPolicy ?? (isFree(given) ? 'RequireDualStack' : 'SingleStack');
  const spec = policy === 'SingleStack' ? released(given, old) : given;
  const wrong = validateClusterIPs({ ...NEW, ...spec, ipFamilyPolicy: policy });
  if (wrong.length > 0) return left(wrong);
  const errors = [...policyErrors(spec, old, policy), ...unusableIPs(spec)];
  if (errors.length > 0) return left(errors);
  const families = [...(spec.ipFamilies ?? []), ...headfulIPs(spec).slice(spec.ipFamilies?.length ?? 0).map(familyOf)];
  const known = families.length === 0 ? [OURS] : families;
  if (isFree(spec)) return right({ ...NEW, ...spec, ipFamilyPolicy: policy, ipFamilies: known.length < 2 && policy !== 'SingleStack' ? [...known, known[0] === 'IPv4' ? 'IPv6' : 'IPv4'] : known });
  const missing = unconfigured(known, policy);
  return missing.length > 0 ? left(missing) : right({ ...NEW, ...spec, ipFamilyPolicy: policy, ipFamilies: known });
}

const headfulIPs = ({ clusterIPs = [] }: Spec): string[] => (clusterIPs[0] === 'None' ? [] : clusterIPs);

/** Asking for one family, with nothing else changed, gives the second one up. */
function released(spec: Spec, old: Spec | undefined): Spec {
  const [first, ...others] = spec.ipFamilies ?? [];
  const isSame = old?.ipFamilies?.join() === spec.ipFamilies?.join();
  return first !== undefined && others.length > 0 && isSame ? { ...spec, ipFamilies: [first] } : spec;
}

function policyErrors({ clusterIPs = [], ipFamilies = [] }: Spec, old: Spec | undefined, policy: string): FieldError[] {
  const errors: FieldError[] = [];
  if (policy === 'SingleStack') {
    if (clusterIPs.length === 2) errors.push(policyError(policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"));
    if (ipFamilies.length === 2) errors.push(policyError(policy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"));
    return errors;
  }
  const isReduced = (now: readonly string[], before: readonly string[] | undefined): boolean => now.length > 0 && now.length < (before?.length ?? 0);
  if (isReduced(clusterIPs, old?.clusterIPs)) errors.push(policyError(policy, "must be 'SingleStack' to release the secondary cluster IP"));
  if (isReduced(ipFamilies, old?.ipFamilies)) errors.push(policyError(policy, "must be 'SingleStack' to release the secondary IP family"));
  return errors;
}

/** Addresses of a family that was not asked for by name and is not there. */
const unusableIPs = (spec: Spec): FieldError[] =>
  headfulIPs(spec).flatMap((ip, at) =>
    at < (spec.ipFamilies?.length ?? 0) || familyOf(ip) === OURS ? [] : [invalidValue(`spec.clusterIPs[${at}]`, spec.clusterIPs, `${familyOf(ip)} is not configured on this cluster`)],
  );

function unconfigured(families: readonly string[], policy: string): FieldError[] {
  const errors = policy === 'RequireDualStack' ? [policyError(policy, 'this cluster is not configured for dual-stack services')] : [];
  return [...errors, ...families.flatMap((family, at) => (family === OURS ? [] : [invalidValue(`spec.ipFamilies[${at}]`, family, 'not configured on this cluster')]))];
}
