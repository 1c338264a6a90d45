/** What a pod's spec can ask for, one by one, as a person would check it with kubectl. */
import { describe, expect, it } from 'vitest';
import type { KubeObject, Pod } from '../../../models/kubernetes/object/types.ts';
import type { Program } from '../../../models/kubernetes/index.ts';
import { isReady, PodCluster } from './pod-cluster.ts';

const pod = (name: string, spec: object, container: object = {}): Pod =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { ...spec, containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', 'infinity'], ...container }] } }) as unknown as Pod;

const sh = (text: string): object => ({ command: ['sh', '-c', text] });

const cluster = (...objects: readonly object[]): PodCluster => new PodCluster().apply(objects as readonly KubeObject[]);

const never = { restartPolicy: 'Never' };

describe('containers', () => {
  it('a termination message from the log, from a path of its own, and none', () => {
    const c = cluster(
      pod('log', never, { ...sh('echo it broke; exit 1'), terminationMessagePolicy: 'FallbackToLogsOnError' }),
      pod('path', never, { ...sh('echo -n why > /tmp/why'), terminationMessagePath: '/tmp/why' }),
      pod('fine', never, { ...sh('echo all well'), terminationMessagePolicy: 'FallbackToLogsOnError' }),
    );
    c.phase('log', 'Failed');
    expect(c.container('log').state?.terminated?.message).toBe('it broke\n');
    c.phase('path', 'Succeeded');
    expect(c.container('path').state?.terminated?.message).toBe('why');
    c.phase('fine', 'Succeeded');
    expect(c.container('fine').state?.terminated?.message).toBeUndefined();
  });

  it('a read-only root file system, with a volume that may be written', () => {
    const c = cluster(pod('p', { volumes: [{ name: 'v', emptyDir: {} }] }, { securityContext: { readOnlyRootFilesystem: true }, volumeMounts: [{ name: 'v', mountPath: '/v' }] }));
    c.ready('p');
    expect(c.shell('p', 'touch /f 2>&1; touch /v/f && echo written')).toBe('touch: /f: Read-only file system\nwritten');
  });

  it('volumes in memory are tmpfs: secrets, downward API, emptyDirs of that medium; config maps are on the disk', () => {
    const volumes = [
      { name: 'a', secret: { secretName: 'none', optional: true } },
      { name: 'b', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { name: 'c', emptyDir: { medium: 'Memory' } },
      { name: 'd', emptyDir: {} },
      { name: 'e', configMap: { name: 'none', optional: true } },
    ];
    const c = cluster(pod('p', { volumes }, { volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })) }));
    c.ready('p');
    expect(c.shell('p', 'stat -c %a /a /b /c /d /e')).toBe('1777\n1777\n1777\n777\n777');
  });

  it('runAsNonRoot refuses an image that runs as root', () => {
    const c = cluster(pod('p', { securityContext: { runAsNonRoot: true } }));
    const { status } = c.until('p', ({ status: each }) => each.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
    expect(status.containerStatuses?.[0]?.state?.waiting?.message).toMatch(/^container has runAsNonRoot and image will run as root \(pod: "p_default\([0-9a-f-]+\)", container: c\)$/);
  });

  it('activeDeadlineSeconds ends a pod', () => {
    const c = cluster(pod('p', { activeDeadlineSeconds: 5, terminationGracePeriodSeconds: 1 }));
    const { status } = c.phase('p', 'Failed', 60);
    expect(status).toMatchObject({ reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
    c.run(5);
    // Each status that is computed after the deadline tells it: of the sync, of the start and the end of the stop, and of the clean-up.
    expect(c.simulation.list('events').find(({ reason }) => reason === 'DeadlineExceeded')).toMatchObject({ type: 'Normal', count: 4, message: status.message });
  });

  it('a preStop hook that outlives the grace period dies with its container, and is told as failed', () => {
    const c = cluster(pod('p', { terminationGracePeriodSeconds: 3 }, { lifecycle: { preStop: { exec: { command: ['sleep', '60'] } } } }));
    c.ready('p');
    c.request('DELETE', '/api/v1/namespaces/default/pods/p');
    c.run(2);
    expect(c.events('p')).not.toContain('FailedPreStopHook: PreStopHook failed');
    c.gone('p', 10);
    expect(c.events('p')).toContain('FailedPreStopHook: PreStopHook failed');
  });

  it('a startup probe that succeeds shows at once, and readiness after it', () => {
    const c = cluster(pod('p', {}, { startupProbe: { exec: { command: ['sleep', '2'] }, timeoutSeconds: 5 } }));
    const seen: string[] = [];
    const watch = c.simulation.committed$.subscribe(() => {
      const { started, ready } = c.find('p')?.status.containerStatuses?.[0] ?? {};
      const now = `started ${started} ready ${ready}`;
      if (seen.at(-1) !== now) seen.push(now);
    });
    c.ready('p');
    watch.unsubscribe();
    expect(seen.slice(-3)).toEqual(['started false ready false', 'started true ready false', 'started true ready true']);
  });

  it('a probe of a port that has no name, and one of a command that is not there', () => {
    const c = cluster(
      pod('port', {}, { readinessProbe: { tcpSocket: { port: 'web' }, periodSeconds: 1 } }),
      pod('command', {}, { readinessProbe: { exec: { command: ['/nope'] }, periodSeconds: 1 } }),
    );
    c.run(10);
    expect(c.events('port')).toContain('Unhealthy: Readiness probe errored: strconv.Atoi: parsing "web": invalid syntax');
    const failed = c.events('command').filter((event) => event.startsWith('Unhealthy'));
    expect(failed[0]).toMatch(/^Unhealthy: Readiness probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: exec: "\/nope": stat \/nope: no such file or directory: unknown$/);
    expect(new Set(failed).size).toBe(failed.length);
  });

  it('an ephemeral container starts in a running pod, sees its target and is never restarted', () => {
    const c = cluster(pod('p', {}));
    c.ready('p');
    const debug = { name: 'debugger', image: 'busybox:1.36', command: ['sh', '-c', 'echo here; sleep 2'], targetContainerName: 'c' };
    const { code } = c.request('PATCH', '/api/v1/namespaces/default/pods/p/ephemeralcontainers', { spec: { ephemeralContainers: [debug] } }, 'application/strategic-merge-patch+json');
    expect(code).toBe(200);
    c.until('p', ({ status }) => status.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined, 60);
    expect(c.container('p', 'debugger').state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    c.run(30);
    expect(c.container('p', 'debugger').restartCount).toBe(0);
    expect(c.logs('p', 'container=debugger')).toBe('here\n');
    expect(isReady(c.pod('p'))).toBe(true);
  });

  it('readiness gates: somebody else decides too', () => {
    const c = cluster(pod('p', { readinessGates: [{ conditionType: 'example.com/ready' }] }));
    c.until('p', ({ status }) => status.containerStatuses?.[0]?.ready === true);
    c.run(3);
    expect(c.pod('p').status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady', message: 'corresponding condition of pod readiness gate "example.com/ready" does not exist.' });
    c.request('PATCH', '/api/v1/namespaces/default/pods/p/status', { status: { conditions: [{ type: 'example.com/ready', status: 'True' }] } }, 'application/strategic-merge-patch+json');
    c.ready('p', 30);
  });

  it('a sidecar stops after the main container, and its probes keep it alive', () => {
    const sidecar = { name: 's', image: 'nginx', restartPolicy: 'Always', startupProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 }, lifecycle: { preStop: { sleep: { seconds: 1 } } } };
    const c = cluster(pod('p', { terminationGracePeriodSeconds: 20, initContainers: [sidecar] }, sh("trap 'sleep 3; exit 0' TERM; while true; do sleep 1; done")));
    c.ready('p');
    const seen: string[] = [];
    c.simulation.committed$.subscribe(({ facts }) => {
      for (const { kind, data } of facts) if (kind === 'container' && (data as { state: string }).state === 'EXITED') seen.push((data as { container: string }).container);
    });
    c.request('DELETE', '/api/v1/namespaces/default/pods/p');
    c.gone('p', 40);
    expect(seen).toEqual(['c', 's']);
  });

  it('hooks that fail say so', () => {
    const c = cluster(
      pod('start', {}, { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'exit 3'] } } } }),
      pod('stop', { terminationGracePeriodSeconds: 2 }, { lifecycle: { preStop: { exec: { command: ['sh', '-c', 'exit 4'] } } } }),
    );
    c.ready('stop');
    c.until('start', ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'PostStartHookError' || (status.containerStatuses?.[0]?.restartCount ?? 0) > 0, 120);
    expect(c.events('start')).toEqual(expect.arrayContaining(['FailedPostStartHook: PostStartHook failed', 'Killing: FailedPostStartHook']));
    c.request('DELETE', '/api/v1/namespaces/default/pods/stop');
    c.gone('stop');
    expect(c.events('stop')).toContain('FailedPreStopHook: PreStopHook failed');
  });
});

