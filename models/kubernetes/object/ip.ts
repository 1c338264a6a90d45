/**
 * IP addresses and CIDR blocks as Kubernetes reads them.
 *
 * An address is parsed once into 32-bit words (one for IPv4, four for IPv6), so that testing a packet against a block is
 * a few masked comparisons and never text work. Parsing is Go's `net.ParseIP`: no leading zeros, no short forms.
 * Upstream: net/ip.go, k8s.io/utils/net.
 */
import ipaddr from 'ipaddr.js';

export type IPFamily = 'IPv4' | 'IPv6';

/** The words of an address, most significant first: one for IPv4, four for IPv6; each an unsigned 32-bit integer. */
export type IPWords = readonly number[];

/** A block of addresses. `words` is already masked. */
export interface CIDR {
  readonly family: IPFamily;
  readonly words: IPWords;
  readonly masks: IPWords;
  readonly prefixLength: number;
  /** Canonical text: masked address, `/`, prefix length. */
  readonly text: string;
}

/** Dotted decimal with exactly four octets, or undefined. */
function parseIPv4(text: string): IPWords | undefined {
  let word = 0;
  let octet = -1;
  let octets = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 46;
    if (code === 46) {
      if (octet < 0 || octets === 4) return undefined;
      word = word * 256 + octet;
      octets += 1;
      octet = -1;
    } else if (code >= 48 && code <= 57) {
      if (octet === 0) return undefined;
      octet = (octet < 0 ? 0 : octet * 10) + code - 48;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return octets === 4 ? [word] : undefined;
}

function parseIPv6(text: string): IPWords | undefined {
  if (!ipaddr.IPv6.isValid(text) || text.includes('%')) return undefined;
  const parts = ipaddr.IPv6.parse(text).parts;
  const words: number[] = [];
  for (let i = 0; i < 8; i += 2) words.push((parts[i] as number) * 65536 + (parts[i + 1] as number));
  return words;
}

/** Parses an address. IPv4 in IPv6 form (`::ffff:10.0.0.1`) is IPv4, as in Go. Undefined when it is not an address. */
export function parseIP(text: string): IPWords | undefined {
  if (!text.includes(':')) return parseIPv4(text);
  const words = parseIPv6(text);
  if (words !== undefined && words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return [words[3] as number];
  return words;
}

/** The family of an address or CIDR text, undefined when it is neither. */
export function ipFamilyOf(text: string): IPFamily | undefined {
  const slash = text.indexOf('/');
  const words = parseIP(slash < 0 ? text : text.slice(0, slash));
  if (words === undefined) return undefined;
  return words.length === 1 ? 'IPv4' : 'IPv6';
}

/** The canonical text of an address (RFC 5952 for IPv6). */
export function formatIP(words: IPWords): string {
  if (words.length === 1) {
    const word = words[0] as number;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const parts: number[] = [];
  for (const word of words) parts.push(word >>> 16, word & 0xffff);
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/** Canonical text of an address, or the text itself when it is not an address. */
export function canonicalIP(text: string): string {
  const words = parseIP(text);
  return words === undefined ? text : formatIP(words);
}

function maskWords(prefixLength: number, count: number): number[] {
  const masks: number[] = [];
  for (let i = 0; i < count; i++) {
    const bits = Math.max(0, Math.min(32, prefixLength - i * 32));
    masks.push(bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0);
  }
  return masks;
}

/** Parses `address/length` as Go's `net.ParseCIDR` does; the result is masked. Undefined when it is not a CIDR. */
export function parseCIDR(text: string): CIDR | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length)) return undefined;
  const words = parseIP(address);
  const prefixLength = Number(length);
  if (words === undefined || prefixLength > words.length * 32) return undefined;
  const masks = maskWords(prefixLength, words.length);
  const masked = words.map((word, i) => (word & (masks[i] as number)) >>> 0);
  return {
    family: words.length === 1 ? 'IPv4' : 'IPv6',
    words: masked,
    masks,
    prefixLength,
    text: `${formatIP(masked)}/${prefixLength}`,
  };
}

/** Whether an address lies in a block. Addresses of the other family never do. */
export function cidrContains(cidr: CIDR, words: IPWords): boolean {
  if (cidr.words.length !== words.length) return false;
  for (let i = 0; i < words.length; i++) {
    if (((words[i] as number) & (cidr.masks[i] as number)) >>> 0 !== cidr.words[i]) return false;
  }
  return true;
}

/** `ip:port`, with brackets around IPv6 (Go's `net.JoinHostPort`). */
export function joinHostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
