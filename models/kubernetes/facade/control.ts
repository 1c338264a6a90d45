/**
 * The control API below `/_sim`: faults, status and the clock.
 *
 * It is no part of Kubernetes; it steers the simulation that a client talks to. `POST /_sim/faults`, `GET /_sim/status`,
 * `POST /_sim/clock`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeBody, readBody } from './body.ts';
import { send } from './connection.ts';
import type { ClockCommand, ControlResult, Seam } from './seam.ts';

const sendJson = (request: IncomingMessage, response: ServerResponse, code: number, body: unknown): void =>
  send(request, response, code, 'application/json', `${JSON.stringify(body)}\n`);

/** Serves one control request. */
export async function handleControl(seam: Seam, request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  if (path === '/_sim/status' && (request.method === 'GET' || request.method === 'HEAD')) {
    sendJson(request, response, 200, seam.status());
    return;
  }
  const isCommand = path === '/_sim/faults' || path === '/_sim/clock';
  if (!isCommand || request.method !== 'POST') {
    sendJson(request, response, isCommand || path === '/_sim/status' ? 405 : 404, { error: `no ${request.method ?? ''} ${path}` });
    return;
  }
  const bytes = await readBody(request);
  if (bytes === 'aborted') return;
  const body = bytes === 'too-large' ? undefined : decodeBody(bytes, 'application/json', false);
  const value = body?.kind === 'value' ? body.value : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    sendJson(request, response, 400, { error: 'the body must be a JSON object' });
    return;
  }
  const result: ControlResult =
    path === '/_sim/clock' ? await seam.clock(value as ClockCommand) : await seam.fault(value as Record<string, unknown>);
  sendJson(request, response, result.error === undefined ? 200 : 400, result);
}
