/**
 * `exec`, `attach`, `portforward`, and `log` and watches for WebSockets: requests that take the connection over.
 *
 * The simulation is asked first, so that a refusal is an ordinary HTTP answer, as it is when kube-apiserver proxies one.
 * kubectl from 1.30 on speaks WebSockets (SPDY inside of them for port-forward from 1.31 on), older ones SPDY/3.1.
 * Upstream: pkg/registry/core/pod/rest/subresources.go, apimachinery/pkg/util/{proxy,httpstream}.
 */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ApiResponse, UserInfo } from '../api/message.ts';
import { isOn } from '../api/query-flag.ts';
import { queryOf, queryValues, requestInfo, segmentsOf, type ResourceRequest } from '../api-server/request/request-info.ts';
import { badRequest, isStatus, unknownResource, type Status } from '../api-server/status/status.ts';
import { JSON_FORM } from './accept.ts';
import { formOf, kindOf } from './resource-handler.ts';
import type { Seam, Submission } from './seam.ts';
import { SpdyConnection } from './spdy/connection.ts';
import { COMMAND_PROTOCOLS, serveCommandSpdy } from './stream/command-spdy.ts';
import { hasCommandProtocol, MESSAGE_MAX, serveCommandWebSocket, type Wanted } from './stream/command-web-socket.ts';
import { hasLogProtocol, serveLogWebSocket } from './stream/log-web-socket.ts';
import { PodStream } from './stream/pod-stream.ts';
import { serveWatchWebSocket } from './stream/watch-web-socket.ts';
import { PORT_FORWARD_PROTOCOL, servePortForwardSpdy, servePortForwardWebSocket, TUNNEL_PROTOCOL } from './stream/port-forward.ts';
import { RemoteCommand } from './stream/remote-command.ts';

const FORWARD_PROTOCOLS = [TUNNEL_PROTOCOL, 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', PORT_FORWARD_PROTOCOL];
const forwards = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX, handleProtocols: (offered) => FORWARD_PROTOCOLS.find((name) => offered.has(name)) ?? false });

