/** One probe of a container: exec, HTTP, TCP or gRPC (pkg/kubelet/prober/prober.go, pkg/probe). */
import type { HttpResponse, NetConnect, NetResult } from '../../api/net.ts';
import type { Json } from '../../../../src/index.ts';
import { type Process, suspend, type Task } from '../../client/process.ts';
import type { core, Pod } from '../../object/types.ts';
import { type CriClient, rpcError } from '../cri-client.ts';
import { goDuration } from '../container/backoff.ts';
import { joinHostPort } from '../../object/ip.ts';

export type ProbeOutcome =
  | { readonly result: 'Success' }
  | { readonly result: 'Warning'; readonly output: string }
  | { readonly result: 'Failure'; readonly output: string }
  /** Not counted: the handler itself went wrong. */
  | { readonly result: 'Error'; readonly output: string };

/** Connections that the kubelet itself opens from its node. */
export class NodeClient {
  readonly #process: Process;
  readonly #node: string;
  readonly #nodeIp: string;
  readonly #open = new Map<number, (result: NetResult) => void>();
  #nextId: number;

  constructor(process: Process, node: string, nodeIp: string) {
    this.#process = process;
    this.#nextId = process.firstId;
    this.#node = node;
    this.#nodeIp = nodeIp;
    process.on<NetResult>('net.result', (result) => {
      const resume = this.#open.get(result.id);
      this.#open.delete(result.id);
      resume?.(result);
    });
  }

