/**
 * From a request's body to an object in storage form: strict decoding, the version that the URL asks for, defaults.
 * Source: apiserver/pkg/endpoints/handlers/{create,rest}.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import { groupVersionText } from '../registry/kind.ts';
import { decodeObject } from '../schema/decode.ts';
import { badRequest, type Status } from '../status/status.ts';
import type { FieldValidation } from './options.ts';
import type { Call } from './request.ts';

export interface Decoded {
  /** Storage form, with the defaults of the request's version. */
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Decodes a body for the main resource or a subresource of the same kind. */
export function decode(call: Call, body: unknown, validation: FieldValidation): Either<Status, Decoded> {
  const { info, version, request } = call;
  const decoded = decodeObject(info, version, body, validation);
  if (isLeft(decoded)) return decoded;
  const { object, warnings } = decoded.right;
  const wanted = groupVersionText(info.group, version.version);
  if (object.apiVersion !== wanted) {
    return left(badRequest(`the API version in the data (${object.apiVersion}) does not match the expected API version (${wanted})`));
  }
  const { namespace } = object.metadata;
  if (request.verb === 'create' && info.namespaced && namespace !== undefined && namespace !== '' && namespace !== request.namespace) {
    return left(badRequest('the namespace of the provided object does not match the namespace sent on the request'));
  }
  return right({ object: version.toStorage(version.defaults(object)), warnings });
}
