/**
 * What the twins of upstream's conformance tests share: a cluster as `kubetwin serve --nodes 3` has it, and a client that lets virtual time pass.
 *
 * Requests enter where those of the HTTP facade enter, so what a test does here it could do with kubectl. Nothing waits in real
 * time: a test of ten minutes takes as long as the simulation needs for them.
 */
import type { ApiRequest, ServerToClient, UserInfo, WatchEvent } from '../../models/kubernetes/api/message.ts';
import { queryOf, requestInfo, segmentsOf } from '../../models/kubernetes/api-server/request/request-info.ts';
import type { Process } from '../../models/kubernetes/client/process.ts';
import { GATEWAY, gatewayState } from '../../models/kubernetes/cluster/gateway.ts';
import { createCluster, type Simulation, type SimulationOptions } from '../../models/kubernetes/cluster/simulation.ts';
import type { Message } from '../../src/index.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into objects of every kind.
export type Any = any;

/** The images of upstream's tests (test/utils/image/manifest.go of v1.32). */
export const IMAGES = {
  agnhost: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
  httpd: 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4',
  httpdNew: 'registry.k8s.io/e2e-test-images/httpd:2.4.39-4',
  nginx: 'registry.k8s.io/e2e-test-images/nginx:1.14-4',
  busybox: 'registry.k8s.io/e2e-test-images/busybox:1.36.1-1',
  pause: 'registry.k8s.io/pause:3.10',
} as const;

export const [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH] = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'] as const;

const ADMIN: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
/** What a step of time is while something is awaited, in µs. */
const STEP = 2_000;
const ANSWER_WITHIN = 120_000_000;

