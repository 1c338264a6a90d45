/** Commands that talk over the network: wget, curl, nc, httpd, ping. */
import type { HttpResponse } from '../../api/net.ts';
import { fromBytes, HttpWire, responseBytes, toBytes } from '../http-wire.ts';
import { nameOf } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { lookUp } from './address.ts';
import { complain, options, parseDuration, print, readAll } from './applet.ts';
import { asHttpRequest, asHttpResponse, parseUrl, serveHttp, toJson } from './http.ts';

/** wget gives up reading after 900 s, curl after its --max-time. */
const WGET_TIMEOUT_US = 900_000_000;

type Fetched = { readonly response: HttpResponse; readonly ip: string } | { readonly problem: 'name' | 'refused' | 'timeout' | 'unreachable' | 'reset'; readonly ip?: string };

function* fetch(system: System, url: string, request: { method: string; headers?: Record<string, string>; body?: string }, timeoutUs: number): Step<Fetched> {
  const target = parseUrl(url);
  if (target === undefined) return { problem: 'name' };
  const ips = yield* lookUp(system, target.host);
  const ip = ips?.[0];
  if (ip === undefined) return { problem: 'name' };
  const headers = { Host: target.port === 80 ? target.host : `${target.host}:${target.port}`, ...request.headers };
  const body = request.body === undefined ? {} : { body: request.body };
  const result = yield* system.exchange(ip, target.port, toJson({ method: request.method, path: target.path, headers, ...body }), { timeoutUs });
  if (typeof result === 'string') return { problem: result, ip };
  if ('interrupted' in result) return { problem: 'reset' };
  const response = asHttpResponse(result.response);
  return response === undefined ? { problem: 'reset' } : { response, ip };
}

const PROBLEM_TEXT = {
  name: 'bad address',
  refused: 'Connection refused',
  timeout: 'Connection timed out',
  unreachable: 'No route to host',
  reset: 'Connection reset by peer',
};

export function* wget(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => (word === '--spider' ? '-Z' : word.replace(/^--post-data=/, '-y'))), 'OTPUoty');
  const url = rest[0] ?? '';
  const target = parseUrl(url);
  const timeoutUs = flags.has('T') ? (parseDuration(flags.get('T') ?? '') ?? WGET_TIMEOUT_US) : (parseDuration(flags.get('timeout') ?? '') ?? WGET_TIMEOUT_US);
  const body = flags.get('y');
  const fetched = yield* fetch(system, url, { method: body === undefined ? 'GET' : 'POST', headers: { 'User-Agent': 'Wget' }, ...(body === undefined ? {} : { body }) }, timeoutUs);
  if ('problem' in fetched) {
    if (fetched.problem === 'name') return complain(system, argv, `bad address '${target?.host ?? url}'`);
    if (fetched.problem === 'timeout') return complain(system, argv, 'download timed out');
    return complain(system, argv, `can't connect to remote host${fetched.ip === undefined ? '' : ` (${fetched.ip})`}: ${PROBLEM_TEXT[fetched.problem]}`);
  }
  const { response } = fetched;
  if (!flags.has('q')) system.writeNow(2, `Connecting to ${target?.host ?? ''} (${fetched.ip}:${target?.port ?? 80})\n`);
  if (response.status >= 300 && response.status < 400 && response.headers?.['Location'] !== undefined) {
    return yield* wget(system, [...argv.filter((word) => word !== url), response.headers['Location']]);
  }
  if (response.status >= 400) return complain(system, argv, `server returned error: HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}`);
  if (flags.has('Z')) return 0;
  const output = flags.get('O') ?? (nameOf(target?.path ?? '') || 'index.html');
  if (output === '-') yield* print(system, response.body ?? '');
  else {
    const errno = system.files.write(system.path(output), response.body ?? '', system.nowUs, system.credentials);
    if (errno !== undefined) return complain(system, argv, `can't open '${output}'`);
  }
  return 0;
}

export function reasonPhrase(status: number): string {
  const phrases: Readonly<Record<number, string>> = {
    200: 'OK', 301: 'Moved Permanently', 302: 'Found', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found',
    500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable',
  };
  return phrases[status] ?? '';
}

/** Exit statuses of curl(1): 6 no such host, 7 cannot connect, 22 HTTP error with -f, 28 timeout, 56 reset. */
const CURL_STATUS = { name: 6, refused: 7, unreachable: 7, timeout: 28, reset: 56 };

export function* curl(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(expandCurl(argv), 'omwXdHA');
  const url = rest[0] ?? '';
  const target = parseUrl(url);
  const body = flags.get('d');
  const method = flags.get('X') ?? (flags.has('I') ? 'HEAD' : body === undefined ? 'GET' : 'POST');
  const timeoutUs = parseDuration(flags.get('m') ?? '') ?? 300_000_000;
  const fetched = yield* fetch(system, url, { method, headers: { 'User-Agent': 'curl' }, ...(body === undefined ? {} : { body }) }, timeoutUs);
  const heard = !flags.has('s') || flags.has('S');
  if ('problem' in fetched) {
    const texts = {
      name: `Could not resolve host: ${target?.host ?? url}`,
      refused: `Failed to connect to ${target?.host ?? ''} port ${target?.port ?? 80}: Connection refused`,
      unreachable: `Failed to connect to ${target?.host ?? ''} port ${target?.port ?? 80}: No route to host`,
      timeout: 'Operation timed out',
      reset: 'Recv failure: Connection reset by peer',
    };
    const status = CURL_STATUS[fetched.problem];
    if (heard) system.writeNow(2, `curl: (${status}) ${texts[fetched.problem]}\n`);
    return status;
  }
  const { response } = fetched;
  if (flags.has('f') && response.status >= 400) {
    if (heard) system.writeNow(2, `curl: (22) The requested URL returned error: ${response.status}\n`);
    return 22;
  }
  const head = flags.has('i') || flags.has('I') ? `HTTP/1.1 ${response.status} ${reasonPhrase(response.status)}\r\n\r\n` : '';
  const text = head + (flags.has('I') ? '' : (response.body ?? ''));
  const output = flags.get('o');
  if (output === undefined) yield* print(system, text);
  else if (output !== '/dev/null') system.files.write(system.path(output), text, system.nowUs, system.credentials);
  const format = flags.get('w');
  if (format !== undefined) yield* print(system, format.replaceAll('%{http_code}', String(response.status)).replaceAll('\\n', '\n'));
  return 0;
}

