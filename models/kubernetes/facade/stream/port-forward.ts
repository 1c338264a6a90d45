/**
 * port-forward: connections from a person's machine to ports of a pod.
 *
 * With SPDY (alone, or inside of a WebSocket) each connection is a pair of streams, data and error, with the port in its
 * headers. The older WebSocket protocol names the ports in the URL and has two channels for each. Bytes travel as
 * characters below 256. Upstream: kubelet/pkg/cri/streaming/portforward/{httpstream,websocket}.go,
 * apiserver/pkg/util/proxy/translatinghandler.go.
 */
import type { WebSocket } from 'ws';
import type { Seam, Submission } from '../seam.ts';
import type { SpdyConnection, SpdyStream } from '../spdy/connection.ts';
import { PodStream } from './pod-stream.ts';

/** The subprotocol of WebSockets that carry SPDY. */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

/** The client's end of one forwarded connection. */
interface Ends {
  readonly data: (bytes: Buffer) => void;
  readonly error: (text: string) => void;
  readonly end: () => void;
}

/** Opens one connection to a port. */
function connect(seam: Seam, submission: Submission, port: number, ends: Ends): PodStream {
  const { name = '' } = submission;
  const fail = (why: string): void => {
    ends.error(`error forwarding port ${port} to pod ${name}, uid : ${why}`);
    ends.end();
  };
  return new PodStream(seam, { ...submission, query: { port: String(port) } }, {
    opened: () => undefined,
    refused: ({ body }) => fail(typeof body === 'string' ? body : ((body as { message?: string }).message ?? 'refused')),
    data: (_channel, text) => ends.data(Buffer.from(text, 'latin1')),
    ended: (outcome) => (outcome.kind === 'failed' ? fail(outcome.message) : ends.end()),
  });
}

/** Serves all connections of one SPDY session; `session` is the request that keeps it open in the simulation. */
export function servePortForwardSpdy(connection: SpdyConnection, seam: Seam, submission: Submission, session: PodStream): void {
  const pairs = new Map<string, { data?: SpdyStream; error?: SpdyStream }>();
  const open = new Set<PodStream>();
  connection.onClose = () => {
    for (const stream of open) stream.close();
    session.close();
  };
  connection.onStream = (stream) => {
    const { streamtype: type, port = '', requestid } = stream.headers;
    if ((type !== 'data' && type !== 'error') || !/^\d+$/.test(port)) return stream.reset();
    const id = requestid ?? port;
    const pair = pairs.get(id) ?? {};
    pair[type] = stream;
    pairs.set(id, pair);
    const { data, error } = pair;
    if (data === undefined || error === undefined) return;
    pairs.delete(id);
    const end = (): void => {
      open.delete(forwarded);
      data.end();
      error.end();
      connection.forget(data);
      connection.forget(error);
    };
    const forwarded = connect(seam, submission, Number(port), { data: (bytes) => data.write(bytes), error: (text) => error.write(Buffer.from(text)), end });
    open.add(forwarded);
    data.read((bytes, isLast) => forwarded.send('stdin', bytes.toString('latin1'), isLast));
  };
}

/** Serves the ports that the URL of a WebSocket names: channel 2i is data, 2i+1 errors; each begins with its port. */
export function servePortForwardWebSocket(socket: WebSocket, seam: Seam, submission: Submission, ports: readonly number[], session: PodStream): void {
  const isBase64 = socket.protocol.includes('base64');
  const send = (channel: number, bytes: Buffer): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (isBase64) socket.send(`${channel}${bytes.toString('base64')}`);
    else socket.send(Buffer.concat([Buffer.from([channel]), bytes]), { binary: true });
  };
  const streams = ports.map((port, index) => {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    send(2 * index, number);
    send(2 * index + 1, number);
    return connect(seam, submission, port, {
      data: (bytes) => send(2 * index, bytes),
      error: (text) => send(2 * index + 1, Buffer.from(text)),
      end: () => socket.close(1000),
    });
  });
  socket.on('message', (data: Buffer) => {
    const channel = isBase64 ? (data[0] ?? 0) - 0x30 : (data[0] ?? 0);
    const bytes = isBase64 ? Buffer.from(data.subarray(1).toString('latin1'), 'base64') : data.subarray(1);
    if (channel % 2 === 0) streams[channel / 2]?.send('stdin', bytes.toString('latin1'));
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    for (const stream of streams) stream.close();
    session.close();
  });
}
