/**
 * A door to the cluster for kubectl: requests that change something are recorded on their way. It listens on the loopback address only.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeBody } from '../../facade/body.ts';
import { jsonOrText } from '../../object/json-or-text.ts';
import { withoutManagedFields } from '../../recording/format.ts';
import type { KubeObject } from '../../object/types.ts';
import type { ClusterApi } from './cluster-api.ts';
import type { Recorder } from './recorder.ts';

const CHANGES: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];
const FORWARDED: readonly string[] = ['accept', 'content-type', 'user-agent'];

/** Opens the door; returns its address and how to close it. */
export async function openProxy(api: ClusterApi, recorder: Recorder, port: number): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = http.createServer((request, response) => {
    pass(api, recorder, request, response).catch((error: unknown) => {
      response.writeHead(502, { 'content-type': 'text/plain' });
      response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${bound}`, close: () => void server.close().closeAllConnections() };
}

async function pass(api: ClusterApi, recorder: Recorder, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = Object.fromEntries(FORWARDED.flatMap((name) => (typeof request.headers[name] === 'string' ? [[name, request.headers[name]]] : [])));
  const isChange = CHANGES.includes(method);
  // Recorded answers must be objects, not the tables that kubectl likes to print.
  const t = recorder.elapsed;
  const answer = await api.send(method, url, isChange ? { ...headers, accept: 'application/json' } : headers, body.length === 0 ? undefined : body);
  if (isChange) {
    const contentType = headers['content-type'];
    recorder.request(
      { method, path: url, ...(contentType === undefined ? {} : { contentType: jsonType(contentType) }), ...bodyOf(body, contentType), status: answer.status, response: cleaned(jsonOrText(answer.body.toString('utf8'))) },
      t,
    );
  }
  response.writeHead(answer.status, { 'content-type': answer.contentType });
  response.end(answer.body);
}

/** Bodies are recorded as JSON, whatever they were. */
const jsonType = (contentType: string): string => (contentType.includes('json') || contentType.includes('yaml') ? contentType.replace('yaml', 'json') : 'application/json');

function bodyOf(bytes: Buffer, contentType = 'application/json'): { readonly body?: unknown } {
  if (bytes.length === 0) return {};
  const decoded = decodeBody(bytes, contentType, contentType.includes('patch'));
  return decoded.kind === 'value' ? { body: decoded.value } : { body: jsonOrText(bytes.toString('utf8')) };
}

const cleaned = (value: unknown): unknown => ((value as KubeObject | null)?.metadata === undefined ? value : withoutManagedFields(value as KubeObject));
