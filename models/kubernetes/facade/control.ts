/**
 * The control API below `/_sim`: faults, status and the clock.
 *
 * It is no part of Kubernetes; it steers the simulation that a client talks to. `POST /_sim/faults`, `GET /_sim/status`,
 * `POST /_sim/clock`; `POST /_sim/connect` and `POST /_sim/rules` ask about the network and change nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeBody, readBody } from './body.ts';
import { send } from './connection.ts';
import type { ClockCommand, ControlResult, Seam } from './seam.ts';

const sendJson = (request: IncomingMessage, response: ServerResponse, code: number, body: unknown): void =>
  send(request, response, code, 'application/json', `${JSON.stringify(body)}\n`);

type Command = (seam: Seam, value: Readonly<Record<string, unknown>>) => ControlResult | Promise<ControlResult>;

/** What can be posted. */
const COMMANDS: Readonly<Record<string, Command>> = {
  '/_sim/clock': (seam, value) => seam.clock(value as ClockCommand),
  '/_sim/faults': (seam, value) => seam.fault(value),
  '/_sim/connect': (seam, value) => seam.connect(value),
  '/_sim/rules': (seam, value) => seam.rules(value),
};

/** Serves one control request. */
export async function handleControl(seam: Seam, request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  if (path === '/_sim/status' && (request.method === 'GET' || request.method === 'HEAD')) {
    sendJson(request, response, 200, seam.status());
    return;
  }
  const command = Object.hasOwn(COMMANDS, path) ? COMMANDS[path] : undefined;
  if (command === undefined || request.method !== 'POST') {
    sendJson(request, response, command !== undefined || path === '/_sim/status' ? 405 : 404, { error: `no ${request.method ?? ''} ${path}` });
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
  const result = await command(seam, value as Record<string, unknown>);
  sendJson(request, response, result.error === undefined ? 200 : 400, result);
}
