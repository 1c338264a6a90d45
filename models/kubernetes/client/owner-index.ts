/**
 * The index by controller: finds a controller's own objects and a namespace's orphans without a walk through the namespace.
 *
 * What a controller may claim is exactly its own objects and those without a controller (controller-ref-manager.ts), so the union
 * of the two is what upstream finds by listing the namespace (in 1.32: podControllerUID, podByOrphan).
 */
import { controllerOf } from '../object/meta.ts';
import type { KubeObject } from '../object/types.ts';
import type { Indexer, Indexers } from './store.ts';

const INDEX = 'controller';

export const BY_CONTROLLER: Indexers<KubeObject> = Object.freeze({
  [INDEX]: (object: KubeObject) => [controllerOf(object)?.uid ?? orphanValue(object.metadata.namespace)],
});

const orphanValue = (namespace: string | undefined): string => `orphan/${namespace ?? ''}`;

/** The objects controlled by this UID. */
export function controlledBy<T extends KubeObject>(indexer: Indexer<T>, uid: string): T[] {
  return indexer.byIndex(INDEX, uid);
}

/** The objects of a namespace without a controller. */
export function orphansIn<T extends KubeObject>(indexer: Indexer<T>, namespace: string | undefined): T[] {
  return indexer.byIndex(INDEX, orphanValue(namespace));
}

/** What the controller may claim: its own objects and the orphans of its namespace. */
export function claimable<T extends KubeObject>(indexer: Indexer<T>, owner: KubeObject): T[] {
  const own = controlledBy(indexer, owner.metadata.uid);
  const orphans = orphansIn(indexer, owner.metadata.namespace);
  return orphans.length === 0 ? own : [...own, ...orphans];
}
