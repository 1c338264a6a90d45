/**
 * Passes streams on: what a client sends on one goes to the server behind it, and back (apimachinery/pkg/util/proxy).
 *
 * Each link has an id on either side, as every client chooses its own. When one side goes away, the other is told.
 */
import type { StreamClose, StreamData, StreamMessage, StreamOpened } from '../api/stream.ts';
import type { Message } from '../../../src/index.ts';
import type { Process } from './process.ts';

interface Link {
  readonly client: string;
  readonly clientId: number;
  readonly server: string;
  readonly serverId: number;
  readonly on: LinkEvents;
}

/** What whoever opened a link may want to hear. */
export interface LinkEvents {
  /** The server accepted. */
  readonly opened?: () => void;
  /** Either side ended it. */
  readonly ended?: () => void;
}

export class StreamRelay {
  private readonly process: Process;
  /** Links by either end: `actor id`. */
  private readonly ends = new Map<string, Link>();

  constructor(process: Process) {
    this.process = process;
    process.on<StreamOpened>('stream.opened', (message) => this.pass(message));
    process.on<StreamData>('stream.data', (message) => this.pass(message));
    process.on<StreamClose>('stream.close', (message) => this.pass(message));
  }

  /** Links a client's stream with one at `server` that `request` opens. */
  open(client: string, clientId: number, server: string, request: Message & { readonly id: number }, on: LinkEvents = {}): void {
    const link: Link = { client, clientId, server, serverId: request.id, on };
    this.ends.set(`${client} ${clientId}`, link);
    this.ends.set(`${server} ${request.id}`, link);
    this.process.send(server, request);
  }

  /** The server refused: nothing comes on this link. */
  refused(server: string, serverId: number): void {
    this.forget(this.ends.get(`${server} ${serverId}`));
  }

  /** The client is gone: tells the server. */
  leave(client: string, clientId: number): void {
    const link = this.ends.get(`${client} ${clientId}`);
    if (link === undefined) return;
    this.forget(link);
    this.process.send(link.server, { kind: 'stream.close', id: link.serverId } as StreamClose);
  }

  /** A server is gone: ends what it served. */
  lost(server: string, message: string): void {
    for (const link of new Set(this.ends.values())) {
      if (link.server !== server) continue;
      this.forget(link);
      this.process.send(link.client, { kind: 'stream.close', id: link.clientId, outcome: { kind: 'failed', message } } as StreamClose);
    }
  }

  private pass(message: StreamMessage): void {
    const { from } = this.process;
    const link = this.ends.get(`${from} ${message.id}`);
    if (link === undefined) return;
    if (message.kind === 'stream.close') this.forget(link);
    const isFromServer = link.server === from;
    if (message.kind === 'stream.opened') link.on.opened?.();
    this.process.send(isFromServer ? link.client : link.server, withId(message, isFromServer ? link.clientId : link.serverId));
  }

  private forget(link: Link | undefined): void {
    if (link === undefined) return;
    this.ends.delete(`${link.client} ${link.clientId}`);
    this.ends.delete(`${link.server} ${link.serverId}`);
    link.on.ended?.();
  }
}

const withId = (message: StreamMessage, id: number): StreamMessage => ({ ...message, id });
