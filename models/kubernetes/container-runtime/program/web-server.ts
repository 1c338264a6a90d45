/** nginx, Apache httpd, and the hello-app of the tutorials. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { serveHttp } from './http.ts';
import { serveFile } from './network-command.ts';

export const NGINX_WELCOME =
  '<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n</body>\n</html>\n';

/** Serves /usr/share/nginx/html on port 80 (or what /etc/nginx says with `listen`). SIGTERM and SIGQUIT end it with 0. */
export function* nginx(system: System): Run {
  const configuration = system.files.read('/etc/nginx/conf.d/default.conf') ?? system.files.read('/etc/nginx/nginx.conf') ?? '';
  const port = Number(/listen\s+(?:[^\s;:]*:)?(\d+)/.exec(configuration)?.[1] ?? 80);
  const root = /root\s+([^\s;]+);/.exec(configuration)?.[1] ?? '/usr/share/nginx/html';
  return yield* serveHttp(system, {
    ports: [port],
    stop: { TERM: 0, INT: 0, QUIT: 0 },
    taken: (taken) => ({ message: `nginx: [emerg] bind() to 0.0.0.0:${taken} failed (98: Address in use)`, status: 1 }),
    handle: (request, self, from) => {
      const response = serveFile(self, root, request.path);
      const agent = request.headers?.['User-Agent'] ?? '-';
      self.writeNow(1, `${from} - - "${request.method} ${request.path} HTTP/1.1" ${response.status} ${response.body?.length ?? 0} "-" "${agent}"\n`);
      return { ...response, headers: { Server: 'nginx', ...response.headers } };
    },
  });
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
