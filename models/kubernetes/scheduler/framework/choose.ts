/**
 * The one seam for arbitrary decisions. Upstream draws ties and offsets from an unseeded generator; here the caller
 * decides, so a run can record, replay or enumerate them.
 */

/** Picks one of `n` possibilities (0..n-1). `kind` says what for, `label` about whom. Never asked when `n` is 1. */
export type Choose = (kind: string, n: number, label: string) => number;

/** Always the first possibility. */
export const chooseFirst: Choose = () => 0;
