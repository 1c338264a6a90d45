/**
 * Addresses and ports that a Service needs are reserved before it is validated, and given back when it is not stored or
 * goes away. Other kinds reserve nothing. Source: pkg/registry/core/service/storage/{storage,alloc}.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import { contextOf, type Call } from './request.ts';
import type { Services } from './services.ts';

const isService = ({ info }: Call): boolean => info.resource === 'services' && info.group === '';

/** The object with what it needs; `old` is what is stored now, whose addresses stay. */
export function reserve(services: Services, call: Call, object: KubeObject, old: KubeObject | undefined): Either<Status, KubeObject> {
  if (!isService(call) || call.request.subresource !== undefined) return right(object);
  return services.allocators.reserve(object, old, contextOf(call));
}

/** Gives back what `object` reserved beyond `kept` (undefined: all). */
export function release(services: Services, call: Call, object: KubeObject | undefined, kept: KubeObject | undefined): void {
  if (isService(call)) services.allocators.release(object, kept);
}
