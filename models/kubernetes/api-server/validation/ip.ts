/**
 * Validation of IP addresses and CIDR blocks.
 *
 * Numbers with leading zeros are decimal, as they were before Go refused them.
 * Upstream: apimachinery/pkg/util/validation/ip.go, k8s.io/utils/net (ParseIPSloppy, ParseCIDRSloppy).
 */
import { parseCIDR, parseIP } from '../../object/ip.ts';
import type { CIDR, IPWords } from '../../object/ip.ts';
import { invalidValue } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';

const decimal = (text: string): string => (text.includes(':') ? text : text.replace(/(^|\.)0+(?=[0-9])/g, '$1'));

export const parseSloppyIP = (text: string): IPWords | undefined => parseIP(decimal(text));
const parseSloppyCIDR = (text: string): CIDR | undefined => parseCIDR(decimal(text));

/** IsValidIP. */
export const validateIP = (text: string, path: string): FieldError[] =>
  parseSloppyIP(text) === undefined ? [invalidValue(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')] : [];

/** IsValidIPv4Address. */
export const validateIPv4 = (text: string, path: string): FieldError[] =>
  parseSloppyIP(text)?.length === 1 ? [] : [invalidValue(path, text, 'must be a valid IPv4 address')];

/** IsValidIPv6Address. */
export const validateIPv6 = (text: string, path: string): FieldError[] =>
  parseSloppyIP(text)?.length === 4 ? [] : [invalidValue(path, text, 'must be a valid IPv6 address')];

/** IsValidCIDR. */
export const validateCIDR = (text: string, path: string): FieldError[] =>
  parseSloppyCIDR(text) === undefined ? [invalidValue(path, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')] : [];

/** Whether two blocks are one of each family. Blocks that are none say nothing. */
export const isDualStack = (blocks: readonly string[]): boolean =>
  new Set(blocks.map((block) => parseSloppyCIDR(block)?.family).filter((family) => family !== undefined)).size === 2;

/** Which kinds of address are of no use as an endpoint. */
function specialText([first = 0, ...rest]: IPWords, text: string): string | undefined {
  const isSix = rest.length > 0;
  const last = isSix && first === 0 && rest[0] === 0 && rest[1] === 0 ? rest[2] : undefined;
  if (isSix ? last === 0 : first === 0) return `may not be unspecified (${text})`;
  if (isSix ? last === 1 : first >>> 24 === 127) return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  if (isSix ? first >>> 22 === 0xfe80 >>> 6 : first >>> 16 === 0xa9fe) return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  if (isSix ? ((first >>> 16) & 0xff0f) === 0xff02 : first >>> 8 === 0xe00000) return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  return undefined;
}

/** ValidateNonSpecialIP: an address that others can reach. */
export function validateNonSpecialIP(text: string, path: string): FieldError[] {
  const words = parseSloppyIP(text);
  if (words === undefined) return [invalidValue(path, text, 'must be a valid IP address')];
  const special = specialText(words, text);
  return special === undefined ? [] : [invalidValue(path, text, special)];
}
