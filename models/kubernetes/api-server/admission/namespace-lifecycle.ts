/**
 * NamespaceLifecycle: nothing is created in a namespace that does not exist or is going away, and the system's own
 * namespaces stay. Source: apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { kindOf } from '../registry/kinds.ts';
import type { KindInfo } from '../registry/kind.ts';
import { forbidden, notFound, type Status } from '../status/status.ts';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import type { AdmissionPlugin, AdmissionWorld, Attributes, Said } from './plugin.ts';

/** How long a missing namespace is waited for, since the cache may lag (`missingNamespaceWait`). */
const MISSING_NAMESPACE_WAIT = 50_000;
const IMMORTAL: readonly string[] = ['default', 'kube-system', 'kube-public'];
const NAMESPACES = { group: '', resource: 'namespaces' } as const;
/** Asking whether one may do something is allowed in any namespace. */
const ACCESS_REVIEWS: readonly string[] = ['localsubjectaccessreviews'];

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: ['CREATE', 'UPDATE', 'DELETE'],
  mutate(attributes, world): Said<Either<Status, KubeObject>> {
    const { operation, info, namespace, name, context } = attributes;
    if (operation === 'DELETE' && info.resource === 'namespaces' && info.group === '' && IMMORTAL.includes(name)) {
      return left(forbidden(info, name, 'this namespace may not be deleted'));
    }
    if (operation !== 'CREATE' || !info.namespaced || ACCESS_REVIEWS.includes(info.resource)) return right(attributes.object as KubeObject);
    const found = context.lookup.get(NAMESPACES, '', namespace);
    return found === undefined ? wait(attributes, world) : createIn(found, attributes);
  },
};

function createIn(found: KubeObject, attributes: Attributes): Either<Status, KubeObject> {
  const isGoing = found.metadata.deletionTimestamp !== undefined || found['status']?.phase === 'Terminating';
  return isGoing ? left(terminating(attributes)) : right(attributes.object as KubeObject);
}

/** Waits a moment for the cache, then reads the store. */
function* wait(attributes: Attributes, world: AdmissionWorld): Task<Either<Status, KubeObject>> {
  const { context, namespace } = attributes;
  yield* world.sleep(MISSING_NAMESPACE_WAIT);
  const found = context.lookup.get(NAMESPACES, '', namespace) ?? (yield* world.live(kindOf('', 'namespaces') as KindInfo, '', namespace));
  return found === undefined ? left(notFound(NAMESPACES, namespace)) : createIn(found, attributes);
}

function terminating({ info, name, namespace, object }: Attributes): Status {
  const shown = name === '' ? (object?.metadata.name ?? '') : name;
  const status = forbidden(info, shown, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const cause = { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' };
  return { ...status, details: { ...status.details, causes: [cause] } };
}
