/**
 * DefaultStorageClass: a claim without a class gets the default one, the newest when there are several.
 * Source: plugin/pkg/admission/storage/storageclass/setdefault/admission.go, pkg/volume/util/storageclass.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import type { AdmissionPlugin } from './plugin.ts';

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: ['CREATE'],
  *mutate({ info, object, subresource, context }): Task<Either<Status, KubeObject>> {
    const claim = object as KubeObject;
    const isClaim = info.group === '' && info.resource === 'persistentvolumeclaims' && subresource === '';
    if (!isClaim || claim['spec']?.storageClassName !== undefined || claim.metadata.annotations?.[BETA_CLASS] !== undefined) return right(claim);
    const defaults = context.lookup.list({ group: 'storage.k8s.io', resource: 'storageclasses' }, '').filter(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true');
    const [chosen] = [...defaults].sort((x, y) => byAge(x, y));
    return right(chosen === undefined ? claim : { ...claim, spec: { ...claim['spec'], storageClassName: chosen.metadata.name } });
  },
};

/** Newest first, then by name. */
function byAge({ metadata: x }: KubeObject, { metadata: y }: KubeObject): number {
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? 1 : -1;
  return x.name < y.name ? -1 : 1;
}
