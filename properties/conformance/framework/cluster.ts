/**
 * The cluster that twins of the conformance tests talk to: requests by method and path, watches, and commands in containers.
 *
 * Requests enter through the gateway as those of the HTTP facade do, and virtual time runs until the answer has come.
 */
import type { ServerToClient, UserInfo, WatchEvent } from '../../../models/kubernetes/api/message.ts';
import type { StreamOutcome } from '../../../models/kubernetes/api/stream.ts';
import { queryOf, requestInfo, segmentsOf } from '../../../models/kubernetes/api-server/request/request-info.ts';
import type { Process } from '../../../models/kubernetes/client/process.ts';
import { GATEWAY, gatewayState } from '../../../models/kubernetes/cluster/gateway.ts';
import { createCluster, type Simulation, type SimulationOptions } from '../../../models/kubernetes/cluster/simulation.ts';
import { received, sent } from './protobuf.ts';

export const SECOND = 1_000_000;

const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** Virtual time until the nodes are ready and the controllers have made the namespaces' accounts. */
const START_UP_US = 30 * SECOND;
const STEP_US = 1000;
const STEPS_MAX = 60_000;

/** The answer to a request. Bodies are JSON of any kind, as a client without types sees them. */
export interface Answer {
  readonly code: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RequestOptions {
  readonly contentType?: string;
  readonly accept?: string;
  readonly user?: UserInfo;
}

/** What a command did. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export class TestCluster {
  readonly simulation: Simulation;
  #nextId = 1;
  readonly #answers = new Map<number, ServerToClient>();
  readonly #output = new Map<number, { stdout: string; stderr: string }>();
  readonly #watches = new Map<number, WatchEvent[]>();

  constructor(options: SimulationOptions = {}) {
    this.simulation = createCluster({ seed: '1', nodes: 3, gateway: true, ...options });
    this.simulation.runFor(START_UP_US);
  }

  /** Virtual seconds since the start. */
  get seconds(): number {
    return this.simulation.now / SECOND;
  }

  sleep(seconds: number): void {
    this.simulation.runFor(Math.round(seconds * SECOND));
    this.#collect();
  }

  /** Asks `probe` every quarter of a virtual second until it answers something other than undefined or false. */
  poll<T>(what: string, probe: () => T | undefined | false, seconds = 300): T {
    const endUs = this.simulation.now + seconds * SECOND;
    for (;;) {
      const found = probe();
      if (found !== undefined && found !== false) return found;
      if (this.simulation.now >= endUs) throw new Error(`timed out after ${seconds} s: ${what}`);
      this.sleep(0.25);
    }
  }

  request(method: string, path: string, body?: unknown, options: RequestOptions = {}): Answer {
    const id = this.#submit(method, path, body, options);
    for (let step = 0; step < STEPS_MAX; step++) {
      this.sleep(STEP_US / SECOND);
      const answer = this.#answers.get(id);
      if (answer?.kind === 'api.response') return { code: answer.code, body: received(answer.body), headers: answer.headers ?? {} };
      if (answer?.kind === 'stream.close') return { code: 200, body: { ...this.#output.get(id), outcome: answer.outcome }, headers: {} };
    }
    throw new Error(`no answer to ${method} ${path}`);
  }

  /** Opens a watch; its events are added to the list as they come. */
  watch(path: string): readonly WatchEvent[] {
    const events: WatchEvent[] = [];
    this.#watches.set(this.#submit('GET', `${path}${path.includes('?') ? '&' : '?'}watch=true`, undefined, {}), events);
    this.sleep(0.05);
    return events;
  }

  /** Runs a command in a container. */
  exec(namespace: string, pod: string, command: readonly string[], container?: string): ExecResult {
    const { code, body } = this.request('POST', `/api/v1/namespaces/${namespace}/pods/${pod}/exec${container === undefined ? '' : `?container=${container}`}`, { command });
    const { stdout = '', stderr = '', outcome } = body as { stdout?: string; stderr?: string; outcome?: StreamOutcome };
    if (outcome?.kind === 'exited') return { stdout, stderr, exitCode: outcome.code };
    throw new Error(`exec in ${pod}: ${code} ${JSON.stringify(body)}`);
  }

  /** Opens a terminal session in a container; what is typed is sent, and the screen grows. */
  terminal(namespace: string, pod: string, command: readonly string[]): { readonly type: (text: string) => void; readonly screen: () => string; readonly isOver: () => boolean } {
    const id = this.#submit('POST', `/api/v1/namespaces/${namespace}/pods/${pod}/exec?stdin=true&stdout=true&tty=true`, { command }, {});
    this.sleep(1);
    return {
      type: (data) => {
        this.simulation.kernel.input(GATEWAY, { kind: 'gateway.stream', id, channel: 'stdin', data } as never);
        this.sleep(1);
      },
      screen: () => this.#output.get(id)?.stdout ?? '',
      isOver: () => this.#answers.get(id)?.kind === 'stream.close',
    };
  }

  #submit(method: string, path: string, body: unknown, { contentType, accept, user = ADMIN }: RequestOptions): number {
    const [bare = '', search = ''] = path.split('?');
    const query = queryOf(search);
    const info = requestInfo(method, segmentsOf(bare) ?? [], query);
    if (info === undefined) throw new Error(`${path} is no resource`);
    const id = this.#nextId++;
    const passed = info.subresource === 'proxy' && body === undefined ? { method, path: `/${info.rest.join('/')}${search === '' ? '' : `?${search}`}`, headers: {} } : sent(info, body);
    const request = {
      kind: 'api.request', id, ...info, query, user, userAgent: 'e2e.test/v1.32.0',
      ...(passed === undefined ? {} : { body: passed }), ...(contentType === undefined ? {} : { contentType }), ...(accept === undefined ? {} : { accept }),
    };
    this.simulation.kernel.input(GATEWAY, { kind: 'gateway.submit', request } as never);
    return id;
  }

  #collect(): void {
    const state = gatewayState(this.simulation.kernel.state(GATEWAY) as Process | undefined);
    for (const message of state?.outbox.splice(0) ?? []) {
      if (message.kind === 'api.watch') this.#watches.get(message.id)?.push(...message.events.map((event) => ({ ...event, object: received(event.object) })));
      else if (message.kind === 'stream.data') this.#append(message.id, message.channel, message.data);
      else this.#answers.set(message.id, message);
    }
  }

  #append(id: number, channel: string, data: string): void {
    if (channel !== 'stdout' && channel !== 'stderr') return;
    const output = this.#output.get(id) ?? { stdout: '', stderr: '' };
    output[channel] += data;
    this.#output.set(id, output);
  }
}
