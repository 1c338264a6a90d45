/**
 * exec and attach over WebSockets: each message begins with its channel: 0 stdin, 1 stdout, 2 stderr, 3 the final Status,
 * 4 the terminal's size; from v5 on 255 closes a channel. The base64 forms carry text messages, for browsers.
 *
 * Upstream: apimachinery/pkg/util/httpstream/wsstream, kubelet/pkg/cri/streaming/remotecommand/websocket.go.
 */
import { WebSocketServer, type WebSocket } from 'ws';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RemoteCommand } from './remote-command.ts';

const PROTOCOLS = [
  'v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io',
];

/** The largest message of a client. */
export const MESSAGE_MAX = 16 * 1024 * 1024;

/** Unsent bytes at which a client is given up. */
const BACKLOG_MAX = 64 * 1024 * 1024;

const server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX, handleProtocols: (offered) => PROTOCOLS.find((name) => offered.has(name)) ?? false });

/** What a client asked to have connected. */
export interface Wanted {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Whether the server and the client have a protocol in common; clients that offer none get the oldest. */
export function hasCommandProtocol(request: IncomingMessage): boolean {
  const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  return offered.length === 0 || offered.some((name) => PROTOCOLS.includes(name));
}

/** Takes the connection over for a command that has been opened. */
export function serveCommandWebSocket(request: IncomingMessage, socket: Duplex, head: Buffer, command: RemoteCommand, wanted: Wanted): void {
  server.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, command, wanted));
}

function serve(socket: WebSocket, command: RemoteCommand, wanted: Wanted): void {
  const isBase64 = socket.protocol.includes('base64');
  const hasStatus = socket.protocol.startsWith('v4') || socket.protocol.startsWith('v5');
  const send = (channel: number, bytes: Buffer): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (isBase64) socket.send(`${channel}${bytes.toString('base64')}`);
    else socket.send(Buffer.concat([Buffer.from([channel]), bytes]), { binary: true });
    if (socket.bufferedAmount > BACKLOG_MAX) socket.terminate();
  };
  socket.on('message', (data: Buffer) => {
    const channel = isBase64 ? (data[0] ?? 0) - 0x30 : data[0];
    const bytes = isBase64 ? Buffer.from(data.subarray(1).toString('latin1'), 'base64') : data.subarray(1);
    if (channel === 255 && bytes[0] === 0) command.stdin(Buffer.alloc(0), true);
    else if (channel === 0 && wanted.stdin) command.stdin(bytes, false);
    else if (channel === 4) command.resize(bytes.toString());
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => command.leave());
  command.connect({
    output: (channel, bytes) => {
      if (channel === 'stdout' ? wanted.stdout : wanted.stderr) send(channel === 'stdout' ? 1 : 2, bytes);
    },
    finish: (status) => {
      if (hasStatus) send(3, Buffer.from(JSON.stringify(status)));
      else if (status.status !== 'Success') send(3, Buffer.from(status.message ?? ''));
      socket.close(1000);
    },
  });
}
