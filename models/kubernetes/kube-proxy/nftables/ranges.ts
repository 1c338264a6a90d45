/**
 * How nft keeps a set of address ranges: sorted, with overlapping and adjacent ranges merged, printed as prefixes where
 * a range is one. Upstream: nftables' intervals.c (auto-merge of anonymous sets) and segtree.c.
 */
import { formatIP, parseCIDR, parseIP } from '../../object/ip.ts';
import type { IPWords } from '../../object/ip.ts';

interface Range {
  first: bigint;
  last: bigint;
}

function toNumber(words: IPWords): bigint {
  return words.reduce((value, word) => (value << 32n) | BigInt(word), 0n);
}

function toText(value: bigint, count: number): string {
  const words: number[] = [];
  for (let i = count - 1; i >= 0; i--) words.push(Number((value >> BigInt(32 * i)) & 0xffffffffn));
  return formatIP(words);
}

function rangeOf(text: string): { range: Range; words: number } | undefined {
  const cidr = parseCIDR(text);
  const words = cidr?.words ?? parseIP(text);
  if (words === undefined) return undefined;
  const first = toNumber(words);
  const size = cidr === undefined ? 1n : 1n << BigInt(words.length * 32 - cidr.prefixLength);
  return { range: { first, last: first + size - 1n }, words: words.length };
}

function rangeText({ first, last }: Range, words: number): string {
  const size = last - first + 1n;
  if (size === 1n) return toText(first, words);
  const isPrefix = (size & (size - 1n)) === 0n && (first & (size - 1n)) === 0n;
  if (!isPrefix) return `${toText(first, words)}-${toText(last, words)}`;
  return `${toText(first, words)}/${words * 32 - (size.toString(2).length - 1)}`;
}

/** Merges addresses and CIDRs of one family; returns their texts in ascending order. */
export function mergeRanges(texts: readonly string[]): string[] {
  const parsed = texts.map(rangeOf).filter((entry) => entry !== undefined);
  const ranges = parsed.map((entry) => entry.range);
  ranges.sort((a, b) =>
    a.first < b.first ? -1 : a.first > b.first ? 1 : a.last < b.last ? -1 : a.last > b.last ? 1 : 0,
  );
  const merged: Range[] = [];
  for (const range of ranges) {
    const previous = merged.at(-1);
    if (previous !== undefined && range.first <= previous.last + 1n) {
      if (range.last > previous.last) previous.last = range.last;
    } else merged.push({ ...range });
  }
  const words = parsed[0]?.words ?? 1;
  return merged.map((range) => rangeText(range, words));
}
