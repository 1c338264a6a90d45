/**
 * The volume controller's own cache: what it has written itself counts at once, older versions that informers still deliver do not.
 *
 * Without it the controller would see, after each of the four writes of a binding, the state before the other three, and undo them.
 * Source: pkg/controller/volume/persistentvolume/pv_controller_base.go (storeObjectUpdate).
 */
import { namespacedName } from '../../../object/meta.ts';
import type { KubeObject } from '../../../object/types.ts';

export class VersionedStore<T extends KubeObject> {
  private readonly objects = new Map<string, T>();

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.objects.values();
  }

  /** Takes the object in; false when a newer version is known. */
  put(object: T): boolean {
    const key = namespacedName(object);
    const known = this.objects.get(key);
    if (known !== undefined && known.metadata.uid === object.metadata.uid && Number(known.metadata.resourceVersion) > Number(object.metadata.resourceVersion)) return false;
    this.objects.set(key, object);
    return true;
  }

  delete(key: string): void {
    this.objects.delete(key);
  }
}
