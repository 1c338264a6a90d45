/**
 * HTTP/1.1 as bytes and as the requests that programs here exchange: the two ends of a forwarded port.
 *
 * Bytes are strings of characters below 256. A connection that does not speak HTTP is passed on as one text.
 */
import type { HttpRequest, HttpResponse } from '../api/net.ts';
import { utf8Bytes } from '../object/hash.ts';
import type { Json } from '../../../src/index.ts';

const METHOD = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT) \S+ HTTP\/1\.[01]\r?\n/;
const MAYBE_METHOD = /^[A-Z]{0,7}(?: [^\r\n]*)?\r?$/;

/** UTF-8 bytes of a text. */
export const toBytes = (text: string): string => {
  let bytes = '';
  for (const byte of utf8Bytes(text)) bytes += String.fromCharCode(byte);
  return bytes;
};

/** The text that UTF-8 bytes are. */
export const fromBytes = (bytes: string): string => new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));

/** One request that came, and whether the connection stays open after its answer. */
export interface Arrived {
  readonly request: Json;
  readonly isHttp: boolean;
  readonly keepsAlive: boolean;
}

/** Takes bytes apart as they come. */
export class HttpWire {
  #buffer = '';

  /** Adds bytes; returns what is complete now. */
  feed(bytes: string): Arrived[] {
    this.#buffer += bytes;
    const arrived: Arrived[] = [];
    for (let next = this.#take(); next !== undefined; next = this.#take()) arrived.push(next);
    return arrived;
  }

  #take(): Arrived | undefined {
    const text = this.#buffer;
    if (text === '') return undefined;
    const isHttp = METHOD.test(text);
    if (!isHttp) {
      if (MAYBE_METHOD.test(text)) return undefined;
      this.#buffer = '';
      return { request: fromBytes(text), isHttp: false, keepsAlive: true };
    }
    const end = /\r?\n\r?\n/.exec(text);
    if (end === null) return undefined;
    const [first = '', ...lines] = text.slice(0, end.index).split(/\r?\n/);
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
    const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const start = end.index + end[0].length;
    const length = Number(lower.get('content-length') ?? 0);
    if (text.length < start + length) return undefined;
    this.#buffer = text.slice(start + length);
    const [method = 'GET', path = '/', version = ''] = first.split(' ');
    const connection = lower.get('connection')?.toLowerCase() ?? '';
    const keepsAlive = version === 'HTTP/1.0' ? connection === 'keep-alive' : connection !== 'close';
    const body = fromBytes(text.slice(start, start + length));
    const request: HttpRequest = { method, path, headers, ...(length > 0 ? { body } : {}) };
    return { request: request as unknown as Json, isHttp: true, keepsAlive };
  }
}

/** A response as bytes. `reason` is the status line's phrase. */
export function responseBytes({ status, headers = {}, body = '' }: HttpResponse, reason: string, isHead: boolean, keepsAlive: boolean): string {
  const bytes = toBytes(body);
  const given = Object.entries(headers).filter(([name]) => !/^(?:content-length|connection|transfer-encoding)$/i.test(name));
  const all = [...given, ['Content-Length', String(bytes.length)], ...(keepsAlive ? [] : [['Connection', 'close']])];
  return `HTTP/1.1 ${status} ${reason}\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${isHead ? '' : bytes}`;
}