describe('programs in TypeScript', () => {
  it('run instead of an image: they sleep in virtual time, write files and logs, and answer requests', () => {
    const shop: Program = function* (system) {
      yield* system.sleep(3_000_000);
      yield* system.write(1, `open at ${system.nowUs > 3_000_000}\n`);
      system.onSignal('TERM', 'catch');
      const fd = system.listen(8080);
      if (typeof fd === 'string') return 1;
      for (;;) {
        const exchange = yield* system.accept(fd);
        if (typeof exchange === 'string' || 'interrupted' in exchange) return 0;
        system.answer(exchange, { status: 200, body: `hello from ${system.hostname}` });
      }
    };
    const c = new PodCluster({ programs: { 'example.com/shop': shop } });
    c.apply([pod('p', {}, { image: 'example.com/shop:2', command: undefined, readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } })]);
    c.ready('p', 60);
    expect(c.shell('p', 'curl -s localhost:8080')).toBe('hello from p');
    expect(c.logs('p')).toBe('open at true\n');
  });
});

describe('volumes', () => {
  it('subPath and subPathExpr', () => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    const env = [{ name: 'WHO', value: 'me' }];
    const c = cluster(
      pod('p', { volumes }, { env, volumeMounts: [{ name: 'v', mountPath: '/all' }, { name: 'v', mountPath: '/mine', subPathExpr: 'logs/$(WHO)' }, { name: 'v', mountPath: '/sub', subPath: 'a/b' }] }),
    );
    c.ready('p');
    c.shell('p', 'echo 1 > /mine/f; echo 2 > /sub/g');
    expect(c.shell('p', 'cat /all/logs/me/f /all/a/b/g')).toBe('1\n2');
  });

  it('a ConfigMap that is missing keeps the pod waiting until it is there; an optional one does not', () => {
    const volume = (name: string, optional?: boolean): object => ({ volumes: [{ name: 'v', configMap: { name, ...(optional === true ? { optional } : {}) } }] });
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
    const c = cluster(pod('waits', volume('late'), mount), pod('goes', volume('never', true), mount));
    c.ready('goes');
    expect(c.pod('waits').status.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    expect(c.events('waits')).toContain('FailedMount: MountVolume.SetUp failed for volume "v" : configmap "late" not found');
    c.apply('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: late }\ndata: { a: b }\n');
    c.ready('waits', 180);
    expect(c.shell('waits', 'cat /v/a')).toBe('b');
  });

  it('a key that is missing for the environment: CreateContainerConfigError, then it starts', () => {
    const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'a' } } }];
    const c = cluster(pod('p', {}, { env }));
    const { status } = c.until('p', ({ status: each }) => each.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
    expect(status.containerStatuses?.[0]?.state?.waiting?.message).toBe('secret "s" not found');
    expect(c.events('p')).toContain('Failed: Error: secret "s" not found');
    c.apply('apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { a: hello }\n');
    c.ready('p', 60);
    expect(c.shell('p', 'echo $A')).toBe('hello');
  });

  it('modes, items and a projected volume with a token', () => {
    const volumes = [
      { name: 's', secret: { secretName: 's', defaultMode: 0o400, items: [{ key: 'a', path: 'deep/a' }, { key: 'b', path: 'b', mode: 0o640 }] } },
      { name: 'p', projected: { sources: [{ secret: { name: 's' } }, { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.name' } }] } }, { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } }] } },
    ];
    const c = cluster(
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: '1', b: '2' } },
      pod('p', { volumes }, { volumeMounts: [{ name: 's', mountPath: '/s', readOnly: true }, { name: 'p', mountPath: '/p' }] }),
    );
    c.ready('p');
    expect(c.shell('p', 'stat -L -c %a /s/deep/a /s/b; cat /s/deep/a')).toBe('400\n640\n1');
    expect(c.shell('p', 'ls /p; cat /p/labels; echo; wc -c < /p/token')).toMatch(/^a\nb\nlabels\ntoken\np\n\d{2,}$/);
    expect(c.shell('p', 'touch /s/x 2>&1')).toContain('Read-only file system');
  });

  it('a tmpfs with a size limit is full when it is full', () => {
    const c = cluster(pod('p', { volumes: [{ name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }] }, { volumeMounts: [{ name: 'v', mountPath: '/v' }] }));
    c.ready('p');
    expect(c.shell('p', 'dd if=/dev/zero of=/v/f bs=1M count=2 2>&1')).toContain('No space left on device');
  });

  it('hostPath: types are checked, files are shared by the pods of the node', () => {
    const host = (name: string, path: string, type: string): Pod => pod(name, { volumes: [{ name: 'h', hostPath: { path, type } }] }, { volumeMounts: [{ name: 'h', mountPath: '/h' }] });
    const c = cluster(host('a', '/srv/data', 'DirectoryOrCreate'), host('missing', '/srv/nothing', 'Directory'));
    c.ready('a');
    c.shell('a', 'echo shared > /h/f');
    c.apply([host('b', '/srv/data', 'Directory')]);
    c.ready('b');
    expect(c.shell('b', 'cat /h/f')).toBe('shared');
    expect(c.events('missing')).toContain('FailedMount: MountVolume.SetUp failed for volume "h" : hostPath type check failed: /srv/nothing is not a directory');
  });
});

