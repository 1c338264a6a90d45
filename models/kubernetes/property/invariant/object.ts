/**
 * Laws of every object: versions only grow, and an identity ends with a delete.
 */
import type { Property } from '../../../../src/property/property.ts';
import { always } from '../../../../src/property/property.ts';

/** Facts of the store in the order in which they are made: each has a later revision than the one before. */
export const versionsGrow: Property = always('resourceVersions only grow', {
  state: () => ({ last: 0 }),
  on: Object.fromEntries(
    ['etcd.put', 'etcd.delete'].map((kind) => [
      kind,
      (state: { last: number }, { key, rev }: { key: string; rev: number }) => {
        const { last } = state;
        state.last = rev;
        return rev > last ? undefined : `revision ${rev} of ${key} was written after revision ${last}`;
      },
    ]),
  ),
});
