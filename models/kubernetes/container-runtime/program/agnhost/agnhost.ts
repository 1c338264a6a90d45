/**
 * `agnhost`, the test image of Kubernetes (test/images/agnhost), with the subcommands that examples and conformance tests use.
 */
import type { HttpRequest, HttpResponse } from '../../../api/net.ts';
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { resolverOf } from '../address.ts';
import { complain, print } from '../applet.ts';
import { serveHttp } from '../http.ts';
import { pause } from '../pause.ts';
import { connect } from './connect.ts';
import { fileServer } from './file-server.ts';
import { grpcHealthChecking } from './grpc-health-checking.ts';
import { guestbook } from './guestbook.ts';
import { inClusterClient } from './in-cluster-client.ts';
import { issuerDiscovery } from './issuer-discovery.ts';
import { logsGenerator } from './logs-generator.ts';
import { mountTest } from './mount-test.ts';
import { netTest } from './net-test.ts';
import { netexec } from './netexec.ts';
import { porter } from './porter.ts';
import { serveHostname } from './serve-hostname.ts';
import { crdConversionWebhook } from './webhook/conversion.ts';
import { webhook } from './webhook/webhook.ts';

/** liveness/server.go: healthy for ten seconds, then not. */
const HEALTHY_US = 10_000_000;

type Subcommand = (system: System, words: readonly string[], argv: readonly string[]) => Run;

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  pause: function* (system): Run {
    yield* print(system, 'Paused\n');
    return yield* pause(system);
  },
  'dns-server-list': function* (system): Run {
    yield* print(system, `${resolverOf(system).servers.join(',')}\n`);
    return 0;
  },
  'dns-suffix': function* (system): Run {
    yield* print(system, `${resolverOf(system).search.join(',')}\n`);
    return 0;
  },
  'etc-hosts': function* (system): Run {
    yield* print(system, system.files.read('/etc/hosts') ?? '');
    return 0;
  },
  // Tests look for the arguments in Go's notation of a list.
  'entrypoint-tester': function* (system, _words, argv): Run {
    yield* print(system, `[${argv.join(' ')}]\n`);
    return 0;
  },
  'fake-gitserver': (system) => serve(system, 8000, () => ({ status: 200, body: 'I am a fake git server' })),
  liveness,
  'test-webserver': fileServer,
  connect,
  'crd-conversion-webhook': crdConversionWebhook,
  'grpc-health-checking': grpcHealthChecking,
  guestbook,
  inclusterclient: inClusterClient,
  'logs-generator': logsGenerator,
  mounttest: mountTest,
  netexec,
  nettest: netTest,
  porter,
  'serve-hostname': serveHostname,
  'test-service-account-issuer-discovery': issuerDiscovery,
  webhook,
};

export function* agnhost(system: System, argv: readonly string[]): Run {
  const [, name = '', ...words] = argv;
  if (name === '' || name === 'help' || name === '--help') {
    yield* print(system, `Usage:\n  app [command]\n\nAvailable Commands:\n${Object.keys(SUBCOMMANDS).sort((a, b) => (a < b ? -1 : 1)).map((each) => `  ${each}\n`).join('')}`);
    return 0;
  }
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (subcommand === undefined) return complain(system, ['Error'], `unknown command "${name}" for "app"\nRun 'app --help' for usage.`);
  return yield* subcommand(system, words, argv);
}

/** A Go server: SIGTERM ends it as an unhandled signal does. */
function* serve(system: System, port: number, handle: (request: HttpRequest) => HttpResponse): Run {
  return yield* serveHttp(system, { ports: [port], stop: { TERM: 2, INT: 2 }, handle });
}

function* liveness(system: System): Run {
  const startedUs = system.nowUs;
  return yield* serve(system, 8080, (request) => {
    if (request.path.startsWith('/started')) return { status: 200, body: String((system.nowUs - startedUs) / 1e9) };
    if (!request.path.startsWith('/healthz')) return { status: 404, body: '404 page not found\n' };
    const aliveUs = system.nowUs - startedUs;
    if (aliveUs > HEALTHY_US) return { status: 500, body: `error: ${(aliveUs / 1e6).toFixed(9)}` };
    return { status: 200, body: 'ok' };
  });
}
