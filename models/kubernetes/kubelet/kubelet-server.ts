/**
 * The kubelet's own API as kube-apiserver uses it: logs, exec, attach, port-forward, and a few pages.
 *
 * Streams are the runtime's; the kubelet finds the container and relays. Upstream: pkg/kubelet/server/server.go,
 * pkg/kubelet/kubelet_pods.go (`validateContainerLogStatus`), pkg/kubelet/kuberuntime/kuberuntime_logs.go.
 */
import type { KubeletRequest, KubeletResponse } from '../api/kubelet.ts';
import { isOn } from '../api/query-flag.ts';
import type { ContainerStatus, CriStream, CriStreamRequest, LogQuery } from '../api/cri.ts';
import type { Process, Task } from '../client/process.ts';
import { StreamRelay } from '../client/stream-relay.ts';
import { virtualTime } from '../object/time.ts';
import type { Pod } from '../object/types.ts';
import type { PodStatus } from './container/pod-status.ts';
import type { CriClient } from './cri-client.ts';
import { rpcError } from './cri-client.ts';
import { statsSummary } from './stats-summary.ts';

/** What the server may use of its kubelet. */
export interface ServerView {
  readonly process: Process;
  readonly cri: CriClient;
  /** The runtime's actor. */
  readonly runtime: string;
  readonly epoch: number;
  readonly pods: () => readonly Pod[];
  readonly statusOf: (uid: string) => PodStatus;
}

type Body = Omit<KubeletResponse, 'kind' | 'id'>;

/** An answer, or the stream that the runtime is to open. */
type Handled = Body | { readonly stream: CriStream };

export class KubeletServer {
  private readonly view: ServerView;
  private readonly relay: StreamRelay;
  private nextId: number;

  constructor(view: ServerView) {
    this.view = view;
    this.relay = new StreamRelay(view.process);
    const { process } = view;
    this.nextId = process.firstId;
    process.on<KubeletRequest>('kubelet.request', (request) => process.go(this.serve(request, process.from)));
  }

  /** The runtime is gone: nobody serves what is open. */
  abort(): void {
    this.relay.lost(this.view.runtime, 'error reading from server: EOF');
  }

  private *serve(request: KubeletRequest, client: string): Task {
    const handled = yield* this.handle(request);
    if ('stream' in handled) {
      const open: CriStreamRequest = { kind: 'cri.stream', id: this.nextId++, call: handled.stream };
      this.relay.open(client, request.id, this.view.runtime, open);
    } else this.view.process.send(client, { kind: 'kubelet.response', id: request.id, ...handled } as KubeletResponse);
  }

  private *handle(request: KubeletRequest): Task<Handled> {
    if (request.verb === 'get') return yield* this.page(request.query['path'] ?? '/');
    const pod = this.view.pods().find(({ metadata }) => metadata.name === request.pod && metadata.namespace === request.namespace);
    if (pod === undefined) return { code: 404, body: request.verb === 'logs' ? `pod "${request.pod}" does not exist\n` : 'pod does not exist' };
    const status = this.view.statusOf(pod.metadata.uid);
    const instances = status.containers.filter(({ metadata }) => metadata.name === request.container);
    if (request.verb === 'logs') return yield* this.logs(request, pod, instances);
    if (request.verb === 'port-forward') return forward(request, pod, status);
    const running = instances.find(({ state }) => state === 'RUNNING');
    if (running === undefined) return { code: 500, body: `container not found ("${request.container}")` };
    const { id } = running;
    const streams = { id, stdin: isOn(request.query['stdin']), tty: isOn(request.query['tty']) };
    return { stream: request.verb === 'exec' ? { method: 'Exec', command: request.command ?? [], ...streams } : { method: 'Attach', ...streams } };
  }

  private *logs({ query, container }: KubeletRequest, pod: Pod, instances: readonly ContainerStatus[]): Task<Handled> {
    const found = logOf(pod, container, instances, isOn(query['previous']));
    if (typeof found === 'string') return { code: 400, body: found };
    const logQuery = this.logQuery(query);
    if (isOn(query['follow'])) return { stream: { method: 'FollowLogs', id: found.id, query: logQuery } };
    const read = yield* this.view.cri.call('ReadLogs', { id: found.id, query: logQuery });
    return read.ok ? { code: 200, body: read.value.text } : { code: 500, body: rpcError(read.error) };
  }

  private logQuery(query: Readonly<Record<string, string>>): LogQuery {
    const number = (name: string): number | undefined => (query[name] === undefined ? undefined : Number(query[name]));
    const { epoch, process } = this.view;
    const tailLines = number('tailLines');
    const limitBytes = number('limitBytes');
    const seconds = number('sinceSeconds');
    const since = seconds === undefined ? virtualTime(epoch, query['sinceTime'] ?? '') : process.now - seconds * 1_000_000;
    return {
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(limitBytes === undefined ? {} : { limitBytes }),
      ...(since === undefined ? {} : { sinceUs: since }),
      timestamps: isOn(query['timestamps']),
    };
  }

  /** Pages that have no stream: health, the pods of this node, and what they use. */
  private *page(path: string): Task<Body> {
    if (path === '/healthz' || path.startsWith('/healthz/')) return { code: 200, body: 'ok' };
    if (path === '/stats/summary' || path === '/stats/summary/') {
      const stats = yield* this.view.cri.call('ListContainerStats', {});
      return stats.ok ? { code: 200, body: statsSummary(stats.value, this.view.pods()) } : { code: 500, body: rpcError(stats.error) };
    }
    if (path !== '/pods' && path !== '/pods/') return { code: 404, body: '404 page not found\n' };
    const items = this.view.pods().map(({ apiVersion: _version, kind: _kind, ...pod }) => pod);
    return { code: 200, body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items } };
  }
}

function forward({ query }: KubeletRequest, pod: Pod, { sandboxes }: PodStatus): Handled {
  const sandbox = sandboxes.find(({ state }) => state === 'READY');
  if (sandbox === undefined) return { code: 500, body: `pod not found ("${pod.metadata.name}_${pod.metadata.namespace ?? ''}")` };
  return { stream: { method: 'PortForward', sandboxId: sandbox.id, port: Number(query['port'] ?? '0') } };
}

/** Which instance's log is meant, or why there is none. */
function logOf(pod: Pod, name: string, instances: readonly ContainerStatus[], isPrevious: boolean): ContainerStatus | string {
  const all = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? []), ...(pod.status.ephemeralContainerStatuses ?? [])];
  const waiting = all.find((status) => status.name === name)?.state?.waiting?.reason;
  const started = instances.filter(({ state }) => state !== 'CREATED');
  const [newest, older] = started;
  // While a container waits to be started again, its newest instance is the last state.
  const previous = newest?.state === 'EXITED' && waiting !== undefined ? newest : older;
  const where = `container "${name}" in pod "${pod.metadata.name}"`;
  if (isPrevious) return previous ?? `previous terminated ${where} not found`;
  if (newest !== undefined) return newest;
  if (waiting === 'ErrImagePull') return `${where} is waiting to start: image can't be pulled`;
  if (waiting === 'ImagePullBackOff') return `${where} is waiting to start: trying and failing to pull image`;
  return `${where} is waiting to start: ${waiting ?? 'ContainerCreating'}`;
}
