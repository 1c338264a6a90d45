/**
 * One watch as a client sees it: a chunked body with one JSON document a line.
 *
 * An object is serialised once however many clients watch it, the lines of one turn go out in one write, and a client
 * that does not read is cut off before it fills the memory (the real server closes slow watchers too).
 */
import type { ServerResponse } from 'node:http';
import type { WatchEvent } from '../api/message.ts';
import { commonHeaders } from './connection.ts';

/** Unsent bytes at which a watch is given up. */
const MAXIMUM_BACKLOG = 64 * 1024 * 1024;

/** Texts of events by event; an event is shared by all watches that deliver it. */
const texts = new WeakMap<WatchEvent, string>();

/** A line of a plain JSON watch. */
export function eventLine(event: WatchEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    text = `{"type":"${event.type}","object":${JSON.stringify(event.object)}}\n`;
    texts.set(event, text);
  }
  return text;
}

export class WatchStream {
  private readonly response: ServerResponse;
  private pending: string[] = [];
  private scheduled = false;

  constructor(response: ServerResponse) {
    this.response = response;
  }

  /** Sends the headers, so that the client knows that the watch is open. */
  open(): void {
    if (this.response.headersSent || this.response.destroyed) return;
    commonHeaders(this.response);
    this.response.setHeader('Content-Type', 'application/json');
    this.response.setHeader('Transfer-Encoding', 'chunked');
    this.response.writeHead(200);
    this.response.flushHeaders();
  }

  /** Queues lines for the next turn. */
  write(lines: readonly string[]): void {
    if (lines.length === 0 || this.response.destroyed) return;
    this.pending.push(...lines);
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
    const text = this.pending.length === 1 ? (this.pending[0] ?? '') : this.pending.join('');
    this.pending = [];
    this.response.write(text);
    if (this.response.writableLength > MAXIMUM_BACKLOG) this.response.destroy();
  }
}
