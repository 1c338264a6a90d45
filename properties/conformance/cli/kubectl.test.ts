/** Twins of test/e2e/kubectl/{kubectl,logs}.go, with the kubectl that is there, against a served cluster. */
import { request } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubectlMinor, KUBECTL, KubectlSession, type Ran } from '../../kubectl/session.ts';
import { type Any, IMAGES } from '../framework/client.ts';

const session = new KubectlSession();
const minor = kubectlMinor();
let namespace = '';
let count = 0;

const run = (words: string, input?: string): Promise<Ran> => session.run([`--namespace=${namespace}`, ...words.split(' ')], input === undefined ? {} : { input });
const ok = (words: string, input?: string): Promise<string> => session.okay([`--namespace=${namespace}`, ...words.split(' ')], input === undefined ? {} : { input });
const create = (manifest: unknown): Promise<string> => ok('create -f -', JSON.stringify(manifest));
const json = async (words: string): Promise<Any> => JSON.parse(await ok(`${words} -o json`)) as Any;
/** Whether the words come in an output in this order, each line's on one line. */
const shows = (output: string, lines: readonly (readonly string[])[]): void => {
  for (const words of lines) expect(output.split('\n').some((line) => words.every((word) => line.includes(word)))).toBe(true);
};

const labels = { app: 'agnhost', role: 'primary' };
const CONTROLLER = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'agnhost-primary', labels }, spec: { replicas: 1, selector: labels, template: { metadata: { labels }, spec: { containers: [{ name: 'agnhost-primary', image: IMAGES.agnhost, ports: [{ name: 'agnhost-server', containerPort: 6379 }] }] } } } };
const SERVICE = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'agnhost-primary', labels }, spec: { ports: [{ port: 6379, targetPort: 'agnhost-server' }], selector: labels } };
const NAUTILUS = 'registry.k8s.io/e2e-test-images/nautilus:1.7';
const UPDATE_DEMO = { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'update-demo-nautilus' }, spec: { replicas: 2, selector: { name: 'update-demo', version: 'nautilus' }, template: { metadata: { labels: { name: 'update-demo', version: 'nautilus' } }, spec: { containers: [{ name: 'update-demo', image: NAUTILUS, ports: [{ containerPort: 80, protocol: 'TCP' }] }] } } } };
const running = (selector: string): Promise<string> => ok(`wait --for=condition=Ready pod -l ${selector} --timeout=120s`);

beforeAll(async () => {
  if (minor === undefined) return;
  await session.start('--nodes', '2', '--speed', '10');
  await session.ok('wait --for=condition=Ready nodes --all --timeout=120s');
}, 60_000);
beforeEach(async () => {
  if (minor === undefined) return;
  namespace = `kubectl-${++count}`;
  await session.ok(`create namespace ${namespace}`);
  await session.ok(`wait --for=create serviceaccount/default -n ${namespace} --timeout=60s`);
});

/** So many replicas of the update demo run, and each shows its picture through the API server. */
async function validateDemo(replicas: number): Promise<void> {
  await expect.poll(async () => (await ok('get pods -l name=update-demo -o jsonpath={.items[*].metadata.name}')).split(' ').filter((name) => name !== '').length, { timeout: 60_000 }).toBe(replicas);
  await running('name=update-demo');
  for (const name of (await ok('get pods -l name=update-demo -o jsonpath={.items[*].metadata.name}')).split(' ')) {
    expect((await json(`get pod ${name}`)).status.containerStatuses[0].image).toBe(NAUTILUS);
    expect(JSON.parse(await ok(`get --raw /api/v1/namespaces/${namespace}/pods/${name}/proxy/data.json`))).toEqual({ image: 'nautilus.jpg' });
  }
}

