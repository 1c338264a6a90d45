/**
 * A watch over a WebSocket, as dashboards in browsers open it: one event a message, as text where it is text.
 *
 * Upstream: apiserver/pkg/endpoints/handlers/watch.go (`HandleWS`).
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ApiResponse } from '../../api/message.ts';
import { type Conversion, watchEvents } from '../convert.ts';
import { ENCODER } from '../encoding.ts';
import type { Seam, Submission } from '../seam.ts';

/** Unsent bytes at which a watch is given up, as in `watch-stream.ts`. */
const MAXIMUM_BACKLOG = 64 * 1024 * 1024;

// What a client offers is what it speaks: the server has no protocol of its own here.
const server = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first ?? false });

/** Asks for the watch and takes the connection over once it is open; a refusal stays an HTTP answer. */
export function serveWatchWebSocket(seam: Seam, submission: Submission, conversion: Conversion, request: IncomingMessage, socket: Duplex, head: Buffer, refused: (response: ApiResponse) => void): void {
  let client: WebSocket | undefined;
  const early: (() => void)[] = [];
  const connected = (work: (client: WebSocket) => void): void => void (client === undefined ? early.push(() => client !== undefined && work(client)) : work(client));
  let isAccepted = false;
  const accept = (): void => {
    if (isAccepted) return;
    isAccepted = true;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      client = webSocket;
      webSocket.on('error', () => webSocket.terminate());
      for (const work of early.splice(0)) work();
    });
  };
  const toBytes = watchEvents(conversion, ENCODER);
  const isText = conversion.form.encoding !== 'protobuf';
  const handle = seam.submit(submission, (message) => {
    if (message.kind === 'api.response') return refused(message);
    accept();
    if (message.kind === 'api.watch') connected((webSocket) => message.events.forEach((event) => write(webSocket, toBytes(event), isText)));
    else if (message.kind === 'api.close') connected((webSocket) => webSocket.close(1000));
  });
  socket.on('close', () => seam.close(handle));
}

function write(socket: WebSocket, bytes: Buffer, isText: boolean): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > MAXIMUM_BACKLOG) socket.terminate();
  else socket.send(bytes, { binary: !isText });
}
