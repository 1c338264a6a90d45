/**
 * StorageObjectInUseProtection: claims and volumes are not deleted under their users.
 * Source: plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import type { AdmissionPlugin } from './plugin.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: ['CREATE'],
  resources: ['/persistentvolumes', '/persistentvolumeclaims'],
  mutate({ info, object, subresource }): Either<Status, KubeObject> {
    const target = object as KubeObject;
    const finalizer = subresource === '' ? FINALIZERS[info.resource] : undefined;
    const finalizers = target.metadata.finalizers ?? [];
    if (finalizer === undefined || finalizers.includes(finalizer)) return right(target);
    return right({ ...target, metadata: { ...target.metadata, finalizers: [...finalizers, finalizer] } });
  },
};
