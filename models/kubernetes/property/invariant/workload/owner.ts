/** Who controls an object, and what laws over owned pods share. */
import type { KubeObject, OwnerReference, Pod } from '../../../object/types.ts';
import type { ObjectView } from '../../object-view.ts';

/** The controller of this kind, if it is one. */
export function controlledBy({ metadata }: KubeObject, kind: string): OwnerReference | undefined {
  return metadata.ownerReferences?.find((reference) => reference.controller === true && reference.kind === kind);
}

/** The object that controls this one, as the store has it now. */
export function controllerIn<T extends KubeObject>(objects: ObjectView, resource: string, object: KubeObject, kind: string): T | undefined {
  const reference = controlledBy(object, kind);
  const found = reference === undefined ? undefined : objects.get<T>(resource, object.metadata.namespace, reference.name);
  return found?.metadata.uid === reference?.uid ? found : undefined;
}

export const ownedBy = <T extends KubeObject>(objects: ObjectView, resource: string, uid: string): readonly T[] =>
  objects.list<T>(resource).filter(({ metadata }) => metadata.ownerReferences?.some((reference) => reference.controller === true && reference.uid === uid));

export const isTerminal = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
export const isTerminating = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;
/** A pod that a controller counts as one of its own. */
export const isActive = (pod: Pod): boolean => !isTerminal(pod) && !isTerminating(pod);
export const isReady = ({ status }: Pod): boolean => (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
/** Somebody else than its controller wants the pod gone. */
export const isDisrupted = ({ status }: Pod): boolean => (status?.conditions ?? []).some(({ type, status: value }) => type === 'DisruptionTarget' && value === 'True');
export const place = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace}/${metadata.name}`;

/** Does the change mark the object as being deleted (or take it away at once)? */
export const isMarked = (object: KubeObject, previous: KubeObject | undefined, isDelete: boolean): boolean =>
  previous !== undefined && !isTerminating(previous) && (isDelete || isTerminating(object));
