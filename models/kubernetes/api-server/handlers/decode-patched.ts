/**
 * From what a patch has made of an object to an object of its kind. What is wrong with it is the patch's fault: a 422 that shows the
 * patch, or, of patches that work on JSON, what they made.
 * Source: apiserver/pkg/endpoints/handlers/patch.go (`jsonPatcher`, `smpPatcher`, `applyPatchToObject`).
 */
import { type Either, left } from 'fp-ts/lib/Either.js';
import type { PatchType } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import { APPLY_PATCH } from '../patch/apply-patch.ts';
import { conversionError } from '../schema/from-unstructured.ts';
import { kindError } from '../schema/identity.ts';
import { structType } from '../schema/types.ts';
import { invalidValue } from '../status/field-error.ts';
import { goPlain, goQuote } from '../status/go-format.ts';
import { invalid, type Status } from '../status/status.ts';
import { type BodyType, customError, decodeBody, type Decoded, judged, readObject } from './decode.ts';
import type { FieldValidation } from './options.ts';

/** What a patch came as. */
export interface SentPatch {
  readonly type: PatchType;
  readonly body: unknown;
  /** Paths of fields that are in it twice. */
  readonly duplicates?: readonly string[] | undefined;
}

const refusal = (shown: () => string) => (why: string): Status => invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown(), why)]);

/** Decodes a patched object without defaults. `known`: what it may share parts with. */
export function decodePatched(type: BodyType, { type: patchType, body, duplicates = [] }: SentPatch, patched: KubeObject, validation: FieldValidation, known?: KubeObject): Either<Status, Decoded> {
  if (patchType === APPLY_PATCH) return decodeBody(type, patched, validation, [], known);
  const twice = duplicates.map((path) => `${patchType === 'application/json-patch+json' ? 'json patch ' : ''}duplicate field ${goQuote(path)}`);
  if (patchType === 'application/strategic-merge-patch+json') {
    // The result goes into a struct that is of its kind already: what the patch says of kind and version is not looked at.
    const read = readObject(type, { ...patched, apiVersion: type.apiVersion, kind: type.kind }, known);
    const error = read.error === undefined ? undefined : (conversionError(structType(type.schema), patched) ?? read.error);
    return judged(error === undefined ? read : { ...read, error }, validation, twice, refusal(() => goPlain(body)));
  }
  const refused = refusal(() => JSON.stringify(patched));
  const stranger = type.custom === undefined ? kindError(patched.apiVersion, patched.kind, type) : customError(type, patched);
  if (stranger !== undefined) return left(typeof stranger === 'string' ? refused(stranger) : stranger);
  return judged(readObject(type, patched, known), validation, twice, refused);
}
