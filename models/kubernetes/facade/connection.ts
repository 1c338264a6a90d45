/**
 * Writing answers: headers, encodings, Status bodies, and the bounds for clients that do not read.
 *
 * Upstream: apiserver/pkg/endpoints/handlers/responsewriters/writers.go.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import type { Status } from '../api-server/status/status.ts';
import type { Form } from './accept.ts';

/** Bodies from this size on are compressed for clients that ask for it (writers.go, defaultGzipThresholdBytes). */
const GZIP_THRESHOLD = 128 * 1024;

/** Headers of every answer. */
export function commonHeaders(response: ServerResponse): void {
  response.setHeader('Audit-Id', randomUUID());
  response.setHeader('Cache-Control', 'no-cache, private');
}

function isPretty(request: IncomingMessage): boolean {
  const search = (request.url ?? '').split('?')[1] ?? '';
  const asked = /(?:^|&)pretty=([^&]*)/.exec(search)?.[1];
  if (asked !== undefined) return asked === '1' || asked === 'true' || asked === '';
  return /^(curl|Wget|Mozilla)\//.test(request.headers['user-agent'] ?? '');
}

/** Sends a whole body. `HEAD` gets the headers alone. */
export function send(request: IncomingMessage, response: ServerResponse, code: number, contentType: string, body: string | Buffer): void {
  if (response.headersSent || response.destroyed) return;
  commonHeaders(response);
  response.setHeader('Content-Type', contentType);
  let bytes = typeof body === 'string' ? Buffer.from(body) : body;
  if (bytes.length > GZIP_THRESHOLD && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
    bytes = gzipSync(bytes, { level: 1 });
    response.setHeader('Content-Encoding', 'gzip');
    response.setHeader('Vary', 'Accept-Encoding');
  }
  response.setHeader('Content-Length', bytes.length);
  response.writeHead(code);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Sends an object in the negotiated form; Table and metadata forms have been made before and are JSON. */
export function sendObject(request: IncomingMessage, response: ServerResponse, code: number, body: unknown, form: Form): void {
  if (form.form === 'yaml') {
    send(request, response, code, 'application/yaml', stringify(body, { sortMapEntries: true, lineWidth: 0 }));
  } else send(request, response, code, 'application/json', `${isPretty(request) ? JSON.stringify(body, null, 2) : JSON.stringify(body)}\n`);
}

/** Sends a Status, with `Retry-After` where it has one. */
export function sendStatus(request: IncomingMessage, response: ServerResponse, status: Status, form: Form = { form: 'json' }): void {
  const retry = status.details?.retryAfterSeconds ?? 0;
  if (retry > 0 && !response.headersSent) response.setHeader('Retry-After', String(retry));
  sendObject(request, response, status.code, status, form.form === 'yaml' ? form : { form: 'json' });
}

/** Sends text, as the endpoints outside the API do. */
export function sendText(request: IncomingMessage, response: ServerResponse, code: number, text: string): void {
  if (!response.headersSent) response.setHeader('X-Content-Type-Options', 'nosniff');
  send(request, response, code, 'text/plain; charset=utf-8', text);
}

/** Go's answer for a path that no handler knows. */
export const sendPageNotFound = (request: IncomingMessage, response: ServerResponse): void =>
  sendText(request, response, 404, '404 page not found\n');

const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, ' ').replaceAll('\\', '\\\\').replaceAll('"', '\\"');

/** Adds `Warning: 299` headers, within the budget of 4096 characters (apiserver/pkg/endpoints/filters/warning.go). */
export function addWarnings(response: ServerResponse, warnings: readonly string[]): void {
  if (warnings.length === 0 || response.headersSent) return;
  const unique = [...new Set(warnings)];
  const total = unique.reduce((sum, text) => sum + text.length, 0);
  const shown = total > 4096 ? unique.map((text) => text.slice(0, 256)) : unique;
  response.setHeader('Warning', shown.map((text) => `299 - "${printable(text)}"`));
}
