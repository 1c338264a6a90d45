/**
 * Requests that programs in the cluster send over its network, as HTTP: to the Service `kubernetes`, or to the server's own address.
 *
 * They are served like all others. What a connection of one request cannot carry (watches, exec) is refused.
 * Source: apiserver/pkg/server/{handler,routes}, endpoints/filters/authentication.go.
 */
import { isLeft, left, right, type Either } from 'fp-ts/lib/Either.js';
import type { HttpRequest, HttpResponse, NetEndpoint, NetListen, NetRequest, NetResponse } from '../../api/net.ts';
import type { ApiRequest, UserInfo } from '../../api/message.ts';
import type { Task } from '../../client/process.ts';
import { jsonOrText } from '../../object/json-or-text.ts';
import type { Json } from '../../../../src/index.ts';
import { authenticateToken, DISCOVERY_PATH, JWKS_PATH, keySet, openIdConfiguration } from '../authentication/service-account-token.ts';
import { decide } from '../authorization/authorize.ts';
import { API_SERVER_IP, securePortOf } from '../bootstrap/start.ts';
import { discoveryDocument } from '../discovery/discovery.ts';
import { VERSION } from '../discovery/version.ts';
import { queryOf, requestInfo, segmentsOf } from '../request/request-info.ts';
import { forbidden, methodNotAllowed, unauthorized, type Status } from '../status/status.ts';
import type { Answer } from './request.ts';
import { failed } from './request.ts';
import { route } from './route.ts';
import type { Services } from './services.ts';

const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Announces the server's address to the network and answers what comes. */
export function listenToPods(services: Services): void {
  const { process } = services;
  process.on<NetRequest>('net.request', (request) => process.go(answer(services, request)));
  process.send('network', { kind: 'net.endpoint', node: '', ip: API_SERVER_IP, up: true, owner: process.self } as NetEndpoint);
  process.send('network', { kind: 'net.listen', ip: API_SERVER_IP, port: securePortOf(services), protocol: 'TCP', owner: process.self, tag: 'https', on: true } as NetListen);
}

function* answer(services: Services, { id, request }: NetRequest): Task {
  const response = request === null ? null : responseOf(yield* serve(services, request as unknown as HttpRequest));
  services.process.send('network', { kind: 'net.response', id, response: response as unknown as Json } as NetResponse);
}

function responseOf({ code, body, headers }: Answer): HttpResponse {
  if (typeof body === 'string') return { status: code, headers: headers ?? { 'Content-Type': 'text/plain; charset=utf-8' }, body };
  return { status: code, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function* serve(services: Services, http: HttpRequest): Task<Answer> {
  yield* services.storage.ready();
  const user = userOf(services, http);
  if (isLeft(user)) return failed(user.left);
  const [path = '/', search = ''] = http.path.split('?', 2);
  const segments = segmentsOf(path) ?? [];
  const query = queryOf(search);
  const asked = requestInfo(http.method, segments, query);
  if (asked === undefined) return plain(services, user.right, http.method, path, segments);
  const { rest: _rest, ...parts } = asked;
  if (parts.verb === 'watch' || parts.subresource === 'exec' || parts.subresource === 'attach' || parts.subresource === 'portforward') return failed(methodNotAllowed());
  const contentType = header(http, 'content-type');
  const request: ApiRequest = {
    kind: 'api.request', id: 0, ...parts, user: user.right, userAgent: header(http, 'user-agent') ?? '', query,
    ...(http.body === undefined || http.body === '' ? {} : { body: jsonOrText(http.body) }),
    ...(http.method === 'PATCH' && contentType !== undefined ? { contentType } : {}),
  };
  const served = yield* route(services, request, { client: services.process.self, opened: ({ stop }) => stop(), ended: () => undefined });
  return served ?? failed(methodNotAllowed());
}

/** What is no resource: health, version, discovery, and who issues tokens. */
function plain(services: Services, user: UserInfo, method: string, path: string, segments: readonly string[]): Answer {
  if (!decide(services, user, { verb: method.toLowerCase(), path, group: '', resource: '', subresource: '', namespace: '', name: '' }).isAllowed) {
    return failed({ ...forbidden({ group: '', resource: '' }, '', ''), message: `forbidden: User "${user.name}" cannot ${method.toLowerCase()} path "${path}"`, details: {} } as Status);
  }
  const ok = (body: unknown): Answer => (body === undefined ? { code: 404, body: '404 page not found\n' } : { code: 200, body });
  const [first = ''] = segments;
  const kinds = [...services.kinds.values()];
  const address = `${API_SERVER_IP}:${securePortOf(services)}`;
  if (['healthz', 'livez', 'readyz'].includes(first)) return ok('ok');
  if (path === '/version') return ok(VERSION);
  if (path === DISCOVERY_PATH) return ok(openIdConfiguration(address));
  if (path === JWKS_PATH) return ok(keySet());
  return ok(discoveryDocument(kinds, segments, address));
}

function userOf(services: Services, http: HttpRequest): Either<Status, UserInfo> {
  const token = /^Bearer (.+)$/i.exec(header(http, 'authorization') ?? '')?.[1];
  if (token === undefined) return right(ANONYMOUS);
  const found = authenticateToken(token, [], services);
  return 'user' in found ? right(found.user) : left(unauthorized());
}

const header = ({ headers = {} }: HttpRequest, name: string): string | undefined => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
