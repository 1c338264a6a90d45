/**
 * The connection of a process to kube-apiserver: sends requests, hands answers and watch events to whoever waits.
 *
 * One connection a process (as Go shares one HTTP/2 transport), used by all its clients. It notices when a server goes
 * away: calls that are open then fail with code 0, because nobody knows whether the server acted. What cannot be noticed
 * (a partition) ends after the HTTP/2 health check's 45 s (apimachinery/pkg/util/net/http.go: read idle 30 s, ping 15 s);
 * one timer serves all open calls, since calls are in the order of their deadlines.
 */
import type { PeerMessage } from '../../../src/index.ts';
import type { ApiClose, ApiRequest, ApiResponse, ApiWatchEvents, WatchEvent } from '../api/message.ts';
import type { Process } from './process.ts';
import type { Status } from './result.ts';

/** k8s.io/apimachinery/pkg/util/net/http.go: readIdleTimeout 30 s + pingTimeout 15 s. */
const CONNECTION_LOST_AFTER = 45_000_000;
/** How long a refused connection takes. */
const REFUSED_AFTER = 1_000;

/** Receives a watch's events and its end. */
export interface WatchSink {
  /** The first call says that the watch is open, even without events. */
  events(events: readonly WatchEvent[]): void;
  /** The stream ended: by the server, by a refusal (`status`), or because the connection was lost (code 0). */
  closed(status: Status | undefined): void;
}

/** A request without what the connection adds. */
export type Request = Omit<ApiRequest, 'kind' | 'id'>;

interface OpenCall {
  readonly server: string;
  readonly deadline: number;
  readonly settle: (response: ApiResponse) => void;
}

interface OpenWatch {
  readonly server: string;
  readonly sink: WatchSink;
}

export class Connection {
  private readonly process: Process;
  private readonly servers: readonly string[];
  private readonly calls = new Map<number, OpenCall>();
  private readonly watches = new Map<number, OpenWatch>();
  private readonly down = new Set<string>();
  private nextId: number;
  private isTimerSet = false;

  /** Takes over the process's `api.*`, `down` and `up` messages. `servers` in the order of preference. */
  constructor(process: Process, servers: readonly string[]) {
    this.process = process;
    this.servers = servers;
    // Ids differ from those of an earlier life of this process, whose answers may still be under way.
    this.nextId = process.now + 1;
    process.on<ApiResponse>('api.response', (message) => this.settle(message));
    process.on<ApiWatchEvents>('api.watch', (message) => this.deliver(message));
    process.on<ApiClose>('api.close', (message) => this.endWatch(message.id, undefined));
    process.on<PeerMessage>('down', (message) => this.serverDown(message.actor));
    process.on<PeerMessage>('up', (message) => this.down.delete(message.actor));
    for (const server of servers) process.monitor(server);
  }

  /** Sends a request; `settle` gets the answer, or code 0 when none came. */
  send(request: Request, settle: (response: ApiResponse) => void): void {
    const id = this.nextId++;
    const server = this.server();
    if (server === undefined) {
      this.process.after('client.refused', REFUSED_AFTER, () => settle(lost(id, 'connect: connection refused')));
      return;
    }
    this.calls.set(id, { server, deadline: this.process.now + CONNECTION_LOST_AFTER, settle });
    if (!this.isTimerSet) this.armTimer(CONNECTION_LOST_AFTER);
    this.process.send(server, { kind: 'api.request', id, ...request } as ApiRequest);
  }

  /** Opens a watch; returns how to stop it. After that the sink hears nothing more. */
  watch(request: Request, sink: WatchSink): () => void {
    const id = this.nextId++;
    const server = this.server();
    if (server === undefined) {
      this.process.after('client.refused', REFUSED_AFTER, () => sink.closed(unreachable('connect: connection refused')));
      return () => undefined;
    }
    this.watches.set(id, { server, sink });
    this.process.send(server, { kind: 'api.request', id, ...request } as ApiRequest);
    return () => {
      if (this.watches.delete(id)) this.process.send(server, { kind: 'api.close', id } as ApiClose);
    };
  }

  private armTimer(delay: number): void {
    this.isTimerSet = true;
    this.process.after('client.timeout', delay, () => this.expire());
  }

  /** Ends the calls whose time is over. Calls stand in the order of their deadlines. */
  private expire(): void {
    this.isTimerSet = false;
    for (const [id, call] of this.calls) {
      const left = call.deadline - this.process.now;
      if (left > 0) {
        this.armTimer(left);
        return;
      }
      this.calls.delete(id);
      call.settle(lost(id, 'http2: client connection lost'));
    }
  }

  private deliver(message: ApiWatchEvents): void {
    const watch = this.watches.get(message.id);
    watch?.sink.events(message.events);
  }

  private settle(response: ApiResponse): void {
    const call = this.calls.get(response.id);
    if (call === undefined) {
      // A watch that is refused answers like any request.
      this.endWatch(response.id, response.body as Status);
      return;
    }
    this.calls.delete(response.id);
    call.settle(response);
  }

  private endWatch(id: number, status: Status | undefined): void {
    const watch = this.watches.get(id);
    if (watch === undefined) return;
    this.watches.delete(id);
    watch.sink.closed(status);
  }

  private serverDown(server: string): void {
    this.down.add(server);
    for (const [id, call] of [...this.calls]) {
      if (call.server === server) this.settle(lost(id, 'connection reset by peer'));
    }
    for (const [id, watch] of [...this.watches]) {
      if (watch.server === server) this.endWatch(id, unreachable('connection reset by peer'));
    }
  }

  private server(): string | undefined {
    return this.servers.find((server) => !this.down.has(server));
  }
}

function lost(id: number, message: string): ApiResponse {
  return { kind: 'api.response', id, code: 0, body: unreachable(message) };
}

function unreachable(message: string): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 0 };
}
