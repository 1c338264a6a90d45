/**
 * Reading logs of older formats: each step turns a header of one format into a header of the next.
 *
 * Blocks need no such steps: their sections are numbered, even numbers must be understood and odd ones may be skipped, so
 * a format that only adds something does not need a new number.
 */

type Fields = { readonly [name: string]: unknown };

/** Steps by the format they start from. Format 1 is the first that was released. */
const STEPS: readonly { readonly from: number; readonly step: (header: Fields) => Fields }[] = [];

/** The header as the current format would have it. Members that nobody knows are kept. */
export function upgradeHeader(header: Fields): Fields {
  let upgraded = header;
  for (const { from, step } of STEPS) {
    if (upgraded['format'] === from) upgraded = { ...step(upgraded), format: from + 1 };
  }
  return upgraded;
}
