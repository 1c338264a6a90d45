/**
 * The facade's seam to a simulation that runs in this process.
 */
import { parseDuration } from '../../../src/cli/duration.ts';
import { CliError } from '../../../src/cli/exit.ts';
import type { Message } from '../../../src/index.ts';
import type { ApiRequest, ServerToClient, UserInfo } from '../api/message.ts';
import type { NodeOperation } from '../api/node-operation.ts';
import type { StreamChannel } from '../api/stream.ts';
import { authenticatedUser, servedKinds } from '../api-server/server.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { Process } from '../client/process.ts';
import { apiServerIds } from '../cluster/actor-ids.ts';
import { GATEWAY, gatewayState, isEnd, type GatewaySubmit } from '../cluster/gateway.ts';
import type { Simulation } from '../cluster/simulation.ts';
import type { ClockCommand, ControlResult, Handle, Seam, SimulationStatus, Submission } from '../facade/seam.ts';
import { describeNodeRules, type Inspection } from '../network/inspect.ts';
import { networkPlane } from '../network/network.ts';
import type { Pod, Service } from '../object/types.ts';
import { answerOf, questionOf } from './network/connect.ts';
import type { NetworkMoment } from './network/plane.ts';
import { WEBHOOK_CALLER } from '../api/webhook.ts';
import { webhookCallerState, type WebhookReturn } from '../cluster/webhook-caller.ts';
import { order } from '../fault/desk.ts';
import { faultOfCommand } from './fault-command.ts';
import { Pacer } from './pacer.ts';
import { callWebhookOverHttp } from './webhook-http.ts';

/** How long `{"until":"converged"}` may take, in µs of virtual time. */
const CONVERGENCE_TIMEOUT = 3_600_000_000;

export class SimulationSeam implements Seam {
  readonly pacer: Pacer;
  private readonly simulation: Simulation;
  private readonly responders = new Map<Handle, (message: ServerToClient) => void>();
  private nextHandle = 1;
  private kindList: readonly KindInfo[] = [];
  private kindMap: ReadonlyMap<string, KindInfo> | undefined;
  private kindRevision = -1;

  constructor(simulation: Simulation, speed: number | 'max', failed: (error: unknown) => void) {
    this.simulation = simulation;
    this.pacer = new Pacer(simulation, speed, () => this.deliver(), failed);
  }

  submit(request: Submission, respond: (message: ServerToClient) => void): Handle {
    const handle = this.nextHandle++;
    this.responders.set(handle, respond);
    const { body, bodyText, ...bare } = request;
    const text = body === undefined ? {} : { text: bodyText ?? JSON.stringify(body) };
    this.enter({ kind: 'gateway.submit', request: { kind: 'api.request', id: handle, ...bare } as ApiRequest, ...text } as GatewaySubmit);
    return handle;
  }

  send(handle: Handle, channel: StreamChannel, data: string, isLast = false): void {
    if (this.responders.has(handle)) this.enter({ kind: 'gateway.stream', id: handle, channel, data, ...(isLast ? { isLast } : {}) } as Message);
  }

  close(handle: Handle): void {
    if (this.responders.delete(handle)) this.enter({ kind: 'gateway.close', id: handle } as Message);
  }

  kinds(): readonly KindInfo[] {
    const server = this.runningServer();
    if (server === undefined) return this.kindList;
    const map = servedKinds(server);
    if (map === this.kindMap && map.revision === this.kindRevision) return this.kindList;
    this.kindMap = map;
    this.kindRevision = map.revision;
    this.kindList = [...map.values()];
    return this.kindList;
  }

  authenticate(token: string): UserInfo | undefined {
    const server = this.runningServer();
    return server === undefined ? undefined : authenticatedUser(server, token);
  }

  private runningServer(): Process | undefined {
    return apiServerIds(this.simulation.config.apiServers).map((id) => this.simulation.kernel.state(id) as Process | undefined).find((state) => state?.exposed !== undefined);
  }

  wallTime(): number {
    return this.simulation.config.epoch * 1000 + this.simulation.now;
  }

  status(): SimulationStatus {
    const { kernel, now } = this.simulation;
    return { now, seconds: now / 1_000_000, steps: kernel.seq, pendingEvents: kernel.pending, speed: this.pacer.speed, paused: this.pacer.isPaused, pending: this.simulation.pending() };
  }

  async clock(command: ClockCommand): Promise<ControlResult> {
    const speed = command.speed ?? this.pacer.speed;
    if (speed !== 'max' && !(typeof speed === 'number' && speed > 0 && speed <= 1_000_000)) return { error: `speed must be a positive number or "max", not ${JSON.stringify(speed)}` };
    this.pacer.setPace(speed, command.paused ?? this.pacer.isPaused);
    if (command.advance !== undefined) {
      const by = parseDuration(command.advance);
      if (by === undefined) return { error: `advance must be a duration such as "10s", not ${JSON.stringify(command.advance)}` };
      await this.pacer.runTo(this.simulation.now + by);
    }
    if (command.until === 'converged') await this.pacer.runTo(this.simulation.now + CONVERGENCE_TIMEOUT, () => this.simulation.pending().length === 0);
    else if (command.until !== undefined) {
      const to = parseDuration(command.until);
      if (to === undefined) return { error: `until must be "converged" or a virtual time such as "90s", not ${JSON.stringify(command.until)}` };
      await this.pacer.runTo(to);
    }
    return { ...this.status() };
  }

