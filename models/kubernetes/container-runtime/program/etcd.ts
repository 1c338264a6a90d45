/** etcd and goproxy, as far as probes see them: ports that open, and the gRPC health protocol (grpc.health.v1). */
import type { HttpRequest, HttpResponse } from '../../api/net.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { serveHttp } from './http.ts';

/** Path of the one call of the health protocol. The request's body is a service's name, the answer's its status. */
export const HEALTH_CHECK = '/grpc.health.v1.Health/Check';

/** Answers health checks; `serving` decides about each service. Unknown ones are answered with 404 (gRPC's NotFound). */
export function healthResponse(request: HttpRequest, serving: (service: string) => boolean | undefined): HttpResponse {
  const isServing = serving(request.body ?? '');
  if (isServing === undefined) return { status: 404, body: 'unknown service' };
  return { status: 200, body: isServing ? 'SERVING' : 'NOT_SERVING' };
}

/** Listens where `--listen-client-urls` says (port 2379) and is healthy. */
export function* etcd(system: System, argv: readonly string[]): Run {
  const url = argv[argv.indexOf('--listen-client-urls') + 1] ?? '';
  const port = Number(/:(\d+)\/?$/.exec(argv.includes('--listen-client-urls') ? url : '')?.[1] ?? 2379);
  system.onSignal('TERM', 'catch');
  yield* system.sleep(500_000);
  system.writeNow(2, '{"level":"info","msg":"ready to serve client requests"}\n');
  return yield* serveHttp(system, {
    ports: [port],
    stop: { TERM: 143, INT: 130 },
    handle: (request) => {
      if (request.path === HEALTH_CHECK) return healthResponse(request, (service) => (service === '' ? true : undefined));
      if (request.path.startsWith('/health')) return { status: 200, body: '{"health":"true","reason":""}' };
      return { status: 404, body: '404 page not found\n' };
    },
  });
}

/** registry.k8s.io/goproxy: a TCP proxy on port 8080. */
export function* goproxy(system: System): Run {
  return yield* serveHttp(system, { ports: [8080], stop: { TERM: 143, INT: 130 }, handle: () => ({ status: 502, body: '' }) });
}
