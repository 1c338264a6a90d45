/**
 * Two-way streams between actors: exec, attach, port-forward, and logs that are followed.
 *
 * A stream begins with a request of the protocol in question (`api.request`, `kubelet.request`, `cri.stream`); its id names
 * the stream between the two actors from then on. The server either refuses with that protocol's response or says
 * `stream.opened`. Each hop relays, as upstream's proxies do, so each link can fail.
 */
import type { Message } from '../../../src/index.ts';

/** Which way a piece goes: `stdin` and `resize` to the server, the others to the client. */
export type StreamChannel = 'stdin' | 'stdout' | 'stderr' | 'resize';

/** Server -> client: the request was accepted. */
export interface StreamOpened extends Message {
  readonly kind: 'stream.opened';
  readonly id: number;
}

/** Either way: a piece. Terminals' sizes are `{"Width":80,"Height":24}` as text. */
export interface StreamData extends Message {
  readonly kind: 'stream.data';
  readonly id: number;
  readonly channel: StreamChannel;
  readonly data: string;
  /** Nothing follows on this channel. */
  readonly isLast?: boolean;
}

/** How a command or connection ended: its exit code, or why it could not run. */
export type StreamOutcome = { readonly kind: 'exited'; readonly code: number } | { readonly kind: 'failed'; readonly message: string };

/** Either way: the end. Servers say how it went. */
export interface StreamClose extends Message {
  readonly kind: 'stream.close';
  readonly id: number;
  readonly outcome?: StreamOutcome;
}

export type StreamMessage = StreamOpened | StreamData | StreamClose;
