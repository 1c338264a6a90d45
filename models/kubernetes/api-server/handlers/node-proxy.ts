/**
 * Requests that the API server passes on to a kubelet: logs, exec, attach, port-forward, pages of nodes.
 * Source: pkg/registry/core/pod/rest/{log,subresources}.go, pkg/registry/core/pod/strategy.go (`LogLocation`).
 */
import { suspend, type Process, type Task } from '../../client/process.ts';
import { StreamRelay } from '../../client/stream-relay.ts';
import type { KubeletRequest, KubeletResponse } from '../../api/kubelet.ts';
import { isOn } from '../../api/query-flag.ts';
import type { StreamClose } from '../../api/stream.ts';
import type { Pod } from '../../object/types.ts';
import { badRequest, failure, internalError, isStatus, notFound, type Status } from '../status/status.ts';
import { live } from './get.ts';
import { logOptionsError } from './log-options.ts';
import { type Answer, type Call, failed } from './request.ts';
import type { Connection } from './route.ts';

/** How long a kubelet may take to answer. */
const TIMEOUT = 30_000_000;

type Question = Omit<KubeletRequest, 'kind' | 'id'>;
type Reply = KubeletResponse | 'opened' | undefined;

/** Connections from one API server to kubelets. */
export class NodeProxy {
  private readonly process: Process;
  private readonly relay: StreamRelay;
  private readonly open = new Map<number, (reply: Reply) => void>();
  private readonly monitored = new Set<string>();
  private nextId: number;

  constructor(process: Process) {
    this.process = process;
    this.nextId = process.firstId;
    this.relay = new StreamRelay(process);
    process.on<KubeletResponse>('kubelet.response', (response) => {
      this.relay.refused(process.from, response.id);
      this.settle(response.id, response);
    });
  }

  /** Asks the kubelet of a node; undefined when it does not answer. */
  *ask(node: string, question: Question): Task<KubeletResponse | undefined> {
    const reply = yield* this.wait((request) => this.process.send(`kubelet/${node}`, request), question);
    return reply === 'opened' ? undefined : reply;
  }

  /** Opens a stream to the kubelet of a node for the client's request `id`. */
  *stream(node: string, question: Question, client: string, id: number, ended: () => void): Task<Reply> {
    const kubelet = `kubelet/${node}`;
    if (!this.monitored.has(kubelet)) {
      this.monitored.add(kubelet);
      this.process.watch(kubelet, { down: () => this.relay.lost(kubelet, 'error reading from error stream: EOF'), up: () => undefined });
    }
    const reply = yield* this.wait((request) => this.relay.open(client, id, kubelet, request, { opened: () => this.settle(request.id, 'opened'), ended }), question);
    if (reply === undefined) this.relay.leave(client, id);
    return reply;
  }

  /** The client of a stream is gone. */
  leave(client: string, id: number): void {
    this.relay.leave(client, id);
  }

  /** This server ends a stream: both sides are told. */
  cut(client: string, id: number): void {
    this.relay.leave(client, id);
    this.process.send(client, { kind: 'stream.close', id, outcome: { kind: 'failed', message: 'unexpected EOF' } } as StreamClose);
  }

  private *wait(send: (request: KubeletRequest) => void, question: Question): Task<Reply> {
    const id = this.nextId++;
    return yield* suspend<Reply>((resume) => {
      const timeout = this.process.after('kubelet.timeout', TIMEOUT, () => this.settle(id, undefined));
      this.open.set(id, (reply) => {
        timeout.stop();
        resume(reply);
      });
      send({ kind: 'kubelet.request', id, ...question });
    });
  }

  private settle(id: number, reply: Reply): void {
    const resume = this.open.get(id);
    this.open.delete(id);
    resume?.(reply);
  }
}

const NODES = { group: '', resource: 'nodes' };
const VERBS: Readonly<Record<string, KubeletRequest['verb']>> = { log: 'logs', exec: 'exec', attach: 'attach', portforward: 'port-forward' };

