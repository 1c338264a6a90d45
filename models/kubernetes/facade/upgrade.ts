/**
 * `exec`, `attach` and `portforward`: requests that take the connection over.
 *
 * WebSocket clients (kubectl from 1.30 on) speak `v5.channel.k8s.io` or older channel protocols; each message begins with
 * its channel: 0 stdin, 1 stdout, 2 stderr, 3 the final Status. SPDY, which older kubectl speaks, is refused with a reason. A command runs to its
 * end in the simulation and its output arrives in one piece. Upstream: apiserver/pkg/util/wsstream,
 * kubelet/pkg/cri/streaming/remotecommand.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ExecResult } from '../api/kubelet.ts';
import type { ServerToClient, UserInfo } from '../api/message.ts';
import { queryOf, queryValues, requestInfo, segmentsOf } from '../api-server/request/request-info.ts';
import type { ResourceRequest } from '../api-server/request/request-info.ts';
import { badRequest, isStatus, unknownResource } from '../api-server/status/status.ts';
import type { Status } from '../api-server/status/status.ts';
import type { Seam, Submission } from './seam.ts';

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
const STREAMED: ReadonlySet<string> = new Set(['exec', 'attach']);
/** Bytes of standard input that a command may be given. */
const MAXIMUM_STDIN = 16 * 1024 * 1024;

const server = new WebSocketServer({
  noServer: true,
  maxPayload: MAXIMUM_STDIN,
  handleProtocols: (offered) => PROTOCOLS.find((name) => offered.has(name)) ?? false,
});

/** A whole HTTP answer on a connection that was to be upgraded. */
export function refuseUpgrade(socket: Duplex, status: Status): void {
  const body = `${JSON.stringify(status)}\n`;
  socket.end(
    `HTTP/1.1 ${status.code} ${status.reason ?? 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** What a command did, or why it did not run. */
export type Outcome = ExecResult | Status;

/** The last message of a command: success, or how it failed (remotecommand/websocket.go). */
export function finalStatus(outcome: Outcome): unknown {
  if (isStatus(outcome)) return outcome;
  if (outcome.exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${outcome.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(outcome.exitCode) }] },
  };
}

/** Runs a command through the seam. */
export function runCommand(seam: Seam, submission: Submission, stdin: string | undefined): Promise<Outcome> {
  const body = { ...(submission.body as object), ...(stdin === undefined ? {} : { stdin }) };
  return new Promise((resolve) => {
    seam.submit({ ...submission, body }, (message: ServerToClient) => {
      if (message.kind !== 'api.response') return;
      const result = message.body as Partial<ExecResult> | Status | string;
      if (isStatus(result)) resolve(result);
      else if (typeof result === 'string') {
        resolve(message.code < 300 ? { stdout: result, stderr: '', exitCode: 0 } : { ...badRequest(result), code: message.code });
      } else resolve({ stdout: result.stdout ?? '', stderr: result.stderr ?? '', exitCode: result.exitCode ?? 0 });
    });
  });
}

function serveWebSocket(seam: Seam, socket: WebSocket, submission: Submission, hasStdin: boolean): void {
  const input: Buffer[] = [];
  let size = 0;
  let started = false;
  const isText = socket.protocol === '';
  const sendChannel = (channel: number, text: string): void => {
    if (text === '' || socket.readyState !== socket.OPEN) return;
    socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]), { binary: !isText });
  };
  const run = async (): Promise<void> => {
    if (started) return;
    started = true;
    const outcome = await runCommand(seam, submission, hasStdin ? Buffer.concat(input).toString('utf8') : undefined);
    if (!isStatus(outcome)) {
      sendChannel(1, outcome.stdout);
      sendChannel(2, outcome.stderr);
    }
    sendChannel(3, JSON.stringify(finalStatus(outcome)));
    socket.close(1000);
  };
  socket.on('message', (data: Buffer) => {
    const [channel, second] = [data[0], data[1]];
    if (channel === 255 && second === 0) void run();
    else if (channel === 0 && size + data.length <= MAXIMUM_STDIN) {
      size += data.length;
      input.push(data.subarray(1));
    }
  });
  socket.on('error', () => socket.terminate());
  if (!hasStdin) void run();
  // Protocols before v5 cannot say that input has ended: what came within a moment is all.
  else if (socket.protocol !== 'v5.channel.k8s.io') setTimeout(() => void run(), 500);
}

/** The request behind an upgrade. */
function submissionOf(request: IncomingMessage, asked: ResourceRequest, user: UserInfo, search: string): Submission {
  return {
    verb: asked.verb,
    group: asked.group,
    version: asked.version,
    resource: asked.resource,
    user,
    userAgent: request.headers['user-agent'] ?? '',
    query: queryOf(search),
    body: { command: queryValues(search, 'command') },
    ...(asked.namespace === undefined ? {} : { namespace: asked.namespace }),
    ...(asked.name === undefined ? {} : { name: asked.name }),
    ...(asked.subresource === undefined ? {} : { subresource: asked.subresource }),
  };
}

const PORT_FORWARD_TEXT = 'port forwarding is not available in a simulation: pods have no real network; use exec, or a program in a pod';

const SPDY_TEXT = 'SPDY streams are not served here, WebSockets are: use kubectl 1.30 or newer';

/** Serves an upgrade request, or answers it with a Status. */
export function handleUpgrade(seam: Seam, request: IncomingMessage, socket: Duplex, head: Buffer, user: UserInfo): void {
  const [path = '', search = ''] = (request.url ?? '').split('?', 2);
  const asked = requestInfo(request.method ?? '', segmentsOf(path) ?? [], queryOf(search));
  if (asked?.resource !== 'pods' || asked.name === undefined || asked.subresource === undefined) {
    refuseUpgrade(socket, unknownResource());
    return;
  }
  if (asked.subresource === 'portforward') {
    refuseUpgrade(socket, badRequest(PORT_FORWARD_TEXT));
    return;
  }
  if (!STREAMED.has(asked.subresource)) {
    refuseUpgrade(socket, unknownResource());
    return;
  }
  const submission = submissionOf(request, asked, user, search);
  const hasStdin = ['true', '1'].includes(queryOf(search)['stdin'] ?? '');
  const upgrade = String(request.headers.upgrade ?? '').toLowerCase();
  if (upgrade === 'websocket') {
    server.handleUpgrade(request, socket, head, (webSocket) => serveWebSocket(seam, webSocket, submission, hasStdin));
  } else if (upgrade === 'spdy/3.1') refuseUpgrade(socket, badRequest(SPDY_TEXT));
  else refuseUpgrade(socket, badRequest(`unable to upgrade: missing upgrade headers in request: ${request.headers.upgrade ?? ''}`));
}
