import { PassThrough } from 'node:stream';
import * as k8s from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveCluster, type Served } from './served.ts';

let served: Served;
const config = new k8s.KubeConfig();
beforeAll(async () => {
  served = await serveCluster(20, { nodes: 2 });
  config.loadFromClusterAndUser({ name: 'simulated', server: served.url, skipTLSVerify: true }, { name: 'admin' });
});
afterAll(async () => {
  await served.close();
  expect(served.failures).toEqual([]);
});

const pod = (name: string, command = 'sleep 3600'): k8s.V1Pod => ({
  metadata: { name, labels: { app: 'test' } },
  spec: { containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', command] }] },
});

/** Leader election as client libraries do it: a Lease that is updated with its resourceVersion. */
class Candidate {
  conflicts = 0;
  private leads = false;
  private isStopped = false;
  private readonly api = config.makeApiClient(k8s.CoordinationV1Api);
  private timer: NodeJS.Timeout | undefined;
  private seen = { transition: '', at: 0 };
  private readonly identity: string;

  constructor(identity: string) {
    this.identity = identity;
  }

  start(): void {
    this.timer = setInterval(() => void this.tryLead(), 60);
  }

  get isLeader(): boolean {
    return this.leads && !this.isStopped;
  }

  stop(): void {
    clearInterval(this.timer);
    this.isStopped = true;
  }

  private async tryLead(): Promise<void> {
    const where = { namespace: 'default', name: 'election' };
    const spec: k8s.V1LeaseSpec = { holderIdentity: this.identity, leaseDurationSeconds: 1, renewTime: new k8s.V1MicroTime() };
    try {
      const lease = await this.api.readNamespacedLease(where);
      const record = `${lease.spec?.holderIdentity} ${lease.metadata?.resourceVersion}`;
      if (record !== this.seen.transition) this.seen = { transition: record, at: Date.now() };
      const isMine = lease.spec?.holderIdentity === this.identity;
      const isExpired = Date.now() - this.seen.at > 1000;
      if (!isMine && !isExpired) return void (this.leads = false);
      const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + (isMine ? 0 : 1);
      await this.api.replaceNamespacedLease({ ...where, body: { ...lease, spec: { ...spec, leaseTransitions } } });
      this.leads = true;
    } catch (error) {
      const { code } = error as k8s.ApiException<unknown>;
      if (code === 404) await this.api.createNamespacedLease({ namespace: 'default', body: { metadata: { name: 'election' }, spec } }).then(() => void (this.leads = true), () => undefined);
      else if (code === 409) this.conflicts++;
      if (code === 409) this.leads = false;
    }
  }
}

describe('@kubernetes/client-node', { timeout: 60_000 }, () => {
  it('keeps an informer up to date, through lost connections too', async () => {
    const core = config.makeApiClient(k8s.CoreV1Api);
    await expect.poll(async () => (await core.listNode()).items.length, { timeout: 20_000 }).toBe(2);
    const informer = k8s.makeInformer(config, '/api/v1/namespaces/default/pods', () => core.listNamespacedPod({ namespace: 'default' }));
    const heard: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, (object) => void heard.push(`${verb} ${object.metadata?.name}`));
    informer.on('error', () => void setTimeout(() => void informer.start(), 50));
    await informer.start();
    await core.createNamespacedPod({ namespace: 'default', body: pod('first') });
    await expect.poll(() => informer.get('first', 'default')?.status?.phase, { timeout: 20_000 }).toBe('Running');
    expect(heard).toEqual(expect.arrayContaining(['add first', 'update first']));
    // Every connection breaks: the informer comes back and misses nothing.
    served.facade.dropConnections();
    await core.createNamespacedPod({ namespace: 'default', body: pod('second') });
    await core.deleteNamespacedPod({ namespace: 'default', name: 'first', gracePeriodSeconds: 0 });
    await expect.poll(() => informer.list('default').map(({ metadata }) => metadata?.name), { timeout: 20_000 }).toEqual(['second']);
    expect(heard).toContain('delete first');
    await informer.stop();
  });

  it('watches from a revision on, again and again, without a gap', async () => {
    const core = config.makeApiClient(k8s.CoreV1Api);
    const watch = new k8s.Watch(config);
    const seen: string[] = [];
    let version = (await core.listNamespacedConfigMap({ namespace: 'default' })).metadata?.resourceVersion ?? '';
    let isDone = false;
    const loop = async (): Promise<void> => {
      while (!isDone) {
        await new Promise<void>((resolve) => {
          void watch.watch('/api/v1/namespaces/default/configmaps', { resourceVersion: version, timeoutSeconds: 4, allowWatchBookmarks: true }, (type: string, object: k8s.V1ConfigMap) => {
            version = object.metadata?.resourceVersion ?? version;
            if (type === 'ADDED') seen.push(object.metadata?.name ?? '');
          }, () => resolve());
        });
      }
    };
    const running = loop();
    const names = Array.from({ length: 30 }, (_, index) => `map-${String(index).padStart(2, '0')}`);
    for (const name of names) {
      await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name } } });
      if (name.endsWith('7')) served.facade.dropConnections();
    }
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(names.length);
    isDone = true;
    served.facade.dropConnections();
    await running;
    expect(seen).toEqual(names);
  });

  it('elects one leader, and another one when it stops', async () => {
    const candidates = ['a', 'b', 'c'].map((name) => new Candidate(name));
    for (const candidate of candidates) candidate.start();
    const leaders = (): Candidate[] => candidates.filter(({ isLeader }) => isLeader);
    await expect.poll(() => leaders().length, { timeout: 20_000 }).toBe(1);
    const [first] = leaders();
    for (let look = 0; look < 10; look++) {
      expect(leaders().length).toBeLessThanOrEqual(1);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    first?.stop();
    await expect.poll(() => leaders().length, { timeout: 20_000 }).toBe(1);
    expect(leaders()[0]).not.toBe(first);
    for (const candidate of candidates) candidate.stop();
    const lease = await config.makeApiClient(k8s.CoordinationV1Api).readNamespacedLease({ namespace: 'default', name: 'election' });
    expect(lease.spec?.leaseTransitions).toBe(1);
  });

  it('reads logs, executes and forwards ports over WebSockets', async () => {
    const core = config.makeApiClient(k8s.CoreV1Api);
    await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'web' }, spec: { containers: [{ name: 'main', image: 'nginx' }] } } });
    await expect.poll(async () => (await core.readNamespacedPod({ namespace: 'default', name: 'web' })).status?.phase, { timeout: 20_000 }).toBe('Running');
    const [stdout, stdin] = [new PassThrough(), new PassThrough()];
    let text = '';
    stdout.on('data', (bytes: Buffer) => void (text += bytes.toString()));
    const status = new Promise<k8s.V1Status>((resolve) => void new k8s.Exec(config).exec('default', 'web', 'main', ['sh', '-c', 'read name; echo hello $name; exit 4'], stdout, null, stdin, false, resolve));
    stdin.write('you\n');
    expect(await status).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '4' }] } });
    expect(text).toBe('hello you\n');
    const [output, input] = [new PassThrough(), new PassThrough()];
    let answer = '';
    output.on('data', (bytes: Buffer) => void (answer += bytes.toString()));
    const socket = await new k8s.PortForward(config).portForward('default', 'web', [80], output, null, input);
    input.write('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
    await expect.poll(() => answer, { timeout: 20_000 }).toContain('Welcome to nginx!');
    (socket as { close(): void }).close();
  });

  it('applies, patches, and learns why something was refused', async () => {
    const apps = config.makeApiClient(k8s.AppsV1Api);
    const labels = { app: 'applied' };
    const deployment: k8s.V1Deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'applied' }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } } };
    const objects = k8s.KubernetesObjectApi.makeApiClient(config);
    const applied = await objects.patch<k8s.V1Deployment & k8s.KubernetesObject & { metadata: { name: string } }>(deployment as never, undefined, undefined, 'tester', true, k8s.PatchStrategy.ServerSideApply);
    expect(applied.metadata?.managedFields?.[0]).toMatchObject({ manager: 'tester', operation: 'Apply' });
    await expect.poll(async () => (await apps.readNamespacedDeployment({ namespace: 'default', name: 'applied' })).status?.readyReplicas, { timeout: 20_000 }).toBe(1);
    const refused = await apps.createNamespacedDeployment({ namespace: 'default', body: { ...deployment, metadata: { name: 'Bad_Name' } } }).then(() => undefined, (error: k8s.ApiException<string>) => error);
    expect(refused?.code).toBe(422);
    expect(refused?.body).toContain('metadata.name: Invalid value: \\"Bad_Name\\"');
  });

  it('acts as a service account for as long as its token holds', async () => {
    const core = config.makeApiClient(k8s.CoreV1Api);
    await core.createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'robot' } } });
    const { status } = await core.createNamespacedServiceAccountToken({ namespace: 'default', name: 'robot', body: { spec: { audiences: [] } } });
    const robot = new k8s.KubeConfig();
    robot.loadFromClusterAndUser({ name: 'simulated', server: served.url, skipTLSVerify: true }, { name: 'robot', token: status?.token ?? '' });
    const whoAmI = async (): Promise<unknown> => {
      const review = await robot.makeApiClient(k8s.AuthenticationV1Api).createSelfSubjectReview({ body: {} });
      return review.status?.userInfo?.username;
    };
    expect(await whoAmI()).toBe('system:serviceaccount:default:robot');
    await core.deleteNamespacedServiceAccount({ namespace: 'default', name: 'robot' });
    await expect(whoAmI()).rejects.toMatchObject({ code: 401 });
  });
});
