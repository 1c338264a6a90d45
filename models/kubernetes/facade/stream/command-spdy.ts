/**
 * exec and attach over SPDY: the client opens one stream for each of error, stdin, stdout, stderr and resize.
 *
 * Upstream: kubelet/pkg/cri/streaming/remotecommand/httpstream.go.
 */
import type { SpdyConnection, SpdyStream } from '../spdy/connection.ts';
import type { Wanted } from './command-web-socket.ts';
import type { RemoteCommand } from './remote-command.ts';

/** Protocols in the server's order; from v4 on the error stream carries a Status. */
export const COMMAND_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

/** Serves a command on a connection whose client is going to open its streams. */
export function serveCommandSpdy(connection: SpdyConnection, protocol: string, command: RemoteCommand, wanted: Wanted): void {
  const streams = new Map<string, SpdyStream>();
  const names = ['error', ...(wanted.stdin ? ['stdin'] : []), ...(wanted.stdout ? ['stdout'] : []), ...(wanted.stderr && !wanted.tty ? ['stderr'] : [])];
  const hasStatus = /^v[45]\./.test(protocol);
  connection.onClose = () => command.leave();
  connection.onStream = (stream) => {
    const type = stream.headers['streamtype'] ?? '';
    if (type === 'resize') return stream.read((bytes) => command.resize(bytes.toString()));
    if (!names.includes(type) || streams.has(type)) return stream.reset();
    streams.set(type, stream);
    if (streams.size === names.length) connect();
  };
  const connect = (): void => {
    streams.get('stdin')?.read((bytes, isLast) => command.stdin(bytes, isLast));
    command.connect({
      output: (channel, bytes) => streams.get(channel)?.write(bytes),
      finish: (status) => {
        const text = hasStatus ? JSON.stringify(status) : (status.message ?? '');
        if (hasStatus || status.status !== 'Success') streams.get('error')?.write(Buffer.from(text));
        for (const stream of streams.values()) stream.end();
        connection.close();
      },
    });
  };
}
