/**
 * The runtime's streaming server: Exec, Attach, PortForward, and logs that are followed (cri/streaming/server.go).
 *
 * A stream lives as long as its command, container or connection; a client that leaves ends its command's input, not the
 * command. With a terminal, keys go through a line discipline and both outputs are one.
 */
import type { CriStream, CriStreamRequest } from '../api/cri.ts';
import type { HttpRequest, HttpResponse } from '../api/net.ts';
import type { StreamChannel, StreamClose, StreamData, StreamOpened, StreamOutcome } from '../api/stream.ts';
import type { Process as Actor, Task } from '../client/process.ts';
import type { Container } from './container.ts';
import { silentInput } from './container-start.ts';
import { devNull, launch, targetOf } from './exec.ts';
import { type Arrived, HttpWire, responseBytes, toBytes } from './http-wire.ts';
import type { Process } from './process/process.ts';
import { type Exchange, listenerFor } from './process/socket.ts';
import type { Json } from '../../../src/index.ts';
import type { PipeEnd } from './process/stream.ts';
import { onTerminal, Terminal } from './process/terminal.ts';
import { reasonPhrase } from './program/network-command.ts';
import type { RuntimeService } from './runtime-service.ts';

/** What a stream does with what comes from its client. */
interface Session {
  readonly input: (data: string, isLast: boolean) => void;
  readonly left: () => void;
}

/** The client's side of a stream. */
interface Client {
  readonly write: (channel: StreamChannel, data: string) => void;
  readonly close: (outcome: StreamOutcome) => void;
}

const SUCCESS: StreamOutcome = { kind: 'exited', code: 0 };

export class StreamingServer {
  readonly #actor: Actor;
  readonly #service: RuntimeService;
  /** Wall time at virtual time 0, in ms since 1970. */
  readonly #epoch: number;
  readonly #sessions = new Map<string, Session>();
  /** Streams whose client left before they were open, and input that came early. */
  readonly #early = new Map<string, StreamData[]>();

  constructor(actor: Actor, service: RuntimeService, epoch: number) {
    this.#actor = actor;
    this.#service = service;
    this.#epoch = epoch;
  }

  start(): void {
    const actor = this.#actor;
    actor.on<CriStreamRequest>('cri.stream', ({ id, call }) => actor.go(this.#open(actor.from, id, call)));
    actor.on<StreamData>('stream.data', (message) => this.#input(`${actor.from} ${message.id}`, message));
    actor.on<StreamClose>('stream.close', ({ id }) => this.#left(`${actor.from} ${id}`));
  }

  *#open(from: string, id: number, call: CriStream): Task {
    const key = `${from} ${id}`;
    this.#early.set(key, []);
    if (call.method === 'Exec') yield* this.#service.executor.delay();
    const early = this.#early.get(key);
    this.#early.delete(key);
    if (early === undefined) return;
    this.#actor.send(from, { kind: 'stream.opened', id } as StreamOpened);
    let isOpen = true;
    const client: Client = {
      write: (channel, data) => {
        if (isOpen && data !== '') this.#actor.send(from, { kind: 'stream.data', id, channel, data } as StreamData);
      },
      close: (outcome) => {
        if (!isOpen) return;
        isOpen = false;
        this.#sessions.delete(key);
        this.#actor.send(from, { kind: 'stream.close', id, outcome } as StreamClose);
      },
    };
    const session = this.#begin(call, client);
    // A command may have ended in its first step.
    if (!isOpen) return;
    this.#sessions.set(key, { ...session, left: () => void ((isOpen = false), session.left()) });
    for (const message of early) this.#input(key, message);
  }

  #input(key: string, message: StreamData): void {
    this.#early.get(key)?.push(message);
    if (message.channel === 'stdin') this.#sessions.get(key)?.input(message.data, message.isLast === true);
  }

  #left(key: string): void {
    this.#early.delete(key);
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    session?.left();
  }

  #begin(call: CriStream, client: Client): Session {
    switch (call.method) {
      case 'Exec':
        return this.#exec(call, client);
      case 'Attach':
        return this.#attach(call, client);
      case 'FollowLogs':
        return this.#follow(call, client);
      case 'PortForward':
        return this.#forward(call, client);
    }
  }

