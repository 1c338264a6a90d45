/** `agnhost inclusterclient`: asks the API server for `/healthz` with the token of the pod, again and again. */
import { hex, sha256 } from '../../../object/hash.ts';
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { asHttpResponse, toJson } from '../http.ts';
import { logLine, numberFlag } from './flag.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

export function* inClusterClient(system: System, words: readonly string[]): Run {
  const seconds = numberFlag(words, 'poll-interval', 30);
  logLine(system, 'started');
  const [host, port] = [system.environment.get('KUBERNETES_SERVICE_HOST'), system.environment.get('KUBERNETES_SERVICE_PORT')];
  if (host === undefined || port === undefined || system.files.read(TOKEN) === undefined) {
    logLine(system, 'err: unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined');
    return 1;
  }
  for (;;) {
    yield* system.sleep(seconds * 1_000_000);
    logLine(system, 'calling /healthz');
    const token = system.files.read(TOKEN) ?? '';
    // Tests only compare these to see a rotation.
    logLine(system, `authz_header=${hex(sha256(`salt|Bearer ${token}`))}`);
    const result = yield* system.exchange(host, Number(port), toJson({ method: 'GET', path: '/healthz', headers: { Authorization: `Bearer ${token}` } }), { timeoutUs: 30_000_000 });
    const status = typeof result === 'object' && 'response' in result ? asHttpResponse(result.response)?.status : undefined;
    if (status !== 200) {
      logLine(system, 'status=failed');
      logLine(system, `error checking /healthz: ${typeof result === 'string' ? result : `status ${status ?? 0}`}`);
    }
  }
}
