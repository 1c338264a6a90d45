/**
 * The API over HTTP: requests a second for get, create and patch, a list of 10,000 pods, and one change to 5,000 watchers.
 *
 * The server is `kubetwin serve` in a process of its own, without controllers, with the log switched off; the client writes
 * plain HTTP/1.1 to kept connections from this process. Both share the machine, so the server's processor time for each
 * request is printed beside the rate (Linux only).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { line } from './machine.ts';

const PROGRAM = new URL('./kubetwin.js', import.meta.url).pathname;
const CONNECTIONS = 32;
const WATCHERS = 5000;
const PODS = 10_000;

class Server {
  readonly port: number;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.port = port;
  }

  static start(): Promise<Server> {
    const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', '0', '--speed', '20', '--timing', 'fast', '--disable', 'kube-controller-manager,kube-scheduler,kubelet,kube-proxy,coredns'], { stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`kubetwin serve ended with ${code}`)));
      let text = '';
      child.stdout?.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        if (port !== undefined) resolve(new Server(child, Number(port)));
      });
    });
  }

  stop(): void {
    this.child.removeAllListeners('exit');
    this.child.kill();
  }

  /** Processor seconds that the server has used; 0 where the system does not say. */
  cpu(): number {
    const path = `/proc/${this.child.pid}/stat`;
    if (!existsSync(path)) return 0;
    const fields = readFileSync(path, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
}

/** A kept connection that has one request in flight. */
class Connection {
  private readonly socket: Socket;
  private buffer: Buffer[] = [];
  private size = 0;
  private done: ((code: number) => void) | undefined;
  private expected = -1;
  private code = 0;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', (bytes: Buffer) => this.receive(bytes));
  }

  request(method: string, path: string, type: string, body: string): Promise<number> {
    return new Promise((resolve) => {
      this.done = resolve;
      this.socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n${body === '' ? '' : `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`}\r\n${body}`);
    });
  }

  private receive(bytes: Buffer): void {
    this.buffer.push(bytes);
    this.size += bytes.length;
    if (this.expected < 0) {
      const text = Buffer.concat(this.buffer).toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.code = Number(text.slice(9, 12));
      this.expected = end + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    }
    if (this.size < this.expected) return;
    this.buffer = [];
    this.size = 0;
    this.expected = -1;
    this.done?.(this.code);
  }

  close(): void {
    this.socket.destroy();
  }
}

type Make = (index: number) => readonly [method: string, path: string, type: string, body: string];

/** Sends `count` requests over `connections` connections; throws when one is refused. */
async function load(server: Server, count: number, make: Make, connections = CONNECTIONS): Promise<{ readonly perSecond: number; readonly cpuMicros: number }> {
  const open = Array.from({ length: connections }, () => new Connection(server.port));
  let next = 0;
  const [started, cpu] = [performance.now(), server.cpu()];
  await Promise.all(open.map(async (connection) => {
    while (next < count) {
      const code = await connection.request(...make(next++));
      if (code >= 300) throw new Error(`a request was answered with ${code}`);
    }
  }));
  const seconds = (performance.now() - started) / 1000;
  for (const connection of open) connection.close();
  return { perSecond: count / seconds, cpuMicros: ((server.cpu() - cpu) * 1e6) / count };
}

const pod = (index: number): string => JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `pod-${index}`, labels: { app: `app-${index % 100}` } },
  spec: { serviceAccountName: 'default', automountServiceAccountToken: false, containers: [{ name: 'main', image: 'nginx', env: [{ name: 'INDEX', value: String(index) }], resources: { requests: { cpu: '100m', memory: '64Mi' } } }] },
});

const PODS_PATH = '/api/v1/namespaces/default/pods';

/** Time until each of many watches has got one event. */
async function fanOut(server: Server): Promise<{ readonly seconds: number; readonly cpuSeconds: number }> {
  let waiting = WATCHERS;
  let opened = 0;
  let finish: () => void = () => undefined;
  const all = new Promise<void>((resolve) => void (finish = resolve));
  const sockets: Socket[] = [];
  await new Promise<void>((resolve) => {
    for (let index = 0; index < WATCHERS; index++) {
      const socket = connect(server.port, '127.0.0.1');
      sockets.push(socket);
      let isOpen = false;
      socket.write('GET /api/v1/namespaces/default/configmaps?watch=true&resourceVersion=0 HTTP/1.1\r\nHost: x\r\n\r\n');
      socket.on('data', (bytes: Buffer) => {
        if (!isOpen) {
          isOpen = true;
          if (++opened === WATCHERS) resolve();
        } else if (bytes.includes('fan-out') && --waiting === 0) finish();
      });
    }
  });
  const [started, cpu] = [performance.now(), server.cpu()];
  const writer = new Connection(server.port);
  void writer.request('POST', '/api/v1/namespaces/default/configmaps', 'application/json', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fan-out' }, data: { text: 'x'.repeat(1000) } }));
  await all;
  const seconds = (performance.now() - started) / 1000;
  const cpuSeconds = server.cpu() - cpu;
  for (const socket of sockets) socket.destroy();
  writer.close();
  return { seconds, cpuSeconds };
}

/** Prints the numbers of the API over HTTP. */
export async function httpBench(): Promise<void> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run npm run build`);
  const server = await Server.start();
  const report = (what: string, { perSecond, cpuMicros }: Awaited<ReturnType<typeof load>>): void => {
    line(`HTTP: ${what}`, perSecond, `/s, ${cpuMicros.toFixed(0)} µs of the server each`);
  };
  try {
    const setup = new Connection(server.port);
    await setup.request('POST', '/api/v1/namespaces/default/serviceaccounts', 'application/json', '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}');
    setup.close();
    report('create a pod', await load(server, PODS, (index) => ['POST', PODS_PATH, 'application/json', pod(index)]));
    report('get a pod', await load(server, 20_000, (index) => ['GET', `${PODS_PATH}/pod-${index % PODS}`, '', '']));
    report('patch a pod', await load(server, 5000, (index) => ['PATCH', `${PODS_PATH}/pod-${index % PODS}`, 'application/merge-patch+json', `{"metadata":{"annotations":{"n":"${index}"}}}`]));
    report(`list ${PODS} pods`, await load(server, 30, () => ['GET', PODS_PATH, '', ''], 2));
    const { seconds, cpuSeconds } = await fanOut(server);
    line(`HTTP: one change to ${WATCHERS} watches`, WATCHERS / seconds, `events/s, ${((cpuSeconds * 1e6) / WATCHERS).toFixed(1)} µs of the server each`);
  } finally {
    server.stop();
  }
}
