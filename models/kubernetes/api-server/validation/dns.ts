/**
 * Validation of how the names that a pod looks up are resolved.
 * Upstream: pkg/apis/core/validation/validation.go (validatePodDNSConfig, ValidateHostAliases).
 */
import ipaddr from 'ipaddr.js';
import type { Json } from '../defaults/fill.ts';
import { invalidValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { subdomainErrors } from './name.ts';

const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
/** Of all search paths with a space between them. */
const SEARCH_CHARACTERS_MAX = 2048;

/** IsValidIP: four decimal parts or IPv6 without a zone. */
const validateIp = (text: string, path: string): FieldError[] => {
  const isIp = ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text));
  return isIp ? [] : [invalidValue(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
};

/** Search paths may end in a dot, which messages leave out. */
function validateSearches(searches: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > SEARCHES_MAX) errors.push(invalidValue(path, searches, `must not have more than ${SEARCHES_MAX} search paths`));
  if (searches.join(' ').length > SEARCH_CHARACTERS_MAX) {
    errors.push(invalidValue(path, searches, `must not have more than ${SEARCH_CHARACTERS_MAX} characters (including spaces) in the search list`));
  }
  searches.forEach((search, at) => {
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    for (const text of subdomainErrors(name)) errors.push(invalidValue(`${path}[${at}]`, name, text));
  });
  return errors;
}

/** validatePodDNSConfig. */
export function validateDns(spec: Json, path: string): FieldError[] {
  const config = spec['dnsConfig'] as Json | undefined;
  const servers = (config?.['nameservers'] as string[] | undefined) ?? [];
  if (spec['dnsPolicy'] === 'None') {
    if (config === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (servers.length === 0) return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  if (config === undefined) return [];
  const errors: FieldError[] = [];
  if (servers.length > NAMESERVERS_MAX) errors.push(invalidValue(`${path}.nameservers`, servers, `must not have more than ${NAMESERVERS_MAX} nameservers`));
  servers.forEach((server, at) => errors.push(...validateIp(server, `${path}.nameservers[${at}]`)));
  errors.push(...validateSearches((config['searches'] as string[] | undefined) ?? [], `${path}.searches`));
  ((config['options'] as Json[] | undefined) ?? []).forEach((option, at) => {
    if ((option['name'] ?? '') === '') errors.push(required(`${path}.options[${at}]`, 'must not be empty'));
  });
  return errors;
}

/** ValidateHostAliases. */
export function validateHostAliases(aliases: readonly Json[] | undefined, path: string): FieldError[] {
  return (aliases ?? []).flatMap((alias, at) => {
    const names = ((alias['hostnames'] as string[] | undefined) ?? []).flatMap((name, nameAt) =>
      subdomainErrors(name).map((text) => invalidValue(`${path}[${at}].hostnames[${nameAt}]`, name, text)),
    );
    return [...validateIp(alias['ip'] ?? '', `${path}[${at}].ip`), ...names];
  });
}
