/**
 * Requests for resources: from HTTP to a message for the API server, and its answer back to HTTP.
 *
 * Upstream: apiserver/pkg/endpoints/{installer.go,handlers/*}.go as far as they deal with HTTP itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiResponse, ServerToClient, UserInfo } from '../api/message.ts';
import type { StreamMessage } from '../api/stream.ts';
import { groupVersionState } from '../api-server/discovery/discovery.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { ResourceRequest } from '../api-server/request/request-info.ts';
import { queryOf } from '../api-server/request/request-info.ts';
import * as status from '../api-server/status/status.ts';
import { JSON_FORM, negotiate, type Form } from './accept.ts';
import { MAXIMUM_BODY, decodeBody, readBody } from './body.ts';
import type { Body } from './body.ts';
import { addWarnings, commonHeaders, send, sendObject, sendPageNotFound, sendStatus } from './connection.ts';
import { convertBody, watchEvents } from './convert.ts';
import type { Conversion } from './convert.ts';
import { ENCODER } from './encoding.ts';
import type { Metrics } from './metrics.ts';
import { handleProxy } from './proxy.ts';
import type { Seam, Submission } from './seam.ts';
import { WatchStream } from './watch-stream.ts';

const BODY_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/apply-patch+cbor',
];
const REPRESENTATIONS = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];

/** Subresources that take the connection over; see upgrade.ts. */
const UPGRADED = ['attach', 'exec', 'portforward'];

/** What the handler needs of the facade. */
export interface Environment {
  readonly seam: Seam;
  readonly metrics: Metrics;
}

/** A 405 that the router itself gives, when no handler is installed for a method. */
const isMethodUnknown = ({ verb, name, subresource }: ResourceRequest, method: string): boolean =>
  (name === undefined && (verb === 'update' || verb === 'patch')) ||
  (method === 'POST' && name !== undefined && subresource === undefined);

/** What the router refuses before any handler runs; true when it has answered. */
function refuse(request: IncomingMessage, response: ServerResponse, seam: Seam, asked: ResourceRequest): boolean {
  const info = kindOf(seam, asked);
  const state = info === undefined ? groupVersionState(seam.kinds(), asked.group, asked.version) : undefined;
  if (state === 'unknown' || (info === undefined && state === 'custom')) sendPageNotFound(request, response);
  else if (info === undefined) sendStatus(request, response, status.unknownResource());
  else if (isMethodUnknown(asked, request.method ?? '')) sendStatus(request, response, status.methodNotAllowed());
  else if (asked.subresource !== undefined && !info.subresources.some(({ name }) => name === asked.subresource)) {
    sendStatus(request, response, status.unknownResource());
  } else if (request.method === 'PATCH' && asked.subresource !== 'proxy' && !PATCH_TYPES.includes(mediaType(request))) {
    sendStatus(request, response, status.unknownContentType());
  } else return false;
  return true;
}

/** Kinds by group, version and resource; the list is the same array while nothing changes. */
const indexes = new WeakMap<readonly KindInfo[], ReadonlyMap<string, KindInfo>>();

/** The kind that a request is for; undefined when there is none. */
export function kindOf(seam: Seam, { group, version, resource }: ResourceRequest): KindInfo | undefined {
  const kinds = seam.kinds();
  let index = indexes.get(kinds);
  if (index === undefined) {
    index = new Map(kinds.flatMap((info) => info.versions.map((served) => [`${info.group}/${served.version}/${info.resource}`, info])));
    indexes.set(kinds, index);
  }
  return index.get(`${group}/${version}/${resource}`);
}

const isBuiltIn = ({ versions }: KindInfo, asked: ResourceRequest): boolean => versions.some(({ version, schema }) => version === asked.version && schema !== '');

/** How the answer is to be written; undefined when nothing that the client accepts is offered. */
export const formOf = (request: IncomingMessage, info: KindInfo, asked: ResourceRequest): Form | undefined =>
  negotiate(request.headers.accept, { protobuf: isBuiltIn(info, asked), isWatch: asked.verb === 'watch', table: !info.virtual });

const mediaType = (request: IncomingMessage): string => (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const isWrite = (request: IncomingMessage): boolean => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method ?? '');

