/**
 * Whether a node's status has to be sent, and as which patch (pkg/kubelet/kubelet_node_status.go, `nodeStatusHasChanged`;
 * pkg/util/node, `PatchNodeStatus`).
 */
import { equal } from '../../object/equal.ts';
import { isZero, semanticEqual } from '../../object/semantic-equal.ts';
import type { core } from '../../object/types.ts';
import { FIELDS, isSameAmount, isSameAmounts } from './setters.ts';

type Quantities = Readonly<Record<string, string>>;

/** Everything but the times of heartbeats counts. */
export function nodeStatusHasChanged(old: core.NodeStatus, next: core.NodeStatus): boolean {
  return (
    conditionsHaveChanged(old.conditions ?? [], next.conditions ?? []) ||
    !isSameAmounts(old.capacity as Quantities, next.capacity as Quantities) ||
    !isSameAmounts(old.allocatable as Quantities, next.allocatable as Quantities) ||
    [...FIELDS, 'volumesInUse' as const].some((field) => !semanticEqual(old[field as 'images'], next[field as 'images']))
  );
}

function conditionsHaveChanged(old: readonly core.NodeCondition[], next: readonly core.NodeCondition[]): boolean {
  if (old.length !== next.length) return true;
  return next.some((condition) => {
    const before = old.find(({ type }) => type === condition.type);
    return before === undefined || !equal({ ...before, lastHeartbeatTime: undefined }, { ...condition, lastHeartbeatTime: undefined });
  });
}

/** A strategic merge patch of the status from `old` to `next`; heartbeats are always in it. */
export function nodeStatusPatch(old: core.NodeStatus, next: core.NodeStatus): Record<string, unknown> {
  const conditions = next.conditions ?? [];
  const patch: Record<string, unknown> = {
    '$setElementOrder/conditions': conditions.map(({ type }) => ({ type })),
    conditions: conditions.filter((condition) => !(old.conditions ?? []).includes(condition)),
  };
  if (!semanticEqual(old.volumesInUse, next.volumesInUse)) patch['volumesInUse'] = next.volumesInUse ?? null;
  for (const list of ['capacity', 'allocatable'] as const) {
    const changes = amountChanges(old[list] as Quantities, next[list] as Quantities);
    if (Object.keys(changes).length > 0) patch[list] = changes;
  }
  for (const field of FIELDS) {
    const [before, after] = [old[field as 'images'] as unknown, next[field as 'images'] as unknown];
    if (semanticEqual(before, after)) continue;
    // The API declares addresses as a list that is merged by type, which would keep all but one of a type.
    if (field === 'addresses') patch[field] = [...(after as object[]), { $patch: 'replace' }];
    else patch[field] = Array.isArray(after) || after === undefined || before === undefined ? (after ?? null) : memberChanges(before as object, after as object);
  }
  return patch;
}

function amountChanges(old: Quantities = {}, next: Quantities = {}): Record<string, string | null> {
  const changes: Record<string, string | null> = {};
  for (const [name, amount] of Object.entries(next)) if (!isSameAmount(old[name], amount)) changes[name] = amount;
  for (const name of Object.keys(old)) if (!(name in next)) changes[name] = null;
  return changes;
}

function memberChanges(old: object, next: object): Record<string, unknown> {
  const before = old as Record<string, unknown>;
  const changes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(next)) if (!semanticEqual(before[name], value)) changes[name] = value;
  for (const name of Object.keys(before)) if (!Object.hasOwn(next, name) && !isZero(before[name])) changes[name] = null;
  return changes;
}
