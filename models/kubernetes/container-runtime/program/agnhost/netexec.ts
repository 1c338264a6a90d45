/** `agnhost netexec`: the server with which conformance tests look at the network (netexec/netexec.go). */
import { parseDuration } from '../../../../../src/cli/duration.ts';
import type { HttpResponse } from '../../../api/net.ts';
import { rfc3339 } from '../../../object/time.ts';
import type { Exchange } from '../../process/socket.ts';
import type { System } from '../../process/system.ts';
import type { Run, Step } from '../../process/wait.ts';
import { lookUp } from '../address.ts';
import { readAll } from '../applet.ts';
import { asHttpRequest, asHttpResponse, BAD_REQUEST, toJson } from '../http.ts';
import { flagOf, logLine, numberFlag, remoteAddress } from './flag.ts';
import { queryOf } from './query.ts';

const DIAL_US = 5_000_000;

export function* netexec(system: System, words: readonly string[]): Run {
  const port = numberFlag(words, 'http-port', numberFlag(words, 'port', 8080));
  const udpPort = numberFlag(words, 'udp-port', 8081);
  const override = flagOf(words, 'http-override');
  let isReady = udpPort < 0;
  if (udpPort >= 0) {
    const udp = system.listen(udpPort, { protocol: 'UDP' });
    if (typeof udp === 'number') {
      isReady = true;
      system.spawn({ argv: system.argv, program: (child) => serveUdp(child, udp) });
    }
  }
  const fd = system.listen(port);
  if (typeof fd === 'string') {
    logLine(system, `listen tcp :${port}: bind: address already in use`);
    return 1;
  }
  logLine(system, `Started HTTP server on port ${port}`);
  for (const signal of ['TERM', 'INT'] as const) system.onSignal(signal, 'catch');
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 2;
    const request = asHttpRequest(exchange.request);
    if (request === undefined) {
      system.answer(exchange, exchange.request === null ? null : toJson(BAD_REQUEST));
      continue;
    }
    const path = override ?? request.path;
    const { name, get } = queryOf(path);
    if (name === '/exit') {
      logLine(system, `GET /exit?code=${get('code')}&timeout=${get('timeout')}&wait=${get('wait')}`);
      yield* system.sleep(parseDuration(get('wait')) ?? 0);
      return Number(get('code') || '0');
    }
    if (name === '/shutdown') return 0;
    system.answer(exchange, toJson(yield* answer(system, exchange, path, isReady, port)));
  }
}

function* answer(system: System, exchange: Exchange, path: string, isReady: boolean, port: number): Step<HttpResponse> {
  const { name, get } = queryOf(path);
  const ok = (body: string): HttpResponse => ({ status: 200, body });
  switch (name) {
    case '/hostname':
    case '/hostName':
      logLine(system, `GET ${name}`);
      return ok(system.hostname);
    case '/clientip':
      logLine(system, 'GET /clientip');
      return ok(remoteAddress(exchange.fromIp, exchange.id));
    case '/serverport':
      return ok(String(port));
    case '/header':
      return ok('');
    case '/echo':
      logLine(system, `GET /echo?msg=${get('msg')}&code=${get('code')}`);
      return { status: Number(get('code') || 200), body: get('msg') };
    case '/healthz':
      logLine(system, 'GET /healthz');
      return { status: isReady ? 200 : 412, body: '' };
    case '/redirect':
      return { status: Number(get('code') || 302), headers: { Location: get('location') }, body: '' };
    case '/dial':
      return yield* dial(system, get);
    case '/shell':
      return yield* shell(system, get('shellCommand') || get('cmd'));
    default:
      logLine(system, 'GET /');
      return ok(`NOW: ${rfc3339(system.epochMs, system.nowUs)}`);
  }
}

/** `/dial`: asks another server some times, and answers what came back. */
function* dial(system: System, get: (key: string) => string): Step<HttpResponse> {
  const [host, port, request, protocol] = [get('host'), get('port'), get('request'), get('protocol').toLowerCase()];
  const tries = Number(get('tries') || 1);
  logLine(system, `GET /dial?host=${host}&protocol=${protocol}&port=${port}&request=${request}&tries=${get('tries')}`);
  if (request === '') return { status: 400, body: 'request parameter not specified. <nil>\n' };
  if (!['', 'http', 'udp'].includes(protocol)) return { status: 400, body: `unsupported protocol. ${protocol}\n` };
  const ip = (yield* lookUp(system, host))?.[0];
  if (ip === undefined) return { status: 400, body: `host and/or port param are invalid. lookup ${host}: no such host\n` };
  const responses: string[] = [];
  const errors: string[] = [];
  for (let tried = 0; tried < tries; tried++) {
    const isUdp = protocol === 'udp';
    const message = isUdp ? request : toJson({ method: 'GET', path: `/${request}`, headers: { Host: `${ip}:${port}` } });
    const result = yield* system.exchange(ip, Number(port), message, { timeoutUs: DIAL_US, protocol: isUdp ? 'UDP' : 'TCP' });
    if (typeof result === 'object' && 'response' in result) responses.push(typeof result.response === 'string' ? result.response : (asHttpResponse(result.response)?.body ?? ''));
    else if (isUdp) errors.push(`reading from udp connection failed. err:'read udp ${ip}:${port}: i/o timeout'`);
    else errors.push(`Get "http://${ip}:${port}/${request}": dial tcp ${ip}:${port}: ${result === 'refused' ? 'connect: connection refused' : 'i/o timeout'}`);
  }
  return { status: 200, body: JSON.stringify({ ...(errors.length > 0 ? { errors } : {}), ...(responses.length > 0 ? { responses } : {}) }) };
}

/** `/shell`: runs a command and answers with what it printed. */
function* shell(system: System, command: string): Step<HttpResponse> {
  logLine(system, `GET /shell?cmd=${command}`);
  const [read, write] = system.pipe();
  const out = system.descriptors.get(write);
  if (out === undefined) return { status: 417, body: '' };
  const pid = system.spawn({ argv: ['sh', '-c', command], descriptors: new Map([[0, { kind: 'device', device: 'null', count: 0 }], [1, out], [2, out]]) });
  system.close(write);
  const output = yield* readAll(system, read);
  system.close(read);
  const ended = typeof pid === 'number' ? yield* system.waitFor(pid) : undefined;
  const status = ended !== undefined && typeof ended === 'object' && 'status' in ended ? ended.status : 127;
  return { status: 200, body: JSON.stringify({ ...(status === 0 ? {} : { error: `exit status ${status}` }), ...(output === '' ? {} : { output }) }) };
}

/** The UDP server: `hostname`, `echo <msg>`, `clientip`. */
function* serveUdp(system: System, fd: number): Run {
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 0;
    const [command = '', ...rest] = String(exchange.request ?? '').trim().split(' ');
    const answers: Readonly<Record<string, string>> = { hostname: system.hostname, clientip: remoteAddress(exchange.fromIp, exchange.id), echo: rest.join(' ') };
    system.answer(exchange, answers[command.toLowerCase()] ?? '');
  }
}
