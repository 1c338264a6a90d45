/**
 * The pod examples of the Kubernetes documentation, as they are written there, do what the documentation says they do.
 */
import { describe, expect, it } from 'vitest';
import { example, PodCluster } from './pod-cluster.ts';

const applied = (...names: readonly string[]): PodCluster => {
  const cluster = new PodCluster();
  for (const name of names) cluster.apply(example(`pods/${name}.yaml`));
  return cluster;
};

describe('probes', () => {
  it('exec liveness: within the first 30 seconds no probe fails; after 35 one has; then the container is restarted', () => {
    const cluster = applied('exec-liveness');
    cluster.ready('liveness-exec');
    cluster.run(25);
    expect(cluster.events('liveness-exec').filter((event) => event.startsWith('Unhealthy'))).toEqual([]);
    cluster.until('liveness-exec', ({ status }) => status.containerStatuses?.[0]?.restartCount === 1, 120);
    const events = cluster.events('liveness-exec');
    expect(events).toContain("Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory\n");
    expect(events).toContain('Killing: Container liveness failed liveness probe, will be restarted');
  });

  it('HTTP liveness: after ten seconds the handler fails, and the kubelet restarts the container', () => {
    const cluster = applied('http-liveness');
    const pod = cluster.until('liveness-http', ({ status }) => status.containerStatuses?.[0]?.restartCount === 1, 60);
    expect(pod.status.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(2);
    expect(cluster.events('liveness-http')).toContain('Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500');
  });

  it('TCP liveness and readiness: ready after 15 seconds', () => {
    const cluster = applied('tcp-liveness-readiness');
    const pod = cluster.ready('goproxy');
    const started = Date.parse(String(pod.status.containerStatuses?.[0]?.state?.running?.startedAt));
    const ready = Date.parse(String(pod.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime));
    expect((ready - started) / 1000).toBeGreaterThanOrEqual(15);
    expect((ready - started) / 1000).toBeLessThanOrEqual(26);
  });

  it('gRPC liveness: etcd answers, the container is not restarted', () => {
    const cluster = applied('grpc-liveness');
    cluster.ready('etcd-with-grpc');
    cluster.run(60);
    expect(cluster.container('etcd-with-grpc')).toMatchObject({ restartCount: 0, ready: true });
    expect(cluster.events('etcd-with-grpc').some((event) => event.startsWith('Unhealthy'))).toBe(false);
  });

  it('startup probe: a slow start is no reason to restart', () => {
    const cluster = applied('startup-probe');
    cluster.until('slow-starter', ({ status }) => status.containerStatuses?.[0]?.state?.running !== undefined);
    expect(cluster.container('slow-starter').started).toBe(false);
    cluster.ready('slow-starter', 120);
    cluster.run(60);
    expect(cluster.container('slow-starter')).toMatchObject({ restartCount: 0, started: true, ready: true });
    expect(cluster.events('slow-starter').filter((event) => event.includes('Startup probe failed')).length).toBeGreaterThan(0);
  });
});

describe('init containers and sidecars', () => {
  it('init containers wait for their Services, one after the other', () => {
    const cluster = applied('init-containers');
    cluster.until('myapp-pod', ({ status }) => status.initContainerStatuses?.[0]?.state?.running !== undefined);
    cluster.run(10);
    const pod = cluster.pod('myapp-pod');
    expect(pod.status.phase).toBe('Pending');
    expect(pod.status.initContainerStatuses?.[1]?.state?.waiting?.reason).toBe('PodInitializing');
    expect(pod.status.conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [init-myservice init-mydb]' });
    expect(cluster.logs('myapp-pod', 'container=init-myservice')).toContain('waiting for myservice');
    cluster.apply(example('pods/services.yaml'));
    cluster.ready('myapp-pod', 90);
    expect(cluster.logs('myapp-pod', 'container=myapp-container')).toBe('The app is running!\n');
  });

  it('a sidecar starts before the main container and ships its log', () => {
    const cluster = applied('deployment-sidecar');
    cluster.run(20);
    const [name = ''] = cluster.named('myapp-');
    const pod = cluster.ready(name);
    const [sidecar] = pod.status.initContainerStatuses ?? [];
    const [main] = pod.status.containerStatuses ?? [];
    expect(Date.parse(String(sidecar?.state?.running?.startedAt))).toBeLessThanOrEqual(Date.parse(String(main?.state?.running?.startedAt)));
    cluster.run(5);
    expect(cluster.logs(name, 'container=logshipper&tailLines=1')).toBe('logging\n');
  });

  it('a sidecar does not prevent a Job from completing', () => {
    const cluster = applied('job-sidecar');
    const done = cluster.simulation.runUntil((simulation) => (simulation.get('jobs', 'default', 'myjob')?.['status'].succeeded ?? 0) === 1, 120_000_000);
    expect(done).toBe(true);
    const [name = ''] = cluster.named('myjob-');
    expect(cluster.pod(name).status.phase).toBe('Succeeded');
    expect(cluster.logs(name, 'container=logshipper')).toContain('logging');
  });
});

describe('volumes', () => {
  it('two containers share a volume: nginx serves what the other one wrote', () => {
    const cluster = applied('two-container-pod');
    const pod = cluster.until('two-containers', ({ status }) => (status.containerStatuses ?? []).some(({ state }) => state?.terminated !== undefined));
    expect(pod.status.containerStatuses?.find(({ name }) => name === 'debian-container')?.state?.terminated).toMatchObject({ reason: 'Completed', exitCode: 0 });
    expect(cluster.shell('two-containers', 'curl -s localhost', 'nginx-container')).toBe('Hello from the debian container');
  });

  it('redis: a file in an emptyDir is still there after the container was killed', () => {
    const cluster = applied('redis');
    cluster.ready('redis');
    cluster.shell('redis', 'cd /data/redis/; echo Hello > test-file; echo lost > /data/other');
    expect(cluster.shell('redis', 'ps aux | grep redis-server')).toContain('redis-server');
    cluster.exec('redis', ['kill', '1']);
    cluster.until('redis', ({ status }) => status.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready);
    expect(cluster.shell('redis', 'cat /data/redis/test-file')).toBe('Hello');
    expect(cluster.exec('redis', ['cat', '/data/other']).exitCode).toBe(1);
  });

  it('two streaming sidecars show two files', () => {
    const cluster = applied('counter');
    cluster.ready('counter');
    cluster.run(5);
    expect(cluster.logs('counter', 'container=count-log-1')).toMatch(/^0: Wed Jan +1 00:00:\d\d UTC 2025\n1: /);
    expect(cluster.logs('counter', 'container=count-log-2')).toMatch(/^Wed Jan +1 00:00:\d\d UTC 2025 INFO 0\n/);
  });
});

describe('configuration', () => {
  it('ConfigMap: environment, command line, volume, one key', () => {
    const cluster = applied('configmap');
    for (const name of ['configmap-env', 'configmap-command', 'configmap-volume', 'configmap-key']) cluster.phase(name, 'Succeeded');
    expect(cluster.logs('configmap-env')).toMatch(/^SPECIAL_LEVEL=very$/m);
    expect(cluster.logs('configmap-env')).toMatch(/^SPECIAL_TYPE=charm$/m);
    expect(cluster.logs('configmap-command')).toBe('very charm\n');
    expect(cluster.logs('configmap-volume')).toBe('SPECIAL_LEVEL\nSPECIAL_TYPE\n');
    expect(cluster.logs('configmap-key')).toBe('very');
  });

  it('a mounted ConfigMap follows its object', () => {
    const cluster = applied('configmap-update');
    cluster.run(30);
    const [name = ''] = cluster.named('configmap-volume-');
    expect(cluster.logs(name, 'tailLines=1')).toMatch(/My preferred sport is football\n$/);
    cluster.apply('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: sport }\ndata: { sport: cricket }\n');
    cluster.run(110);
    for (const each of cluster.named('configmap-volume-')) {
      expect(cluster.logs(each, 'tailLines=1')).toMatch(/My preferred sport is cricket\n$/);
      expect(cluster.container(each).restartCount).toBe(0);
    }
  });

  it('Secret: files and environment', () => {
    const cluster = applied('secret');
    cluster.ready('secret-test-pod');
    cluster.ready('env-single-secret');
    expect(cluster.shell('secret-test-pod', 'ls /etc/secret-volume')).toBe('password\nusername');
    expect(cluster.shell('secret-test-pod', 'echo "$( cat /etc/secret-volume/username )"; echo "$( cat /etc/secret-volume/password )"')).toBe('my-app\n39528$vdg7Jb');
    expect(cluster.shell('env-single-secret', 'echo $SECRET_USERNAME')).toBe('my-app');
  });

  it('downward API: environment', () => {
    const cluster = applied('downward-env');
    const pod = cluster.ready('dapi-envars-fieldref');
    cluster.ready('dapi-envars-resourcefieldref');
    cluster.run(1);
    expect(cluster.logs('dapi-envars-fieldref', 'tailLines=6')).toBe(`\nnode-1\ndapi-envars-fieldref\ndefault\n${pod.status.podIP}\ndefault\n`);
    expect(cluster.logs('dapi-envars-resourcefieldref', 'tailLines=5')).toBe('\n1\n1\n33554432\n67108864\n');
  });

  it('downward API: volume, which follows the labels', () => {
    const cluster = applied('downward-volume');
    const name = 'kubernetes-downwardapi-volume-example';
    cluster.ready(name);
    cluster.run(1);
    expect(cluster.logs(name)).toContain('cluster="test-cluster1"\nrack="rack-22"\nzone="us-est-coast"');
    expect(cluster.logs(name)).toContain('build="two"\nbuilder="john-doe"');
    expect(cluster.shell(name, 'ls -la /etc/podinfo')).toMatch(/\.\.data -> \.\.\d/);
    expect(cluster.shell(name, 'ls -la /etc/podinfo')).toMatch(/labels -> \.\.data\/labels/);
    cluster.request('PATCH', `/api/v1/namespaces/default/pods/${name}`, { metadata: { labels: { rack: 'rack-23' } } }, 'application/merge-patch+json');
    cluster.run(100);
    expect(cluster.shell(name, 'cat /etc/podinfo/labels')).toContain('rack="rack-23"');
  });

  it('a command with arguments sees the environment', () => {
    const cluster = applied('commands');
    cluster.phase('command-demo', 'Succeeded');
    expect(cluster.logs('command-demo')).toBe('command-demo\ntcp://10.96.0.1:443\n');
  });
});

describe('ends', () => {
  it('CronJob hello: one Job a minute, which says hello', () => {
    const cluster = applied('cronjob');
    cluster.run(130);
    const pods = cluster.named('hello-');
    expect(pods).toHaveLength(2);
    expect(cluster.logs(pods[0] ?? '')).toMatch(/^Wed Jan +1 00:01:\d\d UTC 2025\nHello from the Kubernetes cluster\n$/);
  });

  it('Job pi: prints pi to 2000 places', () => {
    const cluster = applied('job-pi');
    cluster.run(30);
    const [name = ''] = cluster.named('pi-');
    expect(cluster.logs(name)).toMatch(/^3\.141592653589793238462643\d{1974,}\n$/);
    expect(cluster.simulation.get('jobs', 'default', 'pi')?.['status'].succeeded).toBe(1);
  });

  it('Job back-off: 10, 20, 40 seconds between the pods, then BackoffLimitExceeded', () => {
    const cluster = applied('job-backoff');
    cluster.run(150);
    const job = cluster.simulation.get('jobs', 'default', 'always-fails');
    expect(job?.['status'].conditions.find(({ type }: { type: string }) => type === 'Failed')).toMatchObject({ reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' });
    const created = cluster.named('always-fails-').map((name) => Date.parse(String(cluster.pod(name).metadata.creationTimestamp)) / 1000).sort((a, b) => a - b);
    const ended = cluster.named('always-fails-').map((name) => Date.parse(String(cluster.container(name).state?.terminated?.finishedAt)) / 1000).sort((a, b) => a - b);
    expect(created).toHaveLength(4);
    for (const [index, wait] of [10, 20, 40].entries()) {
      const waited = (created[index + 1] ?? 0) - (ended[index] ?? 0);
      expect(waited).toBeGreaterThanOrEqual(wait);
      expect(waited).toBeLessThanOrEqual(wait + 5);
    }
  });

  it('postStart and preStop handlers run', () => {
    const cluster = applied('lifecycle-events');
    cluster.ready('lifecycle-demo');
    expect(cluster.shell('lifecycle-demo', 'cat /usr/share/message')).toBe('Hello from the postStart handler');
    const from = cluster.seconds;
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/lifecycle-demo');
    cluster.gone('lifecycle-demo');
    expect(cluster.events('lifecycle-demo')).toContain('Killing: Stopping container lifecycle-demo-container');
    // nginx quits at once, long before the grace period of 30 seconds.
    expect(cluster.seconds - from).toBeLessThan(10);
  });

  it('a termination message', () => {
    const cluster = applied('termination');
    const pod = cluster.until('termination-demo', ({ status }) => status.containerStatuses?.[0]?.lastState?.terminated !== undefined || status.containerStatuses?.[0]?.state?.terminated !== undefined);
    const { state, lastState } = pod.status.containerStatuses?.[0] ?? {};
    expect((state?.terminated ?? lastState?.terminated)?.message).toBe('Sleep expired\n');
  });

  it('beyond its memory limit: OOMKilled, restarted, back-off', () => {
    const cluster = applied('memory-limit');
    const pod = cluster.until('memory-demo-2', ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    const { state, lastState } = pod.status.containerStatuses?.[0] ?? {};
    expect(state?.terminated ?? lastState?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
    cluster.until('memory-demo-2', ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(cluster.events('memory-demo-2').some((event) => event.startsWith('BackOff: Back-off restarting failed container memory-demo-2-ctr'))).toBe(true);
  });
});

describe('identity and names', () => {
  it('security context: users and groups of processes and files', () => {
    const cluster = applied('security-context');
    cluster.ready('security-context-demo');
    expect(cluster.shell('security-context-demo', 'id')).toBe('uid=1000 gid=3000 groups=2000,3000,4000');
    expect(cluster.shell('security-context-demo', 'ps')).toContain('sleep 1h');
    cluster.shell('security-context-demo', 'cd /data/demo; echo hello > testfile');
    expect(cluster.shell('security-context-demo', 'ls -l /data')).toMatch(/^drwxrwsrwx .* root +2000 .* demo$/m);
    expect(cluster.shell('security-context-demo', 'ls -l /data/demo')).toMatch(/^-rw-r--r-- +1 1000 +2000 +6 .* testfile$/m);
  });

  it('hostAliases: lines at the end of /etc/hosts', () => {
    const cluster = applied('hostaliases');
    const pod = cluster.phase('hostaliases-pod', 'Succeeded');
    expect(cluster.logs('hostaliases-pod')).toBe(
      `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n${pod.status.podIP}\thostaliases-pod\n\n# Entries added by HostAliases.\n127.0.0.1\tfoo.local\tbar.local\n10.1.2.3\tfoo.remote\tbar.remote\n`,
    );
  });

  it('a DNS configuration of its own', () => {
    const cluster = applied('custom-dns');
    cluster.ready('dns-example');
    expect(cluster.shell('dns-example', 'cat /etc/resolv.conf')).toBe('search ns1.svc.cluster-domain.example my.dns.search.suffix\nnameserver 192.0.2.1\noptions ndots:2 edns0');
  });

  it('a shared process namespace: the shell sees nginx and can signal it', () => {
    const cluster = applied('share-process-namespace');
    cluster.ready('nginx');
    const shown = cluster.shell('nginx', 'ps', 'shell');
    expect(shown).toMatch(/^ +1 65535 .*\/pause$/m);
    expect(shown).toContain('nginx');
    expect(shown).toContain('sleep 3600');
  });
});
