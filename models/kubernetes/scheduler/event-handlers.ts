/**
 * From informer notifications to the queue and the cache.
 *
 * A pod with a node belongs to the cache, one without to the queue; the moment it gets a node it leaves the one and
 * enters the other. The cache learns first. Source: pkg/scheduler/eventhandlers.go.
 */
import type { KubeObject, Pod } from '../object/types.ts';
import type { SharedInformer } from '../client/shared-informer.ts';
import type { Cache } from './cache/cache.ts';
import type { EventResource } from './framework/event.ts';
import type { Informers } from './informer-listers.ts';
import {
  ASSIGNED_POD_ADD, ASSIGNED_POD_DELETE, NODE_ADD, NODE_DELETE, nodeChanges, podChanges, resourceEvent,
} from './queue/pod-change.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';

export interface Handled {
  readonly queue: SchedulingQueue;
  readonly cache: Cache;
  /** Whether some profile answers to the pod's scheduler name. */
  readonly isResponsible: (pod: Pod) => boolean;
  /** Rejects the pod if it waits for a permission; true when it did. */
  readonly rejectWaiting: (pod: Pod) => boolean;
  /** Called after anything changed. */
  readonly onChange: () => void;
}

const isAssigned = (pod: Pod): boolean => (pod.spec.nodeName ?? '') !== '';

const addAssigned = ({ cache, queue }: Handled, pod: Pod): void => {
  cache.addPod(pod);
  queue.move(ASSIGNED_POD_ADD, undefined, pod);
};

const updateAssigned = ({ cache, queue }: Handled, old: Pod, pod: Pod): void => {
  cache.updatePod(pod);
  for (const event of podChanges(old, pod)) queue.move(event, old, pod);
};

const deleteAssigned = ({ cache, queue }: Handled, pod: Pod): void => {
  cache.removePod(pod.metadata.uid);
  queue.move(ASSIGNED_POD_DELETE, pod, undefined);
};

const updateUnassigned = ({ cache, queue }: Handled, old: Pod, pod: Pod): void => {
  if (old.metadata.resourceVersion === pod.metadata.resourceVersion || cache.isAssumed(pod.metadata.uid)) return;
  queue.update(old, pod);
};

const deleteUnassigned = (handled: Handled, pod: Pod): void => {
  handled.queue.delete(pod);
  if (handled.rejectWaiting(pod)) handled.queue.move(ASSIGNED_POD_DELETE, pod, undefined);
};

/** A pod that was deleted and made anew under its name, between two looks: two notifications in one. */
const isReplaced = (old: Pod, pod: Pod): boolean => old.metadata.uid !== pod.metadata.uid;

const handlePods = (handled: Handled, pods: SharedInformer<Pod>): void => {
  const isQueued = (pod: Pod): boolean => !isAssigned(pod) && handled.isResponsible(pod);
  const add = (pod: Pod): void => {
    if (isAssigned(pod)) addAssigned(handled, pod);
    else if (isQueued(pod)) handled.queue.add(pod);
  };
  const remove = (pod: Pod): void => {
    if (isAssigned(pod)) deleteAssigned(handled, pod);
    else if (isQueued(pod)) deleteUnassigned(handled, pod);
  };
  const update = (old: Pod, pod: Pod): void => {
    if (isAssigned(pod)) {
      if (isAssigned(old)) updateAssigned(handled, old, pod);
      else addAssigned(handled, pod);
    } else if (isAssigned(old)) deleteAssigned(handled, old);
    if (isQueued(pod)) {
      if (isQueued(old)) updateUnassigned(handled, old, pod);
      else handled.queue.add(pod);
    } else if (isQueued(old)) deleteUnassigned(handled, old);
  };
  pods.addEventHandler({
    add: (pod) => {
      add(pod);
      handled.onChange();
    },
    update: (old, pod) => {
      if (isReplaced(old, pod)) {
        remove(old);
        add(pod);
      } else update(old, pod);
      handled.onChange();
    },
    delete: (pod) => {
      remove(pod);
      handled.onChange();
    },
  });
};

const handleNodes = ({ cache, queue, onChange }: Handled, nodes: Informers['nodes']): void => {
  nodes.addEventHandler({
    add: (node) => {
      cache.addNode(node);
      queue.move(NODE_ADD, undefined, node);
      onChange();
    },
    update: (old, node) => {
      const events = nodeChanges(old, node);
      cache.updateNode(node);
      for (const event of events) queue.move(event, old, node);
      onChange();
    },
    delete: (node) => {
      queue.move(NODE_DELETE, node, undefined);
      cache.removeNode(node.metadata.name);
      onChange();
    },
  });
};

/** Objects that only hints look at. */
const handleOthers = <T extends KubeObject>(
  { queue, onChange }: Handled,
  resource: EventResource,
  informer: SharedInformer<T>,
): void => {
  const moved = (kind: 'Add' | 'Update' | 'Delete', old: T | undefined, current: T | undefined): void => {
    queue.move(resourceEvent(resource, kind), old, current);
    onChange();
  };
  informer.addEventHandler({
    add: (object) => moved('Add', undefined, object),
    update: (old, object) => moved('Update', old, object),
    delete: (object) => moved('Delete', object, undefined),
  });
};

/** Registers all handlers. */
export const addAllEventHandlers = (handled: Handled, informers: Informers): void => {
  handlePods(handled, informers.pods);
  handleNodes(handled, informers.nodes);
  handleOthers(handled, 'CSINode', informers.csiNodes);
  handleOthers(handled, 'CSIDriver', informers.csiDrivers);
  handleOthers(handled, 'CSIStorageCapacity', informers.csiStorageCapacities);
  handleOthers(handled, 'PersistentVolume', informers.persistentVolumes);
  handleOthers(handled, 'PersistentVolumeClaim', informers.persistentVolumeClaims);
  handleOthers(handled, 'StorageClass', informers.storageClasses);
  handleOthers(handled, 'VolumeAttachment', informers.volumeAttachments);
};
