/**
 * When an object that is being deleted goes away, and which finalizers a deletion sets.
 * Source: apiserver/pkg/registry/generic/registry/store.go (`ShouldDeleteDuringUpdate`, `deletionFinalizersForGarbageCollection`).
 */
import type { KubeObject } from '../../object/types.ts';
import type { KindInfo } from '../registry/kind.ts';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** Whether this update removed the last thing that held an object which is being deleted. */
export function isRemovable(info: KindInfo, next: KubeObject, old: KubeObject): boolean {
  if (old.metadata.deletionTimestamp === undefined || (next.metadata.finalizers?.length ?? 0) > 0) return false;
  if (info.resource === 'namespaces') return (next['spec']?.finalizers?.length ?? 0) === 0;
  return (old.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** The finalizers of an object that is to be deleted with a propagation policy (undefined: the kind's default). */
export function deletionFinalizers(info: KindInfo, object: KubeObject, policy: Propagation | undefined): readonly string[] {
  const current = object.metadata.finalizers ?? [];
  if (info.defaultPropagation === 'Unsupported') return current;
  const orphans = policy === 'Orphan' || (policy === undefined && keeps(info, current, ORPHAN));
  const waits = policy === 'Foreground' || (policy === undefined && !orphans && current.includes(FOREGROUND));
  const others = current.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const wanted = [...others, ...(orphans ? [ORPHAN] : []), ...(waits ? [FOREGROUND] : [])];
  const isSame = wanted.length === current.length && wanted.every((name) => current.includes(name));
  return isSame ? current : wanted;
}

function keeps(info: KindInfo, current: readonly string[], finalizer: string): boolean {
  if (current.includes(finalizer)) return true;
  if (current.includes(FOREGROUND)) return false;
  return info.defaultPropagation === 'Orphan';
}
