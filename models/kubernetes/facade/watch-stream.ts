/**
 * One watch as a client sees it: a chunked body with one JSON document a line, or protobuf frames.
 *
 * The events of one turn go out together, and a client that does not read is cut off before it fills the memory (the real
 * server closes slow watchers too).
 */
import type { ServerResponse } from 'node:http';
import type { Encoding } from './accept.ts';
import { commonHeaders } from './connection.ts';

/** Unsent bytes at which a watch is given up. */
const MAXIMUM_BACKLOG = 64 * 1024 * 1024;

/** Content types of watches (handlers/watch.go). */
const CONTENT_TYPE: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/json',
  protobuf: 'application/vnd.kubernetes.protobuf;stream=watch',
};

export class WatchStream {
  private readonly response: ServerResponse;
  private readonly encoding: Encoding;
  private pending: Buffer[] = [];
  private scheduled = false;

  constructor(response: ServerResponse, encoding: Encoding) {
    this.response = response;
    this.encoding = encoding;
  }

  /** Sends the headers, so that the client knows that the watch is open. */
  open(): void {
    if (this.response.headersSent || this.response.destroyed) return;
    commonHeaders(this.response);
    this.response.setHeader('Content-Type', CONTENT_TYPE[this.encoding]);
    this.response.writeHead(200);
    this.response.flushHeaders();
  }

  /** Queues events for the next turn. */
  write(events: readonly Buffer[]): void {
    if (events.length === 0 || this.response.destroyed) return;
    this.pending.push(...events);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.flush());
  }

  /** Ends the body after what is queued. */
  end(): void {
    this.flush();
    if (!this.response.destroyed) this.response.end();
  }

  private flush(): void {
    this.scheduled = false;
    if (this.pending.length === 0 || this.response.destroyed) return;
    const bytes = this.pending.length === 1 ? (this.pending[0] as Buffer) : Buffer.concat(this.pending);
    this.pending = [];
    this.response.write(bytes);
    if (this.response.writableLength > MAXIMUM_BACKLOG) this.response.destroy();
  }
}
