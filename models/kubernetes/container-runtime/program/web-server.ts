/** nginx, Apache httpd, and the hello-app of the tutorials. */
import type { Signal } from '../process/signal.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain } from './applet.ts';
import { serveHttp } from './http.ts';
import { serveFile } from './network-command.ts';

export const NGINX_WELCOME =
  '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n';

const NGINX_PID = '/run/nginx.pid';
const NGINX_SIGNALS: Readonly<Record<string, Signal>> = { quit: 'QUIT', stop: 'TERM', reload: 'HUP', reopen: 'USR1' };

/**
 * Serves /usr/share/nginx/html on port 80 (or what /etc/nginx says with `listen` and `root`). SIGTERM and SIGQUIT end it with
 * 0; `nginx -s quit` sends the signal to the running master.
 */
export function* nginx(system: System, argv: readonly string[]): Run {
  const at = argv.indexOf('-s');
  if (at > 0) return signalNginx(system, argv[at + 1] ?? '');
  if (argv.includes('-t')) return 0;
  const configuration = system.files.read('/etc/nginx/conf.d/default.conf') ?? system.files.read('/etc/nginx/nginx.conf') ?? '';
  const port = Number(/listen\s+(?:[^\s;:]*:)?(\d+)/.exec(configuration)?.[1] ?? 80);
  const root = /root\s+([^\s;]+);/.exec(configuration)?.[1] ?? '/usr/share/nginx/html';
  return yield* serveHttp(system, {
    ports: [port],
    stop: { TERM: 0, INT: 0, QUIT: 0 },
    taken: (taken) => ({ message: `nginx: [emerg] bind() to 0.0.0.0:${taken} failed (98: Address in use)`, status: 1 }),
    started: (self) => {
      self.files.write(NGINX_PID, `${self.pid}\n`, self.nowUs, self.credentials);
      self.title = `nginx: master process ${argv.join(' ')}`;
      self.spawn({ argv, program: nginxWorker });
    },
    handle: (request, self, from) => {
      const response = serveFile(self, root, request.path);
      const agent = request.headers?.['User-Agent'] ?? '-';
      self.writeNow(1, `${from} - - "${request.method} ${request.path} HTTP/1.1" ${response.status} ${response.body?.length ?? 0} "-" "${agent}"\n`);
      return { ...response, headers: { Server: 'nginx', ...response.headers } };
    },
  });
}

function* nginxWorker(system: System): Run {
  system.title = 'nginx: worker process';
  // A worker goes when its master has gone.
  system.onSignal('QUIT', 'ignore');
  yield* system.pause();
  return 0;
}

function signalNginx(system: System, name: string): number {
  const signal = NGINX_SIGNALS[name];
  if (signal === undefined) return complain(system, ['nginx'], `invalid option: "-s ${name}"`);
  const pid = Number(system.files.read(NGINX_PID) ?? 0);
  if (pid === 0 || system.kill(pid, signal) !== undefined) {
    return complain(system, ['nginx'], `[error] open() "${NGINX_PID}" failed (2: No such file or directory)`);
  }
  return 0;
}

/** Apache httpd serves /usr/local/apache2/htdocs on port 80. */
export function* apache(system: System): Run {
  return yield* serveHttp(system, {
    ports: [80],
    stop: { TERM: 0, INT: 0, WINCH: 0 },
    taken: () => ({ message: '(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80', status: 1 }),
    handle: (request, self) => serveFile(self, '/usr/local/apache2/htdocs', request.path),
  });
}

/** gcr.io/google-samples/hello-app: answers every path on PORT (8080). */
export function* helloApp(system: System): Run {
  const port = Number(system.environment.get('PORT') ?? 8080);
  const version = /2\.0/.test(system.environment.get('HELLO_VERSION') ?? '') ? '2.0.0' : '1.0.0';
  system.writeNow(2, `Server listening on port ${port}\n`);
  return yield* serveHttp(system, {
    ports: [port],
    stop: { TERM: 2, INT: 2 },
    handle: (_, self) => ({ status: 200, body: `Hello, world!\nVersion: ${version}\nHostname: ${self.hostname}\n` }),
  });
}
