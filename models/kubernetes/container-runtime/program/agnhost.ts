/**
 * `agnhost`, the test image of Kubernetes (test/images/agnhost), with the subcommands that examples and tests use.
 */
import type { HttpRequest, HttpResponse } from '../../api/net.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, print } from './applet.ts';
import { serveHttp } from './http.ts';
import { serveFile } from './network-command.ts';
import { pause } from './pause.ts';

/** liveness/server.go: healthy for ten seconds, then not. */
const HEALTHY_US = 10_000_000;

export function* agnhost(system: System, argv: readonly string[]): Run {
  const [, subcommand = 'pause', ...rest] = argv;
  const flag = (name: string, fallback: string): string => flagValue(rest, name) ?? fallback;
  const port = (fallback: number): number => Number(flag('port', flag('http-port', String(fallback))));
  switch (subcommand) {
    case 'pause':
      yield* print(system, 'Paused\n');
      return yield* pause(system);
    case 'netexec':
      return yield* netexec(system, port(8080));
    case 'serve-hostname':
      return yield* serve(system, port(9376), () => ({ status: 200, body: system.hostname }));
    case 'liveness':
      return yield* liveness(system);
    case 'test-webserver':
      return yield* serve(system, port(80), (request) => serveFile(system, '/', request.path));
    case 'entrypoint-tester':
      yield* print(system, `${argv.map((word) => word).join(' ')}\n`);
      return 0;
    case 'mounttest':
      return yield* mounttest(system, rest);
    case 'fake-gitserver':
      return yield* serve(system, 8000, () => ({ status: 200, body: 'I am a fake git server' }));
    case 'porter':
      return yield* serve(system, port(80), () => ({ status: 200, body: 'foo' }));
    case 'logs-generator':
      return yield* logsGenerator(system, Number(flag('log-lines-total', '0')), flag('run-duration', '0s'));
    default:
      return complain(system, argv, `unknown command "${subcommand}" for "agnhost"`);
  }
}

function flagValue(words: readonly string[], name: string): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === `--${name}` || word === `-${name}`) return words[index + 1];
    if (word.startsWith(`--${name}=`) || word.startsWith(`-${name}=`)) return word.slice(word.indexOf('=') + 1);
  }
  return undefined;
}

function* serve(system: System, port: number, handle: (request: HttpRequest) => HttpResponse): Run {
  return yield* serveHttp(system, { ports: [port], stop: { TERM: 2, INT: 2 }, handle });
}

function* liveness(system: System): Run {
  const startedUs = system.nowUs;
  return yield* serve(system, 8080, (request) => {
    if (!request.path.startsWith('/healthz')) return { status: 200, body: `${request.path}` };
    const aliveUs = system.nowUs - startedUs;
    if (aliveUs > HEALTHY_US) return { status: 500, body: `error: ${(aliveUs / 1e6).toFixed(9)}` };
    return { status: 200, body: 'ok' };
  });
}

/** netexec: /hostname, /hostName, /clientip, /echo?msg=, /healthz, /exit?code=, and the time on /. */
function* netexec(system: System, port: number): Run {
  for (const signal of ['TERM', 'INT'] as const) system.onSignal(signal, 'catch');
  const fd = system.listen(port);
  if (typeof fd === 'string') return complain(system, ['agnhost'], `listen tcp :${port}: bind: address already in use`);
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 2;
    const request = exchange.request as unknown as HttpRequest;
    const [path = '/', query = ''] = (request.path ?? '/').split('?', 2);
    const parameter = (name: string): string => decodeURIComponent(new RegExp(`(?:^|&)${name}=([^&]*)`).exec(query)?.[1] ?? '');
    const answers: Readonly<Record<string, string>> = {
      '/hostname': system.hostname,
      '/hostName': system.hostname,
      '/clientip': `${exchange.fromIp}:1024`,
      '/echo': parameter('msg'),
      '/healthz': '',
    };
    const body = answers[path] ?? `NOW: ${system.nowUs}`;
    system.answer(exchange, { status: 200, body });
    if (path === '/exit') return Number(parameter('code') || '0');
  }
}

/** Prints what it finds at mounted paths, one flag after the other. */
function* mounttest(system: System, words: readonly string[]): Run {
  let status = 0;
  for (const word of words) {
    const [name = '', path = ''] = word.replace(/^--?/, '').split('=', 2);
    const content = name.startsWith('file_content') ? system.files.read(path) : undefined;
    const inode = system.files.lookup(path);
    if (name.startsWith('file_content') && content !== undefined) yield* print(system, `content of file "${path}": ${content}\n`);
    else if ((name === 'file_mode' || name === 'file_perm') && typeof inode !== 'string') {
      yield* print(system, `mode of file "${path}": ${(inode.mode & 0o777).toString(8)}\n`);
    } else if (name === 'new_file_0644') {
      if (system.files.write(path, 'mount-tester new file\n', system.nowUs, system.credentials) !== undefined) status = 1;
    } else if (typeof inode === 'string') {
      yield* print(system, `error reading file content for "${path}": open ${path}: no such file or directory\n`);
      status = 1;
    }
  }
  return status;
}

function* logsGenerator(system: System, lines: number, duration: string): Run {
  const seconds = Number(/^(\d+)/.exec(duration)?.[1] ?? 1);
  const pauseUs = lines === 0 ? 0 : Math.floor((seconds * 1_000_000) / lines);
  for (let line = 0; line < lines; line++) {
    yield* print(system, `${line} GET /api/v1/namespaces/default/pods/p${line} 200\n`);
    yield* system.sleep(pauseUs);
  }
  return 0;
}
