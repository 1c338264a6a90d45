/**
 * How kinds are stored: what the server's cache holds, and what lives for a time only. Events are the one kind that is not cached
 * and expires. Source: pkg/registry/core/event/storage/storage.go, controlplane/apiserver/options.go (`EventTTL`, watch cache sizes).
 */
import type { KubeObject } from '../../object/types.ts';
import type { KindInfo } from '../registry/kind.ts';
import type { Call } from './request.ts';

/** Events live an hour, and each write of one begins the hour anew. */
const EVENT_TTL_SECONDS = 3600;

/** Whether the server keeps a copy of all objects of the kind. */
export const isCached = ({ storage }: KindInfo): boolean => storage.resource !== 'events';

/** After how many seconds a written object of the kind expires; undefined for never. */
export const ttlSecondsOf = (info: KindInfo): number | undefined => (isCached(info) ? undefined : EVENT_TTL_SECONDS);

/** This server's copy of an object, which may be stale; undefined where there is none. */
export function cachedObject({ world, info, request }: Call, name: string): KubeObject | undefined {
  return isCached(info) ? world.storage.get(info.storage, info.namespaced ? (request.namespace ?? '') : '', name) : undefined;
}
