/**
 * Which changes may let a pod through that VolumeBinding refused.
 *
 * Source: pkg/scheduler/framework/plugins/volumebinding/volume_binding.go (EventsToRegister).
 */
import { compareQuantity, quantityOf } from '../../object/quantity.ts';
import type { CSIDriver, StorageClass } from '../../object/types.ts';
import { sameData } from '../framework/canonical.ts';
import { ADD, type EventRegistration, UPDATE, UPDATE_NODE_LABEL } from '../framework/event.ts';
import type { CSIStorageCapacity } from '../framework/listers.ts';
import { usesClaim } from '../../object/claim.ts';
import { limitOf } from './volume-plan.ts';

const MIGRATED_PLUGINS = 'storage.alpha.kubernetes.io/migrated-plugins';

const migratedPlugins = (object: { metadata: { annotations?: Record<string, string> } } | undefined): string =>
  object?.metadata.annotations?.[MIGRATED_PLUGINS] ?? '';

export const volumeBindingEvents = (): readonly EventRegistration[] => [
  {
    resource: 'StorageClass',
    action: ADD | UPDATE,
    hint: (_pod, old, current) => {
      if (old === undefined) return 'queue';
      const before = (old as StorageClass).allowedTopologies;
      return sameData(before, (current as StorageClass).allowedTopologies) ? 'skip' : 'queue';
    },
  },
  {
    resource: 'PersistentVolumeClaim',
    action: ADD | UPDATE,
    hint: (pod, _old, current) => (usesClaim(pod, current) ? 'queue' : 'skip'),
  },
  { resource: 'PersistentVolume', action: ADD | UPDATE },
  { resource: 'Node', action: ADD | UPDATE_NODE_LABEL },
  {
    resource: 'CSINode',
    action: ADD | UPDATE,
    hint: (_pod, old, current) =>
        old !== undefined && migratedPlugins(old) === migratedPlugins(current) ? 'skip' : 'queue',
  },
  {
    resource: 'CSIDriver',
    action: UPDATE,
    hint: (pod, old, current) => {
      const usesDriver = (pod.spec.volumes ?? []).some(({ csi }) => csi?.driver === current?.metadata.name);
      const was = (old as CSIDriver | undefined)?.spec.storageCapacity === true;
      return usesDriver && was && (current as CSIDriver).spec.storageCapacity !== true ? 'queue' : 'skip';
    },
  },
  {
    resource: 'CSIStorageCapacity',
    action: ADD | UPDATE,
    hint: (_pod, old, current) => {
      if (old === undefined) return 'queue';
      const before = limitOf(old as CSIStorageCapacity);
      const after = limitOf(current as CSIStorageCapacity);
      if (after === undefined) return 'skip';
      return before === undefined || compareQuantity(quantityOf(after), quantityOf(before)) > 0 ? 'queue' : 'skip';
    },
  },
];