describe.skipIf(minor === undefined)(`Kubectl client (skipped where ${KUBECTL} cannot be run)`, { timeout: 120_000 }, () => {
  it('Update Demo should create and stop a replication controller', async () => {
    await create(UPDATE_DEMO);
    await validateDemo(2);
    await ok('delete --grace-period=0 --force rc update-demo-nautilus');
    await expect.poll(async () => (await run('get rc,svc -l name=update-demo --no-headers')).out, { timeout: 60_000 }).toBe('');
  });

  it('Update Demo should scale a replication controller', async () => {
    await create(UPDATE_DEMO);
    await validateDemo(2);
    for (const replicas of [1, 2]) {
      await ok(`scale rc update-demo-nautilus --replicas=${replicas} --timeout=5m`);
      await expect.poll(async () => JSON.parse(await ok('get pods -l name=update-demo -o json')).items.filter(({ metadata }: Any) => metadata.deletionTimestamp === undefined).length, { timeout: 60_000 }).toBe(replicas);
    }
  });

  it('Guestbook application should create and stop a working application', async () => {
    const deployment = (name: string, own: Any, args: readonly string[], port: number, replicas: number): Any => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: own }, template: { metadata: { labels: own }, spec: { containers: [{ name, image: IMAGES.agnhost, args, ports: [{ containerPort: port }] }] } } } });
    const service = (name: string, own: Any, port: number): Any => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, labels: own }, spec: { ports: [{ port }], selector: own } });
    const [replica, primary, frontend] = [{ app: 'agnhost', role: 'replica', tier: 'backend' }, { app: 'agnhost', role: 'primary', tier: 'backend' }, { app: 'guestbook', tier: 'frontend' }];
    for (const manifest of [
      service('agnhost-replica', replica, 6379), service('agnhost-primary', primary, 6379), service('frontend', frontend, 80),
      deployment('frontend', frontend, ['guestbook', '--backend-port', '6379'], 80, 3), deployment('agnhost-primary', primary, ['guestbook', '--http-port', '6379'], 6379, 1), deployment('agnhost-replica', replica, ['guestbook', '--replicaof', 'agnhost-primary', '--http-port', '6379'], 6379, 2),
    ]) await create(manifest);
    await running('app=guestbook,tier=frontend');
    await running('app=agnhost');
    const ask = async (command: string, value: string): Promise<string> => (await session.run(['get', '--raw', `/api/v1/namespaces/${namespace}/services/frontend/proxy/guestbook?cmd=${command}&key=messages&value=${value}`])).out;
    await expect.poll(() => ask('get', ''), { timeout: 60_000 }).toBe('{"data":""}');
    await expect.poll(() => ask('set', 'TestEntry'), { timeout: 60_000 }).toBe('{"message":"Updated"}');
    await expect.poll(() => ask('get', ''), { timeout: 60_000 }).toBe('{"data":"TestEntry"}');
  });

  it('Kubectl api-versions should check if v1 is in available api versions', async () => {
    expect((await ok('api-versions')).split('\n')).toContain('v1');
  });

  it('Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info', async () => {
    const output = await ok('cluster-info');
    for (const words of ['Kubernetes control plane', 'is running at']) expect(output).toContain(words);
  });

  it('Kubectl describe should check if kubectl describe prints relevant information for rc and pods', async () => {
    await create(CONTROLLER);
    await create(SERVICE);
    await expect.poll(async () => (await run('get pods -l app=agnhost -o name')).out.trim(), { timeout: 60_000 }).not.toBe('');
    await running('app=agnhost');
    shows(await ok('describe pod -l app=agnhost'), [['Name:', 'agnhost-primary-'], ['Namespace:', namespace], ['Node:'], ['Labels:', 'app=agnhost'], ['role=primary'], ['Annotations:'], ['Status:', 'Running'], ['IP:'], ['Controlled By:', 'ReplicationController/agnhost-primary'], ['Image:', IMAGES.agnhost], ['State:', 'Running'], ['QoS Class:', 'BestEffort']]);
    shows(await ok('describe rc agnhost-primary'), [['Name:', 'agnhost-primary'], ['Selector:', 'app=agnhost,role=primary'], ['Labels:', 'app=agnhost'], ['Annotations:'], ['Replicas:', '1 current', '1 desired'], ['Pods Status:', '1 Running', '0 Waiting', '0 Succeeded', '0 Failed'], ['Pod Template:'], ['Image:', IMAGES.agnhost], ['Events:']]);
    shows(await ok('describe service agnhost-primary'), [['Name:', 'agnhost-primary'], ['Selector:', 'app=agnhost', 'role=primary'], ['Type:', 'ClusterIP'], ['IP:'], ['Port:', '<unset>', '6379/TCP'], ['Endpoints:'], ['Session Affinity:', 'None']]);
    shows(await ok('describe node node-1'), [['Name:', 'node-1'], ['Labels:'], ['Annotations:'], ['CreationTimestamp:'], ['Conditions:'], ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'], ['Addresses:'], ['Capacity:'], ['Kernel Version:'], ['OS Image:'], ['Container Runtime Version:'], ['Kubelet Version:'], ['Pods:']]);
    shows(await ok(`describe namespace ${namespace}`), [['Name:', namespace], ['Labels:'], ['Annotations:'], ['Status:', 'Active']]);
  });

  it('Kubectl diff should check if kubectl diff finds a difference for Deployments', async () => {
    const deployment = (image: string): string => JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'httpd-deployment' }, spec: { selector: { matchLabels: { app: 'httpd' } }, template: { metadata: { labels: { app: 'httpd' } }, spec: { containers: [{ name: 'httpd', image, ports: [{ containerPort: 80 }] }] } } } });
    await ok('create -f -', deployment(IMAGES.httpd));
    const { code, out } = await run('diff -f -', deployment(IMAGES.busybox));
    expect(code).toBe(1);
    for (const image of [IMAGES.httpd, IMAGES.busybox]) expect(out).toContain(image);
    await ok('delete -f -', deployment(IMAGES.busybox));
  });

  it('Kubectl expose should create services for rc', async () => {
    await create(CONTROLLER);
    await expect.poll(async () => (await run('logs -l app=agnhost')).out, { timeout: 60_000 }).toContain('Paused');
    for (const [what, name, port] of [['rc agnhost-primary', 'rm2', 1234], ['service rm2', 'rm3', 2345]] as const) {
      await ok(`expose ${what} --name=${name} --port=${port} --target-port=6379`);
      await expect.poll(async () => (await json(`get endpoints ${name}`)).subsets?.[0]?.ports, { timeout: 60_000 }).toEqual([expect.objectContaining({ port: 6379 })]);
      expect((await json(`get service ${name}`)).spec.ports).toEqual([expect.objectContaining({ port, targetPort: 6379 })]);
    }
  });

  it('Kubectl label should update the label on a resource', async () => {
    await create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pause', labels: { name: 'pause' } }, spec: { containers: [{ name: 'pause', image: IMAGES.pause, ports: [{ containerPort: 80 }] }] } });
    await running('name=pause');
    await ok('label pods pause testing-label=testing-label-value');
    expect(await ok('get pod pause -L testing-label')).toContain('testing-label-value');
    await ok('label pods pause testing-label-');
    expect(await ok('get pod pause -L testing-label')).not.toContain('testing-label-value');
  });

  it('Kubectl patch should add annotations for pods in rc', async () => {
    await create(CONTROLLER);
    await expect.poll(async () => (await run('get pods -l app=agnhost -o name')).out.trim(), { timeout: 60_000 }).not.toBe('');
    await running('app=agnhost');
    const [name = ''] = (await ok('get pods -l app=agnhost -o jsonpath={.items[*].metadata.name}')).split(' ');
    await ok(`patch pod ${name} -p {"metadata":{"annotations":{"x":"y"}}}`);
    expect((await json(`get pod ${name}`)).metadata.annotations.x).toBe('y');
  });

  it("Kubectl replace should update a single-container pod's image", async () => {
    await ok(`run e2e-test-httpd-pod --image=${IMAGES.httpd} --labels=run=e2e-test-httpd-pod`);
    await running('run=e2e-test-httpd-pod');
    const text = await ok('get pod e2e-test-httpd-pod -o json');
    await ok('replace -f -', text.replace(IMAGES.httpd, IMAGES.busybox));
    expect((await json('get pod e2e-test-httpd-pod')).spec.containers[0].image).toBe(IMAGES.busybox);
  });

  it('Kubectl run pod should create a pod from an image when restart is Never', async () => {
    await ok(`run e2e-test-httpd-pod --restart=Never --image=${IMAGES.httpd}`);
    const { spec } = await json('get pod e2e-test-httpd-pod');
    expect([spec.containers[0].image, spec.restartPolicy]).toEqual([IMAGES.httpd, 'Never']);
  });

  it('Kubectl server-side dry-run should check if kubectl can dry-run update Pods', async () => {
    await ok(`run e2e-test-httpd-pod --image=${IMAGES.httpd} --labels=run=e2e-test-httpd-pod`);
    await ok(`patch pod e2e-test-httpd-pod -p {"spec":{"containers":[{"name":"e2e-test-httpd-pod","image":"${IMAGES.busybox}"}]}} --dry-run=server`);
    expect((await json('get pod e2e-test-httpd-pod')).spec.containers[0].image).toBe(IMAGES.httpd);
  });

  it('Kubectl version should check is all data is printed', async () => {
    const output = await ok('version');
    for (const words of ['Client Version: ', 'Server Version: ']) expect(output).toContain(words);
  });

  it('Proxy server should support proxy with --port 0', async () => {
    let versions: Any;
    await session.run(['proxy', '-p', '0', '--disable-filter'], {
      until: (out) => {
        const port = /127\.0\.0\.1:(\d+)/.exec(out)?.[1];
        if (port === undefined || versions !== undefined) return false;
        versions = fetch(`http://127.0.0.1:${port}/api/`).then((response) => response.json());
        return false;
      },
      timeoutMs: 5000,
    });
    expect((await versions).versions.length).toBeGreaterThan(0);
  });

  it('Proxy server should support --unix-socket=/path', async () => {
    const path = `${session.folder}/proxy.sock`;
    let body: Promise<string> | undefined;
    await session.run(['proxy', `--unix-socket=${path}`], {
      until: (out) => {
        if (out === '' || body !== undefined) return false;
        body = new Promise((resolve, reject) => {
          const asked = request({ socketPath: path, path: '/api', headers: { host: 'localhost' } }, (response) => {
            let text = '';
            response.on('data', (bytes: Buffer) => void (text += bytes.toString()));
            response.on('end', () => resolve(text));
          });
          asked.on('error', reject).end();
        });
        return false;
      },
      timeoutMs: 5000,
    });
    expect(JSON.parse((await body) ?? '{}').versions.length).toBeGreaterThan(0);
  });

  it('logs should be able to retrieve and filter logs', async () => {
    await ok(`run logs-generator --image=${IMAGES.agnhost} --restart=Never --pod-running-timeout=2m -- logs-generator --log-lines-total 100 --run-duration 20s`);
    await expect.poll(async () => (await run('logs logs-generator logs-generator')).out, { timeout: 60_000 }).toContain('/api/v1/namespaces/kube-system');
    expect((await ok('logs logs-generator logs-generator --tail=1')).trimEnd().split('\n')).toHaveLength(1);
    expect(await ok('logs logs-generator logs-generator --limit-bytes=1')).toHaveLength(1);
    const [stamped = ''] = (await ok('logs logs-generator logs-generator --tail=1 --timestamps')).trimEnd().split('\n');
    expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z \S+/);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const lines = async (since: string): Promise<number> => (await ok(`logs logs-generator logs-generator --since=${since}`)).split('\n').length;
    expect(await lines('1s')).toBeLessThan(await lines('24h'));
  });

  it('AdmissionWebhook: kubectl attach is told why it is denied', async () => {
    // What `should be able to deny attaching pod` sees of a refusal, over the wire.
    await create({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: namespace }, webhooks: [{ name: 'deny-attaching-pod.k8s.io', rules: [{ operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/attach'] }], clientConfig: { service: { namespace, name: 'nobody' } }, sideEffects: 'None', admissionReviewVersions: ['v1'] }] });
    await ok(`run to-be-attached-pod --image=${IMAGES.pause}`);
    await running('run=to-be-attached-pod');
    const { code, err } = await run('attach to-be-attached-pod -i -c=to-be-attached-pod', '');
    expect(code).toBe(1);
    expect(err).toContain('failed calling webhook "deny-attaching-pod.k8s.io"');
    await ok(`delete validatingwebhookconfiguration ${namespace}`);
  });
});