/** An answer that is no success; the message is the Status's, as client-go shows it. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly status: Any;
  constructor(code: number, status: Any) {
    super(typeof status === 'string' ? status : (status?.message ?? JSON.stringify(status)));
    this.code = code;
    this.reason = status?.reason ?? '';
    this.status = status;
  }
}

export interface RequestOptions {
  readonly contentType?: string;
  readonly accept?: string;
  readonly user?: UserInfo;
  readonly userAgent?: string;
}

export interface Answered {
  readonly code: number;
  readonly body: Any;
  readonly warnings: readonly string[];
}

export class Framework {
  readonly cluster: Simulation;
  private nextId = 1;
  private names = 0;
  private readonly takers = new Map<number, (message: ServerToClient) => void>();

  constructor(options: SimulationOptions = {}) {
    this.cluster = createCluster({ seed: 'conformance', nodes: 3, policyObjects: true, freeze: false, ...options });
    this.poll(() => this.get('/api/v1/nodes').items.every(({ status }: Any) => status.conditions.some(({ type, status: is }: Any) => type === 'Ready' && is === 'True')) && this.get('/api/v1/nodes').items.length > 0, 120);
  }

  /** Virtual seconds since the start. */
  get seconds(): number {
    return this.cluster.now / 1_000_000;
  }

  uniqueName(base: string): string {
    this.names++;
    return `${base}-${String(1000 + this.names)}`;
  }

  /** A namespace as the framework makes it: its default service account and the cluster's root certificate are there. */
  namespace(base: string, labels: Readonly<Record<string, string>> = {}): string {
    const name = this.uniqueName(base);
    this.post('/api/v1/namespaces', { metadata: { name, labels: { 'e2e-framework': base, ...labels } } });
    this.poll(() => this.maybe(`/api/v1/namespaces/${name}/serviceaccounts/default`) !== undefined, 120);
    this.poll(() => this.maybe(`/api/v1/namespaces/${name}/configmaps/kube-root-ca.crt`) !== undefined, 120);
    return name;
  }

  sleep(seconds: number): void {
    this.cluster.runFor(seconds * 1_000_000);
    this.deliver();
  }

  /** Looks every so often until something is true; fails when it does not become so. */
  poll(isTrue: () => boolean, timeout = 300, every = 0.5): void {
    const end = this.seconds + timeout;
    while (!isTrue()) {
      if (this.seconds >= end) throw new Error(`not so after ${timeout} s: ${isTrue.toString().slice(0, 300)}`);
      this.sleep(every);
    }
  }

  /** It stays so for so long. */
  consistently(isTrue: () => boolean, seconds: number, every = 1): void {
    const end = this.seconds + seconds;
    while (this.seconds < end) {
      if (!isTrue()) throw new Error(`no longer so: ${isTrue.toString().slice(0, 300)}`);
      this.sleep(every);
    }
  }

  /** The nodes that run pods: ready and without taints. */
  schedulableNodes(): Any[] {
    const isReady = ({ status }: Any): boolean => status.conditions.some(({ type, status: is }: Any) => type === 'Ready' && is === 'True');
    return this.get('/api/v1/nodes').items.filter((node: Any) => isReady(node) && node.spec.unschedulable !== true && (node.spec.taints ?? []).length === 0);
  }

  /** One request; the answer whatever it is. */
  request(method: string, path: string, body?: unknown, options: RequestOptions = {}): Answered {
    let answered: Answered | undefined;
    this.submit(method, path, body, options, (message) => {
      if (message.kind === 'api.response') answered = { code: message.code, body: structuredClone(message.body), warnings: message.warnings ?? [] };
      else if (message.kind === 'stream.close') answered = { code: 200, body: message, warnings: [] };
    });
    const end = this.cluster.now + ANSWER_WITHIN;
    while (answered === undefined) {
      if (this.cluster.now > end) throw new Error(`no answer to ${method} ${path}`);
      this.cluster.runFor(STEP);
      this.deliver();
    }
    return answered;
  }

  /** The answer's body; throws {@link ApiError} for a refusal. */
  send(method: string, path: string, body?: unknown, options?: RequestOptions): Any {
    const answered = this.request(method, path, body, options);
    if (answered.code >= 400) throw new ApiError(answered.code, answered.body);
    return answered.body;
  }

  get = (path: string, options?: RequestOptions): Any => this.send('GET', path, undefined, options);
  post = (path: string, body: unknown, options?: RequestOptions): Any => this.send('POST', path, body, options);
  put = (path: string, body: unknown, options?: RequestOptions): Any => this.send('PUT', path, body, options);
  delete = (path: string, body?: unknown, options?: RequestOptions): Any => this.send('DELETE', path, body, options);
  patch = (path: string, contentType: string, body: unknown, options: RequestOptions = {}): Any => this.send('PATCH', path, body, { ...options, contentType });

  /** The object, or undefined when there is none. */
  maybe(path: string): Any {
    const { code, body } = this.request('GET', path);
    if (code === 404) return undefined;
    if (code >= 400) throw new ApiError(code, body);
    return body;
  }

  /** The refusal of a request that must be refused. */
  refused(send: () => unknown): ApiError {
    try {
      send();
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
    throw new Error(`was not refused: ${send.toString().slice(0, 200)}`);
  }

  /** Runs a command in a container, as `kubectl exec` does; its output, or the failure that its exit code is. */
  exec(namespace: string, pod: string, command: readonly string[], container = ''): string {
    let output = '';
    let outcome: Any;
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?stdout=true&stderr=true${container === '' ? '' : `&container=${container}`}`;
    this.submit('POST', path, { command }, {}, (message) => {
      if (message.kind === 'stream.data' && message.channel === 'stdout') output += message.data;
      else if (message.kind === 'stream.close') outcome = message.outcome ?? { kind: 'exited', code: 0 };
      else if (message.kind === 'api.response') outcome = { kind: 'failed', message: (message.body as Any)?.message };
    });
    const end = this.cluster.now + ANSWER_WITHIN;
    while (outcome === undefined) {
      if (this.cluster.now > end) throw new Error(`no end of ${command.join(' ')}`);
      this.cluster.runFor(STEP);
      this.deliver();
    }
    if (outcome.kind !== 'exited' || outcome.code !== 0) throw new Error(`${command.join(' ')}: ${outcome.message ?? `exit code ${outcome.code}`}`);
    return output;
  }

  /** Reads, changes and writes until no other writer came between. */
  update(path: string, change: (object: Any) => void, subresource = ''): Any {
    for (;;) {
      const object = this.get(path);
      change(object);
      const { code, body } = this.request('PUT', `${path}${subresource}`, object);
      if (code === 409) continue;
      if (code >= 400) throw new ApiError(code, body);
      return body;
    }
  }

  watch(path: string): Watch {
    const watch = new Watch(this, (close) => this.submit('GET', `${path}${path.includes('?') ? '&' : '?'}watch=true`, undefined, {}, close));
    this.sleep(0.05);
    return watch;
  }

  close(id: number): void {
    this.takers.delete(id);
    this.cluster.kernel.input(GATEWAY, { kind: 'gateway.close', id } as Message);
  }

  private submit(method: string, path: string, body: unknown, { contentType, user = ADMIN, userAgent = 'e2e.test/v1.32.0' }: RequestOptions, take: (message: ServerToClient) => void): number {
    const [place = '', search = ''] = path.split('?');
    const query = queryOf(search);
    const asked = requestInfo(method, segmentsOf(place) ?? [], query);
    if (asked === undefined) throw new Error(`no resource: ${path}`);
    const { rest, ...parts } = asked;
    const id = this.nextId++;
    this.takers.set(id, take);
    const proxied = parts.subresource === 'proxy' ? { method, path: `/${rest.join('/')}${search === '' ? '' : `?${search}`}` } : body;
    const request = { kind: 'api.request', id, ...parts, user, userAgent, ...(Object.keys(query).length === 0 ? {} : { query }), ...(contentType === undefined ? {} : { contentType }) } as ApiRequest;
    this.cluster.kernel.input(GATEWAY, { kind: 'gateway.submit', request, ...(proxied === undefined ? {} : { text: JSON.stringify(proxied) }) } as Message);
    return id;
  }

  private deliver(): void {
    const state = gatewayState(this.cluster.kernel.state(GATEWAY) as Process | undefined);
    if (state === undefined || state.outbox.length === 0) return;
    const { outbox } = state;
    state.outbox = [];
    for (const message of outbox) this.takers.get(message.id)?.(message);
  }
}


/** An open watch: what came so far, and waiting for more. */
export class Watch {
  readonly events: WatchEvent[] = [];
  isClosed = false;
  private taken = 0;
  private readonly framework: Framework;
  private readonly id: number;

  constructor(framework: Framework, open: (take: (message: ServerToClient) => void) => number) {
    this.framework = framework;
    this.id = open((message) => {
      if (message.kind === 'api.watch') this.events.push(...message.events);
      else if (message.kind === 'api.close') this.isClosed = true;
      else if (message.kind === 'api.response') this.events.push({ type: 'ERROR', object: message.body as Any });
    });
  }

  /** Takes events until one fits; fails when none comes in time. */
  until(fits: (type: string, object: Any) => boolean, timeout = 60): Any {
    const end = this.framework.seconds + timeout;
    for (;;) {
      while (this.taken < this.events.length) {
        const { type, object } = this.events[this.taken++] as WatchEvent;
        if (fits(type, object)) return object;
      }
      if (this.framework.seconds >= end) throw new Error(`no such event within ${timeout} s: ${fits.toString().slice(0, 300)}`);
      this.framework.sleep(0.1);
    }
  }

  /** Events that were not taken yet. */
  rest(): readonly WatchEvent[] {
    const rest = this.events.slice(this.taken);
    this.taken = this.events.length;
    return rest;
  }

  stop(): void {
    this.framework.close(this.id);
  }
}
