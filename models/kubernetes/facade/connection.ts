/**
 * Writing answers: headers, encodings, Status bodies, and the bounds for clients that do not read.
 *
 * Upstream: apiserver/pkg/endpoints/handlers/responsewriters/writers.go.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, gzip } from 'node:zlib';
import type { Status } from '../api-server/status/status.ts';
import { JSON_FORM, type Encoding, type Form } from './accept.ts';
import { ENCODER } from './encoding.ts';

/** Bodies from this size on are compressed for clients that ask for it (writers.go, defaultGzipThresholdBytes). */
const GZIP_THRESHOLD = 128 * 1024;

/** Headers of every answer. */
export function commonHeaders(response: ServerResponse): void {
  response.setHeader('Audit-Id', randomUUID());
  response.setHeader('Cache-Control', 'no-cache, private');
}

/** strconv.ParseBool. */
const PARSED_AS_TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

function isPretty(request: IncomingMessage): boolean {
  const search = (request.url ?? '').split('?')[1] ?? '';
  const asked = /(?:^|&)pretty=([^&]*)/.exec(search)?.[1];
  if (asked !== undefined && asked !== '') return PARSED_AS_TRUE.has(asked);
  return /^(curl|Wget|Mozilla)\//.test(request.headers['user-agent'] ?? '');
}

/** Sends a whole body. `HEAD` gets the headers alone. */
export function send(request: IncomingMessage, response: ServerResponse, code: number, contentType: string, body: string | Buffer): void {
  if (response.headersSent || response.destroyed) return;
  commonHeaders(response);
  response.setHeader('Content-Type', contentType);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  if (bytes.length <= GZIP_THRESHOLD || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return finish(request, response, code, bytes);
  // Large bodies are compressed beside the simulation's own work.
  gzip(bytes, { level: constants.Z_BEST_SPEED }, (error, compressed) => {
    if (response.headersSent || response.destroyed) return;
    if (error !== null) return finish(request, response, code, bytes);
    response.setHeader('Content-Encoding', 'gzip');
    response.setHeader('Vary', 'Accept-Encoding');
    finish(request, response, code, compressed);
  });
}

function finish(request: IncomingMessage, response: ServerResponse, code: number, bytes: Buffer): void {
  response.setHeader('Content-Length', bytes.length);
  response.writeHead(code);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

const CONTENT_TYPE: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
};

/** Sends an object as it was negotiated; tables and metadata have been made before. */
export function sendObject(request: IncomingMessage, response: ServerResponse, code: number, body: unknown, { encoding }: Form = JSON_FORM): void {
  send(request, response, code, CONTENT_TYPE[encoding], ENCODER.body(body, encoding, encoding === 'json' && isPretty(request)));
}

/** Sends a Status, with `Retry-After` where it has one. */
export function sendStatus(request: IncomingMessage, response: ServerResponse, status: Status, form: Form = JSON_FORM): void {
  const retry = status.details?.retryAfterSeconds ?? 0;
  if (retry > 0 && !response.headersSent) response.setHeader('Retry-After', String(retry));
  sendObject(request, response, status.code, status, form);
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
