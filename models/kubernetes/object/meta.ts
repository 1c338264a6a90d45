/**
 * Small questions that every component asks about an object's metadata, owner and conditions.
 *
 * Source: apimachinery/pkg/apis/meta/v1/controller_ref.go, client-go/tools/cache/store.go (keys).
 */
import type { KubeObject, OwnerReference } from './types.ts';

/** The key of an object in queues and caches: `namespace/name`, or `name` for cluster-scoped kinds. */
export const namespacedName = (object: KubeObject): string =>
  object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;

/** Takes a key apart again; a key without slash names a cluster-scoped object. */
export const splitKey = (key: string): { namespace: string; name: string } => {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

/** The owner that controls the object, if any (`GetControllerOf`). */
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true);

/** Whether the object is controlled by the owner with this UID (`IsControlledBy`). */
export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid;

/** Whether deletion of the object was asked for. */
export const isTerminating = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;

/** What all condition types of the API have in common. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** The condition of this type, if it is there. */
export const getCondition = <C extends { type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type);

/** Whether the condition of this type is there with status True. */
export const isConditionTrue = (
  conditions: readonly { type: string; status: string }[] | undefined,
  type: string,
): boolean => getCondition(conditions, type)?.status === 'True';

/**
 * The list with this condition put in place of the one of the same type, or appended. Returns the same list when
 * nothing changes apart from times; `lastTransitionTime` of the old one is kept while the status stays the same.
 */
export const setCondition = <C extends Condition>(conditions: readonly C[] | undefined, condition: C): readonly C[] => {
  const list = conditions ?? [];
  const index = list.findIndex((old) => old.type === condition.type);
  const old = list[index];
  if (old === undefined) return [...list, condition];
  if (old.status === condition.status && old.reason === condition.reason && old.message === condition.message) {
    return list;
  }
  const merged =
    old.status === condition.status && old.lastTransitionTime !== undefined
      ? { ...condition, lastTransitionTime: old.lastTransitionTime }
      : condition;
  return list.map((entry, i) => (i === index ? merged : entry));
};
