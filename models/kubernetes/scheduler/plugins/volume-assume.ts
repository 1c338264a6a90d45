/**
 * Volumes and claims as they will be once the pods that are being bound have them.
 *
 * A decision about a volume holds from the moment it is made, not from when the API server tells of it: the next pod is
 * scheduled in between. So what a pod was promised is laid over what the informers know, and stands until they know
 * something newer or the promise is taken back.
 *
 * Source: pkg/scheduler/util/assumecache/assume_cache.go, pkg/scheduler/framework/plugins/volumebinding/assume_cache.go.
 */
import type { KubeObject, PersistentVolume, PersistentVolumeClaim } from '../../object/types.ts';
import { volumeClassOf } from '../../object/volume-match.ts';
import type { Listers } from '../framework/listers.ts';

/** What one scheduling cycle sees of volumes and claims. */
export interface VolumeView extends Listers {
  /** Volumes of a class, in the order of the store. */
  volumesOfClass(name: string): readonly PersistentVolume[];
}

export class VolumeAssumptions {
  private readonly volumes = new Map<string, PersistentVolume>();
  private readonly claims = new Map<string, PersistentVolumeClaim>();

  assumeVolume(volume: PersistentVolume): void {
    this.volumes.set(volume.metadata.name, volume);
  }

  assumeClaim(claim: PersistentVolumeClaim): void {
    this.claims.set(keyOf(claim), claim);
  }

  restoreVolume({ metadata }: PersistentVolume): void {
    this.volumes.delete(metadata.name);
  }

  restoreClaim(claim: PersistentVolumeClaim): void {
    this.claims.delete(keyOf(claim));
  }

  /** The listers with what is assumed laid over them, for one cycle. */
  over(listers: Listers): VolumeView {
    const byClass = new Map<string, PersistentVolume[]>();
    const volume = (known: PersistentVolume): PersistentVolume => latest(this.volumes, known.metadata.name, known);
    return {
      ...listers,
      persistentVolume: (name) => {
        const known = listers.persistentVolume(name);
        return known && volume(known);
      },
      persistentVolumes: () => listers.persistentVolumes().map(volume),
      persistentVolumeClaim: (namespace, name) => {
        const known = listers.persistentVolumeClaim(namespace, name);
        return known && latest(this.claims, keyOf(known), known);
      },
      volumesOfClass: (name) => {
        const listed = byClass.get(name) ?? listers.persistentVolumes().map(volume).filter((each) => volumeClassOf(each) === name);
        byClass.set(name, listed);
        return listed;
      },
    };
  }
}

const keyOf = ({ metadata }: PersistentVolumeClaim): string => `${metadata.namespace}/${metadata.name}`;

/** What was assumed of an object, if the informer's version is still the one that it was derived from. */
function latest<T extends KubeObject>(assumed: Map<string, T>, key: string, known: T): T {
  const promised = assumed.get(key);
  if (promised === undefined) return known;
  if (promised.metadata.resourceVersion === known.metadata.resourceVersion) return promised;
  assumed.delete(key);
  return known;
}
