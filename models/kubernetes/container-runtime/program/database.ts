/** redis and PostgreSQL, as far as pods see them: a port that opens, requests as text, an orderly end. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { lookUp } from './address.ts';
import { complain, options, print } from './applet.ts';

/** Answers text requests on a port until SIGTERM, SIGINT or SIGQUIT. */
function* serveText(system: System, port: number, answer: (request: string) => string, status = 0): Run {
  for (const signal of ['TERM', 'INT', 'QUIT'] as const) system.onSignal(signal, 'catch');
  const fd = system.listen(port);
  if (typeof fd === 'string') {
    system.writeNow(1, `Could not create server TCP listening socket *:${port}: bind: Address in use\n`);
    return 1;
  }
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string') return 1;
    if ('interrupted' in exchange) return status;
    system.answer(exchange, answer(typeof exchange.request === 'string' ? exchange.request : ''));
  }
}

/** A store of strings: PING, SET, GET, DEL, INCR, CONFIG GET. Data is lost with the process unless /data keeps it. */
export function* redis(system: System, argv: readonly string[]): Run {
  const path = argv[1] !== undefined && !argv[1].startsWith('-') ? system.path(argv[1]) : undefined;
  const configuration = path === undefined ? '' : (system.files.read(path) ?? '');
  const values = new Map<string, string>();
  const port = Number(/^port\s+(\d+)/m.exec(configuration)?.[1] ?? options(argv).flags.get('port') ?? 6379);
  system.writeNow(1, '1:M * Ready to accept connections tcp\n');
  return yield* serveText(system, port, (request) => redisAnswer(request, values, configuration));
}

function redisAnswer(request: string, values: Map<string, string>, configuration: string): string {
  const [command = '', key = '', ...rest] = request.trim().split(/\s+/);
  switch (command.toUpperCase()) {
    case 'PING':
      return 'PONG\n';
    case 'SET':
      values.set(key, rest.join(' '));
      return 'OK\n';
    case 'GET':
      return `${values.get(key) ?? ''}\n`;
    case 'DEL':
      return `${values.delete(key) ? 1 : 0}\n`;
    case 'INCR': {
      const value = Number(values.get(key) ?? 0) + 1;
      values.set(key, String(value));
      return `${value}\n`;
    }
    case 'CONFIG': {
      const name = rest[0] ?? '';
      const found = configuration.split('\n').find((line) => line.startsWith(`${name} `));
      return found === undefined ? '\n' : `${name}\n${found.slice(name.length + 1)}\n`;
    }
    default:
      return `ERR unknown command '${command}'\n`;
  }
}

export function* redisClient(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'hp');
  const host = flags.get('h') ?? '127.0.0.1';
  const ip = (yield* lookUp(system, host))?.[0];
  const port = Number(flags.get('p') ?? 6379);
  if (ip === undefined) return complain(system, ['Could not connect to Redis'], `${host}:${port}: Name does not resolve`);
  const result = yield* system.exchange(ip, port, rest.join(' '));
  if (typeof result === 'string') return complain(system, [`Could not connect to Redis at ${host}`], `${port}: Connection ${result}`);
  if ('response' in result) yield* print(system, String(result.response));
  return 0;
}

/** Refuses to start without a password, as the official image does; SIGTERM is its smart shutdown, SIGINT the fast one. */
export function* postgres(system: System): Run {
  const { environment } = system;
  if (!environment.has('POSTGRES_PASSWORD') && environment.get('POSTGRES_HOST_AUTH_METHOD') !== 'trust') {
    system.writeNow(2, 'Error: Database is uninitialized and superuser password is not specified.\n');
    return 1;
  }
  system.writeNow(2, 'database system is ready to accept connections\n');
  return yield* serveText(system, 5432, () => '');
}
