/**
 * The conditions of a namespace that is being deleted: what failed, what remains.
 *
 * Source: pkg/controller/namespace/deletion/status_condition_utils.go.
 */
import type { Err } from '../../client/failure.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import type { core } from '../../object/types.ts';

/** What a pass found: instances by `resource.group`, and by finalizer. */
export interface ContentTotals {
  readonly remaining: Map<string, number>;
  readonly finalizers: Map<string, number>;
}

type Condition = core.NamespaceCondition;

/** The conditions after a pass; the same list when none changed. */
export function contentConditions(old: readonly Condition[] | undefined, totals: ContentTotals, errors: readonly NonNullable<Err>[], clock: WallClock): readonly Condition[] {
  const wanted = [
    condition('NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'),
    condition('NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
    errors.length === 0
      ? condition('NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization')
      : condition('NamespaceDeletionContentFailure', 'True', 'ContentDeletionFailed', `Failed to delete all resource types, ${errors.length} remaining: ${errors.map(({ message }) => message).sort().join(', ')}`),
    totals.remaining.size === 0
      ? condition('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed')
      : condition('NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${counted(totals.remaining, 'has', 'resource instances')}`),
    totals.finalizers.size === 0
      ? condition('NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished')
      : condition('NamespaceFinalizersRemaining', 'True', 'SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${counted(totals.finalizers, 'in', 'resource instances')}`),
  ];
  let result: readonly Condition[] | undefined = old;
  for (const entry of wanted) result = merged(result ?? [], entry, clock, result);
  return result ?? [];
}

function condition(type: string, status: string, reason: string, message: string): Condition {
  return { type, status, reason, message };
}

function counted(counts: ReadonlyMap<string, number>, verb: string, what: string): string {
  return [...counts.keys()].sort().map((name) => `${name} ${verb} ${counts.get(name) ?? 0} ${what}`).join(', ');
}

function merged(list: readonly Condition[], entry: Condition, clock: WallClock, unchanged: readonly Condition[] | undefined): readonly Condition[] {
  const stamped = { ...entry, lastTransitionTime: clock.text as never };
  const index = list.findIndex(({ type }) => type === entry.type);
  const known = list[index];
  if (known === undefined) return [...list, stamped];
  if (known.status === entry.status && known.reason === entry.reason && known.message === entry.message) return unchanged ?? list;
  // The time is that of the status; another reason or message alone leaves it.
  const next = known.status === entry.status && known.lastTransitionTime !== undefined ? { ...entry, lastTransitionTime: known.lastTransitionTime } : stamped;
  return list.map((old, at) => (at === index ? next : old));
}
