/**
 * The actor `ingress-controller`: a simulated Ingress controller, off unless a scenario asks for it.
 *
 * As the usual controllers do, it connects straight to endpoint addresses (round robin), not through the Service's
 * virtual address, tries the next endpoint when one refuses, and writes its own address into the Ingress's status. Without
 * endpoints it answers 503, without a route 404, when all attempts fail 502.
 * Source: the behaviour of ingress-nginx (`proxy_next_upstream error timeout`, three tries) and the networking API.
 */
import { serviceAccountUser } from '../../api/service-account.ts';
import type { ActorSpec, Json } from '../../../../src/index.ts';
import type {
  HttpRequest,
  HttpResponse,
  NetConnect,
  NetEndpoint,
  NetListen,
  NetRequest,
  NetResponse,
  NetResult,
} from '../../api/net.ts';
import type { GroupVersionResource } from '../../api/message.ts';
import { Client } from '../../client/client.ts';
import { processBehavior, suspend } from '../../client/process.ts';
import type { Process, Task } from '../../client/process.ts';
import { ENDPOINT_SLICES, INGRESSES, SERVICES } from '../../client/resources.ts';
import { SharedInformerFactory } from '../../client/shared-informer.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { EndpointSlice, Ingress, KubeObject, Service } from '../../object/types.ts';
import { hasClass, RouteTable } from './route.ts';
import type { IngressBackend } from './route.ts';

const INGRESS_CLASSES: GroupVersionResource = Object.freeze({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingressclasses',
});
/** networkingv1.AnnotationIsDefaultIngressClass. */
const DEFAULT_CLASS_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';
/** nginx: proxy_connect_timeout 5 s, proxy_next_upstream_tries 3. */
const CONNECT_TIMEOUT_US = 5_000_000;
const TRIES = 3;
const SERVICE_INDEX = 'service';

export interface IngressControllerOptions {
  readonly servers: readonly string[];
  readonly epoch: number;
  /** The address that clients use; it is written into the status. */
  readonly ip: string;
  /** Default `nginx`. */
  readonly className?: string;
  /** The controller's name in IngressClasses; default `k8s.io/ingress-nginx`. */
  readonly controllerName?: string;
}

class IngressController {
  readonly #process: Process;
  readonly #options: IngressControllerOptions;
  readonly #client: Client;
  readonly #ingresses: SharedInformer<Ingress>;
  readonly #classes: SharedInformer;
  readonly #services: SharedInformer<Service>;
  readonly #slices: SharedInformer<EndpointSlice>;
  readonly #waiting = new Map<number, (result: NetResult) => void>();
  readonly #turns = new Map<string, number>();
  #routes: RouteTable | undefined;
  #nextId: number;

  constructor(process: Process, options: IngressControllerOptions) {
    this.#process = process;
    this.#nextId = process.firstId;
    this.#options = options;
    const user = serviceAccountUser('ingress-nginx', 'ingress-nginx');
    this.#client = new Client(process, { servers: options.servers, user, userAgent: 'nginx-ingress-controller/v1.12' });
    const factory = new SharedInformerFactory(process, this.#client);
    this.#ingresses = factory.informer<Ingress>(INGRESSES);
    this.#classes = factory.informer(INGRESS_CLASSES);
    this.#services = factory.informer<Service>(SERVICES);
    this.#slices = factory.informer<EndpointSlice>(ENDPOINT_SLICES);
    this.#slices.addIndexers({
      [SERVICE_INDEX]: (slice) => [
        `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`,
      ],
    });
    const stale = (): void => void (this.#routes = undefined);
    const changed = (ingress: Ingress): void => {
      stale();
      process.go(this.#publish(ingress));
    };
    this.#ingresses.addEventHandler({ add: changed, update: (_old, ingress) => changed(ingress), delete: stale });
    this.#classes.addEventHandler({ add: stale, update: stale, delete: stale });
    factory.start();
    const { ip } = options;
    const endpoint: NetEndpoint = { kind: 'net.endpoint', node: '', ip, up: true, owner: process.self };
    process.send('network', endpoint);
    for (const port of [80, 443]) {
      const listen: NetListen = {
        kind: 'net.listen',
        ip,
        port,
        protocol: 'TCP',
        owner: process.self,
        tag: String(port),
        on: true,
      };
      process.send('network', listen);
    }
  }

  #isOurs(ingress: Ingress): boolean {
    const { className = 'nginx', controllerName = 'k8s.io/ingress-nginx' } = this.#options;
    const own = this.#classes.indexer
      .list()
      .filter((item) => (item['spec'] as { controller?: string } | undefined)?.controller === controllerName);
    const isDefault = own.some((item: KubeObject) => item.metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === 'true');
    const names = own.length === 0 ? [className] : own.map((item) => item.metadata.name);
    return names.some((name) => hasClass(ingress, name, isDefault));
  }

