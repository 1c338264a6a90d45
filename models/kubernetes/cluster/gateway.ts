/**
 * The gateway: where requests from outside enter a simulation.
 *
 * An actor that turns inputs into API requests and keeps the answers until the facade fetches them. Requests are inputs, so
 * they are in the log; answers are only looked at, so fetching them changes nothing.
 */
import type { ActorSpec, Message, PeerMessage } from '../../../src/index.ts';
import type { ApiClose, ApiRequest, ServerToClient } from '../api/message.ts';
import type { StreamChannel, StreamData } from '../api/stream.ts';
import { processBehavior, type Process } from '../client/process.ts';

export const GATEWAY = 'gateway';

/** A request from outside. Its id is unique in the run. */
export interface GatewaySubmit extends Message {
  readonly kind: 'gateway.submit';
  readonly request: ApiRequest;
  /**
   * The request's body as JSON. Inputs from outside carry text, because a log keeps values in canonical form: the order of
   * an object's fields would be lost, and with it the order in which a server complains about them.
   */
  readonly text?: string;
}

/** The client that sent request `id` went away. */
export interface GatewayClose extends Message {
  readonly kind: 'gateway.close';
  readonly id: number;
}

/** A client sent something on the stream that its request `id` opened. */
export interface GatewayStream extends Message {
  readonly kind: 'gateway.stream';
  readonly id: number;
  readonly channel: StreamChannel;
  readonly data: string;
  readonly isLast?: boolean;
}

/** What the gateway shows: answers since the last look, in order. */
export interface GatewayState {
  outbox: ServerToClient[];
}

/** The actor. Requests go to the first of `servers` that is up. */
export function gateway(servers: readonly string[]): ActorSpec {
  return { id: GATEWAY, type: 'gateway', behavior: processBehavior((process) => start(process, servers)) };
}

/** What the gateway of a running simulation holds, if there is one. */
export const gatewayState = (process: Process | undefined): GatewayState | undefined => process?.exposed as GatewayState | undefined;

function start(process: Process, servers: readonly string[]): void {
  const state: GatewayState = { outbox: [] };
  const open = new Map<number, string>();
  const down = new Set<string>();
  process.exposed = state;
  const answer = (message: ServerToClient): void => {
    if (!open.has(message.id)) return;
    if (isEnd(message)) open.delete(message.id);
    state.outbox.push(message);
  };
  const refuse = (id: number): void => {
    const message = 'the server is currently unable to handle the request';
    answer({ kind: 'api.response', id, code: 503, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'ServiceUnavailable', code: 503 } });
  };
  process.on<GatewaySubmit>('gateway.submit', ({ request: bare, text }) => {
    const request = text === undefined ? bare : { ...bare, body: JSON.parse(text) as unknown };
    const server = servers.find((id) => !down.has(id));
    open.set(request.id, server ?? '');
    if (server === undefined) refuse(request.id);
    else process.send(server, request);
  });
  process.on<GatewayClose>('gateway.close', ({ id }) => {
    const server = open.get(id);
    open.delete(id);
    if (server) process.send(server, { kind: 'api.close', id } as ApiClose);
  });
  process.on<GatewayStream>('gateway.stream', ({ id, channel, data, isLast }) => {
    const server = open.get(id);
    if (server) process.send(server, { kind: 'stream.data', id, channel, data, ...(isLast === true ? { isLast } : {}) } as StreamData);
  });
  for (const kind of ['api.response', 'api.watch', 'api.close', 'stream.opened', 'stream.data', 'stream.close'] as const) process.on<ServerToClient & Message>(kind, answer);
  process.on<PeerMessage>('down', ({ actor }) => {
    down.add(actor);
    for (const [id, server] of [...open]) if (server === actor) refuse(id);
  });
  process.on<PeerMessage>('up', ({ actor }) => void down.delete(actor));
  for (const server of servers) process.monitor(server);
}

/** Whether nothing more comes for a request after this message. */
export const isEnd = ({ kind }: ServerToClient): boolean => kind === 'api.response' || kind === 'api.close' || kind === 'stream.close';
