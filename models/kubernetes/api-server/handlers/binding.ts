/**
 * Binding a pod to a node, once. Source: pkg/registry/core/pod/storage/storage.go (`BindingREST`, `setPodHostAndAnnotations`).
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { type Json, put } from '../defaults/fill.ts';
import { badRequest, conflict, created, plainError, type Status } from '../status/status.ts';
import { kindOf } from '../registry/kinds.ts';
import type { KindInfo, UpdateStrategy } from '../registry/kind.ts';
import { writeOptions } from './options.ts';
import { decodeBody } from './decode.ts';
import { type Answer, type Call, contextOf, failed } from './request.ts';
import type { Services } from './services.ts';
import { updateObject } from './update.ts';

const TYPE = { apiVersion: 'v1', kind: 'Binding', schema: 'core.v1.Binding' };
const ERRORS_AS = { group: '', resource: 'pods/binding' };

/** Binding changes fields that an ordinary update may not: nothing is prepared, nothing validated but what is here. */
const STRATEGY: UpdateStrategy = { prepareForUpdate: (next) => next, validateUpdate: () => [], warningsOnUpdate: () => [] };

export function* bind(services: Services, call: Call): Task<Answer> {
  const { request } = call;
  const options = writeOptions(request.query ?? {}, request.userAgent);
  const decoded = decodeBody(TYPE, request.body, options.fieldValidation);
  if (isLeft(decoded)) return failed(decoded.left);
  const binding = decoded.right.object;
  const target = (binding['target'] ?? {}) as { kind?: string; name?: string };
  const name = request.name ?? binding.metadata.name;
  if (name !== binding.metadata.name) return failed(badRequest('name in URL does not match name in Binding object'));
  const refused = targetError(target);
  if (refused !== undefined) return failed(plainError(refused));
  const pods = kindOf('', 'pods') as KindInfo;
  const one: Call = { ...call, info: pods, version: pods.versions[0] as Call['version'], request: { ...request, name } };
  const now = contextOf(call).now;
  const written = yield* updateObject(services, one, STRATEGY, (pod) => assign(pod, binding, target.name as string, now), options, {
    uid: binding.metadata.uid,
    resourceVersion: binding.metadata.resourceVersion,
  });
  return isLeft(written) ? failed(written.left) : { code: 201, body: created() };
}

function targetError({ kind, name }: { kind?: string; name?: string }): string | undefined {
  if (kind !== undefined && kind !== '' && kind !== 'Node') return `target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`;
  return name === undefined || name === '' ? 'target.name: Required value' : undefined;
}

function assign(pod: KubeObject, binding: KubeObject, node: string, now: string): Either<Status, KubeObject> {
  const { name, deletionTimestamp } = pod.metadata;
  const spec = pod['spec'] as { nodeName?: string; schedulingGates?: readonly unknown[] };
  if (deletionTimestamp !== undefined) return left(conflict(ERRORS_AS, name, `pod ${name} is being deleted, cannot be assigned to a host`));
  if (spec.nodeName) return left(conflict(ERRORS_AS, name, `pod ${name} is already assigned to node "${spec.nodeName}"`));
  if ((spec.schedulingGates?.length ?? 0) > 0) return left(conflict(ERRORS_AS, name, `pod ${name} has non-empty .spec.schedulingGates`));
  const { annotations } = binding.metadata;
  const metadata = annotations === undefined ? pod.metadata : { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } };
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  const conditions = (pod['status']?.conditions ?? []) as readonly { type: string }[];
  const others = conditions.filter(({ type }) => type !== 'PodScheduled');
  return right({ ...pod, metadata, spec: put(spec, 'nodeName', node), status: put((pod['status'] ?? {}) as Json, 'conditions', [...others, scheduled]) });
}
