/**
 * Predicates: which events of a watch are worth a reconcile.
 *
 * Source: sigs.k8s.io/controller-runtime/pkg/predicate/predicate.go.
 */
import { equal } from '../object/equal.ts';
import type { KubeObject } from '../object/types.ts';

/** One event of a watch. `old` is there for updates. */
export interface ObjectEvent<T extends KubeObject = KubeObject> {
  readonly type: 'create' | 'update' | 'delete';
  readonly object: T;
  readonly old?: T;
}

/** Whether an event counts. Must be a pure function of the event. */
export type Predicate<T extends KubeObject = KubeObject> = (event: ObjectEvent<T>) => boolean;

/** Updates count when the spec changed: `metadata.generation` moved. For kinds that count generations. */
export const generationChanged: Predicate = ({ old, object }) => old === undefined || old.metadata.generation !== object.metadata.generation;
/** Updates count when labels changed. */
export const labelsChanged: Predicate = ({ old, object }) => old === undefined || !equal(old.metadata.labels, object.metadata.labels);
/** Updates count when annotations changed. */
export const annotationsChanged: Predicate = ({ old, object }) => old === undefined || !equal(old.metadata.annotations, object.metadata.annotations);
/** Updates count when anything changed, so resyncs do not. */
export const resourceVersionChanged: Predicate = ({ old, object }) => old === undefined || old.metadata.resourceVersion !== object.metadata.resourceVersion;

/** Counts what all predicates count. */
export const allOf = <T extends KubeObject>(...predicates: readonly Predicate<T>[]): Predicate<T> => (event) => predicates.every((predicate) => predicate(event));
/** Counts what one of the predicates counts. */
export const anyOf = <T extends KubeObject>(...predicates: readonly Predicate<T>[]): Predicate<T> => (event) => predicates.some((predicate) => predicate(event));
/** Counts what the predicate does not. */
export const not = <T extends KubeObject>(predicate: Predicate<T>): Predicate<T> => (event) => !predicate(event);
