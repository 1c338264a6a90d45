/**
 * What differs between ReplicaSets and ReplicationControllers, so that one controller serves both.
 *
 * Source: pkg/controller/replication/conversion.go, pkg/controller/replicaset/replica_set.go (NewBaseController).
 */
import type { GroupVersionResource } from '../../api/message.ts';
import { REPLICATION_CONTROLLERS, REPLICA_SETS } from '../../client/resources.ts';
import { selectorFromSet, selectorOf, type LabelSelector, type Selector } from '../../object/selector.ts';
import type { ReplicaSet } from '../../object/types.ts';

export interface ReplicaSetKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: GroupVersionResource;
  readonly controller: string;
  readonly eventSource: string;
  /** The selector of an object of this kind; the objects have the shape of ReplicaSets otherwise. */
  selector(object: ReplicaSet): Selector;
}

export const REPLICA_SET: ReplicaSetKind = Object.freeze({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  resource: REPLICA_SETS,
  controller: 'replicaset-controller',
  eventSource: 'replicaset-controller',
  selector: (object: ReplicaSet) => selectorOf(object.spec.selector as LabelSelector),
});

export const REPLICATION_CONTROLLER: ReplicaSetKind = Object.freeze({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  resource: REPLICATION_CONTROLLERS,
  controller: 'replicationcontroller-controller',
  eventSource: 'replication-controller',
  selector: (object: ReplicaSet) => selectorFromSet((object.spec as unknown as { selector?: Record<string, string> }).selector),
});