  async fault(command: Readonly<Record<string, unknown>>): Promise<ControlResult> {
    this.pacer.catchUp();
    const { fault, node } = command as { fault?: string; node?: string };
    const actions: Readonly<Record<string, readonly (readonly ['crash' | 'restart' | 'pause' | 'resume' | 'stall' | 'unstall', string])[]>> = {
      'kubelet-stop': [['crash', `kubelet/${node}`]],
      'kubelet-start': [['restart', `kubelet/${node}`]],
      // Calls hang; containers go on.
      'runtime-stop': [['stall', `container-runtime/${node}`]],
      'runtime-start': [['unstall', `container-runtime/${node}`]],
      'node-stop': [['crash', `kubelet/${node}`], ['crash', `kube-proxy/${node}`], ['crash', `container-runtime/${node}`]],
      'node-start': [['restart', `container-runtime/${node}`], ['restart', `kubelet/${node}`], ['restart', `kube-proxy/${node}`]],
      crash: [['crash', String(command['actor'])]],
      restart: [['restart', String(command['actor'])]],
      pause: [['pause', String(command['actor'])]],
      resume: [['resume', String(command['actor'])]],
    };
    const wanted = actions[fault ?? ''];
    if (wanted === undefined) return this.order(command);
    const known = new Set(this.simulation.kernel.actors().map(({ id }) => id));
    const missing = wanted.find(([, actor]) => !known.has(actor));
    if (missing !== undefined) return { error: `there is no actor ${missing[1]}` };
    const { kernel, now } = this.simulation;
    for (const [kind, actor] of wanted) {
      if (kind === 'stall' || kind === 'unstall') kernel.input(actor, { kind: 'node.operation', operation: kind } as NodeOperation);
      else kernel.control({ kind, actor, reason: String(fault) }, now, true);
    }
    this.pacer.soon();
    return { fault, ...(node === undefined ? {} : { node }) };
  }

  connect(question: Readonly<Record<string, unknown>>): ControlResult {
    const { from, to, namespace, protocol, count, seed } = question as Readonly<Record<string, string | number | undefined>>;
    if (typeof from !== 'string' || typeof to !== 'string') return { error: 'from and to must be texts, such as "pod/client" and "my-service:80"' };
    return this.askNetwork((moment) => {
      const asked = questionOf({ from, to, namespace: String(namespace ?? 'default'), protocol: String(protocol ?? 'TCP'), count: String(count ?? 1) });
      return answerOf(moment, asked, String(seed ?? '1'));
    });
  }

  rules({ node }: Readonly<Record<string, unknown>>): ControlResult {
    return this.askNetwork(({ plane }) => describeNodeRules(plane, String(node)));
  }

  private askNetwork(ask: (moment: NetworkMoment) => Inspection<unknown>): ControlResult {
    const { simulation } = this;
    const plane = networkPlane(simulation.kernel.state('network'));
    if (plane === undefined) return { error: 'the simulation has no network' };
    const objects = {
      pod: (namespace: string, name: string) => simulation.get('pods', namespace, name) as Pod | undefined,
      service: (namespace: string, name: string) => simulation.get('services', namespace, name) as Service | undefined,
    };
    try {
      const answer = ask({ plane, objects, now: simulation.now });
      return answer.ok ? { value: answer.value } : { error: answer.problem };
    } catch (error) {
      if (error instanceof CliError) return { error: error.message };
      throw error;
    }
  }

  /** Faults of the vocabulary, and those of the engine: they go through the run's fault desk. */
  private order(command: Readonly<Record<string, unknown>>): ControlResult {
    const { kernel } = this.simulation;
    const { fault, end } = command as { fault?: unknown; end?: unknown };
    if (typeof end === 'string') order(kernel, { end });
    else {
      const read = faultOfCommand(command, kernel.seq);
      if ('error' in read) return read;
      order(kernel, { begin: read.fault });
    }
    this.pacer.soon();
    return typeof end === 'string' ? { end } : { fault };
  }

  private enter(message: Message): void {
    this.pacer.catchUp();
    // Connections that end while the server goes down are no inputs: the log is closed.
    if (this.pacer.isStopped) return;
    this.simulation.kernel.input(GATEWAY, message);
    this.pacer.soon();
  }

  /** Sends calls of webhooks on their way; virtual time waits for the answers, as the program outside lives in real time. */
  private callWebhooks(): void {
    const state = webhookCallerState(this.simulation.kernel.state(WEBHOOK_CALLER) as Process | undefined);
    if (state === undefined || state.outbox.length === 0) return;
    const { outbox } = state;
    state.outbox = [];
    for (const { server, id, call } of outbox) {
      this.pacer.hold();
      void callWebhookOverHttp(call).then((answer) => {
        this.simulation.kernel.input(WEBHOOK_CALLER, { kind: 'webhook.return', server, id, answer } as WebhookReturn);
        this.pacer.release();
      });
    }
  }

  private deliver(): void {
    this.callWebhooks();
    const state = gatewayState(this.simulation.kernel.state(GATEWAY) as Process | undefined);
    if (state === undefined || state.outbox.length === 0) return;
    const { outbox } = state;
    state.outbox = [];
    for (const message of outbox) {
      const respond = this.responders.get(message.id);
      if (isEnd(message)) this.responders.delete(message.id);
      respond?.(message);
    }
  }
}
