/**
 * The scale subresource: reads and writes `spec.replicas` of workloads through an autoscaling/v1 Scale.
 * Source: pkg/registry/apps/deployment/storage/storage.go (`ScaleREST`), pkg/apis/autoscaling/validation.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import type { ScaleInfo } from '../registry/kind.ts';
import { applyPatch, patchTypeOf } from '../patch/apply-patch.ts';
import { shapeOf } from '../patch/shape.ts';
import { invalidValue } from '../status/field-error.ts';
import { internalError, invalid, notFound, type GroupResource, type Status } from '../status/status.ts';
import { checkName } from './check-name.ts';
import { decodeBody, type Decoded } from './decode.ts';
import { decodePatched } from './decode-patched.ts';
import { live } from './get.ts';
import { type FieldValidation, writeOptions, writeOptionsErrors } from './options.ts';
import { type Answer, type Call, failed } from './request.ts';
import type { Services } from './services.ts';
import { writerOf } from './track.ts';
import { updateObject } from './update.ts';

const SCHEMA = 'autoscaling.v1.Scale';
const TYPE = { apiVersion: 'autoscaling/v1', kind: 'Scale', schema: SCHEMA };

export function* scale(services: Services, call: Call, info: ScaleInfo): Task<Answer> {
  const { request } = call;
  if (request.verb === 'get') {
    const found = yield* live(call, request.name ?? '');
    if ('answer' in found) return found.answer;
    if (found.object === undefined) return failed(notFound(scaleResource(call), request.name ?? ''));
    const missing = info.missing?.(found.object);
    return missing === undefined ? { code: 200, body: scaleOf(found.object, info) } : failed(internalError(missing));
  }
  const isPatch = request.verb === 'patch';
  const query = request.query ?? {};
  const wrong = writeOptionsErrors(query, isPatch ? 'PatchOptions' : 'UpdateOptions');
  if (wrong !== undefined) return failed(wrong);
  const options = writeOptions(query, request.userAgent);
  const next = (current: KubeObject): Either<Status, KubeObject> => {
    const decoded = isPatch ? patched(call, scaleOf(current, info), options.fieldValidation) : decodeBody(TYPE, request.body, options.fieldValidation);
    if (isLeft(decoded)) return decoded;
    const misnamed = checkName(call, decoded.right.object);
    if (misnamed !== undefined) return left(misnamed);
    const replicas = (decoded.right.object['spec'] as { replicas?: number } | undefined)?.replicas ?? 0;
    if (replicas >= 0) return right(info.withReplicas(current, replicas));
    const error = invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0');
    return left(invalid({ group: 'autoscaling', kind: 'Scale' }, request.name ?? '', [error]));
  };
  const sent = (isPatch ? undefined : (request.body as KubeObject | undefined)?.metadata) as Partial<KubeObject['metadata']> | undefined;
  const written = yield* updateObject(services, call, call.info.strategy, next, options, { resourceVersion: sent?.resourceVersion, uid: sent?.uid });
  return isLeft(written) ? failed(written.left) : { code: 200, body: scaleOf(written.right.object, info) };
}

/** A GET of a missing parent's scale names the subresource; a write names the parent. */
function scaleResource({ info }: Call): GroupResource {
  if (info.definition !== undefined) return info;
  return { group: info.group === '' ? 'autoscaling' : info.group, resource: `${info.resource}/scale` };
}

function patched(call: Call, current: KubeObject, validation: FieldValidation): Either<Status, Decoded> {
  const { contentType = '', body, duplicates } = call.request;
  const type = patchTypeOf(contentType, false);
  if (isLeft(type)) return type;
  const writer = writerOf(call, 'scale');
  const result = applyPatch(type.right, current, body, { shape: shapeOf(SCHEMA), writer, force: false, info: call.info });
  return isLeft(result) ? result : decodePatched(TYPE, { type: type.right, body, duplicates }, result.right, validation);
}

/** The Scale that shows an object. */
function scaleOf(object: KubeObject, info: ScaleInfo): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = info.selector(object);
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), uid, resourceVersion, creationTimestamp };
  const replicas = info.replicas(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: info.statusReplicas(object), ...(selector === '' ? {} : { selector }) },
  };
}
