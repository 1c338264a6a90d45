/**
 * The narrow seam between the HTTP facade and a running simulation.
 *
 * The facade lives in real time and speaks bytes; the simulation lives in virtual time and exchanges messages. Everything
 * that a client does enters through {@link Seam.submit} as an external input, so that it can be logged and replayed; all
 * other members only look, or steer the clock and the faults. Whoever runs the simulation implements this; tests fake it.
 */
import type { ApiRequest, ServerToClient, UserInfo } from '../api/message.ts';
import type { StreamChannel } from '../api/stream.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';

/** A request without the id, which the other side of the seam gives. */
export type Submission = Omit<ApiRequest, 'kind' | 'id'> & {
  /** The body as JSON, where the client sent it so: it need not be written again for the log. */
  readonly bodyText?: string;
};

/** Names an open request or watch. */
export type Handle = number;

/** What `GET /_sim/status` answers; further fields are shown as they are. */
export interface SimulationStatus {
  /** Virtual time since the start, in microseconds. */
  readonly now: number;
  readonly [field: string]: unknown;
}

/** `POST /_sim/clock`: any of these. */
export interface ClockCommand {
  readonly speed?: number | 'max';
  readonly paused?: boolean;
  /** A duration such as `10s`. */
  readonly advance?: string;
  readonly until?: string;
}

/** Outcome of a control command; `error` makes the answer a 400. */
export interface ControlResult {
  readonly error?: string;
  readonly [field: string]: unknown;
}

export interface Seam {
  /**
   * Enters a request. `respond` is called with the answer; for a watch with batches of events and a final close;
   * for a request that connects to a pod with the messages of a stream. It
   * is never called before `submit` has returned, nor after the handle was closed.
   */
  submit(request: Submission, respond: (message: ServerToClient) => void): Handle;
  /** Sends a piece on the stream that a request opened; `isLast` says that nothing follows on the channel. */
  send(handle: Handle, channel: StreamChannel, data: string, isLast?: boolean): void;
  /** The client went away: ends a watch or a stream, forgets a pending answer. */
  close(handle: Handle): void;
  /** All kinds that are served at this moment, custom ones included; the same array while nothing changed. */
  kinds(): readonly KindInfo[];
  /** Whom a service account's token stands for at this moment; undefined: it is not valid, or no server is there to ask. */
  authenticate(token: string): UserInfo | undefined;
  /** Wall time of the cluster, in microseconds since 1970. */
  wallTime(): number;
  status(): SimulationStatus;
  clock(command: ClockCommand): Promise<ControlResult>;
  fault(command: Readonly<Record<string, unknown>>): Promise<ControlResult>;
  /** Where connections would go at this moment (`from`, `to`, `namespace`, `protocol`, `count`, `seed`); `value` is the answer. */
  connect(question: Readonly<Record<string, unknown>>): ControlResult;
  /** The rules of the node `node`; `value` is their lines. */
  rules(question: Readonly<Record<string, unknown>>): ControlResult;
}