/** Serves one request. Resolves when the answer was handed over, or a watch is open. */
export async function handleResource(
  environment: Environment,
  request: IncomingMessage,
  response: ServerResponse,
  asked: ResourceRequest,
  user: UserInfo,
): Promise<void> {
  const { seam } = environment;
  if (refuse(request, response, seam, asked)) return;
  const info = kindOf(seam, asked) as KindInfo;
  if (info.resource === 'pods' && UPGRADED.includes(asked.subresource ?? '')) return sendStatus(request, response, status.badRequest('Upgrade request required'));
  if (asked.subresource === 'proxy') return handleProxy(seam, request, response, asked, user);
  const form = formOf(request, info, asked);
  if (form === undefined && asked.subresource !== 'log') {
    const streams = asked.verb === 'list' || asked.verb === 'watch' ? STREAMS : [];
    const all = [...REPRESENTATIONS, ...streams];
    sendStatus(request, response, status.noRepresentation(isBuiltIn(info, asked) ? all : all.filter((type) => !type.includes('protobuf'))));
    return;
  }
  let body: Body = { kind: 'none' };
  if (isWrite(request)) {
    const bytes = await readBody(request);
    if (bytes === 'aborted') return;
    if (bytes === 'too-large') {
      response.setHeader('Connection', 'close');
      sendStatus(request, response, status.requestEntityTooLarge(`limit is ${MAXIMUM_BODY}`));
      return;
    }
    const isDelete = request.method === 'DELETE';
    if (bytes.length > 0 || !isDelete) body = decodeBody(bytes, request.headers['content-type'] ?? '', request.method === 'PATCH');
  }
  if (body.kind === 'unknown-type') {
    sendStatus(request, response, status.unsupportedMediaType(BODY_TYPES));
    return;
  }
  if (body.kind === 'undecodable') {
    sendStatus(request, response, undecodable(body, request.method === 'PATCH' ? mediaType(request) : undefined, info, asked));
    return;
  }
  const query = queryOf((request.url ?? '').split('?')[1] ?? '');
  const duplicates = body.kind === 'value' ? body.duplicates : [];
  const submission: Submission = {
    verb: asked.verb,
    group: asked.group,
    version: asked.version,
    resource: asked.resource,
    user,
    userAgent: request.headers['user-agent'] ?? '',
    ...(asked.namespace === undefined ? {} : { namespace: asked.namespace }),
    ...(asked.name === undefined ? {} : { name: asked.name }),
    ...(asked.subresource === undefined ? {} : { subresource: asked.subresource }),
    ...(Object.keys(query).length === 0 ? {} : { query }),
    ...(body.kind === 'value' ? { body: body.value } : {}),
    ...(body.kind === 'value' && body.text !== undefined ? { bodyText: body.text } : {}),
    ...(request.method === 'PATCH' ? { contentType: mediaType(request) } : {}),
    ...(duplicates.length > 0 ? { duplicates } : {}),
  };
  const isStrict = query['fieldValidation'] === 'Strict';
  const isPatch = request.method === 'PATCH';
  const repeated = body.kind === 'value' ? body.strictError : undefined;
  if (isStrict && repeated !== undefined) {
    const refusal = isPatch ? status.badRequest(`error strict decoding YAML: error converting YAML to JSON: ${repeated}`) : cannotHandle(info, asked, `strict decoding error: ${repeated}`);
    sendStatus(request, response, refusal);
    return;
  }
  const warnings = query['fieldValidation'] === 'Ignore' || repeated === undefined ? [] : [isPatch ? `error converting YAML to JSON: ${repeated}` : repeated];
  const conversion = { form: form ?? JSON_FORM, info, version: asked.version, query, now: () => seam.wallTime() };
  submit(environment, request, response, submission, conversion, warnings);
}

const cannotHandle = (info: KindInfo, asked: ResourceRequest, error: string): status.Status =>
  status.badRequest(`${info.kind} in version "${asked.version}" cannot be handled as a ${info.kind}: ${error}`);

/** The 400 for a body that is no JSON, YAML or protobuf. */
function undecodable(body: { format: string; error: string; head: string }, patchType: string | undefined, info: KindInfo, asked: ResourceRequest): status.Status {
  if (patchType === 'application/strategic-merge-patch+json') return status.badRequest(body.error);
  if (patchType !== undefined) return status.badRequest(body.format === 'yaml' ? `error decoding YAML: error converting YAML to JSON: ${body.error}` : `error decoding patch: ${body.error}`);
  const part = info.subresources.find(({ name }) => name === asked.subresource);
  const kind = asked.verb.startsWith('delete') ? 'DeleteOptions' : (part?.kind ?? info.kind);
  const why = body.format === 'json' ? `couldn't get version/kind; json parse error: ${body.error}` : body.error;
  return status.badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${body.head})`);
}

function submit(
  { seam, metrics }: Environment,
  request: IncomingMessage,
  response: ServerResponse,
  submission: Submission,
  conversion: Conversion,
  warnings: readonly string[],
): void {
  let done = false;
  let stream: WatchStream | undefined;
  const toBytes = watchEvents(conversion, ENCODER);
  const finish = (code: number): void => {
    if (done) return;
    done = true;
    metrics.count(submission.verb, submission.resource, code);
  };
  const openStream = (): WatchStream => {
    const opened = new WatchStream(response, conversion.form.encoding);
    opened.open();
    metrics.openWatches += 1;
    return opened;
  };
  const handle = seam.submit(submission, (message: ServerToClient) => {
    if (response.destroyed) return;
    if (message.kind === 'api.response') {
      finish(message.code);
      answer(request, response, message, conversion, warnings);
    } else if (message.kind === 'api.watch') {
      stream ??= openStream();
      stream.write(message.events.map(toBytes));
    } else if (message.kind === 'api.close') {
      finish(200);
      stream ??= openStream();
      stream.end();
    } else follow(response, message, finish);
  });
  response.on('close', () => {
    if (stream !== undefined) metrics.openWatches -= 1;
    if (!done) seam.close(handle);
    finish(200);
  });
}

/** A log that is followed: text as it comes. */
function follow(response: ServerResponse, message: StreamMessage, finish: (code: number) => void): void {
  if (!response.headersSent) {
    commonHeaders(response);
    response.setHeader('Content-Type', 'text/plain');
    response.writeHead(200);
    response.flushHeaders();
  }
  if (message.kind === 'stream.data') response.write(message.data);
  if (message.kind !== 'stream.close') return;
  finish(200);
  response.end();
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { code, body, warnings = [] }: ApiResponse,
  conversion: Conversion,
  more: readonly string[],
): void {
  addWarnings(response, [...warnings, ...more]);
  if (status.isStatus(body) && body.status === 'Failure') sendStatus(request, response, body, conversion.form);
  else if (typeof body === 'string') send(request, response, code, 'text/plain', body);
  else {
    const converted = convertBody(body, conversion);
    if (status.isStatus(converted) && converted !== body) sendStatus(request, response, converted);
    else sendObject(request, response, code, converted, formFor(body, conversion.form));
  }
}

/** A Status shows no table and no metadata only. */
const formFor = (body: unknown, form: Form): Form => (status.isStatus(body) ? { ...JSON_FORM, encoding: form.encoding } : form);
