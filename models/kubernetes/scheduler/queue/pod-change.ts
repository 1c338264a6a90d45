/**
 * What an update of a pod or node means for scheduling, as events.
 *
 * Source: pkg/scheduler/framework/events.go (PodSchedulingPropertiesChange, NodeSchedulingPropertiesChange).
 */
import type { core, Node, Pod } from '../../object/types.ts';
import { sameData } from '../framework/canonical.ts';
import {
  ADD,
  type ClusterEvent,
  DELETE,
  type EventResource,
  UPDATE,
  UPDATE_NODE_ALLOCATABLE,
  UPDATE_NODE_ANNOTATION,
  UPDATE_NODE_CONDITION,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_POD_LABEL,
  UPDATE_POD_SCALE_DOWN,
  UPDATE_POD_SCHEDULING_GATES_ELIMINATED,
  UPDATE_POD_TOLERATIONS,
} from '../framework/event.ts';
import { podRequestOf, type Resource } from '../framework/resource.ts';

export const ASSIGNED_POD_ADD: ClusterEvent = { resource: 'AssignedPod', action: ADD, label: 'AssignedPodAdd' };
export const ASSIGNED_POD_DELETE: ClusterEvent = {
  resource: 'AssignedPod',
  action: DELETE,
  label: 'AssignedPodDelete',
};
export const NODE_ADD: ClusterEvent = { resource: 'Node', action: ADD, label: 'NodeAdd' };
export const NODE_DELETE: ClusterEvent = { resource: 'Node', action: DELETE, label: 'NodeDelete' };

/** Changes of storage objects and the like. */
export const resourceEvent = (resource: EventResource, kind: 'Add' | 'Update' | 'Delete'): ClusterEvent => ({
  resource,
  action: kind === 'Add' ? ADD : kind === 'Delete' ? DELETE : UPDATE,
  label: `${resource}${kind}`,
});

const isLess = (after: Resource, before: Resource): boolean =>
  after.milliCpu < before.milliCpu ||
  after.memory < before.memory ||
  after.ephemeralStorage < before.ephemeralStorage ||
  [...(before.scalars ?? [])].some(([name, amount]) => (after.scalars?.get(name) ?? 0) < amount);

/** The events of a pod's update, never none: an update that changes nothing of interest is an event of its own. */
export const podChanges = (old: Pod | undefined, pod: Pod): ClusterEvent[] => {
  const resource: EventResource = pod.spec.nodeName ? 'AssignedPod' : 'UnscheduledPod';
  const events: ClusterEvent[] = [];
  const add = (action: number, label: string): void => {
    events.push({ resource, action, label: `${resource}${label}` });
  };
  if (old !== undefined) {
    if (!sameData(old.metadata.labels ?? {}, pod.metadata.labels ?? {})) add(UPDATE_POD_LABEL, 'UpdateLabel');
    if (old.spec !== pod.spec && isLess(podRequestOf(pod).request, podRequestOf(old).request)) {
      add(UPDATE_POD_SCALE_DOWN, 'UpdateScaleDown');
    }
    const gates = (spec: core.PodSpec): number => spec.schedulingGates?.length ?? 0;
    if (gates(old.spec) > 0 && gates(pod.spec) === 0) add(UPDATE_POD_SCHEDULING_GATES_ELIMINATED, 'UpdateGates');
    if ((old.spec.tolerations?.length ?? 0) !== (pod.spec.tolerations?.length ?? 0)) {
      add(UPDATE_POD_TOLERATIONS, 'UpdateTolerations');
    }
  }
  if (events.length === 0) add(UPDATE, 'Update');
  return events;
};

const conditionsOf = (node: Node): Record<string, string> => {
  const conditions: Record<string, string> = {};
  for (const { type, status } of node.status?.conditions ?? []) conditions[type] = status;
  return conditions;
};

/** The events of a node's update; heartbeats have none. */
export const nodeChanges = (old: Node, node: Node): ClusterEvent[] => {
  const events: ClusterEvent[] = [];
  const add = (action: number, label: string): void => {
    events.push({ resource: 'Node', action, label });
  };
  if (old.spec.unschedulable === true && node.spec.unschedulable !== true)
    add(UPDATE_NODE_TAINT, 'NodeSpecUnschedulableChange');
  if (!sameData(old.status?.allocatable, node.status?.allocatable))
    add(UPDATE_NODE_ALLOCATABLE, 'NodeAllocatableChange');
  if (!sameData(old.metadata.labels ?? {}, node.metadata.labels ?? {})) add(UPDATE_NODE_LABEL, 'NodeLabelChange');
  if (!sameData(old.spec.taints ?? [], node.spec.taints ?? [])) add(UPDATE_NODE_TAINT, 'NodeTaintChange');
  if (old.status?.conditions !== node.status?.conditions && !sameData(conditionsOf(old), conditionsOf(node))) {
    add(UPDATE_NODE_CONDITION, 'NodeConditionChange');
  }
  if (!sameData(old.metadata.annotations ?? {}, node.metadata.annotations ?? {})) {
    add(UPDATE_NODE_ANNOTATION, 'NodeAnnotationChange');
  }
  return events;
};
