/**
 * HTTP requests for the proxy subresource: taken apart into what programs in a simulation understand, and answered.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UserInfo } from '../api/message.ts';
import type { HttpRequest } from '../api/net.ts';
import type { ResourceRequest } from '../api-server/request/request-info.ts';
import { isStatus, requestEntityTooLarge } from '../api-server/status/status.ts';
import { MAXIMUM_BODY, readBody } from './body.ts';
import { send, sendObject, sendStatus } from './connection.ts';
import type { Seam } from './seam.ts';

/** Headers that concern one connection only (net/http/httputil). */
const HOP_BY_HOP: readonly string[] = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'authorization', 'content-length'];

/** Passes a request on; the target is `rest` after `proxy/`. */
export async function handleProxy(seam: Seam, request: IncomingMessage, response: ServerResponse, asked: ResourceRequest, user: UserInfo): Promise<void> {
  const [path = '', search] = (request.url ?? '').split('?', 2);
  if (asked.rest.length === 0 && !path.endsWith('/') && (request.method === 'GET' || request.method === 'HEAD')) {
    response.setHeader('Location', `${path}/${search === undefined ? '' : `?${search}`}`);
    return send(request, response, 301, 'text/html; charset=utf-8', `<a href="${path}/">Moved Permanently</a>.\n\n`);
  }
  const bytes = await readBody(request);
  if (bytes === 'aborted') return;
  if (bytes === 'too-large') return sendStatus(request, response, requestEntityTooLarge(`limit is ${MAXIMUM_BODY}`));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) if (!HOP_BY_HOP.includes(name)) headers[goName(name)] = String(value);
  const target = `/${asked.rest.map(encodeURIComponent).join('/')}${asked.rest.length > 0 && path.endsWith('/') ? '/' : ''}${search === undefined ? '' : `?${search}`}`;
  const passed: HttpRequest = { method: request.method ?? 'GET', path: target, headers, ...(bytes.length === 0 ? {} : { body: bytes.toString('utf8') }) };
  const { group, version, resource, verb, namespace, name = '' } = asked;
  const handle = seam.submit({ group, version, resource, verb, name, subresource: 'proxy', user, userAgent: request.headers['user-agent'] ?? '', body: passed, ...(namespace === undefined ? {} : { namespace }) }, (message) => {
    if (message.kind !== 'api.response') return;
    const { code, body, headers: answered } = message;
    if (isStatus(body)) return sendStatus(request, response, body);
    if (typeof body !== 'string') return sendObject(request, response, code, body);
    for (const [header, value] of Object.entries(answered ?? {})) if (!HOP_BY_HOP.includes(header.toLowerCase())) trySetHeader(response, header, value);
    send(request, response, code, String(response.getHeader('content-type') ?? 'text/plain; charset=utf-8'), body);
  });
  response.on('close', () => seam.close(handle));
}

/** `user-agent` -> `User-Agent`, as programs of the simulation see names. */
const goName = (name: string): string => name.replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());

/** Programs of a simulation may answer with headers that HTTP forbids. */
function trySetHeader(response: ServerResponse, name: string, value: string): void {
  try {
    response.setHeader(name, value);
  } catch {
    // A header that cannot be sent is left out, as a proxy does.
  }
}
