/**
 * How server-side apply names the elements of a list: by their keys, or by their value in a set.
 *
 * Upstream: structured-merge-diff/typed/helpers.go (listItemToPathElement), fieldpath/serialize-pe.go.
 */
import { isObject, own, scalarText } from './json-value.ts';
import type { ListShape } from './shape.ts';

/**
 * The path element of a list item, or undefined when the item has none of the list's keys (an atomic list never has
 * elements of its own). Keys appear sorted by name; a missing key takes its default, otherwise null.
 */
export function elementOf(list: ListShape, item: unknown): string | undefined {
  if (list.type === 'atomic') return undefined;
  if (list.type === 'set') return `v:${scalarText(item)}`;
  if (!isObject(item)) return undefined;
  let parts = '';
  let found = false;
  for (const { name, fallback } of list.type) {
    const value = own(item, name);
    if (value !== undefined) found = true;
    parts += `${parts === '' ? '' : ','}${scalarText(name)}:${scalarText(value ?? fallback ?? null)}`;
  }
  return found ? `k:{${parts}}` : undefined;
}

/** Elements of a list by name, in order; the first of equal names counts. */
export function elementsOf(list: ListShape, items: readonly unknown[]): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  for (const item of items) {
    const element = elementOf(list, item);
    if (element !== undefined && !found.has(element)) found.set(element, item);
  }
  return found;
}