  #exec({ id, command, stdin, tty }: CriStream & { method: 'Exec' }, client: Client): Session {
    const { executor } = this.#service;
    const container = this.#service.kept.containers.get(id);
    const target = container === undefined ? `an error occurred when try to find container "${id}": not found` : targetOf(container, command, executor);
    if (typeof target === 'string') {
      client.close({ kind: 'failed', message: target });
      return NOTHING;
    }
    const pipe = stdin ? silentInput(tty) : undefined;
    const show = (text: string): void => client.write('stdout', onTerminal(text));
    const streams = { stdin: pipe ?? devNull(), stdout: tty ? show : plain(client, 'stdout'), stderr: tty ? show : plain(client, 'stderr') };
    let process: Process | undefined;
    executor.touch(() => {
      process = launch(executor, target, streams, (code) => client.close({ kind: 'exited', code }));
    });
    return this.#keyboard(pipe, tty, client, () => process);
  }

  /** Input for a process: bytes as they are, or through a terminal. */
  #keyboard(end: PipeEnd | undefined, tty: boolean, client: Client, process: () => Process | undefined): Session {
    if (end === undefined) return NOTHING;
    const { host, touch } = this.#service.executor;
    const { pipe } = end;
    const push = (text: string): void => {
      pipe.buffer += text;
      host.changed(pipe);
    };
    const finish = (): void => {
      pipe.writers = 0;
      host.changed(pipe);
    };
    const interrupt = (): void => {
      const target = process();
      if (target !== undefined) host.signal(foreground(target), 'INT');
    };
    const terminal = new Terminal({ show: (text) => client.write('stdout', text), line: push, end: finish, interrupt });
    return {
      input: (data, isLast) => touch(() => {
        if (tty) terminal.input(data);
        else if (data !== '') push(data);
        if (isLast) finish();
      }),
      // A hang-up ends what a terminal's session runs.
      left: () => touch(() => {
        finish();
        const target = process();
        if (tty && target !== undefined) host.signal(target, 'HUP', true);
      }),
    };
  }

  #attach({ id, stdin, tty }: CriStream & { method: 'Attach' }, client: Client): Session {
    const container = this.#service.kept.containers.get(id);
    if (container?.init === undefined) {
      client.close({ kind: 'failed', message: container === undefined ? `container "${id}" not found` : `container is in CONTAINER_${container.status.state} state` });
      return NOTHING;
    }
    const follower = {
      written: (stream: 'stdout' | 'stderr', text: string) => client.write(tty ? 'stdout' : stream, tty ? onTerminal(text) : text),
      ended: () => client.close(SUCCESS),
    };
    container.log.followers.add(follower);
    const { init } = container;
    const keys = stdin ? this.#keyboard(inputOf(container), tty, client, () => init) : NOTHING;
    return { input: keys.input, left: () => void container.log.followers.delete(follower) };
  }

  #follow({ id, query }: CriStream & { method: 'FollowLogs' }, client: Client): Session {
    const container = this.#service.kept.containers.get(id);
    if (container === undefined) {
      client.close({ kind: 'failed', message: `container "${id}" not found` });
      return NOTHING;
    }
    const { log } = container;
    let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
    const show = (text: string): void => {
      client.write('stdout', text.slice(0, left));
      left -= text.length;
      if (left <= 0) client.close(SUCCESS);
    };
    show(log.read(query, this.#epoch));
    if (left <= 0) return NOTHING;
    if (container.status.state === 'EXITED') {
      client.close(SUCCESS);
      return NOTHING;
    }
    const follower = {
      line: (text: string, atUs: number) => show(query.timestamps === true ? `${log.timeOf(atUs, this.#epoch)} ${text}` : text),
      ended: () => client.close(SUCCESS),
    };
    log.followers.add(follower);
    return { input: () => undefined, left: () => void log.followers.delete(follower) };
  }

  #isListening(sandboxId: string, port: number): boolean {
    const network = this.#service.kept.sandboxes.get(sandboxId)?.network;
    return network !== undefined && listenerFor(network, 'TCP', '127.0.0.1', port) !== undefined;
  }

  /** Connects to a port on the loopback of a pod. */
  #connect(sandboxId: string, port: number, request: Json, done: (exchange: Exchange | undefined) => void): void {
    const { executor, network, kept } = this.#service;
    executor.touch(() => network.connectInside(kept.sandboxes.get(sandboxId)?.network, port, request, done));
  }

  #forward({ sandboxId, port }: CriStream & { method: 'PortForward' }, client: Client): Session {
    // Port 0 is a client's session: it stays while the client does, its connections come as streams of their own.
    if (port === 0) return NOTHING;
    const wire = new HttpWire();
    const refuse = (): void => client.close({ kind: 'failed', message: refusedText(port, sandboxId) });
    if (!this.#isListening(sandboxId, port)) {
      refuse();
      return NOTHING;
    }
    let waiting = 0;
    let ended = false;
    const settle = (): void => {
      if (ended && waiting === 0) client.close(SUCCESS);
    };
    const serve = (arrived: Arrived): void => {
      waiting++;
      this.#connect(sandboxId, port, arrived.request, (exchange) => {
        waiting--;
        if (exchange === undefined || exchange.state !== 'answered') return refuse();
        client.write('stdout', answerBytes(arrived, exchange.response));
        if (!arrived.keepsAlive) client.close(SUCCESS);
        settle();
      });
    };
    return {
      input: (data, isLast) => {
        for (const arrived of wire.feed(data)) serve(arrived);
        ended ||= isLast;
        settle();
      },
      left: () => undefined,
    };
  }
}

const NOTHING: Session = { input: () => undefined, left: () => undefined };

const plain = (client: Client, channel: 'stdout' | 'stderr') => (text: string): void => client.write(channel, text);

/** The pipe that a container with `stdin: true` reads. */
function inputOf({ init }: Container): PipeEnd | undefined {
  const open = init?.descriptors.get(0);
  return open?.kind === 'pipe' ? open : undefined;
}

/** Who gets Ctrl-C: the newest process that the session's shell waits for. */
function foreground(process: Process): Process {
  const children = [...process.children].filter(({ exitStatus }) => exitStatus === undefined);
  const last = children.at(-1);
  return last === undefined ? process : foreground(last);
}

/** containerd's words when nothing listens (pkg/cri/server/sandbox_portforward_linux.go). */
const refusedText = (port: number, sandboxId: string): string =>
  `failed to execute portforward in network namespace "/var/run/netns/cni-${sandboxId.slice(0, 8)}": failed to connect to localhost:${port} inside namespace "${sandboxId}", IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found `;

function answerBytes({ request, isHttp, keepsAlive }: Arrived, response: unknown): string {
  if (!isHttp) return toBytes(typeof response === 'string' ? response : JSON.stringify(response));
  const answer = response as HttpResponse;
  const isHead = (request as unknown as HttpRequest).method === 'HEAD';
  return responseBytes(answer, reasonPhrase(answer.status), isHead, keepsAlive);
}

