/**
 * The system calls about the network: listening, accepting, connecting, asking for names.
 *
 * They are the lower half of `System`; a caught signal interrupts those that wait, and they say so.
 */
import type { Json } from '../../../../src/index.ts';
import type { Errno } from '../file-system/inode.ts';
import type { Host } from './host.ts';
import type { Process } from './process.ts';
import type { Signal } from './signal.ts';
import { type Exchange, type ExchangeFailure, isOwnAddress, type Listener, listenerFor, listenerKey } from './socket.ts';
import { hold, type OpenFile } from './stream.ts';
import type { Step, Wait } from './wait.ts';

/** Linux gives up a connection attempt after 127 s (tcp_syn_retries 6). */
const CONNECT_TIMEOUT_US = 127_000_000;

/** A blocking call was interrupted by this signal. */
export interface Interrupted {
  readonly interrupted: Signal;
}

export class SocketCalls {
  protected readonly host: Host;
  protected readonly process: Process;

  constructor(host: Host, process: Process) {
    this.host = host;
    this.process = process;
  }

  get nowUs(): number {
    return this.host.nowUs;
  }

  /** The lowest descriptor that is free, from a number on. */
  protected lowest(from = 0): number {
    let fd = from;
    while (this.process.descriptors.has(fd)) fd++;
    return fd;
  }

  /** Puts an open file at a descriptor, closing what was there. */
  place(fd: number, open: OpenFile): void {
    hold(open);
    this.host.close(this.process, fd);
    this.process.descriptors.set(fd, open);
    if (open.kind === 'pipe') this.host.changed(open.pipe);
  }

  listen(port: number, options: { address?: string; protocol?: 'TCP' | 'UDP' } = {}): number | Errno {
    const namespace = this.process.scope.network;
    const { address = '0.0.0.0', protocol = 'TCP' } = options;
    const key = listenerKey(protocol, port);
    if (namespace.listeners.has(key)) return 'EADDRINUSE';
    const pid = this.process.key;
    const listener: Listener = { namespace, port, protocol, address, queue: [], serving: new Set(), pid, waiters: new Set() };
    namespace.listeners.set(key, listener);
    const fd = this.lowest(3);
    this.place(fd, { kind: 'listener', listener, count: 0 });
    this.host.outside.listening(listener, true);
    return fd;
  }

  /** Waits for a client; answer it with `answer`. */
  *accept(fd: number): Step<Exchange | Interrupted | Errno> {
    for (;;) {
      const open = this.process.descriptors.get(fd);
      if (open?.kind !== 'listener') return 'EBADF';
      const exchange = open.listener.queue.shift();
      if (exchange !== undefined) {
        open.listener.serving.add(exchange);
        return exchange;
      }
      const wake = yield { wait: 'readable', fd };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
    }
  }

  /** Sends the response of an accepted exchange. */
  answer(exchange: Exchange, response: Json): void {
    for (const open of this.process.descriptors.values()) {
      if (open.kind === 'listener') open.listener.serving.delete(exchange);
    }
    this.host.finish(exchange, 'answered', response);
  }

  /**
   * Connects, sends a request and waits for the response. Null as request only connects. `timeoutUs` bounds the whole.
   */
  *exchange(
    ip: string,
    port: number,
    request: Json,
    options: { timeoutUs?: number; protocol?: 'TCP' | 'UDP' } = {},
  ): Step<{ readonly response: Json } | ExchangeFailure | Interrupted> {
    const { timeoutUs = CONNECT_TIMEOUT_US, protocol = 'TCP' } = options;
    const namespace = this.process.scope.network;
    const isOwn = isOwnAddress(namespace, ip);
    const listener = isOwn ? listenerFor(namespace, protocol, ip, port) : undefined;
    // On the node's own addresses there are the ports of Services and pods beside those of programs.
    const isLocal = isOwn && (listener !== undefined || namespace.isHost !== true);
    const exchange: Exchange = {
      id: this.host.takeNumber(),
      namespace,
      fromIp: isOwn ? ip : (namespace.ips[0] ?? '0.0.0.0'),
      toIp: ip,
      port,
      protocol,
      request,
      timeoutUs,
      state: 'open',
      response: null,
      isLocal,
      client: this.process.key,
    };
    if (!isLocal) this.host.outside.request(exchange);
    else if (!this.host.deliver(exchange, listener)) return 'refused';
    const atUs = this.nowUs + timeoutUs;
    while (exchange.state === 'open') {
      const wake = yield { wait: 'exchange', exchange: exchange.id, atUs };
      if (wake.kind === 'signal') return { interrupted: wake.signal };
      if (wake.kind === 'timeout') {
        exchange.state = 'timeout';
        return 'timeout';
      }
    }
    return exchange.state === 'answered' ? { response: exchange.response } : exchange.state;
  }

  /** Asks the pod's name servers. An empty answer: no such name; undefined: nobody answered in time. */
  *resolve(name: string, servers: readonly string[], search: readonly string[], ndots: number, atUs: number): Step<readonly string[] | undefined> {
    const query = this.host.takeNumber();
    this.host.outside.resolve({ id: query, namespace: this.process.scope.network, name, servers, search, ndots });
    const wait: Wait = { wait: 'answer', query, atUs };
    for (;;) {
      const wake = yield wait;
      if (wake.kind === 'timeout') return undefined;
      const answer = this.host.answers.get(query);
      if (answer === undefined) continue;
      this.host.answers.delete(query);
      return answer;
    }
  }
}
