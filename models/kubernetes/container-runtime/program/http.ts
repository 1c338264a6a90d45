/** HTTP as programs here speak it: one request, one response, as plain data (see `api/net.ts`). */
import type { HttpRequest, HttpResponse } from '../../api/net.ts';
import type { Json } from '../../../../src/index.ts';
import type { Signal } from '../process/signal.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';

/** What Go's net/http answers to text that is no request. */
export const BAD_REQUEST: HttpResponse = { status: 400, headers: { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }, body: '400 Bad Request' };

/** Reads a request that came over the network; undefined if it is not HTTP. */
export function asHttpRequest(request: Json): HttpRequest | undefined {
  if (request === null || typeof request !== 'object' || !('path' in request)) return undefined;
  const { method, path, headers, body } = request as unknown as HttpRequest;
  return { method: method ?? 'GET', path, ...(headers === undefined ? {} : { headers }), ...(body === undefined ? {} : { body }) };
}

export function asHttpResponse(response: Json): HttpResponse | undefined {
  return response !== null && typeof response === 'object' && 'status' in response ? (response as unknown as HttpResponse) : undefined;
}

export function toJson(message: HttpRequest | HttpResponse): Json {
  return message as unknown as Json;
}

export interface ServerOptions {
  readonly ports: readonly number[];
  readonly handle: (request: HttpRequest, system: System, from: string) => HttpResponse;
  /** Exit status for a signal that stops the server. */
  readonly stop?: Partial<Record<Signal, number>>;
  /** Called when the ports are open. */
  readonly started?: (system: System) => void;
  /** What the server prints when a port is taken; `status` is its exit status then. */
  readonly taken?: (port: number) => { readonly message: string; readonly status: number };
}

/** A server that answers until a signal stops it. One task waits on all ports: the first with a client is served. */
export function* serveHttp(system: System, options: ServerOptions): Run {
  const stop = options.stop ?? { TERM: 0, INT: 0, QUIT: 0 };
  for (const signal of Object.keys(stop) as Signal[]) system.onSignal(signal, 'catch');
  const fds: number[] = [];
  for (const port of options.ports) {
    const fd = system.listen(port);
    if (typeof fd === 'string') {
      const problem = options.taken?.(port) ?? { message: `listen tcp :${port}: bind: address already in use`, status: 1 };
      system.writeNow(2, `${problem.message}\n`);
      return problem.status;
    }
    fds.push(fd);
  }
  options.started?.(system);
  for (const fd of fds.slice(1)) system.spawn({ argv: system.argv, program: (child) => serveOne(child, fd, options, stop) });
  return yield* serveOne(system, fds[0] ?? 0, options, stop);
}

function* serveOne(system: System, fd: number, options: ServerOptions, stop: Partial<Record<Signal, number>>): Run {
  for (const signal of Object.keys(stop) as Signal[]) system.onSignal(signal, 'catch');
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string') return 1;
    if ('interrupted' in exchange) {
      const status: number | undefined = stop[exchange.interrupted];
      if (status !== undefined) return status;
      continue;
    }
    const request = asHttpRequest(exchange.request);
    const response = request === undefined ? BAD_REQUEST : options.handle(request, system, exchange.fromIp);
    system.answer(exchange, toJson(response));
  }
}

/** Host, port, path of a URL; undefined if it is none. */
export function parseUrl(text: string): { readonly host: string; readonly port: number; readonly path: string; readonly scheme: string } | undefined {
  const match = /^(?:(https?):\/\/)?(?:[^/@]*@)?(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?([/?#].*)?$/.exec(text);
  if (match === null) return undefined;
  const scheme = match[1] ?? 'http';
  const path = match[4] ?? '/';
  return {
    scheme,
    host: (match[2] ?? '').replace(/^\[|\]$/g, ''),
    port: Number(match[3] ?? (scheme === 'https' ? 443 : 80)),
    path: path.startsWith('/') ? path : `/${path}`,
  };
}
