/**
 * What upstream's e2e framework gives each test: a namespace of its own and helpers that create, wait and look.
 *
 * Waits have the limits of test/e2e/framework; failures say what was seen last.
 */
import { expect, it } from 'vitest';
import type { Answer, ExecResult, RequestOptions, TestCluster } from './cluster.ts';

// Objects are JSON here: a test reads and writes fields as a client without types does.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

/** test/e2e/framework/timeouts.go: PodStart, PodDelete, and the limit of TestContainerOutput. */
const POD_START_SECONDS = 300;

const MERGE = { contentType: 'application/merge-patch+json' };
const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' };

/** Images of test/utils/image/manifest.go at v1.32. */
export const IMAGES = {
  agnhost: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
  busybox: 'registry.k8s.io/e2e-test-images/busybox:1.36.1-1',
  httpd: 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4',
  nginx: 'registry.k8s.io/e2e-test-images/nginx:1.14-4',
  nonroot: 'registry.k8s.io/e2e-test-images/nonroot:1.4',
  pause: 'registry.k8s.io/pause:3.10',
} as const;

/** Where a collection is: `pods`, or `apps/v1/replicasets`. */
function collectionPath(resource: string, namespace: string | undefined): string {
  const parts = resource.split('/');
  const base = parts.length === 1 ? '/api/v1' : `/apis/${parts[0]}/${parts[1]}`;
  return `${base}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${parts.at(-1)}`;
}

export class Framework {
  readonly cluster: TestCluster;
  readonly namespace: string;

  constructor(cluster: TestCluster, namespace: string) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  /** Path of a collection in the test's namespace, or of an object in it. `resource` may be `nodes` and the like with `global`. */
  path(resource: string, name?: string, options: { readonly global?: boolean; readonly namespace?: string } = {}): string {
    const path = collectionPath(resource, options.global === true ? undefined : (options.namespace ?? this.namespace));
    return name === undefined ? path : `${path}/${name}`;
  }

