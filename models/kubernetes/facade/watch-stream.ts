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

/** Texts of objects; an object is shared by all watches that deliver it. */
const texts = new WeakMap<object, string>();

/** An object as JSON, serialised once. */
export function objectText(object: object): string {
  let text = texts.get(object);
  if (text === undefined) {
    text = JSON.stringify(object);
    texts.set(object, text);
  }
  return text;
}

/** A line of a watch. */
export const eventLine = ({ type, object }: WatchEvent): string => `{"type":"${type}","object":${objectText(object)}}\n`;

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
