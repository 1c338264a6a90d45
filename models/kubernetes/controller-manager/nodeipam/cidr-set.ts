/**
 * The address ranges of a cluster, cut into equal pieces and given out one by one: the next free one after the last given.
 *
 * Source: pkg/controller/nodeipam/ipam/cidrset/cidr_set.go.
 */
import { formatIP, parseCIDR, type CIDR } from '../../object/ip.ts';

/** cidr_set.go: at most 16 bits of pieces. */
const BITS_MAX = 16;

export class CidrSet {
  /** How many pieces there are. */
  readonly size: number;
  private readonly first: bigint;
  private readonly width: number;
  private readonly maskSize: number;
  private readonly used = new Set<number>();
  private next = 0;

  /** `maskSize` is the prefix length of the pieces. Throws where the range is no CIDR or the pieces are too small. */
  constructor(range: string, maskSize: number) {
    const cidr = parseCIDR(range);
    if (cidr === undefined) throw new RangeError(`invalid CIDR address: ${range}`);
    const prefix = cidr.prefixLength;
    if (cidr.family === 'IPv6' && maskSize - prefix > BITS_MAX) throw new RangeError('New CIDR set failed; the node CIDR size is too big');
    if (maskSize < prefix) throw new RangeError(`the node mask /${maskSize} is wider than the cluster's /${prefix}`);
    this.first = valueOf(cidr);
    this.width = cidr.words.length * 32;
    this.maskSize = maskSize;
    this.size = 2 ** (maskSize - prefix);
  }

  /** Gives out a piece; undefined when none is left. */
  allocate(): string | undefined {
    if (this.used.size >= this.size) return undefined;
    while (this.used.has(this.next)) this.next = (this.next + 1) % this.size;
    const index = this.next;
    this.used.add(index);
    this.next = (index + 1) % this.size;
    return this.format(index);
  }

  /** Marks the pieces that a range touches as used. False where it lies outside. */
  occupy(range: string): boolean {
    return this.each(range, (index) => this.used.add(index));
  }

  release(range: string): void {
    this.each(range, (index) => this.used.delete(index));
  }

  private each(range: string, visit: (index: number) => void): boolean {
    const cidr = parseCIDR(range);
    if (cidr === undefined || cidr.words.length * 32 !== this.width) return false;
    const value = valueOf(cidr);
    const piece = BigInt(this.width - this.maskSize);
    const from = (value - this.first) >> piece;
    const to = (value + (1n << BigInt(this.width - cidr.prefixLength)) - 1n - this.first) >> piece;
    if (to < 0n || from >= BigInt(this.size)) return false;
    for (let index = from < 0n ? 0 : Number(from); index <= to && index < this.size; index++) visit(index);
    return true;
  }

  private format(index: number): string {
    const value = this.first + (BigInt(index) << BigInt(this.width - this.maskSize));
    const words = Array.from({ length: this.width / 32 }, (_, at) => Number((value >> BigInt(this.width - 32 * (at + 1))) & 0xffff_ffffn));
    return `${formatIP(words)}/${this.maskSize}`;
  }
}

/** A block as one number: its first address. */
const valueOf = ({ words }: CIDR): bigint => words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
