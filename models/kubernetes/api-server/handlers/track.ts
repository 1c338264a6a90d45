/**
 * Managed fields on the way through the pipeline: who owns what after a create or an update.
 * Source: apiserver/pkg/endpoints/handlers/fieldmanager.
 */
import type { KubeObject } from '../../object/types.ts';
import { resetFieldsOf, updateManagedFields, withManagedFields, type Writer } from '../patch/managed-fields.ts';
import { shapeOf, type Shape } from '../patch/shape.ts';
import { groupVersionText } from '../registry/kind.ts';
import { contextOf, type Call } from './request.ts';

/** The shape by which fields are tracked. */
export const shapeOfCall = ({ version, info }: Call): Shape => info.shape?.(version.version) ?? shapeOf(version.schema);

export function writerOf(call: Call, manager: string): Writer {
  const { info, version, request } = call;
  return {
    manager,
    apiVersion: groupVersionText(info.group, version.version),
    subresource: request.subresource ?? '',
    now: contextOf(call).now,
  };
}

const resetFields = ({ info, request }: Call): readonly string[] =>
  resetFieldsOf(info.subresources.some(({ name }) => name === 'status'), request.subresource ?? '');

/** The new object with the fields that its creator owns. */
export function trackCreate(call: Call, object: KubeObject, manager: string): KubeObject {
  const entries = updateManagedFields(shapeOfCall(call), {}, object, writerOf(call, manager), resetFields(call));
  return withManagedFields(object, entries);
}

/** The updated object with the writer's share of the fields. */
export function trackUpdate(call: Call, next: KubeObject, current: KubeObject, manager: string): KubeObject {
  const entries = updateManagedFields(shapeOfCall(call), current, next, writerOf(call, manager), resetFields(call));
  return withManagedFields(next, entries);
}
