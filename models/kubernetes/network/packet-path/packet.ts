/**
 * A packet on its way through one kernel, and what the kernel may ask while it decides about it.
 *
 * Only the first packet of a flow walks rules; later ones follow the connection-tracking entry. The packet is a working
 * copy: translation and marks change it in place.
 */
import type { Hop } from '../../api/net.ts';
import type { Protocol } from '../../api/netfilter.ts';
import { cidrContains, parseCIDR, parseIP } from '../../object/ip.ts';
import type { CIDR, IPWords } from '../../object/ip.ts';

export interface Packet {
  readonly protocol: Protocol;
  sourceIP: string;
  sourcePort: number;
  destinationIP: string;
  destinationPort: number;
  mark: number;
  /** Interface the packet came in by; `''` for packets of local processes. */
  inInterface: string;
}

/** Where a packet enters a kernel. */
export type Origin = 'process' | 'pod' | 'wire';

/** The decisions of the outside world that rule evaluation needs. */
export interface Environment {
  /** Virtual time in µs. */
  readonly now: number;
  /** A draw in [0, n). */
  choose(kind: string, n: number, label: string): number;
}

/** Texts of addresses and blocks occur over and over; each is parsed once. */
export class AddressBook {
  readonly #words = new Map<string, IPWords | undefined>();
  readonly #cidrs = new Map<string, CIDR | undefined>();

  /** Keeps the tables from growing without bound when addresses keep changing. */
  static readonly #limit = 100_000;

  words(text: string): IPWords | undefined {
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    if (this.#words.size > AddressBook.#limit) this.#words.clear();
    const words = parseIP(text);
    this.#words.set(text, words);
    return words;
  }

  /** Whether an address lies in a block or equals an address, given as text. */
  matches(test: string, ip: string): boolean {
    if (test === ip) return true;
    if (!test.includes('/')) return false;
    let cidr = this.#cidrs.get(test);
    if (cidr === undefined) this.#cidrs.set(test, (cidr = parseCIDR(test)));
    const words = this.words(ip);
    return cidr !== undefined && words !== undefined && cidrContains(cidr, words);
  }
}

/** Collects hops when somebody wants to see them. */
export type Trace = Hop[] | undefined;
