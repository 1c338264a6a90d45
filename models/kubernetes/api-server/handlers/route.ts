/**
 * Which handler serves a request: by resource, subresource and verb.
 * Source: apiserver/pkg/endpoints/installer.go; what a resource offers is in the registry of kinds.
 */
import { isLeft, right } from 'fp-ts/lib/Either.js';
import type { ApiRequest } from '../../api/message.ts';
import type { Task } from '../../client/process.ts';
import { authorize } from '../authorization/authorize.ts';
import { servedVersion } from '../registry/define.ts';
import type { KindInfo } from '../registry/kind.ts';
import { methodNotAllowed, unknownResource, type Status } from '../status/status.ts';
import type { Definition } from '../crd/definition.ts';
import { admitWithoutObject } from './admit.ts';
import { bind } from './binding.ts';
import { connectOptions } from './connect-options.ts';
import { create } from './create.ts';
import { admitCustom } from './custom.ts';
import { removeCollection } from './delete-collection.ts';
import { remove } from './delete.ts';
import { evict } from './eviction.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { connectToPod } from './node-proxy.ts';
import { patch } from './patch.ts';
import { proxy } from './proxy.ts';
import { type Answer, type Call, failed } from './request.ts';
import { review } from './review.ts';
import { scale } from './scale.ts';
import type { Services } from './services.ts';
import { issueToken } from './token.ts';
import { update } from './update.ts';
import { watch, type OpenWatch } from './watch.ts';

/** The connection that a request came on. */
export interface Connection {
  readonly client: string;
  readonly opened: (watch: OpenWatch) => void;
  /** What was opened has ended by itself. */
  readonly ended: () => void;
}

const CONNECT: readonly string[] = ['log', 'exec', 'attach', 'portforward'];

/** Serves one request; undefined when it became an open watch. */
export function* route(services: Services, request: ApiRequest, connection: Connection): Task<Answer | undefined> {
  const refused = yield* authorize(services, request);
  if (refused !== undefined) return failed(refused);
  const aggregated = yield* services.aggregator.forward(request);
  if (aggregated !== undefined) return aggregated;
  const info = services.kinds.get(`${request.group}/${request.resource}`);
  const version = info === undefined ? undefined : servedVersion(info, request.version);
  if (info === undefined || version === undefined) return failed(unknownResource());
  const call: Call = { world: services, request, info, version, warnings: [] };
  const barred = info.definition === undefined ? undefined : yield* admitCustom(services, call, info.definition as Definition);
  if (barred !== undefined) return failed(barred);
  const answer = request.subresource === undefined ? yield* main(services, call, connection) : yield* sub(services, call, request.subresource, connection);
  if (answer === undefined || call.warnings.length === 0) return answer;
  return { ...answer, warnings: [...new Set([...call.warnings, ...(answer.warnings ?? [])])] };
}

function* main(services: Services, call: Call, connection: Connection): Task<Answer | undefined> {
  const { request, info } = call;
  const refused = verbRefused(info, request);
  if (refused !== undefined) return failed(refused);
  if (info.virtual) return info.resource === 'bindings' ? yield* bind(services, call) : yield* review(services, call);
  switch (request.verb) {
    case 'get':
      return yield* get(call);
    case 'list':
      return yield* list(call);
    case 'watch':
      return yield* watch(call, connection.client, connection.opened);
    case 'create':
      return yield* create(services, call);
    case 'update':
      return yield* update(services, call);
    case 'patch':
      return yield* patch(services, call);
    case 'delete':
      return yield* remove(services, call);
    case 'deletecollection':
      return yield* removeCollection(services, call);
    case 'connect':
      return failed(methodNotAllowed());
  }
}

function verbRefused(info: KindInfo, { verb, namespace, name }: ApiRequest): Status | undefined {
  if (!info.verbs.includes(verb) || (verb === 'create' && name !== undefined)) return methodNotAllowed();
  const needsNamespace = info.namespaced && (namespace === undefined || namespace === '') && verb !== 'list' && verb !== 'watch';
  if (needsNamespace) return methodNotAllowed();
  return undefined;
}

function* sub(services: Services, call: Call, name: string, connection: Connection): Task<Answer | undefined> {
  const { info, request } = call;
  const offered = info.subresources.find((entry) => entry.name === name);
  if (offered === undefined) return failed(unknownResource());
  const options = connectOptions(request);
  const barred = options === undefined ? right(undefined) : yield* admitWithoutObject(services, call, 'CONNECT', options, undefined);
  if (isLeft(barred)) return failed(barred.left);
  if (CONNECT.includes(name)) return yield* connectToPod(services.nodes, call, connection);
  if (name === 'proxy') return yield* proxy(services.dialer, services.nodes, call);
  if (!offered.verbs.includes(request.verb)) return failed(methodNotAllowed());
  if (name === 'scale' && info.scale !== undefined) return yield* scale(services, call, info.scale);
  if (name === 'binding') return yield* bind(services, call);
  if (name === 'eviction') return yield* evict(services, call);
  if (name === 'token') return yield* issueToken(services, call);
  if (request.verb === 'get') return yield* get(call);
  return request.verb === 'patch' ? yield* patch(services, call) : yield* update(services, call);
}

