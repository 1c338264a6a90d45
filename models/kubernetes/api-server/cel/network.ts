/**
 * IP addresses and CIDRs in CEL. Source: apiserver/pkg/cel/library/{ip,cidr}.go.
 */
import type { Environment } from '@marcbachmann/cel-js';
import ipaddr from 'ipaddr.js';
import { cidrContains, formatIP, ipFamilyOf, parseCIDR, parseIP, type IPWords } from '../../object/ip.ts';

type Fail = (text: string) => never;

class Ip {
  readonly text: string;
  readonly words: IPWords;
  readonly family: bigint;
  constructor(text: string, words: IPWords) {
    this.text = text;
    this.words = words;
    this.family = ipFamilyOf(text) === 'IPv6' ? 6n : 4n;
  }
  toString(): string {
    return this.text;
  }
}

class Cidr {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
  get address(): string {
    return this.text.slice(0, this.text.indexOf('/'));
  }
  get bits(): number {
    return Number(this.text.slice(this.text.indexOf('/') + 1));
  }
}

const ipOf = (text: string): Ip | undefined => {
  const words = text.includes('%') || /^::ffff:\d+\./i.test(text) ? undefined : parseIP(text);
  return words === undefined ? undefined : new Ip(formatIP(words), words);
};

const cidrOf = (text: string): Cidr | undefined => (parseCIDR(text) === undefined || text.includes('%') ? undefined : new Cidr(text));

const range = (ip: Ip): string => ipaddr.parse(ip.text).range();

export function registerNetwork(env: Environment, fail: Fail): void {
  const ip = 'net.IP';
  const cidr = 'net.CIDR';
  env.registerType(ip, Ip);
  env.registerType(cidr, Cidr);
  env.registerFunction(`ip(string): ${ip}`, (text: string) => ipOf(text) ?? fail(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`));
  env.registerFunction('isIP(string): bool', (text: string) => ipOf(text) !== undefined);
  env.registerFunction(`string(${ip}): string`, (value: Ip) => value.text);
  env.registerFunction(`${ip}.family(): int`, (value: Ip) => value.family);
  env.registerFunction(`${ip}.isUnspecified(): bool`, (value: Ip) => range(value) === 'unspecified' && /^(?:::|0\.0\.0\.0)$/.test(value.text));
  env.registerFunction(`${ip}.isLoopback(): bool`, (value: Ip) => range(value) === 'loopback');
  env.registerFunction(`${ip}.isLinkLocalMulticast(): bool`, (value: Ip) => value.text.startsWith('224.0.0.') || /^ff[0-9a-f]2:/i.test(value.text));
  env.registerFunction(`${ip}.isLinkLocalUnicast(): bool`, (value: Ip) => range(value) === 'linkLocal');
  env.registerFunction(`${ip}.isGlobalUnicast(): bool`, (value: Ip) => !['unspecified', 'loopback', 'linkLocal', 'multicast', 'broadcast'].includes(range(value)));
  env.registerOperator(`${ip} == ${ip}`, (a: Ip, b: Ip) => a.text === b.text);
  env.registerFunction(`cidr(string): ${cidr}`, (text: string) => cidrOf(text) ?? fail(`CIDR ${JSON.stringify(text)} parse error during conversion from string: network address parse error`));
  env.registerFunction('isCIDR(string): bool', (text: string) => cidrOf(text) !== undefined);
  env.registerFunction(`string(${cidr}): string`, (value: Cidr) => value.text);
  env.registerFunction(`${cidr}.ip(): ${ip}`, (value: Cidr) => ipOf(value.address));
  env.registerFunction(`${cidr}.prefixLength(): int`, (value: Cidr) => BigInt(value.bits));
  env.registerFunction(`${cidr}.masked(): ${cidr}`, (value: Cidr) => {
    const network = ipaddr.parse(value.address).kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(value.text) : ipaddr.IPv6.networkAddressFromCIDR(value.text);
    return new Cidr(`${network.toString()}/${value.bits}`);
  });
  const containsIp = (value: Cidr, address: Ip | undefined): boolean => {
    const parsed = parseCIDR(value.text);
    return parsed !== undefined && address !== undefined && cidrContains(parsed, address.words);
  };
  env.registerFunction(`${cidr}.containsIP(${ip}): bool`, containsIp);
  env.registerFunction(`${cidr}.containsIP(string): bool`, (value: Cidr, text: string) => containsIp(value, ipOf(text) ?? fail(`IP Address ${JSON.stringify(text)} parse error`)));
  const containsCidr = (value: Cidr, other: Cidr): boolean => other.bits >= value.bits && containsIp(value, ipOf(other.address));
  env.registerFunction(`${cidr}.containsCIDR(${cidr}): bool`, containsCidr);
  env.registerFunction(`${cidr}.containsCIDR(string): bool`, (value: Cidr, text: string) => containsCidr(value, cidrOf(text) ?? fail(`CIDR ${JSON.stringify(text)} parse error`)));
}
