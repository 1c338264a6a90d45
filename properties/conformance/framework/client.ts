/**
 * What twins of upstream's tests of the API and of workloads share: a cluster as `kubetwin serve --nodes 3` has it, and a client that lets virtual time pass.
 *
 * Requests enter where those of the HTTP facade enter, so what a test does here it could do with kubectl. Nothing waits in real
 * time: a test of ten minutes takes as long as the simulation needs for them.
 */
import type { WatchEvent } from '../../../models/kubernetes/api/message.ts';
import type { SimulationOptions } from '../../../models/kubernetes/cluster/simulation.ts';
import { TestCluster, type RequestOptions } from './cluster.ts';
import { IMAGES as POD_IMAGES } from './framework.ts';

export const IMAGES = { ...POD_IMAGES, httpdNew: 'registry.k8s.io/e2e-test-images/httpd:2.4.39-4' } as const;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into objects of every kind.
export type Any = any;

export const [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH] = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'] as const;

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

export interface Answered {
  readonly code: number;
  readonly body: Any;
}

export class Client {
  readonly cluster: TestCluster;
  private names = 0;

  constructor(options: SimulationOptions = {}) {
    this.cluster = new TestCluster({ seed: 'conformance', policyObjects: true, freeze: false, ...options });
  }

  /** Virtual seconds since the start. */
  get seconds(): number {
    return this.cluster.seconds;
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
    this.cluster.sleep(seconds);
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
    const { code, body: answered } = this.cluster.request(method, path, body === undefined ? undefined : JSON.parse(JSON.stringify(body)), options);
    return { code, body: structuredClone(answered) };
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
    const { stdout, stderr, exitCode } = this.cluster.exec(namespace, pod, command, container === '' ? undefined : container);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: exit code ${exitCode}: ${stderr}`);
    return stdout;
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
    return new Watch(this, this.cluster.watch(path));
  }
}

/** An open watch: what came so far, and waiting for more. */
export class Watch {
  private taken = 0;
  private readonly client: Client;
  readonly events: readonly WatchEvent[];

  constructor(client: Client, events: readonly WatchEvent[]) {
    this.client = client;
    this.events = events;
  }

  /** Takes events until one fits; fails when none comes in time. */
  until(fits: (type: string, object: Any) => boolean, timeout = 60): Any {
    const end = this.client.seconds + timeout;
    for (;;) {
      while (this.taken < this.events.length) {
        const { type, object } = this.events[this.taken++] as WatchEvent;
        if (fits(type, object)) return object;
      }
      if (this.client.seconds >= end) throw new Error(`no such event within ${timeout} s: ${fits.toString().slice(0, 300)}`);
      this.client.sleep(0.1);
    }
  }

  /** Events that were not taken yet. */
  rest(): readonly WatchEvent[] {
    const rest = this.events.slice(this.taken);
    this.taken = this.events.length;
    return rest;
  }
}