describe('the network of a pod', () => {
  it('containers share ports: the second that listens on one crashes', () => {
    const c = cluster({
      apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' },
      spec: { containers: [{ name: 'a', image: 'nginx' }, { name: 'b', image: 'nginx' }] },
    });
    c.until('p', ({ status }) => (status.containerStatuses?.find(({ name }) => name === 'b')?.restartCount ?? 0) > 0, 60);
    expect(c.logs('p', 'container=b')).toContain('bind() to 0.0.0.0:80 failed (98: Address in use)');
    expect(c.container('p', 'a')).toMatchObject({ restartCount: 0, ready: true });
  });

  it('the host network: the node\'s address, the node\'s resolver, and ports that only one pod can have', () => {
    const host = (name: string): Pod => pod(name, { hostNetwork: true, nodeName: 'node-1' }, { image: 'nginx', command: undefined, ports: [{ containerPort: 80 }] });
    const c = new PodCluster({ disable: ['kube-scheduler'] });
    c.apply([host('one')]);
    const { status } = c.ready('one');
    expect(status.podIP).toBe(status.hostIP);
    c.apply([host('two')]);
    expect(c.phase('two', 'Failed').status.reason).toBe('NodePorts');
  });

  it('a host name and a subdomain', () => {
    const c = cluster(pod('p', { hostname: 'web', subdomain: 'shop' }));
    c.ready('p');
    expect(c.shell('p', 'hostname; grep web /etc/hosts')).toMatch(/^web\n[\d.]+\tweb\.shop\.default\.svc\.cluster\.local\tweb$/);
  });
});
