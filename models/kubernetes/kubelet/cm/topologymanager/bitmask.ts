/** Sets of NUMA nodes as bits of a number (topologymanager/bitmask/bitmask.go): the topology manager knows at most eight. */

export type BitMask = number;

export const bitMask = (nodes: readonly number[]): BitMask => nodes.reduce((mask, node) => mask | (1 << node), 0);
export const isSet = (mask: BitMask, node: number): boolean => (mask & (1 << node)) !== 0;

export function bitsOf(mask: BitMask): number[] {
  const bits: number[] = [];
  for (let node = 0; mask >> node !== 0; node++) if (isSet(mask, node)) bits.push(node);
  return bits;
}

export const countOf = (mask: BitMask): number => bitsOf(mask).length;

/** Fewer nodes; of as many, those with lower numbers. */
export const isNarrowerThan = (a: BitMask, b: BitMask): boolean => (countOf(a) === countOf(b) ? a < b : countOf(a) < countOf(b));

/** All combinations of nodes, those of fewer nodes first. */
export function bitMasksOf(nodes: readonly number[]): BitMask[] {
  const masks: BitMask[] = [];
  const combine = (from: number, mask: BitMask, left: number): void => {
    if (left === 0) masks.push(mask);
    else for (let at = from; at < nodes.length; at++) combine(at + 1, mask | (1 << (nodes[at] as number)), left - 1);
  };
  for (let size = 1; size <= nodes.length; size++) combine(0, 0, size);
  return masks;
}
