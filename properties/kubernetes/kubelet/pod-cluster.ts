/**
 * A small cluster for tests of pods: applies examples, and does what a person does with kubectl: logs, exec, events.
 */
import { readFileSync } from 'node:fs';
import type { ServerToClient } from '../../../models/kubernetes/api/message.ts';
import type { StreamOutcome } from '../../../models/kubernetes/api/stream.ts';
import { queryOf, requestInfo, segmentsOf } from '../../../models/kubernetes/api-server/request/request-info.ts';
import type { Process } from '../../../models/kubernetes/client/process.ts';
import { GATEWAY, gatewayState } from '../../../models/kubernetes/cluster/gateway.ts';
import { createCluster, type Simulation, type SimulationOptions } from '../../../models/kubernetes/cluster/simulation.ts';
import type { core, KubeObject, Pod } from '../../../models/kubernetes/object/types.ts';

export const SECOND = 1_000_000;

/** The text of an example. */
export const example = (name: string): string => readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');

/** What a command did. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export class PodCluster {
  readonly simulation: Simulation;
  private nextId = 1;
  private readonly answers = new Map<number, ServerToClient>();
  private readonly output = new Map<number, { stdout: string; stderr: string }>();

  constructor(options: SimulationOptions = {}) {
    this.simulation = createCluster({ seed: '1', nodes: 1, gateway: true, ...options });
    this.simulation.runFor(10 * SECOND);
  }

  get seconds(): number {
    return this.simulation.now / SECOND;
  }

  apply(manifests: string | readonly KubeObject[]): this {
    this.simulation.apply(manifests);
    return this;
  }

  run(seconds: number): this {
    this.simulation.runFor(Math.round(seconds * SECOND));
    return this;
  }

  /** Runs until the pod is as `condition` says; fails with the pod's status if it takes longer than `seconds`. */
  until(name: string, condition: (pod: Pod) => boolean, seconds = 300): Pod {
    const holds = this.simulation.runUntil(() => {
      const pod = this.find(name);
      return pod !== undefined && condition(pod);
    }, seconds * SECOND);
    if (!holds) throw new Error(`pod ${name} did not get there within ${seconds} s: ${JSON.stringify(this.find(name)?.status, null, 1)}`);
    return this.pod(name);
  }

  /** Runs until the pod is ready. */
  ready(name: string, seconds = 300): Pod {
    return this.until(name, isReady, seconds);
  }

  phase(name: string, phase: string, seconds = 300): Pod {
    return this.until(name, ({ status }) => status.phase === phase, seconds);
  }

  gone(name: string, seconds = 120): void {
    if (!this.simulation.runUntil(() => this.find(name) === undefined, seconds * SECOND)) {
      throw new Error(`pod ${name} is still there after ${seconds} s: ${JSON.stringify(this.find(name)?.status)}`);
    }
  }

  find(name: string): Pod | undefined {
    return this.simulation.get('pods', 'default', name) as Pod | undefined;
  }

  pod(name: string): Pod {
    const pod = this.find(name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    return pod;
  }

  /** Names of pods whose labels fit, in the store's order. */
  named(prefix: string): string[] {
    return this.simulation.list('pods', 'default').map(({ metadata }) => metadata.name).filter((name) => name.startsWith(prefix));
  }

  container(name: string, container?: string): core.ContainerStatus {
    const { status } = this.pod(name);
    const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])];
    const found = container === undefined ? all[0] : all.find((each) => each.name === container);
    if (found === undefined) throw new Error(`pod ${name} has no status of container ${container ?? ''}`);
    return found;
  }

  /** `reason: message` of each event about an object, oldest first. */
  events(name: string): string[] {
    return this.simulation.list('events').filter((event) => event['involvedObject']?.name === name).map((event) => `${event['reason']}: ${event['message']}`);
  }

  request(method: string, path: string, body?: unknown, contentType?: string): { readonly code: number; readonly body: unknown } {
    const [bare = '', search = ''] = path.split('?');
    const query = queryOf(search);
    const info = requestInfo(method, segmentsOf(bare) ?? [], query);
    if (info === undefined) throw new Error(`${path} is no resource`);
    const id = this.nextId++;
    const request = { kind: 'api.request', id, ...info, query, ...(body === undefined ? {} : { body }), ...(contentType === undefined ? {} : { contentType }), user: { name: 'admin', groups: ['system:masters', 'system:authenticated'] }, userAgent: 'test' };
    this.simulation.kernel.input(GATEWAY, { kind: 'gateway.submit', request } as never);
    for (let tries = 0; tries < 40_000; tries++) {
      this.simulation.runFor(1000);
      const state = gatewayState(this.simulation.kernel.state(GATEWAY) as Process | undefined);
      for (const message of state?.outbox.splice(0) ?? []) this.receive(message);
      const answer = this.answers.get(id);
      if (answer?.kind === 'api.response') return answer;
      if (answer?.kind === 'stream.close') return { code: 200, body: { ...this.output.get(id), outcome: answer.outcome } };
    }
    throw new Error(`no answer to ${method} ${path}`);
  }

  private receive(message: ServerToClient): void {
    this.answers.set(message.id, message);
    if (message.kind !== 'stream.data' || message.channel === 'stdin' || message.channel === 'resize') return;
    const output = this.output.get(message.id) ?? { stdout: '', stderr: '' };
    output[message.channel] += message.data;
    this.output.set(message.id, output);
  }

  /** `kubectl logs`. An error is its text. */
  logs(name: string, query = ''): string {
    const { body } = this.request('GET', `/api/v1/namespaces/default/pods/${name}/log${query === '' ? '' : `?${query}`}`);
    return typeof body === 'string' ? body : ((body as { message?: string }).message ?? JSON.stringify(body));
  }

  /** `kubectl exec`; throws when the command could not run. */
  exec(name: string, command: readonly string[], container?: string): ExecResult {
    const query = container === undefined ? '' : `?container=${container}`;
    const { body } = this.request('POST', `/api/v1/namespaces/default/pods/${name}/exec${query}`, { command });
    const { stdout = '', stderr = '', outcome } = body as { stdout?: string; stderr?: string; outcome?: StreamOutcome };
    if (outcome?.kind === 'exited') return { stdout, stderr, exitCode: outcome.code };
    throw new Error(typeof body === 'string' ? body : JSON.stringify(body));
  }

  /** Standard output of a shell command in a container, without the last end of line. */
  shell(name: string, text: string, container?: string): string {
    return this.exec(name, ['sh', '-c', text], container).stdout.replace(/\n$/, '');
  }

  crash(actor: string, seconds: number): this {
    this.simulation.kernel.control({ kind: 'crash', actor }, this.simulation.now);
    this.run(seconds);
    this.simulation.kernel.control({ kind: 'restart', actor }, this.simulation.now);
    return this;
  }
}

export const isReady = ({ status }: Pod): boolean => (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