  /** Writes the controller's address into an Ingress's status. */
  *#publish(ingress: Ingress): Task {
    const { ip } = this.#options;
    if (!this.#isOurs(ingress) || ingress.status?.loadBalancer?.ingress?.[0]?.ip === ip) return;
    const body = { status: { loadBalancer: { ingress: [{ ip }] } } };
    const { namespace, name } = ingress.metadata;
    yield* this.#client.patch(INGRESSES, namespace, name, 'application/merge-patch+json', body, {
      subresource: 'status',
    });
  }

  result(result: NetResult): void {
    const settle = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    settle?.(result);
  }

  /** Handles one request of a client. */
  *serve(request: NetRequest): Task {
    const http = (request.request ?? {}) as unknown as Partial<HttpRequest>;
    const response = yield* this.#respond(http, request);
    const message: NetResponse = { kind: 'net.response', id: request.id, response: response as unknown as Json };
    this.#process.send('network', message);
  }

  *#respond(http: Partial<HttpRequest>, request: NetRequest): Task<HttpResponse | Json> {
    this.#routes ??= new RouteTable(this.#ingresses.indexer.list().filter((ingress) => this.#isOurs(ingress)));
    const host = http.headers?.['Host'] ?? http.headers?.['host'] ?? '';
    const backend = this.#routes.match(host, http.path ?? '/');
    if (backend === undefined) return { status: 404, body: '404 Not Found' };
    const endpoints = this.#endpoints(backend);
    if (endpoints.length === 0) return { status: 503, body: '503 Service Temporarily Unavailable' };
    const turnKey = `${backend.namespace}/${backend.service}:${backend.port}`;
    for (let tries = 0; tries < Math.min(TRIES, endpoints.length); tries++) {
      const turn = this.#turns.get(turnKey) ?? 0;
      this.#turns.set(turnKey, turn + 1);
      const [ip, port] = endpoints[turn % endpoints.length] as readonly [string, number];
      const headers = { ...http.headers, 'X-Forwarded-For': request.fromIp };
      const result = yield* this.#connect(ip, port, { ...http, headers } as unknown as Json);
      if (result.ok) return result.response ?? null;
    }
    return { status: 502, body: '502 Bad Gateway' };
  }

  *#connect(toIp: string, port: number, request: Json): Task<NetResult> {
    const id = this.#nextId++;
    const fromIp = this.#options.ip;
    // The controller is a pod like any other; its packets enter at the node of the endpoint.
    const message: NetConnect = {
      kind: 'net.connect',
      id,
      node: '',
      fromIp,
      toIp,
      port,
      protocol: 'TCP',
      request,
      timeoutUs: CONNECT_TIMEOUT_US,
      isRouted: true,
    };
    return yield* suspend<NetResult>((resume) => {
      this.#waiting.set(id, resume);
      this.#process.send('network', message);
    });
  }

  /** Ready endpoints of a backend's port. */
  #endpoints(backend: IngressBackend): (readonly [string, number])[] {
    const name = `${backend.namespace}/${backend.service}`;
    const service = this.#services.indexer.get(name);
    const port = service?.spec.ports?.find((each) => each.port === backend.port || each.name === backend.port);
    if (port === undefined) return [];
    const list: (readonly [string, number])[] = [];
    for (const slice of this.#slices.indexer.byIndex(SERVICE_INDEX, name)) {
      const number = slice.ports?.find((each) => (each.name ?? '') === (port.name ?? ''))?.port;
      if (number === undefined) continue;
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false) continue;
        for (const ip of endpoint.addresses) list.push([ip, number]);
      }
    }
    return list;
  }
}

/** The Ingress controller's actor. */
export function ingressController(options: IngressControllerOptions): ActorSpec {
  return {
    id: 'ingress-controller',
    type: 'ingress-controller',
    behavior: processBehavior((process) => {
      const controller = new IngressController(process, options);
      process.on<NetRequest>('net.request', (request) => process.go(controller.serve(request)));
      process.on<NetResult>('net.result', (result) => controller.result(result));
    }),
  };
}
