/**
 * PATCH: from the current object and a patch document to the patched object, whatever the patch's type.
 *
 * Upstream: apiserver/pkg/endpoints/handlers/patch.go.
 */
import * as Either from 'fp-ts/lib/Either.js';
import type { PatchType } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import type { KindInfo } from '../registry/kind.ts';
import { badRequest, plainError, unsupportedMediaType } from '../status/status.ts';
import type { Status } from '../status/status.ts';
import { applyConfiguration } from './apply.ts';
import { applyJsonPatch } from './json-patch.ts';
import { isObject, noMapError, own } from './json-value.ts';
import type { JsonObject } from './json-value.ts';
import { resetFieldsOf } from './managed-fields.ts';
import type { Writer } from './managed-fields.ts';
import { applyMergePatch } from './merge-patch.ts';
import type { Shape } from './shape.ts';
import { applyStrategicMergePatch } from './strategic-merge.ts';
import { typedError } from './undeclared.ts';

export const APPLY_PATCH: PatchType = 'application/apply-patch+yaml';

/** All patch types in the order in which the 415 lists them. */
const BUILT_IN_TYPES: readonly PatchType[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  APPLY_PATCH,
];
const CUSTOM_TYPES: readonly PatchType[] = BUILT_IN_TYPES.filter((type) => !type.includes('strategic'));

/** The patch type of a Content-Type, or 415. Custom resources have no strategic merge. */
export function patchTypeOf(contentType: string, isCustom: boolean): Either.Either<Status, PatchType> {
  const type = (contentType.split(';')[0] ?? '').trim();
  const supported = isCustom ? CUSTOM_TYPES : BUILT_IN_TYPES;
  const found = supported.find((known) => known === type);
  return found === undefined ? Either.left(unsupportedMediaType(supported)) : Either.right(found);
}

/** All that decides what a patch does beside its document. */
export interface PatchContext {
  readonly shape: Shape;
  readonly writer: Writer;
  /** Take conflicting fields over (`force=true` of an apply). */
  readonly force: boolean;
  /** Name of the type, for callers that pass their own; the shape decides. */
  readonly schema?: string;
  readonly info: KindInfo;
}

/** What is wrong with an apply body, if anything. */
function checkConfiguration(body: unknown, apiVersion: string): Either.Either<Status, JsonObject> {
  if (!isObject(body)) return Either.left(badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${noMapError(body)}`));
  const metadata = own(body, 'metadata');
  if (isObject(metadata) && own(metadata, 'managedFields') !== undefined && own(metadata, 'managedFields') !== null) {
    return Either.left(badRequest('metadata.managedFields must be nil'));
  }
  const given = own(body, 'apiVersion');
  if (given !== apiVersion) {
    return Either.left(
      badRequest(`Incorrect version specified in apply patch. Specified patch version: ${String(given ?? '')}, expected: ${apiVersion}`),
    );
  }
  return Either.right(body);
}

/**
 * The patched object, in the version of the request and without defaults. For an apply of an object that does not exist,
 * `current` holds its identity alone. managedFields are up to date after an apply; after other patches the caller adds
 * them once the result is decoded and defaulted.
 */
export function applyPatch(
  type: PatchType,
  current: KubeObject,
  body: unknown,
  context: PatchContext,
): Either.Either<Status, KubeObject> {
  const { shape, writer, info } = context;
  const live = current as unknown as JsonObject;
  switch (type) {
    case 'application/json-patch+json': {
      const patched = applyJsonPatch(live, body);
      if (Either.isRight(patched) && !isObject(patched.right)) return Either.left(badRequest('the patch result is no object'));
      return patched as Either.Either<Status, KubeObject>;
    }
    case 'application/merge-patch+json':
      return applyMergePatch(live, body) as Either.Either<Status, KubeObject>;
    case 'application/strategic-merge-patch+json':
      return applyStrategicMergePatch(live, body, shape) as Either.Either<Status, KubeObject>;
    case 'application/apply-patch+yaml': {
      const config = checkConfiguration(body, writer.apiVersion);
      if (Either.isLeft(config)) return config;
      const untyped = typedError(shape, config.right);
      if (untyped !== undefined) return Either.left(plainError(untyped));
      const reset = resetFieldsOf(info.subresources.some((entry) => entry.name === 'status'), writer.subresource);
      return applyConfiguration(shape, live, config.right, writer, context.force, reset) as Either.Either<Status, KubeObject>;
    }
  }
}
