/**
 * The connection of a process to kube-apiserver: sends requests, hands answers and watch events to whoever waits.
 *
 * One connection a process (as Go shares one HTTP/2 transport), used by all its clients. It notices when a server goes
 * away: calls that are open then fail with code 0, because nobody knows whether the server acted. What cannot be noticed
 * (a partition) ends after the HTTP/2 health check's 45 s (apimachinery/pkg/util/net/http.go: read idle 30 s, ping 15 s),
 * or after the client's own timeout (rest.Config.Timeout).
 */
import type { PeerMessage } from '../../../src/index.ts';
import type { ApiClose, ApiRequest, ApiResponse, ApiWatchEvents, WatchEvent } from '../api/message.ts';
import type { Process, TimerHandle } from './process.ts';
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

/** A request that is being made: the connection gives it its id. It belongs to the connection then. */
export type Draft = { -readonly [Member in keyof ApiRequest]: ApiRequest[Member] };

/** Open calls that may take equally long: they stand in the order of their deadlines, so one timer serves all. */
interface Lane {
  readonly timeout: number;
  /** What a call that took longer is told. */
  readonly message: string;
  readonly calls: Map<number, OpenCall>;
  timer: TimerHandle | undefined;
}

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
  private readonly lanes: Lane[] = [{ timeout: CONNECTION_LOST_AFTER, message: 'http2: client connection lost', calls: new Map(), timer: undefined }];
  private readonly watches = new Map<number, OpenWatch>();
  private readonly down = new Set<string>();
  private nextId: number;

  /** Takes over the process's `api.*`, `down` and `up` messages. `servers` in the order of preference. */
  constructor(process: Process, servers: readonly string[]) {
    this.process = process;
    this.servers = servers;
    this.nextId = process.firstId;
    process.on<ApiResponse>('api.response', (message) => this.settle(message));
    process.on<ApiWatchEvents>('api.watch', (message) => this.deliver(message));
    process.on<ApiClose>('api.close', (message) => this.endWatch(message.id, undefined));
    process.on<PeerMessage>('down', (message) => this.serverDown(message.actor));
    process.on<PeerMessage>('up', (message) => this.down.delete(message.actor));
    for (const server of servers) process.monitor(server);
  }

  /** Sends a request; `settle` gets the answer, or code 0 when none came, within `timeout` µs where that is given. */
  send(request: Draft, settle: (response: ApiResponse) => void, timeout?: number): void {
    const id = this.nextId++;
    const server = this.server();
    if (server === undefined) {
      this.process.after('client.refused', REFUSED_AFTER, () => settle(lost(id, 'connect: connection refused')));
      return;
    }
    const lane = this.laneOf(timeout);
    lane.calls.set(id, { server, deadline: this.process.now + lane.timeout, settle });
    if (lane.timer === undefined) this.armTimer(lane, lane.timeout);
    request.id = id;
    this.process.send(server, request);
  }

  /** Opens a watch; returns how to stop it. After that the sink hears nothing more. */
  watch(request: Draft, sink: WatchSink): () => void {
    const id = this.nextId++;
    const server = this.server();
    if (server === undefined) {
      this.process.after('client.refused', REFUSED_AFTER, () => sink.closed(unreachable('connect: connection refused')));
      return () => undefined;
    }
    this.watches.set(id, { server, sink });
    request.id = id;
    this.process.send(server, request);
    return () => {
      if (this.watches.delete(id)) this.process.send(server, { kind: 'api.close', id } as ApiClose);
    };
  }

  private laneOf(timeout = CONNECTION_LOST_AFTER): Lane {
    for (const lane of this.lanes) if (lane.timeout === timeout) return lane;
    const lane: Lane = { timeout, message: 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)', calls: new Map(), timer: undefined };
    this.lanes.push(lane);
    return lane;
  }

  private armTimer(lane: Lane, delay: number): void {
    lane.timer = this.process.after('client.timeout', delay, () => this.expire(lane));
  }

  /** Ends the calls whose time is over. */
  private expire(lane: Lane): void {
    lane.timer = undefined;
    for (const [id, call] of lane.calls) {
      const left = call.deadline - this.process.now;
      if (left > 0) return this.armTimer(lane, left);
      lane.calls.delete(id);
      call.settle(lost(id, lane.message));
    }
  }

  /** The call with this id, which is over. */
  private take(id: number): OpenCall | undefined {
    for (const lane of this.lanes) {
      const call = lane.calls.get(id);
      if (call === undefined) continue;
      lane.calls.delete(id);
      // Calls with a timeout of their own are rare; where they are not, one timer after the other would be set and stopped.
      if (lane.calls.size === 0 && lane.timeout !== CONNECTION_LOST_AFTER) {
        lane.timer?.stop();
        lane.timer = undefined;
      }
      return call;
    }
    return undefined;
  }

  private deliver(message: ApiWatchEvents): void {
    const watch = this.watches.get(message.id);
    watch?.sink.events(message.events);
  }

  private settle(response: ApiResponse): void {
    const call = this.take(response.id);
    // A watch that is refused answers like any request.
    if (call === undefined) this.endWatch(response.id, response.body as Status);
    else call.settle(response);
  }

  private endWatch(id: number, status: Status | undefined): void {
    const watch = this.watches.get(id);
    if (watch === undefined) return;
    this.watches.delete(id);
    watch.sink.closed(status);
  }

  private serverDown(server: string): void {
    this.down.add(server);
    for (const [id, call] of this.lanes.flatMap(({ calls }) => [...calls])) {
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
