/**
 * What happens to every object before it replaces another: immutable metadata, the kind's own preparation, validation.
 * Source: apiserver/pkg/registry/rest/update.go, apimachinery/pkg/api/validation/objectmeta.go (`ValidateObjectMetaUpdate`).
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { NEW } from '../../object/new.ts';
import type { KubeObject, ObjectMeta } from '../../object/types.ts';
import type { Context, KindInfo, UpdateStrategy } from '../registry/kind.ts';
import { invalid, type Status } from '../status/status.ts';
import { nameIsPathSegment } from '../validation/name.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/metadata.ts';

/** Prepares and validates an update through the main resource or a subresource. */
export function beforeUpdate(info: KindInfo, strategy: UpdateStrategy, next: KubeObject, old: KubeObject, context: Context): Either<Status, KubeObject> {
  const kept = keepSystemMetadata(next, old);
  const prepared = strategy.prepareForUpdate(kept, old, context);
  const isSameMeta = prepared.metadata === old.metadata;
  const metaErrors = isSameMeta ? [] : validateObjectMetaUpdate(prepared.metadata, old.metadata, 'metadata');
  // Metadata is looked at twice, by the common code and again by the kind's own validation; both complaints are causes.
  const errors = [
    ...(isSameMeta ? [] : validateObjectMeta(prepared.metadata, info.namespaced, nameIsPathSegment, 'metadata', old.metadata)),
    ...metaErrors,
    ...metaErrors,
    ...strategy.validateUpdate(prepared, old, context),
  ];
  if (errors.length > 0) return left(invalid(info, prepared.metadata.name, errors));
  return right(prepared);
}

/** System metadata comes from the stored object, whatever the client sent (rest/meta.go, `BeforeUpdate`). */
function keepSystemMetadata(next: KubeObject, old: KubeObject): KubeObject {
  if (next.metadata === old.metadata) return next;
  const { generation: _generation, deletionTimestamp: _deletion, ...sent } = next.metadata;
  const kept: Partial<ObjectMeta> = old.metadata;
  const metadata: ObjectMeta = {
    ...NEW,
    ...sent,
    name: sent.name ?? old.metadata.name,
    uid: sent.uid === undefined || sent.uid === '' ? old.metadata.uid : sent.uid,
    creationTimestamp: old.metadata.creationTimestamp,
    resourceVersion: old.metadata.resourceVersion,
    ...(kept.namespace === undefined ? {} : { namespace: kept.namespace }),
    ...(kept.generateName === undefined || sent.generateName !== undefined ? {} : { generateName: kept.generateName }),
    ...(kept.generation === undefined ? {} : { generation: kept.generation }),
    ...(kept.deletionTimestamp === undefined ? {} : { deletionTimestamp: kept.deletionTimestamp }),
    ...(kept.deletionGracePeriodSeconds === undefined || sent.deletionGracePeriodSeconds !== undefined
      ? {}
      : { deletionGracePeriodSeconds: kept.deletionGracePeriodSeconds }),
  };
  return { ...next, metadata };
}