  *connect(toIp: string, port: number, request: Json, timeoutUs: number): Task<NetResult> {
    const id = this.#nextId++;
    return yield* suspend<NetResult>((resume) => {
      this.#open.set(id, resume);
      const only = request === null ? { connectOnly: true } : {};
      const message: NetConnect = { kind: 'net.connect', id, node: this.#node, fromIp: this.#nodeIp, toIp, port, protocol: 'TCP', request, timeoutUs, ...only };
      this.#process.send('network', message);
    });
  }
}

export interface ProbeTarget {
  readonly pod: Pod;
  readonly container: core.Container;
  readonly containerId: string;
  readonly podIp: string;
}

export function* runProbe(probe: core.Probe, target: ProbeTarget, cri: CriClient, net: NodeClient): Task<ProbeOutcome> {
  const timeoutUs = (probe.timeoutSeconds ?? 1) * 1_000_000;
  if (probe.exec !== undefined) return yield* execProbe(probe.exec.command ?? [], target, timeoutUs, cri);
  if (probe.httpGet !== undefined) return yield* httpProbe(probe.httpGet, target, timeoutUs, net);
  if (probe.tcpSocket !== undefined) return yield* tcpProbe(probe.tcpSocket, target, timeoutUs, net);
  const grpc = (probe as { grpc?: { port: number; service?: string } }).grpc;
  if (grpc !== undefined) return yield* grpcProbe(grpc, target, timeoutUs, net);
  return { result: 'Success' };
}

function* execProbe(command: readonly string[], target: ProbeTarget, timeoutUs: number, cri: CriClient): Task<ProbeOutcome> {
  const run = yield* cri.call('ExecSync', { id: target.containerId, command, timeoutUs }, timeoutUs);
  if (run.ok) {
    if (run.value.exitCode === 0) return { result: 'Success' };
    return { result: 'Failure', output: run.value.stdout + run.value.stderr };
  }
  if (run.error.code !== 'DeadlineExceeded') return { result: 'Error', output: rpcError(run.error) };
  return { result: 'Failure', output: `command timed out: "${command.join(' ')}" timed out after ${goDuration(timeoutUs)}` };
}

/** A port by number, or by the name of a containerPort. */
export function portOf(port: number | string, container: core.Container): number | undefined {
  if (typeof port === 'number') return port;
  const named = (container.ports ?? []).find(({ name }) => name === port)?.containerPort;
  return named ?? (/^[0-9]+$/.test(port) ? Number(port) : undefined);
}

/** pkg/probe/util.go, ResolveContainerPort: a name that no port has is read as a number in the end. */
const noPort = (port: unknown): string => `strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`;

/** Error texts of Go's net package for a failed dial. */
function dialError(host: string, port: number, error: string | undefined): string {
  const address = joinHostPort(host, port);
  if (error === 'timeout') return `dial tcp ${address}: i/o timeout`;
  if (error === 'unreachable') return `dial tcp ${address}: connect: no route to host`;
  if (error === 'reset') return `read tcp ${address}: read: connection reset by peer`;
  return `dial tcp ${address}: connect: connection refused`;
}

function* httpProbe(action: core.HTTPGetAction, target: ProbeTarget, timeoutUs: number, net: NodeClient): Task<ProbeOutcome> {
  const port = portOf(action.port as number | string, target.container);
  if (port === undefined) return { result: 'Error', output: noPort(action.port) };
  const host = action.host || target.podIp;
  const path = action.path ?? '/';
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe/1.32', Accept: '*/*' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  const url = `${(action.scheme ?? 'HTTP').toLowerCase()}://${joinHostPort(host, port)}${path.startsWith('/') ? path : `/${path}`}`;
  const result = yield* net.connect(host, port, { method: 'GET', path, headers }, timeoutUs);
  if (!result.ok) {
    const text = result.error === 'timeout' ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : dialError(host, port, result.error);
    return { result: 'Failure', output: `Get "${url}": ${text}` };
  }
  const response = result.response as unknown as HttpResponse | null;
  const status = response?.status ?? 0;
  if (status >= 200 && status < 300) return { result: 'Success' };
  if (status >= 300 && status < 400) return { result: 'Warning', output: `Probe terminated redirects, Response body: ${response?.body ?? ''}` };
  return { result: 'Failure', output: `HTTP probe failed with statuscode: ${status}` };
}

function* tcpProbe(action: core.TCPSocketAction, target: ProbeTarget, timeoutUs: number, net: NodeClient): Task<ProbeOutcome> {
  const port = portOf(action.port as number | string, target.container);
  if (port === undefined) return { result: 'Error', output: noPort(action.port) };
  const host = action.host || target.podIp;
  const result = yield* net.connect(host, port, null, timeoutUs);
  return result.ok ? { result: 'Success' } : { result: 'Failure', output: dialError(host, port, result.error) };
}

function* grpcProbe(action: { port: number; service?: string }, target: ProbeTarget, timeoutUs: number, net: NodeClient): Task<ProbeOutcome> {
  const request = { method: 'POST', path: '/grpc.health.v1.Health/Check', body: action.service ?? '' };
  const result = yield* net.connect(target.podIp, action.port, request, timeoutUs);
  const address = joinHostPort(target.podIp, action.port);
  if (!result.ok) {
    const output = `timeout: failed to connect service "${address}" within ${goDuration(timeoutUs)}: context deadline exceeded`;
    return { result: 'Failure', output };
  }
  const { status = 0, body = '' } = (result.response as unknown as HttpResponse | null) ?? {};
  if (status === 200 && (body === 'SERVING' || body === '')) return { result: 'Success' };
  if (status === 200 && body === 'NOT_SERVING') return { result: 'Failure', output: 'service unhealthy (responded with "NOT_SERVING")' };
  if (status === 404 && body === 'unknown service') return { result: 'Failure', output: 'error: health rpc probe failed: rpc error: code = NotFound desc = unknown service' };
  return { result: 'Failure', output: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service grpc.health.v1.Health' };
}

/** An HTTP hook: any answer will do. */
export function* httpHook(action: core.HTTPGetAction, container: core.Container, podIp: string, net: NodeClient): Task<string | undefined> {
  const port = portOf((action.port as number | string | undefined) ?? 80, container);
  const host = action.host || podIp;
  if (port === undefined) return `couldn't find port: ${String(action.port)}`;
  const path = action.path ?? '/';
  const result = yield* net.connect(host, port, { method: 'GET', path, headers: { 'User-Agent': 'kube-lifecycle/1.32', Accept: '*/*' } }, 30_000_000);
  return result.ok ? undefined : `Get "http://${joinHostPort(host, port)}/${path.replace(/^\//, '')}": ${dialError(host, port, result.error)}`;
}
