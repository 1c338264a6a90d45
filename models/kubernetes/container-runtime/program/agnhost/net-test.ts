/** `agnhost nettest`: what a single peer of the network test answers. Alone, it has reached nobody; it counts who wrote to it. */
import type { HttpRequest, HttpResponse } from '../../../api/net.ts';
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { serveHttp } from '../http.ts';
import { flagOf, numberFlag } from './flag.ts';
import { queryOf } from './query.ts';

export function* netTest(system: System, words: readonly string[]): Run {
  const received = new Map<string, number>();
  const service = flagOf(words, 'service') ?? 'nettest';
  const handle = (request: HttpRequest): HttpResponse => {
    switch (queryOf(request.path).name) {
      case '/quit':
        return { status: 200, body: '' };
      case '/status':
        return { status: 200, body: 'running' };
      case '/write':
        return write(system, received, request.body ?? '');
      case '/read':
        return {
          status: 200,
          body: JSON.stringify({ Hostname: system.hostname, Sent: null, Received: received.size === 0 ? null : Object.fromEntries([...received].sort()), Errors: null, Log: [`waiting for service ${service}`], StillContactingPeers: true }),
        };
      default:
        return { status: 404, body: '404 page not found\n' };
    }
  };
  return yield* serveHttp(system, { ports: [numberFlag(words, 'port', 8080)], stop: { TERM: 2, INT: 2 }, handle });
}

function write(system: System, received: Map<string, number>, body: string): HttpResponse {
  try {
    const { Source: source = 'unknown' } = JSON.parse(body) as { Source?: string };
    received.set(source, (received.get(source) ?? 0) + 1);
    return { status: 200, body: JSON.stringify({ Hostname: system.hostname }) };
  } catch {
    return { status: 200, body: '' };
  }
}
