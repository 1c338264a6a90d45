/**
 * PATCH: JSON patch, merge patch, strategic merge patch and server-side apply.
 *
 * A patch is applied to the current object in the version of the URL, inside the compare-and-swap loop, and its result goes
 * the way of any update. Apply creates what does not exist. Source: apiserver/pkg/endpoints/handlers/patch.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { PatchType } from '../../api/message.ts';
import type { Task } from '../../client/process.ts';
import { equal } from '../../object/equal.ts';
import type { KubeObject } from '../../object/types.ts';
import { APPLY_PATCH, applyPatch, patchTypeOf } from '../patch/apply-patch.ts';
import { groupVersionText } from '../registry/kind.ts';
import { conflict, type Status } from '../status/status.ts';
import { checkName } from './check-name.ts';
import { bodyTypeOf, decodeBody } from './decode.ts';
import { decodePatched } from './decode-patched.ts';
import { writeOptions, writeOptionsErrors, type WriteOptions } from './options.ts';
import { createObject } from './create.ts';
import { type Answer, type Call, failed } from './request.ts';
import type { Services } from './services.ts';
import { shapeOfCall, writerOf } from './track.ts';
import { answer, strategyOf, updateObject } from './update.ts';

export function* patch(services: Services, call: Call): Task<Answer> {
  const { request, info, version } = call;
  const query = request.query ?? {};
  const known = patchTypeOf(request.contentType ?? '', version.schema === '');
  if (isLeft(known)) return failed(known.left);
  const type = known.right;
  const wrong = writeOptionsErrors(query, 'PatchOptions', type === APPLY_PATCH);
  if (wrong !== undefined) return failed(wrong);
  const options = { ...writeOptions(query, request.userAgent), isApplied: type === APPLY_PATCH };
  const warnings: string[] = [];
  const change = (current: KubeObject): Either<Status, KubeObject> => applyTo(call, type, current, options, warnings);
  const written = yield* updateObject(services, call, strategyOf(call), change, options);
  if (!isLeft(written)) return answer(call, written.right, [...new Set(warnings)]);
  const createsMissing = type === APPLY_PATCH && written.left.code === 404 && written.left.details?.kind === info.resource && request.subresource === undefined;
  return createsMissing ? yield* applyNew(services, call, options) : failed(written.left, warnings);
}

/** The next version in storage form. */
function applyTo(call: Call, type: PatchType, current: KubeObject, options: WriteOptions, warnings: string[]): Either<Status, KubeObject> {
  const { version, request, info } = call;
  const live = version.fromStorage(current);
  const patched = applyPatch(type, live, request.body, {
    shape: shapeOfCall(call),
    writer: writerOf(call, options.manager),
    force: options.force,
    info,
  });
  if (isLeft(patched)) return patched;
  if (patched.right === live) return right(current);
  const sent = { type, body: request.body, duplicates: request.duplicates };
  const decoded = decodePatched(bodyTypeOf(call), sent, patched.right, options.fieldValidation, live === current ? current : undefined);
  if (isLeft(decoded)) return decoded;
  warnings.push(...decoded.right.warnings);
  const { object } = decoded.right;
  const misnamed = checkName(call, object);
  if (misnamed !== undefined) return left(misnamed);
  const { resourceVersion } = object.metadata;
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== current.metadata.resourceVersion) return left(conflict(info, current.metadata.name));
  const next = version.toStorage(version.defaults(object));
  return right(equal(next, current) ? current : next);
}

function* applyNew(services: Services, call: Call, options: WriteOptions): Task<Answer> {
  const { request, info, version } = call;
  const apiVersion = groupVersionText(info.group, version.version);
  const empty = { apiVersion, kind: info.kind, metadata: { name: request.name, ...(request.namespace ? { namespace: request.namespace } : {}) } };
  const patched = applyPatch(APPLY_PATCH, empty as KubeObject, request.body, {
    shape: shapeOfCall(call),
    writer: writerOf(call, options.manager),
    force: options.force,
    info,
  });
  if (isLeft(patched)) return failed(patched.left);
  const uid = patched.right.metadata.uid;
  if (uid !== undefined && uid !== '') {
    return failed(conflict(info, request.name ?? '', `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`));
  }
  const decoded = decodeBody(bodyTypeOf(call), patched.right, options.fieldValidation);
  if (isLeft(decoded)) return failed(decoded.left);
  const object = version.toStorage(version.defaults(decoded.right.object));
  const made = yield* createObject(services, { ...call, request: { ...request, verb: 'create' } }, object, options);
  if (isLeft(made)) return failed(made.left);
  return { code: 201, body: version.fromStorage(made.right), ...(decoded.right.warnings.length > 0 ? { warnings: decoded.right.warnings } : {}) };
}
