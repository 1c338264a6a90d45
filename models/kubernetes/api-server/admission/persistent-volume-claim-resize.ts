/**
 * PersistentVolumeClaimResize: only bound claims of a class that allows it may ask for more.
 * Source: plugin/pkg/admission/storage/persistentvolume/resize/admission.go.
 */
import { compareQuantity, quantityOf } from '../../object/quantity.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbidden, type Status } from '../status/status.ts';
import { nameForErrors, type AdmissionPlugin } from './plugin.ts';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const sizeOf = (claim: KubeObject): string | undefined => claim['spec']?.resources?.requests?.storage as string | undefined;
const classOf = (claim: KubeObject): string | undefined => claim.metadata.annotations?.[BETA_CLASS] ?? (claim['spec']?.storageClassName as string | undefined);

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: ['UPDATE'],
  resources: ['/persistentvolumeclaims'],
  validate(attributes): Status | undefined {
    const { info, subresource, context } = attributes;
    if (subresource !== '') return undefined;
    const [next, old] = [attributes.object as KubeObject, attributes.old as KubeObject];
    const [after, before] = [sizeOf(next), sizeOf(old)];
    if (after === undefined || before === undefined || compareQuantity(quantityOf(after), quantityOf(before)) <= 0) return undefined;
    if (old['status']?.phase !== 'Bound') return forbidden(info, nameForErrors(attributes), 'Only bound persistent volume claims can be expanded');
    const name = classOf(next);
    const found = name === undefined || name === '' ? undefined : context.lookup.get({ group: 'storage.k8s.io', resource: 'storageclasses' }, '', name);
    if (found?.['allowVolumeExpansion'] === true) return undefined;
    return forbidden(info, nameForErrors(attributes), 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
  },
};