/** Paths of the kubelet's API, for messages about connections that failed. */
const PATHS: Readonly<Record<KubeletRequest['verb'], string>> = { logs: 'containerLogs', exec: 'exec', attach: 'attach', 'port-forward': 'portForward', get: '' };

/** Serves `log`, `exec`, `attach` and `portforward` of a pod; undefined when the request became a stream. */
export function* connectToPod(proxy: NodeProxy, call: Call, connection: Connection): Task<Answer | undefined> {
  const { request } = call;
  const { name = '', namespace = '', subresource = '' } = request;
  const query = request.query ?? {};
  const wrong = subresource === 'log' ? logOptionsError(query, name) : undefined;
  if (wrong !== undefined) return failed(wrong);
  const found = yield* live(call, name);
  if ('answer' in found) return found.answer;
  if (found.object === undefined) return failed(notFound(call.info, name));
  const pod = found.object as Pod;
  const container = containerOf(pod, query['container'] ?? '', subresource);
  if ('answer' in container) return container.answer;
  const node = pod.spec.nodeName ?? '';
  if (node === '') return subresource === 'log' ? { code: 200, body: '' } : failed(badRequest(`pod ${name} does not have a host assigned`));
  if (call.world.storage.get(NODES, '', node) === undefined) return failed(notFound(call.info, node));
  const body = request.body as { command?: readonly string[] } | undefined;
  const verb = VERBS[subresource] ?? 'logs';
  const question: Question = { verb, namespace, pod: name, container: container.name, query, ...(body?.command === undefined ? {} : { command: body.command }) };
  const isStream = verb !== 'logs' || isOn(query['follow']);
  const { client, ended } = connection;
  const reply = isStream ? yield* proxy.stream(node, question, client, request.id, ended) : yield* proxy.ask(node, question);
  if (reply === 'opened') {
    const leave = (): void => proxy.leave(client, request.id);
    connection.opened({ resource: call.info.storage, stop: leave, close: () => proxy.cut(client, request.id) });
    return undefined;
  }
  if (reply === undefined) {
    return failed(internalError(`Get "https://${node}:10250/${PATHS[verb]}/${namespace}/${name}/${container.name}": dial tcp: i/o timeout`));
  }
  if (verb === 'logs' && reply.code >= 300) return failed(statusOf(reply, name));
  return { code: reply.code, body: reply.body };
}

/** A kubelet's refusal as a Status (apiserver/pkg/registry/generic/rest/response_checker.go). */
function statusOf({ code, body }: KubeletResponse, name: string): Status {
  if (isStatus(body)) return body;
  const text = String(body);
  if (code === 400) return badRequest(text);
  if (code === 500) return internalError(text);
  const status = failure(code, code === 404 ? 'NotFound' : '', `the server could not find the requested resource ( pods ${name})`, { name, kind: 'pods' });
  return code === 404 ? status : { ...status, message: text };
}

type Chosen = { readonly name: string } | { readonly answer: Answer };

function containerOf({ metadata, spec }: Pod, asked: string, subresource: string): Chosen {
  const own = spec.containers.map(({ name }) => name);
  const init = (spec.initContainers ?? []).map(({ name }) => name);
  const ephemeral = (spec.ephemeralContainers ?? []).map(({ name }) => name);
  if (asked !== '') {
    if ([...own, ...init, ...ephemeral].includes(asked)) return { name: asked };
    return { answer: failed(badRequest(`container ${asked} is not valid for pod ${metadata.name}`)) };
  }
  if (subresource === 'portforward' || own.length === 1) return { name: own[0] ?? '' };
  const choices = `a container name must be specified for pod ${metadata.name}, choose one of: [${own.join(' ')}]`;
  const extra = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  return { answer: failed(badRequest(choices + extra)) };
}