/** A whole HTTP answer on a connection that was to be upgraded. */
export function refuseUpgrade(socket: Duplex, code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const isText = typeof body === 'string';
  const text = isText ? body : `${JSON.stringify(body)}\n`;
  const all = { 'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json', ...headers, 'Content-Length': String(Buffer.byteLength(text)), Connection: 'close' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable) socket.end(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\n${lines.join('')}\r\n${text}`);
}

const refuse = (socket: Duplex, status: Status): void => refuseUpgrade(socket, status.code, status);
const refused = (socket: Duplex) => ({ code, body }: ApiResponse): void => refuseUpgrade(socket, isStatus(body) ? body.code : code, body);

/** One request to upgrade. */
interface Upgrade {
  readonly seam: Seam;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly submission: Submission;
  readonly search: string;
}

/** Whether a request is for something that takes connections over. */
export const isUpgradable = (request: IncomingMessage): boolean => {
  const asked = resourceOf(request);
  const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
  if (asked?.verb === 'watch') return isWebSocket;
  if (asked?.resource !== 'pods' || asked.group !== '' || asked.name === undefined) return false;
  return STREAMS.includes(asked.subresource ?? '') || (asked.subresource === 'log' && isWebSocket);
};

/** Subresources of pods that are nothing but streams. */
const STREAMS = ['exec', 'attach', 'portforward'];

function resourceOf({ url = '', method = '' }: IncomingMessage): ResourceRequest | undefined {
  const [path = '', search = ''] = url.split('?', 2);
  return requestInfo(method, segmentsOf(path) ?? [], queryOf(search));
}

/** Serves an upgrade request, or answers it with a Status. */
export function handleUpgrade(seam: Seam, request: IncomingMessage, socket: Duplex, head: Buffer, user: UserInfo): void {
  const search = (request.url ?? '').split('?', 2)[1] ?? '';
  const asked = resourceOf(request);
  if (asked === undefined) return refuse(socket, unknownResource());
  const { subresource } = asked;
  const upgrade: Upgrade = { seam, request, socket, head, submission: submissionOf(request, asked, user, search), search };
  if (asked.verb === 'watch') return serveWatch(upgrade, asked);
  const protocol = String(request.headers.upgrade ?? '').toLowerCase();
  if (protocol !== 'websocket' && protocol !== 'spdy/3.1') {
    return refuse(socket, badRequest(`unable to upgrade: missing upgrade headers in request: ${request.headers.upgrade ?? ''}`));
  }
  if (subresource === 'log') serveLog(upgrade);
  else if (subresource === 'portforward') serveForward(upgrade, protocol === 'websocket');
  else serveCommand(upgrade, protocol === 'websocket');
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

function serveCommand({ seam, request, socket, head, submission }: Upgrade, isWebSocket: boolean): void {
  const { query = {} } = submission;
  const wanted: Wanted = { stdin: isOn(query['stdin']), stdout: isOn(query['stdout']), stderr: isOn(query['stderr']), tty: isOn(query['tty']) };
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr) {
    const message = 'you must specify at least one of stdin, stdout, stderr';
    return refuse(socket, badRequest(message));
  }
  const protocol = isWebSocket ? undefined : chooseSpdy(request, socket, COMMAND_PROTOCOLS);
  if (isWebSocket ? !hasCommandProtocol(request) : protocol === undefined) {
    if (isWebSocket) refuse(socket, badRequest('no WebSocket protocol in common'));
    return;
  }
  const command = new RemoteCommand(seam, submission, () => {
    if (protocol === undefined) serveCommandWebSocket(request, socket, head, command, wanted);
    else serveCommandSpdy(acceptSpdy(socket, head, protocol), protocol, command, wanted);
  }, refused(socket));
  socket.on('close', () => command.leave());
}

function serveLog({ seam, request, socket, head, submission }: Upgrade): void {
  const { body: _body, ...asked } = submission;
  if (hasLogProtocol(request)) serveLogWebSocket(seam, asked, request, socket, head, refused(socket));
  else refuse(socket, badRequest('no WebSocket protocol in common'));
}

function serveWatch({ seam, request, socket, head, submission, search }: Upgrade, asked: ResourceRequest): void {
  const { body: _body, ...watch } = submission;
  const info = kindOf(seam, asked);
  if (info === undefined) return refuse(socket, unknownResource());
  const form = formOf(request, info, asked) ?? JSON_FORM;
  const conversion = { form, info, version: asked.version, query: queryOf(search), now: () => seam.wallTime() };
  serveWatchWebSocket(seam, watch, conversion, request, socket, head, refused(socket));
}

function serveForward({ seam, request, socket, head, submission, search }: Upgrade, isWebSocket: boolean): void {
  const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const ports = queryValues(search, 'ports').flatMap((text) => text.split(',')).map(Number);
  const isTunnel = offered.includes(TUNNEL_PROTOCOL);
  if (isWebSocket && !isTunnel && (ports.length === 0 || ports.some((port) => !(port >= 1 && port <= 65_535)))) {
    return refuse(socket, badRequest(ports.length === 0 ? 'query parameter "port" is required' : 'port must be between 1 and 65535'));
  }
  const protocol = isWebSocket ? undefined : chooseSpdy(request, socket, [PORT_FORWARD_PROTOCOL]);
  if (!isWebSocket && protocol === undefined) return;
  const bare = { ...submission, query: {} };
  const session = new PodStream(seam, bare, {
    opened: () => {
      if (protocol !== undefined) return servePortForwardSpdy(acceptSpdy(socket, head, protocol), seam, bare, session);
      forwards.handleUpgrade(request, socket, head, (webSocket) => {
        if (isTunnel) servePortForwardSpdy(tunnel(webSocket), seam, bare, session);
        else servePortForwardWebSocket(webSocket, seam, bare, ports, session);
      });
    },
    refused: refused(socket),
    data: () => undefined,
    ended: () => socket.destroy(),
  });
  socket.on('close', () => session.close());
}

/** The first of the server's protocols that the client offers; undefined when it has answered with 403. */
function chooseSpdy(request: IncomingMessage, socket: Duplex, protocols: readonly string[]): string | undefined {
  const offered = String(request.headers['x-stream-protocol-version'] ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  const chosen = offered.length === 0 ? protocols.at(-1) : protocols.find((name) => offered.includes(name));
  if (chosen !== undefined) return chosen;
  refuseUpgrade(socket, 403, `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${protocols.join(' ')}]`, { 'X-Accepted-Stream-Protocol-Versions': protocols.join(',') });
  return undefined;
}

function acceptSpdy(socket: Duplex, head: Buffer, protocol: string): SpdyConnection {
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
  const connection = new SpdyConnection({ write: (bytes) => void (socket.writable && socket.write(bytes)), end: () => void socket.end() });
  socket.on('data', (bytes: Buffer) => connection.feed(bytes));
  socket.on('end', () => connection.close());
  socket.on('close', () => connection.closed());
  if (head.length > 0) connection.feed(head);
  return connection;
}

/** SPDY inside of a WebSocket's messages. */
function tunnel(socket: WebSocket): SpdyConnection {
  const connection = new SpdyConnection({
    write: (bytes) => void (socket.readyState === socket.OPEN && socket.send(bytes, { binary: true })),
    end: () => socket.close(1000),
  });
  socket.on('message', (bytes: Buffer) => connection.feed(bytes));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => connection.closed());
  return connection;
}
