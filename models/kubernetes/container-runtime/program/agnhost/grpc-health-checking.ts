/** `agnhost grpc-health-checking`: the gRPC health protocol, healthy for a while or as an HTTP server on the side is told. */
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { HEALTH_CHECK, healthResponse } from '../etcd.ts';
import { serveHttp } from '../http.ts';
import { flagOf, logLine, numberFlag } from './flag.ts';

export function* grpcHealthChecking(system: System, words: readonly string[]): Run {
  const [port, httpPort] = [numberFlag(words, 'port', 5000), numberFlag(words, 'http-port', 8080)];
  const delaySeconds = numberFlag(words, 'delay-unhealthy-sec', -1);
  const service = flagOf(words, 'service') ?? '';
  const startedUs = system.nowUs;
  let forced: boolean | undefined;
  const isServing = (): boolean => (forced === undefined ? delaySeconds < 0 || system.nowUs - startedUs < delaySeconds * 1e6 : forced);
  logLine(system, `Http server starting to listen on :${httpPort}`);
  logLine(system, `gRPC server starting to listen on :${port}`);
  return yield* serveHttp(system, {
    ports: [port, httpPort],
    stop: { TERM: 2, INT: 2 },
    handle: (request) => {
      if (request.path === HEALTH_CHECK) return healthResponse(request, (asked) => (asked === service ? isServing() : undefined));
      if (request.path !== '/make-serving' && request.path !== '/make-not-serving') return { status: 404, body: '404 page not found\n' };
      forced = request.path === '/make-serving';
      logLine(system, `Mark as ${forced ? 'healthy' : 'unhealthy'}`);
      return { status: 200, body: `${(system.nowUs - startedUs) / 1e6}s` };
    },
  });
}
