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
import type { AdmissionPlugin, AdmissionWorld, Attributes } from './plugin.ts';

/** How long a missing namespace is waited for, since the cache may lag (`missingNamespaceWait`). */
const MISSING_NAMESPACE_WAIT = 50_000;
const IMMORTAL: readonly string[] = ['default', 'kube-system', 'kube-public'];
const NAMESPACES = { group: '', resource: 'namespaces' } as const;
/** Asking whether one may do something is allowed in any namespace. */
const ACCESS_REVIEWS: readonly string[] = ['localsubjectaccessreviews'];

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: ['CREATE', 'UPDATE', 'DELETE'],
  *mutate(attributes, world): Task<Either<Status, KubeObject>> {
    const refused = yield* check(attributes, world);
    return refused === undefined ? right(attributes.object as KubeObject) : left(refused);
  },
};

function* check(attributes: Attributes, world: AdmissionWorld): Task<Status | undefined> {
  const { operation, info, namespace, name, subresource } = attributes;
  if (operation === 'DELETE' && info.resource === 'namespaces' && info.group === '' && IMMORTAL.includes(name)) {
    return forbidden(info, name, 'this namespace may not be deleted');
  }
  if (operation !== 'CREATE' || !info.namespaced || ACCESS_REVIEWS.includes(info.resource)) return undefined;
  const found = attributes.context.lookup.get(NAMESPACES, '', namespace) ?? (yield* wait(namespace, attributes, world));
  if (found === undefined) return notFound(NAMESPACES, namespace);
  if (found.metadata.deletionTimestamp === undefined && found['status']?.phase !== 'Terminating') return undefined;
  if (subresource !== '' && operation !== 'CREATE') return undefined;
  return terminating(attributes);
}

/** Waits a moment for the cache, then reads the store. */
function* wait(namespace: string, { context }: Attributes, world: AdmissionWorld): Task<KubeObject | undefined> {
  yield* world.sleep(MISSING_NAMESPACE_WAIT);
  const cached = context.lookup.get(NAMESPACES, '', namespace);
  return cached ?? (yield* world.live(kindOf('', 'namespaces') as KindInfo, '', namespace));
}

function terminating({ info, name, namespace, object }: Attributes): Status {
  const shown = name === '' ? (object?.metadata.name ?? '') : name;
  const status = forbidden(info, shown, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const cause = { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' };
  return { ...status, details: { ...status.details, causes: [cause] } };
}
