/**
 * Rows of volumes, claims, storage classes and CSI objects.
 *
 * Upstream: pkg/printers/internalversion/printers.go, pkg/apis/core/v1/helper/helpers.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { since } from './age.ts';
import { AGE, NAME, column, fieldDescription, wide } from './column.ts';
import type { Printer } from './column.ts';

const age = (object: KubeObject, now: number): string => since(object.metadata.creationTimestamp, now);

const MODES: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,ROX`: access modes in the order of the table. */
const modesText = (modes: readonly string[] | undefined): string =>
  MODES.filter(([mode]) => modes?.includes(mode)).map(([, short]) => short).join(',');

/** The class of a volume or claim: an old annotation wins over the field. */
const classOf = (object: KubeObject): string =>
  object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? object['spec']?.storageClassName ?? '';

const phaseOf = (object: KubeObject): string => (object.metadata.deletionTimestamp ? 'Terminating' : (object['status']?.phase ?? ''));

export const persistentVolumePrinter: Printer = {
  columns: [
    NAME,
    column('Capacity', fieldDescription('PersistentVolumeSpec.capacity')),
    column('Access Modes', fieldDescription('PersistentVolumeSpec.accessModes')),
    column('Reclaim Policy', fieldDescription('PersistentVolumeSpec.persistentVolumeReclaimPolicy')),
    column('Status', fieldDescription('PersistentVolumeStatus.phase')),
    column('Claim', fieldDescription('PersistentVolumeSpec.claimRef')),
    column('StorageClass', 'StorageClass of the pv'),
    column('VolumeAttributesClass', 'VolumeAttributesClass of the pv'),
    column('Reason', fieldDescription('PersistentVolumeStatus.reason')),
    AGE,
    wide('VolumeMode', fieldDescription('PersistentVolumeSpec.volumeMode')),
  ],
  cells: (object, now) => {
    const { spec = {}, status = {} } = object;
    return [
      object.metadata.name,
      spec.capacity?.storage ?? '0',
      modesText(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      phaseOf(object),
      spec.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
      classOf(object),
      spec.volumeAttributesClassName ?? '<unset>',
      status.reason ?? '',
      age(object, now),
      spec.volumeMode ?? '<unset>',
    ];
  },
};

export const persistentVolumeClaimPrinter: Printer = {
  columns: [
    NAME,
    column('Status', fieldDescription('PersistentVolumeClaimStatus.phase')),
    column('Volume', fieldDescription('PersistentVolumeClaimSpec.volumeName')),
    column('Capacity', fieldDescription('PersistentVolumeClaimStatus.capacity')),
    column('Access Modes', fieldDescription('PersistentVolumeClaimStatus.accessModes')),
    column('StorageClass', 'StorageClass of the pvc'),
    column('VolumeAttributesClass', 'VolumeAttributesClass of the pvc'),
    AGE,
    wide('VolumeMode', fieldDescription('PersistentVolumeClaimSpec.volumeMode')),
  ],
  cells: (object, now) => {
    const { spec = {}, status = {} } = object;
    const isBound = Boolean(spec.volumeName);
    return [
      object.metadata.name,
      phaseOf(object),
      spec.volumeName ?? '',
      isBound ? (status.capacity?.storage ?? '0') : '',
      isBound ? modesText(status.accessModes) : '',
      classOf(object),
      spec.volumeAttributesClassName ?? '<unset>',
      age(object, now),
      spec.volumeMode ?? '<unset>',
    ];
  },
};

const isDefaultClass = (object: KubeObject): boolean =>
  object.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ||
  object.metadata.annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true';

export const storageClassPrinter: Printer = {
  columns: [
    NAME,
    column('Provisioner', fieldDescription('StorageClass.provisioner')),
    column('ReclaimPolicy', fieldDescription('StorageClass.reclaimPolicy')),
    column('VolumeBindingMode', fieldDescription('StorageClass.volumeBindingMode')),
    column('AllowVolumeExpansion', fieldDescription('StorageClass.allowVolumeExpansion')),
    AGE,
  ],
  cells: (object, now) => [
    isDefaultClass(object) ? `${object.metadata.name} (default)` : object.metadata.name,
    object['provisioner'] ?? '',
    object['reclaimPolicy'] ?? 'Delete',
    object['volumeBindingMode'] ?? 'Immediate',
    object['allowVolumeExpansion'] ?? false,
    age(object, now),
  ],
};

export const volumeAttachmentPrinter: Printer = {
  columns: [
    NAME,
    column('Attacher', fieldDescription('VolumeAttachmentSpec.attacher'), 'string', 0, 'name'),
    column('PV', 'VolumeAttachment.Spec.Source.PersistentVolumeName'),
    column('Node', fieldDescription('VolumeAttachmentSpec.nodeName')),
    column('Attached', fieldDescription('VolumeAttachmentStatus.attached'), 'boolean'),
    AGE,
  ],
  cells: (object, now) => [
    object.metadata.name,
    object['spec']?.attacher ?? '',
    object['spec']?.source?.persistentVolumeName ?? '',
    object['spec']?.nodeName ?? '',
    object['status']?.attached ?? false,
    age(object, now),
  ],
};

export const csiNodePrinter: Printer = {
  columns: [NAME, column('Drivers', 'Drivers indicates the number of CSI drivers registered on the node', 'integer'), AGE],
  cells: (object, now) => [object.metadata.name, (object['spec']?.drivers ?? []).length, age(object, now)],
};

export const csiDriverPrinter: Printer = {
  columns: [
    NAME,
    column('AttachRequired', fieldDescription('CSIDriverSpec.attachRequired'), 'boolean'),
    column('PodInfoOnMount', fieldDescription('CSIDriverSpec.podInfoOnMount'), 'boolean'),
    column('StorageCapacity', fieldDescription('CSIDriverSpec.storageCapacity'), 'boolean'),
    column('TokenRequests', fieldDescription('CSIDriverSpec.tokenRequests')),
    column('RequiresRepublish', fieldDescription('CSIDriverSpec.requiresRepublish'), 'boolean'),
    column('Modes', fieldDescription('CSIDriverSpec.volumeLifecycleModes')),
    AGE,
  ],
  cells: (object, now) => {
    const { spec = {} } = object;
    const audiences = ((spec.tokenRequests ?? []) as readonly { audience: string }[]).map(({ audience }) => audience);
    return [
      object.metadata.name,
      spec.attachRequired ?? true,
      spec.podInfoOnMount ?? false,
      spec.storageCapacity ?? false,
      audiences.join(',') || '<unset>',
      spec.requiresRepublish ?? false,
      (spec.volumeLifecycleModes ?? []).join(',') || '<none>',
      age(object, now),
    ];
  },
};
