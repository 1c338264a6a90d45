/**
 * Remembers the generations of the slices that this controller wrote, to notice a cache that lags behind its own writes.
 *
 * Source: staging/src/k8s.io/endpointslice/util/endpointslice_tracker.go.
 */
import { controllerOf } from '../../object/meta.ts';
import type { EndpointSlice } from '../../object/types.ts';

/** The generation that stands for "we deleted it". */
const DELETED = -1;

export class EndpointSliceTracker {
  /** Generations by slice UID, by Service key. */
  private readonly services = new Map<string, Map<string, number>>();

  has(serviceKey: string, slice: EndpointSlice): boolean {
    return this.services.get(serviceKey)?.has(slice.metadata.uid) ?? false;
  }

  /** Whether the tracker knows a newer version of this slice than this one. */
  isNewerKnown(serviceKey: string, slice: EndpointSlice): boolean {
    const known = this.services.get(serviceKey)?.get(slice.metadata.uid);
    return known !== undefined && (known === DELETED || (slice.metadata.generation ?? 0) < known);
  }

  /** Whether the cached slices of a Service are behind what was written. */
  isStale(serviceKey: string, slices: readonly EndpointSlice[]): boolean {
    const known = this.services.get(serviceKey);
    if (known === undefined) return false;
    const cached = new Set<string>();
    for (const slice of slices) {
      cached.add(slice.metadata.uid);
      if (this.isNewerKnown(serviceKey, slice)) return true;
    }
    for (const [uid, generation] of known) if (generation !== DELETED && !cached.has(uid)) return true;
    return false;
  }

  update(serviceKey: string, slice: EndpointSlice): void {
    const known = this.services.get(serviceKey) ?? new Map<string, number>();
    this.services.set(serviceKey, known);
    known.set(slice.metadata.uid, slice.metadata.generation ?? 0);
  }

  expectDeletion(serviceKey: string, slice: EndpointSlice): void {
    const known = this.services.get(serviceKey) ?? new Map<string, number>();
    this.services.set(serviceKey, known);
    known.set(slice.metadata.uid, DELETED);
  }

  /** A deletion was seen; false when it had not been asked for. */
  handleDeletion(serviceKey: string, slice: EndpointSlice): boolean {
    const known = this.services.get(serviceKey);
    const generation = known?.get(slice.metadata.uid);
    if (generation === undefined) return true;
    known?.delete(slice.metadata.uid);
    return generation === DELETED;
  }

  delete(serviceKey: string): void {
    this.services.delete(serviceKey);
  }
}

/** Whether the slice belongs to this owner. */
export const isOwnedBy = (slice: EndpointSlice, uid: string): boolean => controllerOf(slice)?.uid === uid || (slice.metadata.ownerReferences ?? []).some((ref) => ref.uid === uid);
