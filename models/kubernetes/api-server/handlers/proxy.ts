/**
 * The proxy subresources: HTTP requests that the API server passes on to a pod, an endpoint of a Service, or a kubelet.
 *
 * The server connects from its own machine, which reaches the pod network. Names may carry a scheme and a port:
 * `https:web:metrics`. Upstream: pkg/registry/core/{pod,service,node}/rest, pkg/registry/core/service/storage/storage.go
 * (`ResourceLocation`), apimachinery/pkg/util/proxy/upgradeaware.go.
 */
import type { HttpRequest, HttpResponse, NetConnect, NetResult } from '../../api/net.ts';
import { suspend, type Process, type Task } from '../../client/process.ts';
import type { Json } from '../../../../src/index.ts';
import type { Endpoints, Pod, Service } from '../../object/types.ts';
import { badRequest, notFound, serviceUnavailable } from '../status/status.ts';
import { live } from './get.ts';
import type { NodeProxy } from './node-proxy.ts';
import { rewriteLinks } from './proxy-rewrite.ts';
import { type Answer, type Call, failed, type ServerWorld } from './request.ts';

const NETWORK = 'network';
/** The address of the API server's machine (`--advertise-address` of the recorded cluster). */
const ADDRESS = '10.99.0.1';
/** How long a program may take to answer. */
const TIMEOUT = 30_000_000;

/** Connections from one API server to programs in the cluster. */
export class Dialer {
  private readonly process: Process;
  private readonly open = new Map<number, (result: NetResult) => void>();
  private nextId: number;

  constructor(process: Process) {
    this.process = process;
    this.nextId = process.firstId;
    process.on<NetResult>('net.result', (result) => {
      const resume = this.open.get(result.id);
      this.open.delete(result.id);
      resume?.(result);
    });
  }

  request(toIp: string, port: number, request: HttpRequest, timeoutUs = TIMEOUT): Task<NetResult> {
    return this.dial({ toIp, port, request: request as unknown as Json, timeoutUs });
  }

  /** Opens a connection and says nothing on it. */
  connect(toIp: string, port: number, timeoutUs: number): Task<NetResult> {
    return this.dial({ toIp, port, request: null, timeoutUs, connectOnly: true });
  }

  private *dial(to: Pick<NetConnect, 'toIp' | 'port' | 'request' | 'timeoutUs' | 'connectOnly'>): Task<NetResult> {
    const id = this.nextId++;
    return yield* suspend<NetResult>((resume) => {
      this.open.set(id, resume);
      this.process.send(NETWORK, { kind: 'net.connect', id, node: '', fromIp: ADDRESS, protocol: 'TCP', isRouted: true, ...to } as NetConnect);
    });
  }
}

/** A name with its scheme and port taken off; undefined for what is none. */
export function splitName(text: string): { readonly name: string; readonly port: string } | undefined {
  const parts = text.split(':');
  const [first = '', second = '', third = ''] = parts;
  if (parts.length > 3) return undefined;
  if (parts.length === 3) return first === 'http' || first === 'https' || first === '' ? { name: second, port: third } : undefined;
  return { name: first, port: second };
}

/** Serves a request for `proxy`. The body is the HTTP request that is to be passed on. */
export function* proxy(dialer: Dialer, nodes: NodeProxy, call: Call): Task<Answer> {
  const { request, info } = call;
  const target = splitName(request.name ?? '');
  if (target === undefined) return failed(badRequest(`invalid ${info.resource.slice(0, -1)} request "${request.name ?? ''}"`));
  const found = yield* live(call, target.name);
  if ('answer' in found) return found.answer;
  if (found.object === undefined) return failed(notFound(info, target.name));
  const asked = request.body as HttpRequest;
  if (info.resource === 'nodes') return yield* proxyNode(nodes, target.name, asked);
  const place = info.resource === 'pods' ? podPlace(found.object as Pod, target.port) : servicePlace(call.world, found.object as Service, target.port);
  if (typeof place === 'string') return failed(serviceUnavailable(place));
  const result = yield* dialer.request(place.ip, place.port, asked);
  if (result.ok) return httpAnswer(result.response as unknown as HttpResponse, `/api/v1/namespaces/${request.namespace ?? ''}/${info.resource}/${request.name ?? ''}/proxy`);
  return failed(serviceUnavailable(`error trying to reach service: dial tcp ${place.ip}:${place.port}: ${dialError(result)}`));
}

/** Why a connection failed, in the words of Go's net package. */
export function dialError({ error }: NetResult): string {
  if (error === 'refused') return 'connect: connection refused';
  if (error === 'unreachable') return 'connect: no route to host';
  return error === 'timeout' ? 'i/o timeout' : 'EOF';
}

function httpAnswer(given: HttpResponse | null, prefix: string): Answer {
  if (typeof given !== 'object' || given === null || typeof given.status !== 'number') {
    return failed(serviceUnavailable('error trying to reach service: malformed HTTP response'));
  }
  const response = rewriteLinks(given, prefix);
  return { code: response.status, body: response.body ?? '', headers: response.headers ?? {} };
}

function* proxyNode(nodes: NodeProxy, node: string, { path }: HttpRequest): Task<Answer> {
  const reply = yield* nodes.ask(node, { verb: 'get', namespace: '', pod: '', container: '', query: { path: path.replace(/\?.*$/, '') } });
  if (reply === undefined) return failed(serviceUnavailable(`error trying to reach service: dial tcp ${node}:10250: i/o timeout`));
  return { code: reply.code, body: reply.body, ...(typeof reply.body === 'string' ? { headers: { 'Content-Type': 'text/plain; charset=utf-8' } } : {}) };
}

export interface Place {
  readonly ip: string;
  readonly port: number;
}

/** Where a pod listens: the named port, the given number, or the first port of a container. */
function podPlace({ spec, status }: Pod, port: string): Place | string {
  const ip = status.podIP ?? '';
  if (ip === '') return 'address not allowed';
  const ports = spec.containers.flatMap(({ ports: own = [] }) => own);
  const named = ports.find(({ name }) => name === port)?.containerPort;
  return { ip, port: port === '' ? (ports[0]?.containerPort ?? 80) : (named ?? Number(port)) };
}

/** A ready endpoint of the Service's port; which one is drawn, as upstream does. */
export function servicePlace(world: Pick<ServerWorld, 'process' | 'storage'>, { metadata, spec }: Service, port: string): Place | string {
  const ports = spec.ports ?? [];
  const wanted = port === '' ? (ports.length === 1 ? ports[0] : undefined) : ports.find(({ name, port: number }) => name === port || String(number) === port);
  if (wanted === undefined && port !== '') return `no service port "${port}" found for service "${metadata.name}"`;
  const endpoints = world.storage.get({ group: '', resource: 'endpoints' }, metadata.namespace ?? '', metadata.name) as Endpoints | undefined;
  const places: Place[] = [];
  for (const { addresses = [], ports: own = [] } of endpoints?.subsets ?? []) {
    const match = own.find(({ name = '' }) => name === (wanted?.name ?? ''));
    if (match !== undefined) for (const { ip } of addresses) places.push({ ip, port: match.port });
  }
  if (places.length === 0) return `no endpoints available for service "${metadata.name}"`;
  return places[world.process.choose('service-proxy', places.length)] as Place;
}
