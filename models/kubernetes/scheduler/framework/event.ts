/**
 * Things that happen in the cluster and may make a waiting pod schedulable, and how plugins subscribe to them.
 *
 * Actions are bits, so that one registration covers several. Source: pkg/scheduler/framework/{types,events}.go.
 */
import type { KubeObject, Pod } from '../../object/types.ts';
import type { QueueingHint } from './plugin.ts';

export type EventResource =
  | 'Pod'
  | 'AssignedPod'
  | 'UnscheduledPod'
  | 'Node'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'CSINode'
  | 'CSIDriver'
  | 'VolumeAttachment'
  | 'CSIStorageCapacity'
  | 'StorageClass'
  | '*';

export const ADD = 1;
export const DELETE = 1 << 1;
export const UPDATE_NODE_ALLOCATABLE = 1 << 2;
export const UPDATE_NODE_LABEL = 1 << 3;
export const UPDATE_NODE_TAINT = 1 << 4;
export const UPDATE_NODE_CONDITION = 1 << 5;
export const UPDATE_NODE_ANNOTATION = 1 << 6;
export const UPDATE_POD_LABEL = 1 << 7;
export const UPDATE_POD_SCALE_DOWN = 1 << 8;
export const UPDATE_POD_TOLERATIONS = 1 << 9;
export const UPDATE_POD_SCHEDULING_GATES_ELIMINATED = 1 << 10;
export const UPDATE_POD_GENERATED_RESOURCE_CLAIM = 1 << 11;
/** Any update for resources without finer bits; for pods the update that none of the finer bits describes. */
export const UPDATE = 1 << 12;
export const ALL_NODE_UPDATES =
  UPDATE_NODE_ALLOCATABLE | UPDATE_NODE_LABEL | UPDATE_NODE_TAINT | UPDATE_NODE_CONDITION | UPDATE_NODE_ANNOTATION;
export const ALL_ACTIONS = (1 << 13) - 1;

export interface ClusterEvent {
  readonly resource: EventResource;
  readonly action: number;
  /** Shown in traces: `AssignedPodDelete`, `NodeAdd`, `UnschedulableTimeout`. */
  readonly label: string;
}

/**
 * Whether the event is worth another try for the pod. `old` is absent for additions, `current` for deletions.
 * Hints see no cluster state beyond what they were made with.
 */
export type HintFunction = (pod: Pod, old: KubeObject | undefined, current: KubeObject | undefined) => QueueingHint;

export interface EventRegistration {
  readonly resource: EventResource;
  readonly action: number;
  /** Absent: always worth a try. */
  readonly hint?: HintFunction;
}

export const isWildcard = (event: ClusterEvent): boolean => event.resource === '*' && event.action === ALL_ACTIONS;

/** Whether a registration covers an event: same resource (a `Pod` registration covers both kinds) and common bits. */
export const covers = (registration: EventRegistration, event: ClusterEvent): boolean => {
  if ((registration.action & event.action) === 0) return false;
  if (registration.resource === '*' || registration.resource === event.resource) return true;
  return registration.resource === 'Pod' && (event.resource === 'AssignedPod' || event.resource === 'UnscheduledPod');
};
