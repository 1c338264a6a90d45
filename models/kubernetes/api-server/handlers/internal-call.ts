/**
 * Requests that the server makes to itself: bootstrap objects and its own controllers.
 *
 * They take the way of any request from the handler on, as upstream's loopback client does, without authorization.
 */
import type { Verb } from '../../api/message.ts';
import type { StorageResource } from '../registry/kind.ts';
import type { Call } from './request.ts';
import type { Services } from './services.ts';

/** The name under which the server changes objects. */
export const SERVER_MANAGER = 'kube-apiserver';

export interface InternalRequest {
  readonly name?: string;
  readonly namespace?: string;
  readonly subresource?: string;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
}

/** A call on a resource in its preferred version; nothing when the resource is not served. */
export function internalCall(services: Services, { group, resource }: StorageResource, verb: Verb, request: InternalRequest): Call | undefined {
  const info = services.kinds.get(`${group}/${resource}`);
  const version = info?.versions[0];
  if (info === undefined || version === undefined) return undefined;
  return {
    world: services,
    info,
    version,
    warnings: [],
    request: {
      kind: 'api.request',
      id: 0,
      verb,
      group,
      version: version.version,
      resource,
      ...request,
      user: { name: 'system:apiserver', groups: ['system:masters'] },
      userAgent: `${SERVER_MANAGER}/v1.32`,
    },
  };
}
