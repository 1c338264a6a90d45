/**
 * The kubelet's own API as kube-apiserver uses it: logs and exec (pkg/kubelet/server/server.go, kuberuntime_logs.go).
 */
import type { KubeletRequest, KubeletResponse } from '../api/kubelet.ts';
import type { LogQuery } from '../api/cri.ts';
import type { Task } from '../client/process.ts';
import { virtualTime } from '../object/time.ts';
import type { Pod } from '../object/types.ts';
import type { PodStatus } from './container/pod-status.ts';
import type { CriClient } from './cri-client.ts';
import { rpcError } from './cri-client.ts';

/** What the server may use of its kubelet. */
export interface ServerView {
  readonly cri: CriClient;
  readonly epoch: number;
  readonly pods: () => readonly Pod[];
  readonly statusOf: (uid: string) => PodStatus;
  readonly now: () => number;
}

type Body = Omit<KubeletResponse, 'kind' | 'id'>;

export function* answerRequest(request: KubeletRequest, view: ServerView): Task<KubeletResponse> {
  const body = yield* answer(request, view);
  return { kind: 'kubelet.response', id: request.id, ...body };
}

function* answer(request: KubeletRequest, view: ServerView): Task<Body> {
  if (request.verb === 'healthz') return { code: 200, body: 'ok' };
  const pod = view.pods().find(({ metadata }) => metadata.name === request.pod && metadata.namespace === request.namespace);
  if (pod === undefined) return { code: 404, body: `pod ${request.namespace}/${request.pod} does not exist` };
  const instances = view.statusOf(pod.metadata.uid).containers.filter(({ metadata }) => metadata.name === request.container);
  if (request.verb === 'logs') return yield* logs(request, view, pod, instances.map(({ id }) => id));
  if (request.verb === 'port-forward') return { code: 501, body: 'port forwarding into a simulation is not supported' };
  const running = instances.find(({ state }) => state === 'RUNNING');
  if (running === undefined) return { code: 500, body: `container not found ("${request.container}")` };
  const command = request.command ?? [];
  const result = yield* view.cri.call('ExecSync', { id: running.id, command, timeoutUs: 0, ...(request.stdin === undefined ? {} : { stdin: request.stdin }) });
  return result.ok ? { code: 200, body: result.value } : { code: 500, body: rpcError(result.error) };
}

function* logs({ query, container }: KubeletRequest, view: ServerView, pod: Pod, ids: readonly string[]): Task<Body> {
  const id = query['previous'] === 'true' ? ids[1] : ids[0];
  if (id === undefined) {
    const what = query['previous'] === 'true' ? 'previous terminated' : 'waiting to start:';
    const text = query['previous'] === 'true'
      ? `${what} container "${container}" in pod "${pod.metadata.name}" not found`
      : `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`;
    return { code: 400, body: text };
  }
  const read = yield* view.cri.call('ReadLogs', { id, query: logQuery(query, view) });
  return read.ok ? { code: 200, body: read.value.text } : { code: 500, body: rpcError(read.error) };
}

function logQuery(query: Readonly<Record<string, string>>, view: ServerView): LogQuery {
  const number = (name: string): number | undefined => (query[name] === undefined ? undefined : Number(query[name]));
  const tailLines = number('tailLines');
  const limitBytes = number('limitBytes');
  const seconds = number('sinceSeconds');
  const since = seconds === undefined ? virtualTime(view.epoch, query['sinceTime'] ?? '') : view.now() - seconds * 1_000_000;
  return {
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined ? {} : { sinceUs: since }),
    timestamps: query['timestamps'] === 'true',
  };
}
