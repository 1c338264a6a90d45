/**
 * What happens to pods when something happens to their node: pressure, shutdown, restarts, a runtime in trouble.
 */
import { describe, expect, it } from 'vitest';
import type { ImageStore } from '../../../models/kubernetes/container-runtime/image-store.ts';
import type { KubeObject, Node, Pod } from '../../../models/kubernetes/object/types.ts';
import { isReady, PodCluster } from './pod-cluster.ts';

const MEBIBYTE = 1024 * 1024;

/** A pod of one container. */
const pod = (name: string, spec: object, container: object = {}): Pod =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...spec, containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', 'infinity'], ...container }] } }) as unknown as Pod;

const operate = (cluster: PodCluster, operation: object): void => cluster.simulation.kernel.input('container-runtime/node-1', { kind: 'node.operation', ...operation } as never);

const node = (cluster: PodCluster): Node => cluster.simulation.get('nodes', undefined, 'node-1') as Node;

/** Names of the images that are on the node. */
function imagesOf(cluster: PodCluster): string[] {
  const state = cluster.simulation.kernel.state('container-runtime/node-1') as { readonly service: { readonly kept: { readonly images: ImageStore } } };
  return state.service.kept.images.list().flatMap(({ names }) => names);
}

const condition = (cluster: PodCluster, type: string): { status: string; reason?: string; message?: string } =>
  (node(cluster).status.conditions ?? []).find((each) => each.type === type) ?? { status: 'missing' };

