/** `agnhost guestbook`: the three-tier example of the documentation: frontends, a primary store and its replicas. */
import type { HttpResponse } from '../../../api/net.ts';
import type { System } from '../../process/system.ts';
import type { Run, Step } from '../../process/wait.ts';
import { lookUp } from '../address.ts';
import { asHttpRequest, asHttpResponse, toJson } from '../http.ts';
import { flagOf, logLine } from './flag.ts';
import { queryOf } from './query.ts';

/** How long a replica tries to register, how long it waits in between, and how long a request may take. */
const REGISTER_US = 15_000_000;
const RETRY_US = 1_000_000;
const REQUEST_US = 5_000_000;

interface Guestbook {
  readonly store: Map<string, string>;
  readonly replicas: string[];
  readonly backendPort: number;
}

export function* guestbook(system: System, words: readonly string[]): Run {
  const book: Guestbook = { store: new Map(), replicas: [], backendPort: Number(flagOf(words, 'backend-port') ?? 6379) };
  const primary = flagOf(words, 'replicaof') ?? '';
  const port = Number(flagOf(words, 'http-port') ?? 80);
  const fd = system.listen(port);
  if (typeof fd === 'string') {
    logLine(system, `listen tcp :${port}: bind: address already in use`);
    return 1;
  }
  if (primary !== '') system.spawn({ argv: system.argv, program: (child) => register(child, book, primary, system.pid) });
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 2;
    const request = asHttpRequest(exchange.request);
    system.answer(exchange, toJson(request === undefined ? { status: 400, body: '' } : yield* answer(system, book, request.path)));
  }
}

function* answer(system: System, book: Guestbook, path: string): Step<HttpResponse> {
  const { name, get } = queryOf(path);
  const [key, value] = [get('key'), get('value')];
  const data = (shown: unknown): HttpResponse => ({ status: 200, body: JSON.stringify({ data: shown }) });
  switch (name) {
    case '/register':
      logLine(system, `Node '${get('host')}' registered.`);
      book.replicas.push(get('host'));
      return data(Object.fromEntries(book.store));
    case '/get':
      logLine(system, `GET /get?key=${key}`);
      return data(key === '' ? Object.fromEntries(book.store) : (book.store.get(key) ?? ''));
    case '/set':
      logLine(system, `GET /set?key=${key}&value=${value}`);
      if (key === '') return { status: 400, body: 'cannot set with empty key.\n' };
      return yield* set(system, book, key, value);
    case '/guestbook':
      return yield* proxy(system, book, get('cmd').toLowerCase(), key, value);
    default:
      return { status: 404, body: '404 page not found\n' };
  }
}

function* set(system: System, book: Guestbook, key: string, value: string): Step<HttpResponse> {
  book.store.set(key, value);
  for (const replica of book.replicas) {
    const response = yield* ask(system, replica, book.backendPort, `/set?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`);
    if (typeof response === 'string') return { status: 417, body: `encountered error while propagating to replica '${replica}': ${response}\n` };
  }
  return { status: 200, body: JSON.stringify({ message: 'Updated' }) };
}

function* proxy(system: System, book: Guestbook, command: string, key: string, value: string): Step<HttpResponse> {
  logLine(system, `GET /guestbook?cmd=${command}&key=${key}&value=${value}`);
  if (command !== 'get' && command !== 'set') return { status: 400, body: `unsupported cmd: '${command}'\n` };
  if (command === 'set' && key === '') return { status: 400, body: 'cannot set with empty key.\n' };
  const host = command === 'get' ? 'agnhost-replica' : 'agnhost-primary';
  const response = yield* ask(system, host, book.backendPort, `/${command}?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`);
  return typeof response === 'string' ? { status: 417, body: `encountered error: ${response}\n` } : { status: 200, body: response.body ?? '' };
}

/** The response, or why there is none. */
function* ask(system: System, host: string, port: number, path: string): Step<HttpResponse | string> {
  const ip = (yield* lookUp(system, host))?.[0];
  if (ip === undefined) return `dial tcp: lookup ${host}: no such host`;
  const result = yield* system.exchange(ip, port, toJson({ method: 'GET', path, headers: { Host: `${host}:${port}` } }), { timeoutUs: REQUEST_US });
  if (typeof result === 'string') return `dial tcp ${ip}:${port}: ${result}`;
  return ('response' in result ? asHttpResponse(result.response) : undefined) ?? 'EOF';
}

function* register(system: System, book: Guestbook, primary: string, parent: number): Run {
  const untilUs = system.nowUs + REGISTER_US;
  while (system.nowUs < untilUs) {
    const response = yield* ask(system, primary, book.backendPort, `/register?host=${system.addresses[0] ?? ''}`);
    if (typeof response !== 'string') {
      const { data = {} } = JSON.parse(response.body ?? '{}') as { data?: Record<string, string> };
      for (const [key, value] of Object.entries(data)) book.store.set(key, value);
      logLine(system, `Registered to node: ${primary}`);
      return 0;
    }
    logLine(system, `encountered error while registering to primary: ${response}. Retrying in 1s.`);
    yield* system.sleep(RETRY_US);
  }
  logLine(system, 'Timed out while registering to primary.');
  system.terminate(parent, 1);
  return 1;
}