  /** Sends a request that must succeed; answers its body. */
  must(method: string, path: string, body?: unknown, options: RequestOptions = {}): Json {
    const answer = this.cluster.request(method, path, body, options);
    if (answer.code >= 300) throw new Error(`${method} ${path}: ${answer.code} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  try(method: string, path: string, body?: unknown, options: RequestOptions = {}): Answer {
    return this.cluster.request(method, path, body, options);
  }

  create(resource: string, body: Json): Json {
    return this.must('POST', this.path(resource), body);
  }

  get(resource: string, name: string): Json {
    return this.must('GET', this.path(resource, name));
  }

  list(resource: string, query = ''): Json[] {
    return this.must('GET', `${this.path(resource)}${query === '' ? '' : `?${query}`}`).items;
  }

  patch(resource: string, name: string, body: Json, kind: 'merge' | 'strategic' = 'strategic'): Json {
    return this.must('PATCH', this.path(resource, name), body, kind === 'merge' ? MERGE : STRATEGIC);
  }

  /** Reads, changes and writes until there is no conflict (retry.RetryOnConflict). */
  update(resource: string, name: string, change: (object: Json) => void): Json {
    for (let tries = 0; tries < 5; tries++) {
      const object = structuredClone(this.get(resource, name));
      change(object);
      const { code, body } = this.try('PUT', this.path(resource, name), object);
      if (code === 200) return body;
      if (code !== 409) throw new Error(`PUT ${resource}/${name}: ${code} ${JSON.stringify(body)}`);
    }
    throw new Error(`PUT ${resource}/${name}: conflicts`);
  }

  delete(resource: string, name: string, body?: Json): Json {
    return this.must('DELETE', this.path(resource, name), body);
  }

  deleteCollection(resource: string, query: string): void {
    this.must('DELETE', `${this.path(resource)}?${query}`);
  }

  /** Waits until an object is there no more. */
  gone(resource: string, name: string, seconds = POD_START_SECONDS): void {
    this.cluster.poll(`${resource}/${name} is gone`, () => this.try('GET', this.path(resource, name)).code === 404, seconds);
  }

  // Pods.

  pod(name: string, spec: Json, metadata: Json = {}): Json {
    return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec };
  }

  /** Waits until the pod is as `holds` says. */
  waitPod(name: string, what: string, holds: (pod: Json) => boolean, seconds = POD_START_SECONDS): Json {
    let last: Json;
    try {
      return this.cluster.poll(what, () => {
        last = this.get('pods', name);
        return holds(last) ? last : undefined;
      }, seconds);
    } catch (error) {
      throw new Error(`pod ${name} ${what}: ${JSON.stringify(last?.status)}; events ${JSON.stringify(this.events(name))}`, { cause: error });
    }
  }

  waitRunning(name: string): Json {
    return this.waitPod(name, 'runs', (pod) => {
      if (pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded') throw new Error('the pod has ended');
      return pod.status.phase === 'Running';
    });
  }

  waitReady(name: string, seconds = POD_START_SECONDS): Json {
    return this.waitPod(name, 'is running and ready', ({ status }) => status.phase === 'Running' && condition(status, 'Ready')?.status === 'True', seconds);
  }

  waitSucceeded(name: string): Json {
    return this.waitPod(name, 'succeeds', ({ status }) => {
      if (status.phase === 'Failed') throw new Error('the pod has failed');
      return status.phase === 'Succeeded';
    });
  }

  /** PodClient.CreateSync: creates a pod and waits until it is ready. */
  createSync(pod: Json): Json {
    this.create('pods', pod);
    return this.waitReady(pod.metadata.name);
  }

  /** Creates a pod and waits until it runs; some of its containers may have ended. */
  createSyncRunning(pod: Json): Json {
    this.create('pods', pod);
    return this.waitRunning(pod.metadata.name);
  }

  /** PodClient.DeleteSync. */
  deleteSync(name: string, body: Json = { gracePeriodSeconds: 30 }): void {
    this.try('DELETE', this.path('pods', name), body);
    this.gone('pods', name);
  }

  logs(pod: string, container?: string, query = ''): string {
    const words = [...(container === undefined ? [] : [`container=${container}`]), ...(query === '' ? [] : [query])];
    const text = this.must('GET', `${this.path('pods', pod)}/log${words.length === 0 ? '' : `?${words.join('&')}`}`);
    return typeof text === 'string' ? text : JSON.stringify(text);
  }

  exec(pod: string, command: readonly string[], container?: string): ExecResult {
    return this.cluster.exec(this.namespace, pod, command, container);
  }

  shell(pod: string, script: string, container?: string): string {
    const { stdout, stderr, exitCode } = this.exec(pod, ['/bin/sh', '-c', script], container);
    if (exitCode !== 0) throw new Error(`${script}: exit ${exitCode}, stdout ${stdout}, stderr ${stderr}`);
    return stdout.trim();
  }

  /** RunHostCmd: `kubectl exec -- /bin/sh -x -c`. */
  hostCommand(pod: string, command: string): ExecResult {
    return this.exec(pod, ['/bin/sh', '-x', '-c', command]);
  }

  /** A request through the proxy of a pod or service. */
  proxy(resource: 'pods' | 'services', name: string, path: string, method = 'GET'): Answer {
    const { code, body, headers } = this.cluster.request(method, `${this.path(resource, name)}/proxy${path}`, { method, path });
    return { code, body, headers };
  }

  events(name: string): string[] {
    return this.list('events').filter((event: Json) => event.involvedObject?.name === name).map((event: Json) => `${event.reason}: ${event.message}`);
  }

  /** TestContainerOutput: runs a pod to its success and looks for each text in a container's log. */
  testContainerOutput(pod: Json, container: number, expected: readonly (string | RegExp)[]): string {
    this.create('pods', pod);
    const { name } = this.waitPod(pod.metadata.name, 'ends', ({ status }) => status.phase === 'Succeeded' || status.phase === 'Failed').metadata;
    const log = this.logs(name, pod.spec.containers[container].name);
    for (const each of expected) {
      if (typeof each === 'string') expect(log).toContain(each);
      else expect(log).toMatch(each);
    }
    expect(this.get('pods', name).status.phase).toBe('Succeeded');
    this.try('DELETE', this.path('pods', name), { gracePeriodSeconds: 0 });
    return log;
  }
}

export const condition = (status: Json, type: string): Json => (status.conditions ?? []).find((each: Json) => each.type === type);

/**
 * A test of the suite: its name is upstream's without the marks, its namespace is made before and deleted after. `level` is what pod
 * security lets into it: tests that use the node itself ask for more.
 */
export function conformance(name: string, cluster: () => TestCluster, test: (framework: Framework) => void, level: 'privileged' | 'baseline' = 'baseline'): void {
  it(name, () => {
    namespaces++;
    const framework = startNamespace(cluster(), `e2e-${namespaces}`, level);
    try {
      test(framework);
    } finally {
      framework.try('DELETE', framework.path('namespaces', framework.namespace, { global: true }));
    }
  });
}

let namespaces = 0;

/** CreateTestingNS: makes a namespace and waits for its default service account and root certificate. */
export function startNamespace(cluster: TestCluster, name: string, level = 'privileged'): Framework {
  const framework = new Framework(cluster, name);
  framework.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'e2e-framework': 'twin', 'pod-security.kubernetes.io/enforce': level } } });
  cluster.poll('the default service account', () => framework.try('GET', framework.path('serviceaccounts', 'default')).code === 200);
  cluster.poll('the root certificate', () => framework.try('GET', framework.path('configmaps', 'kube-root-ca.crt')).code === 200);
  return framework;
}
