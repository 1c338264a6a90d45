/**
 * Requests that the API server passes on to a kubelet: logs, exec, attach, port-forward.
 * Source: pkg/registry/core/pod/rest/{log,subresources}.go, pkg/registry/core/pod/strategy.go (`LogLocation`).
 */
import { suspend, type Process, type Task } from '../../client/process.ts';
import type { KubeletRequest, KubeletResponse } from '../../api/kubelet.ts';
import type { Pod } from '../../object/types.ts';
import { badRequest, internalError, notFound } from '../status/status.ts';
import { live } from './get.ts';
import { type Answer, type Call, failed } from './request.ts';

/** How long a kubelet may take to answer. */
const TIMEOUT = 30_000_000;

/** Connections from one API server to kubelets. */
export class NodeProxy {
  private readonly process: Process;
  private readonly open = new Map<number, (response: KubeletResponse | undefined) => void>();
  private nextId = 1;

  constructor(process: Process) {
    this.process = process;
    process.on<KubeletResponse>('kubelet.response', (response) => this.settle(response.id, response));
  }

  /** Asks the kubelet of a node; undefined when it does not answer. */
  *ask(node: string, request: Omit<KubeletRequest, 'kind' | 'id'>): Task<KubeletResponse | undefined> {
    const id = this.nextId++;
    return yield* suspend<KubeletResponse | undefined>((resume) => {
      const timeout = this.process.after('kubelet.timeout', TIMEOUT, () => this.settle(id, undefined));
      this.open.set(id, (response) => {
        timeout.stop();
        resume(response);
      });
      this.process.send(`kubelet/${node}`, { kind: 'kubelet.request', id, ...request } as KubeletRequest);
    });
  }

  private settle(id: number, response: KubeletResponse | undefined): void {
    const resume = this.open.get(id);
    this.open.delete(id);
    resume?.(response);
  }
}

const NODES = { group: '', resource: 'nodes' };
const VERBS: Readonly<Record<string, KubeletRequest['verb']>> = { log: 'logs', exec: 'exec', attach: 'attach', portforward: 'port-forward' };

/** Serves `log`, `exec`, `attach` and `portforward` of a pod. */
export function* connectToPod(proxy: NodeProxy, call: Call): Task<Answer> {
  const { request } = call;
  const { name = '', namespace = '', subresource = '' } = request;
  const found = yield* live(call, name);
  if ('answer' in found) return found.answer;
  if (found.object === undefined) return failed(notFound(call.info, name));
  const pod = found.object as Pod;
  const query = request.query ?? {};
  const container = containerOf(pod, query['container'] ?? '', subresource);
  if ('answer' in container) return container.answer;
  const node = pod.spec.nodeName ?? '';
  if (node === '') return subresource === 'log' ? { code: 200, body: '' } : failed(badRequest(`pod ${name} does not have a host assigned`));
  if (call.world.storage.get(NODES, '', node) === undefined) return failed(notFound(call.info, node));
  const body = request.body as { command?: readonly string[]; stdin?: string } | undefined;
  const response = yield* proxy.ask(node, {
    verb: VERBS[subresource] ?? 'logs',
    namespace,
    pod: name,
    container: container.name,
    query,
    ...(body?.command === undefined ? {} : { command: body.command }),
    ...(body?.stdin === undefined ? {} : { stdin: body.stdin }),
  });
  if (response === undefined) {
    const text = `Get "https://${node}:10250/${VERBS[subresource] ?? subresource}": dial tcp: i/o timeout`;
    return failed(internalError(text));
  }
  return { code: response.code, body: response.body };
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
