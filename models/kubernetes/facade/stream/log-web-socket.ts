/**
 * A container's log over a WebSocket: an empty message first, then the text in pieces, then the end.
 *
 * Upstream: apimachinery/pkg/util/httpstream/wsstream/stream.go (`Reader`), apiserver/pkg/endpoints/handlers/responsewriters.
 */
import { WebSocketServer, type WebSocket } from 'ws';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ApiResponse } from '../../api/message.ts';
import { isStatus } from '../../api-server/status/status.ts';
import type { Seam, Submission } from '../seam.ts';

/** The protocols of a reader; without one it is binary. */
const PROTOCOLS = ['binary.k8s.io', 'base64.binary.k8s.io'];
const PIECE = 2048;

const server = new WebSocketServer({ noServer: true, handleProtocols: (offered) => PROTOCOLS.find((name) => offered.has(name)) ?? false });

export const hasLogProtocol = (request: IncomingMessage): boolean => {
  const offered = String(request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
  return offered.length === 0 || offered.some((name) => PROTOCOLS.includes(name));
};

/** Asks for the log and takes the connection over once there is something to say; a refusal stays an HTTP answer. */
export function serveLogWebSocket(seam: Seam, submission: Submission, request: IncomingMessage, socket: Duplex, head: Buffer, refused: (response: ApiResponse) => void): void {
  let client: WebSocket | undefined;
  const early: (() => void)[] = [];
  const connected = (work: () => void): void => void (client === undefined ? early.push(work) : work());
  const accept = (): void =>
    server.handleUpgrade(request, socket, head, (webSocket) => {
      client = webSocket;
      webSocket.on('error', () => webSocket.terminate());
      write(webSocket, Buffer.alloc(0));
      for (const work of early.splice(0)) work();
    });
  const handle = seam.submit(submission, (message) => {
    switch (message.kind) {
      case 'api.response':
        if (isStatus(message.body) || typeof message.body !== 'string') return refused(message);
        accept();
        return connected(() => finish(client, String(message.body)));
      case 'stream.opened':
        return accept();
      case 'stream.data':
        return connected(() => client !== undefined && writeAll(client, message.data));
      default:
        return connected(() => finish(client, ''));
    }
  });
  socket.on('close', () => seam.close(handle));
}

function finish(socket: WebSocket | undefined, text: string): void {
  if (socket === undefined) return;
  writeAll(socket, text);
  socket.close(1000);
}

function writeAll(socket: WebSocket, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += PIECE) write(socket, bytes.subarray(at, at + PIECE));
}

function write(socket: WebSocket, bytes: Buffer): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.protocol.startsWith('base64')) socket.send(bytes.toString('base64'));
  else socket.send(bytes, { binary: true });
}