function expandCurl(argv: readonly string[]): string[] {
  const long: Readonly<Record<string, string>> = {
    '--silent': '-s', '--fail': '-f', '--output': '-o', '--max-time': '-m', '--connect-timeout': '-m', '--data': '-d', '--request': '-X',
    '--header': '-H', '--head': '-I', '--include': '-i', '--write-out': '-w', '--location': '-L', '--insecure': '-k', '--show-error': '-S',
  };
  // The source address makes no difference to what answers.
  const kept = argv.filter((word, index) => word !== '--interface' && argv[index - 1] !== '--interface');
  return kept.map((word) => long[word] ?? word);
}

/** `nc -z host port`, `nc -l -p port`, and `nc host port` with standard input as the request. */
export function* nc(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'pwse');
  const listening = flags.has('l');
  if (listening) return yield* ncListen(system, argv, Number(flags.get('p') ?? rest.at(-1)), flags);
  const [host = '', port = ''] = rest;
  const ips = yield* lookUp(system, host);
  const ip = ips?.[0];
  if (ip === undefined) return complain(system, argv, `bad address '${host}'`);
  const timeoutUs = parseDuration(flags.get('w') ?? '') ?? 127_000_000;
  const input = flags.has('z') ? null : yield* readAll(system, 0);
  const request = input === null ? null : (new HttpWire().feed(toBytes(input))[0]?.request ?? input);
  const result = yield* system.exchange(ip, Number(port), request, { timeoutUs, protocol: flags.has('u') ? 'UDP' : 'TCP' });
  // Without -v nc says nothing of what goes wrong.
  if (typeof result === 'string') return flags.has('v') ? complain(system, argv, `${host} (${ip}:${port}): ${PROBLEM_TEXT[result]}`) : 1;
  if ('interrupted' in result) return 1;
  if (flags.has('v')) system.writeNow(2, `${host} (${ip}:${port}) open\n`);
  const response = asHttpResponse(result.response);
  if (response !== undefined) yield* print(system, fromBytes(responseBytes(response, reasonPhrase(response.status), false, false)));
  else if (typeof result.response === 'string') yield* print(system, result.response);
  return 0;
}

function* ncListen(system: System, argv: readonly string[], port: number, flags: ReadonlyMap<string, string>): Run {
  const fd = system.listen(port, { protocol: flags.has('u') ? 'UDP' : 'TCP' });
  if (typeof fd === 'string') return complain(system, argv, 'bind: Address in use');
  do {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 1;
    const http = asHttpRequest(exchange.request);
    const text = http === undefined ? exchange.request : `${http.method} ${http.path} HTTP/1.1\n\n${http.body ?? ''}`;
    if (typeof text === 'string') yield* print(system, text);
    const answer = yield* readAll(system, 0);
    const status = /^HTTP\/[0-9.]+ (\d+)/.exec(answer)?.[1];
    const body = answer.replace(/^[\s\S]*?\r?\n\r?\n/, '');
    system.answer(exchange, http === undefined || status === undefined ? answer : toJson({ status: Number(status), body }));
  } while (flags.has('k') || argv.includes('-lk'));
  return 0;
}

/** busybox httpd: serves files of a directory; goes to the background unless `-f`. */
export function* httpd(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv, 'pucrh');
  const port = Number((flags.get('p') ?? '80').replace(/^.*:/, ''));
  const home = system.path(flags.get('h') ?? '.');
  const serve = (child: System): Run =>
    serveHttp(child, {
      ports: [port],
      stop: {},
      taken: () => ({ message: 'httpd: bind: Address in use', status: 1 }),
      handle: (request) => serveFile(child, home, request.path),
    });
  if (flags.has('f')) return yield* serve(system);
  system.spawn({ argv, program: serve });
  return 0;
}

/** A file below `root`, `index.html` for directories, or 404. */
export function serveFile(system: System, root: string, path: string): HttpResponse {
  const clean = path.replace(/[?#].*$/, '');
  const name = clean.endsWith('/') ? `${clean}index.html` : clean;
  const content = system.files.read(`${root}/${name}`);
  if (content !== undefined) return { status: 200, headers: { 'Content-Type': contentType(name) }, body: content };
  return { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<html><head><title>404 Not Found</title></head></html>\n' };
}

function contentType(name: string): string {
  if (/\.html?$/.test(name)) return 'text/html';
  if (name.endsWith('.json')) return 'application/json';
  return 'text/plain';
}

export function* ping(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'cwWi');
  const host = rest[0] ?? '';
  const ip = (yield* lookUp(system, host))?.[0];
  if (ip === undefined) return complain(system, argv, `bad address '${host}'`);
  yield* print(system, `PING ${host} (${ip}): 56 data bytes\n`);
  const count = Number(flags.get('c') ?? Infinity);
  for (let sent = 0; sent < count; sent++) {
    if (sent > 0) yield* system.sleep(1_000_000);
    yield* print(system, `64 bytes from ${ip}: seq=${sent} ttl=64 time=0.050 ms\n`);
  }
  return 0;
}
