/**
 * DefaultStorageClass: a claim without a class gets the default one, the newest when there are several.
 * Source: plugin/pkg/admission/storage/storageclass/setdefault/admission.go, pkg/volume/util/storageclass.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import type { AdmissionPlugin } from './plugin.ts';

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: ['CREATE'],
  resources: ['/persistentvolumeclaims'],
  mutate({ object, subresource, context }): Either<Status, KubeObject> {
    const claim = object as KubeObject;
    if (subresource !== '' || claim['spec']?.storageClassName !== undefined || claim.metadata.annotations?.[BETA_CLASS] !== undefined) return right(claim);
    const chosen = newest(context.lookup.list({ group: 'storage.k8s.io', resource: 'storageclasses' }, '').filter(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true'));
    return right(chosen === undefined ? claim : { ...claim, spec: { ...claim['spec'], storageClassName: chosen.metadata.name } });
  },
};

/** The object that was made last; of several of one second, the first by name. */
export function newest(objects: readonly KubeObject[]): KubeObject | undefined {
  const [first] = [...objects].sort(({ metadata: x }, { metadata: y }) => {
    if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? 1 : -1;
    return x.name < y.name ? -1 : 1;
  });
  return first;
}