describe('pressure', () => {
  it('memory: the pod that exceeds its request goes first; the node says so for five minutes', () => {
    const cluster = new PodCluster({ scenario: { images: [{ image: 'hungry', memoryBytes: 16_000 * MEBIBYTE, memoryGrowthPerSecond: 5 * MEBIBYTE, terminationExitCode: 143 }] } });
    cluster.apply([
      pod('modest', {}, { resources: { requests: { memory: '1Gi' } } }),
      pod('hungry', {}, { image: 'hungry', command: undefined, resources: { requests: { memory: '100Mi' } } }),
    ]);
    cluster.ready('modest');
    const evicted = cluster.phase('hungry', 'Failed', 300);
    expect(evicted.status.reason).toBe('Evicted');
    expect(evicted.status.message).toMatch(/^The node was low on resource: memory\. Threshold quantity: 100Mi, available: \d+\w*\. Container c was using \d+\w*, request is 100Mi, has larger consumption of memory\. $/);
    expect(evicted.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet', message: evicted.status.message });
    expect(cluster.pod('modest').status.phase).toBe('Running');
    cluster.run(10);
    expect(condition(cluster, 'MemoryPressure')).toMatchObject({ status: 'True', reason: 'KubeletHasInsufficientMemory' });
    expect((node(cluster).spec.taints ?? []).map(({ key }) => key)).toContain('node.kubernetes.io/memory-pressure');
    expect(cluster.events('node-1')).toContain('EvictionThresholdMet: Attempting to reclaim memory');
    cluster.run(320);
    expect(condition(cluster, 'MemoryPressure')).toMatchObject({ status: 'False', reason: 'KubeletHasSufficientMemory' });
  });

  it('a program that ends well when it is told to has succeeded: only the condition says that its pod was evicted', () => {
    const cluster = new PodCluster({ scenario: { images: [{ image: 'hungry', memoryBytes: 16_000 * MEBIBYTE, memoryGrowthPerSecond: 5 * MEBIBYTE, terminationExitCode: 0 }] } });
    cluster.apply([pod('hungry', {}, { image: 'hungry', command: undefined, resources: { requests: { memory: '100Mi' } } })]);
    const { status } = cluster.phase('hungry', 'Succeeded', 300);
    expect(status).not.toHaveProperty('reason');
    expect(status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet', message: expect.stringContaining('The node was low on resource: memory.') });
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(cluster.events('hungry').some((event) => event.startsWith('Evicted: The node was low on resource: memory.'))).toBe(true);
  });

  it('disk: unused images go first, then the pod that uses most', () => {
    const cluster = new PodCluster();
    cluster.apply([pod('writer', {}, { command: ['sh', '-c', 'fallocate -l 20G /big; sleep infinity'] }), pod('idle', {})]);
    cluster.ready('idle');
    cluster.run(30);
    operate(cluster, { operation: 'use', diskBytes: 75 * 1024 * MEBIBYTE });
    const evicted = cluster.phase('writer', 'Failed', 60);
    expect(evicted.status.message).toMatch(/^The node was low on resource: ephemeral-storage\. Threshold quantity: \d+, available: .*Container c was using 20971\d+Ki?, request is 0, has larger consumption of ephemeral-storage\. $|^The node was low on resource: ephemeral-storage\. /);
    cluster.run(15);
    expect(condition(cluster, 'DiskPressure').status).toBe('True');
    expect(cluster.pod('idle').status.phase).toBe('Running');
  });

  it('images that nobody uses go when the disk is nearly full, and the node says when that is not enough', () => {
    const cluster = new PodCluster({ scenario: { kubelet: { evictionHard: { 'memory.available': '100Mi' } } } });
    cluster.apply([pod('old', { restartPolicy: 'Never' }, { image: 'perl:5.34', command: ['true'] }), pod('idle', {})]);
    cluster.phase('old', 'Succeeded');
    cluster.ready('idle');
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/old');
    cluster.gone('old');
    expect(imagesOf(cluster).some((name) => name.includes('perl'))).toBe(true);
    operate(cluster, { operation: 'use', diskBytes: 87 * 1024 * MEBIBYTE });
    cluster.run(310);
    expect(imagesOf(cluster).some((name) => name.includes('perl'))).toBe(false);
    expect(imagesOf(cluster).some((name) => name.includes('busybox'))).toBe(true);
    expect(cluster.events('node-1').some((event) => /^FreeDiskSpaceFailed: Failed to garbage collect required amount of images\. Attempted to free \d+ bytes, but only found \d+ bytes eligible to free\.$/.test(event))).toBe(true);
    cluster.run(300);
    expect(cluster.events('node-1').some((event) => event.startsWith('ImageGCFailed: '))).toBe(true);
  });

  it('a volume beyond its size limit, a container beyond its ephemeral storage', () => {
    const cluster = new PodCluster();
    const volumes = [{ name: 'v', emptyDir: { sizeLimit: '10Mi' } }];
    cluster.apply([
      pod('volume', { volumes }, { command: ['sh', '-c', 'sleep 5; dd if=/dev/zero of=/v/f bs=1M count=20; sleep infinity'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      pod('layer', {}, { command: ['sh', '-c', 'sleep 5; dd if=/dev/zero of=/f bs=1M count=20; sleep infinity'], resources: { limits: { 'ephemeral-storage': '5Mi' } } }),
    ]);
    expect(cluster.phase('volume', 'Failed', 60).status.message).toBe('Usage of EmptyDir volume "v" exceeds the limit "10Mi". ');
    expect(cluster.phase('layer', 'Failed', 60).status.message).toBe('Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ');
    expect(cluster.pod('volume').status.conditions?.some(({ type }) => type === 'DisruptionTarget')).toBe(false);
  });

  it('a node without memory left kills by oom score, and the container restarts', () => {
    const cluster = new PodCluster({ scenario: { images: [{ image: 'hungry', memoryBytes: 20 * 1024 * MEBIBYTE, startSeconds: 3 }] } });
    cluster.apply([pod('hungry', {}, { image: 'hungry', command: undefined })]);
    const killed = cluster.until('hungry', ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0, 60);
    const { state, lastState } = killed.status.containerStatuses?.[0] ?? {};
    expect((lastState?.terminated ?? state?.terminated)?.reason).toBe('OOMKilled');
    expect(cluster.events('node-1').some((event) => event.startsWith('SystemOOM: System OOM encountered, victim process: '))).toBe(true);
  });
});

describe('admission on the node', () => {
  it('turns away what does not fit, with the reason and nothing else in the status', () => {
    const cluster = new PodCluster({ disable: ['kube-scheduler'] });
    const bound = (name: string, cpu: string): Pod => pod(name, { nodeName: 'node-1' }, { resources: { requests: { cpu } } });
    cluster.apply([bound('fits', '3')]);
    cluster.ready('fits');
    cluster.apply([bound('too-much', '2')]);
    const { status } = cluster.phase('too-much', 'Failed');
    expect(status).toMatchObject({ reason: 'OutOfcpu', message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000", qosClass: 'Burstable' });
    expect(status.containerStatuses).toBeUndefined();
    expect(status.conditions ?? []).toEqual([]);
    expect(cluster.events('too-much')).toContain("OutOfcpu: Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000");
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/too-much');
    cluster.gone('too-much', 10);
  });

  it('a critical pod takes the place of an ordinary one', () => {
    const cluster = new PodCluster({ disable: ['kube-scheduler'] });
    const bound = (name: string, cpu: string, spec: object = {}): Pod => pod(name, { nodeName: 'node-1', terminationGracePeriodSeconds: 1, ...spec }, { resources: { requests: { cpu } } });
    cluster.apply([bound('small', '1'), bound('large', '3')]);
    cluster.ready('small');
    cluster.ready('large');
    cluster.apply([bound('critical', '2', { priorityClassName: 'system-node-critical' })]);
    cluster.ready('critical', 60);
    const { status } = cluster.pod('large');
    expect(status).toMatchObject({ phase: 'Failed', reason: 'Preempting', message: 'Preempted in order to admit critical pod' });
    expect(status.conditions?.find(({ type }) => type === 'DisruptionTarget')?.message).toBe('Pod was preempted by Kubelet to accommodate a critical pod.');
    expect(isReady(cluster.pod('small'))).toBe(true);
  });
});

describe('static pods', () => {
  const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'static-web', labels: { role: 'myrole' } }, spec: { containers: [{ name: 'web', image: 'nginx', ports: [{ name: 'web', containerPort: 80 }] }] } };

  it('run without the API and show a mirror; deleting the mirror stops nothing', () => {
    const cluster = new PodCluster({ scenario: { kubelet: { staticPods: { 'static-web.yaml': manifest } } } });
    const mirror = cluster.ready('static-web-node-1');
    expect(mirror.metadata.annotations).toMatchObject({ 'kubernetes.io/config.source': 'file', 'kubernetes.io/config.mirror': mirror.metadata.annotations?.['kubernetes.io/config.hash'] });
    expect(mirror.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Node', name: 'node-1' });
    const id = cluster.container('static-web-node-1').containerID;
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/static-web-node-1');
    const again = cluster.until('static-web-node-1', (each) => each.metadata.uid !== mirror.metadata.uid && isReady(each), 30);
    expect(again.status.containerStatuses?.[0]?.containerID).toBe(id);
    cluster.simulation.kernel.input('kubelet/node-1', { kind: 'node.static-pods', files: {} } as never);
    cluster.gone('static-web-node-1', 60);
  });

  it('start while the API server is down', () => {
    const cluster = new PodCluster();
    cluster.simulation.kernel.control({ kind: 'crash', actor: 'kube-apiserver' }, cluster.simulation.now);
    cluster.simulation.kernel.input('kubelet/node-1', { kind: 'node.static-pods', files: { 'static-web.yaml': manifest } } as never);
    cluster.run(10);
    cluster.simulation.kernel.control({ kind: 'restart', actor: 'kube-apiserver' }, cluster.simulation.now);
    const from = cluster.seconds;
    const mirror = cluster.ready('static-web-node-1', 120);
    // It ran before the API server knew of it.
    expect(Date.parse(String(mirror.status.containerStatuses?.[0]?.state?.running?.startedAt))).toBeLessThan(Date.parse('2025-01-01T00:00:00Z') + from * 1000);
  });
});

describe('shutdown', () => {
  it('stops ordinary pods first, critical ones last, and says why', () => {
    const cluster = new PodCluster({ scenario: { kubelet: { shutdownGracePeriod: '30s', shutdownGracePeriodCriticalPods: '10s' } } });
    const stubborn = { command: ['sh', '-c', "trap '' TERM; while true; do sleep 1; done"] };
    cluster.apply([pod('ordinary', {}, stubborn), pod('critical', { priorityClassName: 'system-node-critical' })]);
    cluster.ready('ordinary');
    cluster.ready('critical');
    const from = cluster.seconds;
    cluster.simulation.kernel.input('kubelet/node-1', { kind: 'node.shutdown', active: true } as never);
    cluster.run(2);
    expect(condition(cluster, 'Ready')).toMatchObject({ status: 'False', reason: 'KubeletNotReady', message: 'node is shutting down' });
    const ordinary = cluster.phase('ordinary', 'Failed', 40);
    expect(cluster.seconds - from).toBeGreaterThanOrEqual(19);
    expect(ordinary.status).toMatchObject({ reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' });
    expect(ordinary.status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({ reason: 'TerminationByKubelet' });
    expect(cluster.pod('critical').status.phase).toBe('Running');
    cluster.phase('critical', 'Failed', 20);
    expect(cluster.events('node-1')).toContain('Shutdown: Shutdown manager detected shutdown event');
    cluster.apply([pod('late', { nodeName: 'node-1' })]);
    expect(cluster.phase('late', 'Failed', 20).status.reason).toBe('NodeShutdown');
  });

  it('without a grace period the kubelet does nothing', () => {
    const cluster = new PodCluster();
    cluster.apply([pod('ordinary', {})]);
    cluster.ready('ordinary');
    cluster.simulation.kernel.input('kubelet/node-1', { kind: 'node.shutdown', active: true } as never);
    cluster.run(20);
    expect(isReady(cluster.pod('ordinary'))).toBe(true);
  });
});

describe('the CSINode of a node', () => {
  it('belongs to it, and a kubelet that starts says again which plugins drivers have taken over', () => {
    const cluster = new PodCluster();
    const csiNode = (): KubeObject => cluster.simulation.get('csinodes', undefined, 'node-1') as KubeObject;
    const plugins = 'storage.alpha.kubernetes.io/migrated-plugins';
    const written = csiNode().metadata.annotations?.[plugins];
    expect(written).toMatch(/^kubernetes\.io\/aws-ebs,.*,kubernetes\.io\/vsphere-volume$/);
    expect(csiNode().metadata.ownerReferences).toEqual([{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: node(cluster).metadata.uid }]);
    cluster.request('PATCH', '/apis/storage.k8s.io/v1/csinodes/node-1', { metadata: { annotations: { [plugins]: 'none', own: 'kept' } } }, 'application/merge-patch+json');
    const { kernel } = cluster.simulation;
    kernel.control({ kind: 'crash', actor: 'kubelet/node-1' }, cluster.simulation.now);
    kernel.control({ kind: 'restart', actor: 'kubelet/node-1' }, cluster.simulation.now + 1_000_000);
    cluster.run(5);
    expect(csiNode().metadata.annotations).toEqual({ [plugins]: written, own: 'kept' });
  });
});

describe('restarts', () => {
  it('a kubelet says how its node is when it registers; one that finds its node Unknown says it twice', () => {
    const cluster = new PodCluster();
    const told = (): string[] =>
      cluster.simulation.list('events').filter(({ source, involvedObject }) => source?.component === 'kubelet' && involvedObject?.kind === 'Node').map(({ reason, count }) => `${reason} ${count}`);
    const pressures = ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'];
    expect(told()).toEqual(expect.arrayContaining(pressures.map((reason) => `${reason} 1`)));
    const { kernel } = cluster.simulation;
    kernel.control({ kind: 'crash', actor: 'kubelet/node-1' }, cluster.simulation.now);
    cluster.run(120);
    expect(condition(cluster, 'MemoryPressure').status).toBe('Unknown');
    kernel.control({ kind: 'restart', actor: 'kubelet/node-1' }, cluster.simulation.now);
    cluster.run(10);
    expect(told()).toEqual(expect.arrayContaining([...pressures.map((reason) => `${reason} 2`), 'NodeReady 1']));
  });

  it('a kubelet that comes back finds its containers running, and removes what was deleted meanwhile', () => {
    const cluster = new PodCluster();
    cluster.apply([pod('kept', {}), pod('dropped', {})]);
    cluster.ready('kept');
    cluster.ready('dropped');
    const before = cluster.container('kept');
    cluster.simulation.kernel.control({ kind: 'crash', actor: 'kubelet/node-1' }, cluster.simulation.now);
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/dropped?gracePeriodSeconds=0');
    cluster.run(15);
    cluster.simulation.kernel.control({ kind: 'restart', actor: 'kubelet/node-1' }, cluster.simulation.now);
    cluster.run(20);
    const after = cluster.container('kept');
    expect({ id: after.containerID, restarts: after.restartCount }).toEqual({ id: before.containerID, restarts: 0 });
    const runtime = cluster.simulation.kernel.state('container-runtime/node-1') as unknown as { service: { kept: { sandboxes: Map<string, unknown> } } };
    expect(runtime.service.kept.sandboxes.size).toBe(1);
  });

  it('a reboot: another boot id, all containers anew, tmpfs lost, disk kept', () => {
    const cluster = new PodCluster();
    const volumes = [{ name: 'disk', emptyDir: {} }, { name: 'memory', emptyDir: { medium: 'Memory' } }];
    const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
    cluster.apply([pod('p', { volumes }, { volumeMounts })]);
    const { podIP } = cluster.ready('p').status;
    cluster.shell('p', 'echo 1 > /disk/f; echo 1 > /memory/f; echo 1 > /layer');
    const boot = node(cluster).status.nodeInfo?.bootID;
    for (const actor of ['kubelet/node-1', 'container-runtime/node-1']) cluster.simulation.kernel.control({ kind: 'crash', actor }, cluster.simulation.now);
    cluster.run(5);
    for (const actor of ['container-runtime/node-1', 'kubelet/node-1']) cluster.simulation.kernel.control({ kind: 'restart', actor }, cluster.simulation.now);
    const again = cluster.until('p', (each) => isReady(each) && (each.status.containerStatuses?.[0]?.restartCount ?? 0) === 1, 60);
    cluster.run(2);
    expect(cluster.shell('p', 'cat /disk/f')).toBe('1');
    expect(cluster.shell('p', 'ls /memory; ls /layer 2>&1')).toBe('ls: /layer: No such file or directory');
    expect(again.status.podIP).not.toBe(podIP);
    expect(node(cluster).status.nodeInfo?.bootID).not.toBe(boot);
    expect(cluster.events('node-1')).toContain(`Rebooted: Node node-1 has been rebooted, boot id: ${node(cluster).status.nodeInfo?.bootID}`);
  });

  it('a sandbox that dies is made anew: other address, init containers again, files of the volume kept', () => {
    const cluster = new PodCluster();
    const volumes = [{ name: 'v', emptyDir: {} }];
    const volumeMounts = [{ name: 'v', mountPath: '/v' }];
    const initContainers = [{ name: 'i', image: 'busybox:1.36', command: ['sh', '-c', 'echo x >> /v/runs'], volumeMounts }];
    cluster.apply([pod('p', { volumes, initContainers }, { volumeMounts })]);
    const { podIP } = cluster.ready('p').status;
    operate(cluster, { operation: 'kill-sandbox', pod: 'default/p' });
    const again = cluster.until('p', (each) => isReady(each) && each.status.podIP !== podIP, 60);
    expect(again.status.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(cluster.shell('p', 'cat /v/runs')).toBe('x\nx');
    expect(cluster.events('p')).toContain('SandboxChanged: Pod sandbox changed, it will be killed and re-created.');
  });
});

describe('a runtime in trouble', () => {
  it('that does not answer makes the node not ready, and nothing is synced until it is back', () => {
    const cluster = new PodCluster();
    cluster.apply([pod('running', {})]);
    cluster.ready('running');
    operate(cluster, { operation: 'stall' });
    cluster.run(50);
    expect(condition(cluster, 'Ready')).toMatchObject({ status: 'False', reason: 'KubeletNotReady' });
    expect(condition(cluster, 'Ready').message).toContain('container runtime is down');
    cluster.apply([pod('later', { nodeName: 'node-1' })]);
    cluster.run(20);
    expect(cluster.pod('later').status.phase).toBe('Pending');
    operate(cluster, { operation: 'unstall' });
    cluster.ready('later', 60);
    cluster.run(12);
    expect(condition(cluster, 'Ready').status).toBe('True');
    expect(cluster.container('running').restartCount).toBe(0);
  });

  it('without a network only pods of the host network start', () => {
    const cluster = new PodCluster();
    operate(cluster, { operation: 'status', networkReady: false });
    cluster.run(15);
    expect(condition(cluster, 'Ready').message).toBe('container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized');
    const tolerations = [{ operator: 'Exists' }];
    cluster.apply([pod('plain', { nodeName: 'node-1', tolerations }), pod('host', { nodeName: 'node-1', hostNetwork: true, tolerations })]);
    cluster.until('host', ({ status }) => status.containerStatuses?.[0]?.ready === true, 60);
    expect(cluster.events('plain').some((event) => event.startsWith('NetworkNotReady: network is not ready: container runtime network not ready'))).toBe(true);
    operate(cluster, { operation: 'status', networkReady: true });
    cluster.until('plain', ({ status }) => status.containerStatuses?.[0]?.ready === true, 60);
  });

  it('a container that hangs fails its liveness probe and is killed after its grace period', () => {
    const cluster = new PodCluster();
    cluster.apply([pod('p', { terminationGracePeriodSeconds: 5 }, { image: 'nginx', command: undefined, livenessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 2, failureThreshold: 2 } })]);
    cluster.ready('p');
    operate(cluster, { operation: 'freeze', pod: 'default/p' });
    cluster.until('p', ({ status }) => status.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready, 60);
    expect(cluster.events('p').some((event) => event.startsWith('Unhealthy: Liveness probe failed: Get "http://') && event.endsWith('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'))).toBe(true);
    expect(cluster.container('p').lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
  });
});

describe('other runtimes', () => {
  for (const [runtime, prefix, version] of [['cri-o', 'cri-o://', 'cri-o://1.32.1'], ['docker', 'docker://', 'docker://27.3.1'], ['containerd', 'containerd://', 'containerd://1.7.27']] as const) {
    it(`${runtime} shows in ids, in the node's version and in how a start fails`, () => {
      const cluster = new PodCluster({ scenario: { runtime } });
      cluster.apply([pod('p', {}), pod('broken', {}, { command: ['/no/such/program'] })]);
      cluster.ready('p');
      expect(cluster.container('p').containerID).toMatch(new RegExp(`^${prefix}[0-9a-f]{64}$`));
      expect(node(cluster).status.nodeInfo?.containerRuntimeVersion).toBe(version);
      const broken = cluster.until('broken', ({ status }) => status.containerStatuses?.[0]?.lastState?.terminated !== undefined, 60);
      const reason = { 'cri-o': 'Error', docker: 'ContainerCannotRun', containerd: 'StartError' }[runtime];
      expect(broken.status.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ reason, exitCode: runtime === 'docker' ? 127 : 128 });
    });
  }
});

describe('the evented PLEG', () => {
  it('sees a container end at once, not at the next second', () => {
    const lag = (gate: boolean): number => {
      const cluster = new PodCluster({ scenario: { kubelet: { featureGates: { EventedPLEG: gate } } } });
      cluster.apply([pod('p', { restartPolicy: 'Never' }, { command: ['sh', '-c', 'sleep 20.3'] })]);
      const started = cluster.ready('p');
      const from = Date.parse(String(started.status.containerStatuses?.[0]?.state?.running?.startedAt)) / 1000;
      // The phase follows later: it waits for the cache's time, which moves every five seconds then.
      cluster.until('p', ({ status }) => status.containerStatuses?.[0]?.state?.terminated !== undefined);
      return cluster.seconds - (from - Date.parse('2025-01-01T00:00:00Z') / 1000) - 20.3;
    };
    expect(lag(true)).toBeLessThan(lag(false));
  });
});

describe('images', () => {
  const registry = [
    { image: 'absent', fault: 'missing' },
    { image: 'secret', fault: 'unauthorized' },
    { image: 'away', fault: 'unreachable' },
  ];

  it('a missing image: ErrImagePull, then back-off, which doubles', () => {
    const cluster = new PodCluster({ images: [], scenario: { registry } });
    cluster.apply([pod('p', {}, { image: 'example.com/absent:1' })]);
    const full = 'failed to pull and unpack image "example.com/absent:1": failed to resolve reference "example.com/absent:1": example.com/absent:1: not found';
    cluster.until('p', ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull', 60);
    const { message } = cluster.container('p').state?.waiting ?? {};
    expect(message).toBe(`rpc error: code = NotFound desc = ${full}`);
    cluster.until('p', ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff', 60);
    expect(cluster.container('p').state?.waiting?.message).toBe(`Back-off pulling image "example.com/absent:1": ErrImagePull: rpc error: code = NotFound desc = ${full}`);
    expect(cluster.events('p')).toEqual(expect.arrayContaining(['Pulling: Pulling image "example.com/absent:1"', `Failed: Failed to pull image "example.com/absent:1": rpc error: code = NotFound desc = ${full}`, 'Failed: Error: ErrImagePull', 'BackOff: Back-off pulling image "example.com/absent:1"', 'Failed: Error: ImagePullBackOff']));
  });

  it('never pulled and not there; a name that is none; a registry that refuses', () => {
    const cluster = new PodCluster({ images: [], scenario: { registry } });
    cluster.apply([
      pod('never', {}, { image: 'nginx', imagePullPolicy: 'Never' }),
      pod('invalid', {}, { image: 'No//Name' }),
      pod('refused', {}, { image: 'example.com/secret:1' }),
    ]);
    const waiting = (name: string, reason: string): string | undefined => cluster.until(name, ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === reason, 60).status.containerStatuses?.[0]?.state?.waiting?.message;
    expect(waiting('never', 'ErrImageNeverPull')).toBe('Container image "nginx" is not present with pull policy of Never');
    expect(waiting('invalid', 'InvalidImageName')).toBe('Failed to apply default image tag "No//Name": couldn\'t parse image name "No//Name": invalid reference format: repository name (/Name) must be lowercase');
    expect(waiting('refused', 'ErrImagePull')).toContain('pull access denied');
  });

  it('a pull takes as long as the image is large, and later pods wait for it', () => {
    const cluster = new PodCluster({ images: [], scenario: { registry: [{ image: 'perl', bytesPerSecond: 20_000_000 }] } });
    cluster.apply([pod('p', {}, { image: 'perl:5.34.0', command: ['sleep', 'infinity'] })]);
    cluster.ready('p');
    expect(cluster.events('p').some((event) => /^Pulled: Successfully pulled image "perl:5\.34\.0" in 1[789]\.\d+s \(1[789]\.\d+s including waiting\)\. Image size: 345000000 bytes\.$|^Pulled: Successfully pulled image "perl:5\.34\.0" in 2\d(\.\d+)?s/.test(event))).toBe(true);
  });
});
