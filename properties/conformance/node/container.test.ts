/** What a container is started with and how it ends (test/e2e/common/node: containers, configmap, secrets, downwardapi, expansion, runtime). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();

/** A pod of one container that runs once. */
const once = (name: string, container: Json, spec: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { restartPolicy: 'Never', ...spec, containers: [{ name: 'test', image: IMAGES.busybox, ...container }] },
});
const SHOW = { command: ['sh', '-c', 'env'] };

describe('Containers', () => {
  conformance('Containers should use the image defaults if command and args are blank', () => cluster, (f) => {
    f.create('pods', once('entrypoint', { image: IMAGES.agnhost }));
    f.waitRunning('entrypoint');
    f.cluster.poll('it has paused', () => f.logs('entrypoint').includes('Paused'), 180);
  });
  const prints = (what: string, container: Json, expected: string): void =>
    conformance(`Containers should be able to override the image's ${what}`, () => cluster, (f) => void f.testContainerOutput(once('entrypoint', { image: IMAGES.agnhost, ...container }), 0, [expected]));
  prints('default arguments (container cmd)', { args: ['entrypoint-tester', 'override', 'arguments'] }, '[/agnhost entrypoint-tester override arguments]');
  prints('default command (container entrypoint)', { command: ['/agnhost-2', 'entrypoint-tester'] }, '[/agnhost-2 entrypoint-tester]');
  prints('default command and arguments', { command: ['/agnhost-2'], args: ['entrypoint-tester', 'override', 'arguments'] }, '[/agnhost-2 entrypoint-tester override arguments]');
});

/** Config maps and secrets are tested alike. */
describe.each([
  { kind: 'ConfigMap', resource: 'configmaps', value: 'value-1', ref: (name: string) => ({ configMapRef: { name } }), keyRef: (name: string) => ({ configMapKeyRef: { name, key: 'data-1' } }) },
  { kind: 'Secret', resource: 'secrets', value: 'dmFsdWUtMQ==', ref: (name: string) => ({ secretRef: { name } }), keyRef: (name: string) => ({ secretKeyRef: { name, key: 'data-1' } }) },
])('$kind', ({ kind, resource, value, ref, keyRef }) => {
  const title = kind === 'Secret' ? 'Secrets' : kind;
  const object = (name: string, data: Json): Json => ({ apiVersion: 'v1', kind, metadata: { name }, data });

  conformance(`${title} should be consumable ${kind === 'Secret' ? 'from pods in env vars' : 'via environment variable'}`, () => cluster, (f) => {
    f.create(resource, object('object', { 'data-1': value }));
    f.testContainerOutput(once('pod', { ...SHOW, env: [{ name: 'THE_DATA', valueFrom: keyRef('object') }] }), 0, ['THE_DATA=value-1']);
  });
  conformance(`${title} should be consumable via the environment`, () => cluster, (f) => {
    f.create(resource, object('object', { data_1: value, data_2: value, data_3: value }));
    const envFrom = [ref('object'), { prefix: 'p_', ...ref('object') }];
    f.testContainerOutput(once('pod', { ...SHOW, envFrom }), 0, ['data_1=value-1', 'data_2=value-1', 'data_3=value-1', 'p_data_1=value-1', 'p_data_2=value-1', 'p_data_3=value-1']);
  });
  conformance(`${title} should fail to create ${kind === 'Secret' ? 'secret due to empty secret key' : 'ConfigMap with empty key'}`, () => cluster, (f) => {
    expect(f.try('POST', f.path(resource), object('object', { '': value })).code).toBe(422);
  });
  conformance(kind === 'Secret' ? 'Secrets should patch a secret' : 'ConfigMap should run through a ConfigMap lifecycle', () => cluster, (f) => {
    const label = { [`${kind}-static`]: f.namespace };
    const watched = f.cluster.watch(f.path(resource));
    f.create(resource, { ...object('object', { key: value }), metadata: { name: 'object', labels: label } });
    f.cluster.poll('it was added', () => watched.some(({ type, object: each }) => type === 'ADDED' && each.metadata.name === 'object'));
    f.patch(resource, 'object', { metadata: { labels: { testconstant: 'true' } }, data: { key: 'dmFsdWUx' } });
    expect(f.get(resource, 'object')).toMatchObject({ metadata: { labels: { ...label, testconstant: 'true' } }, data: { key: 'dmFsdWUx' } });
    const selector = `labelSelector=${kind}-static%3D${f.namespace}`;
    expect(f.must('GET', `/api/v1/${resource}?${selector}`).items).toHaveLength(1);
    f.deleteCollection(resource, selector);
    f.cluster.poll('it was deleted', () => watched.some(({ type, object: each }) => type === 'DELETED' && each.metadata.name === 'object'));
    expect(f.must('GET', `/api/v1/${resource}?${selector}`).items).toHaveLength(0);
  });
});

describe('ConfigMap', () => {
  conformance('ConfigMap should update ConfigMap successfully', () => cluster, (f) => {
    f.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'object' }, data: { 'data-1': 'value-1', 'data-2': 'value-2', 'data-3': 'value-3' } });
    f.update('configmaps', 'object', (object) => {
      object.data = { data: 'value' };
    });
    expect(f.get('configmaps', 'object').data).toEqual({ data: 'value' });
  });
});

describe('Downward API', () => {
  const field = (name: string, fieldPath: string): Json => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });
  const resource = (name: string, what: string): Json => ({ name, valueFrom: { resourceFieldRef: { resource: what } } });
  const shows = (what: string, env: Json[], expected: RegExp[], container: Json = {}): void =>
    conformance(`Downward API should provide ${what}`, () => cluster, (f) => void f.testContainerOutput(once('downward', { ...SHOW, env, ...container }), 0, expected));
  shows('pod name, namespace and IP address as env vars', [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace'), field('POD_IP', 'status.podIP')],
    [/POD_NAME=downward/, /POD_NAMESPACE=e2e-\d+/, /POD_IP=(?:\d+)\.(?:\d+)\.(?:\d+)\.(?:\d+)/]);
  shows('host IP as an env var', [field('HOST_IP', 'status.hostIP')], [/HOST_IP=(?:\d+)\.(?:\d+)\.(?:\d+)\.(?:\d+)/]);
  shows('hostIPs as an env var', [field('HOST_IP', 'status.hostIP'), field('HOST_IPS', 'status.hostIPs')], [/HOST_IP=(?:\d+)\.(?:\d+)\.(?:\d+)\.(?:\d+)/, /HOST_IPS=(?:\d+)\.(?:\d+)\.(?:\d+)\.(?:\d+)/]);
  shows('pod UID as env vars', [field('POD_UID', 'metadata.uid')], [/POD_UID=[a-z0-9]{8}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{12}/]);
  const limits = [resource('CPU_LIMIT', 'limits.cpu'), resource('MEMORY_LIMIT', 'limits.memory')];
  const requests = [resource('CPU_REQUEST', 'requests.cpu'), resource('MEMORY_REQUEST', 'requests.memory')];
  shows("container's limits.cpu/memory and requests.cpu/memory as env vars", [...limits, ...requests], [/CPU_LIMIT=2/, /MEMORY_LIMIT=67108864/, /CPU_REQUEST=1/, /MEMORY_REQUEST=33554432/],
    { resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } } });
  shows('default limits.cpu/memory from node allocatable', limits, [/CPU_LIMIT=[1-9]/, /MEMORY_LIMIT=[1-9]/]);
});

describe('Variable Expansion', () => {
  const title = (what: string): string => `Variable Expansion should ${what}`;
  conformance(title('allow composing env vars into new env vars'), () => cluster, (f) => {
    const env = [{ name: 'FOO', value: 'foo-value' }, { name: 'BAR', value: 'bar-value' }, { name: 'FOOBAR', value: '$(FOO);;$(BAR)' }];
    f.testContainerOutput(once('pod', { ...SHOW, env }), 0, ['FOO=foo-value', 'BAR=bar-value', 'FOOBAR=foo-value;;bar-value']);
  });
  const env = [{ name: 'TEST_VAR', value: 'test-value' }];
  conformance(title("allow substituting values in a container's command"), () => cluster, (f) => void f.testContainerOutput(once('pod', { command: ['sh', '-c', 'TEST_VAR=wrong echo "$(TEST_VAR)"'], env }), 0, ['test-value']));
  conformance(title("allow substituting values in a container's args"), () => cluster, (f) => void f.testContainerOutput(once('pod', { command: ['sh', '-c'], args: ['TEST_VAR=wrong echo "$(TEST_VAR)"'], env }), 0, ['test-value']));

  const workdir = { volumes: [{ name: 'workdir1', emptyDir: {} }] };
  const mounts = (subPathExpr: string): Json => ({ volumeMounts: [{ name: 'workdir1', mountPath: '/logscontainer', subPathExpr }, { name: 'workdir1', mountPath: '/testcontainer' }] });
  conformance(title('allow substituting values in a volume subpath'), () => cluster, (f) => {
    const container = { command: ['sh', '-c', 'test -d /testcontainer/foo;echo $?'], env: [{ name: 'POD_NAME', value: 'foo' }], ...mounts('$(POD_NAME)') };
    f.testContainerOutput(once('pod', container, workdir), 0, ['0']);
  });
  for (const [what, value] of [['backticks', '..'], ['absolute path', '/tmp']]) {
    conformance(title(`fail substituting values in a volume subpath with ${what}`), () => cluster, (f) => {
      f.create('pods', once('pod', { ...SHOW, env: [{ name: 'POD_NAME', value }], ...mounts('$(POD_NAME)') }, workdir));
      f.cluster.sleep(120);
      expect(f.get('pods', 'pod').status).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'CreateContainerConfigError' } } }] });
      f.deleteSync('pod', {});
    });
  }
  const annotated = (f: Framework, annotation: string): Json => {
    const env_ = [{ name: 'POD_NAME', value: 'foo' }, { name: 'ANNOTATION', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['mysubpath']" } } }];
    const volumeMounts = [{ name: 'workdir1', mountPath: '/subpath_mount', subPathExpr: '$(ANNOTATION)/$(POD_NAME)' }, { name: 'workdir1', mountPath: '/volume_mount' }];
    return once('pod', { command: ['sh', '-c', 'trap exit TERM; while true; do sleep 1; done'], env: env_, volumeMounts }, workdir, { namespace: f.namespace, annotations: { [annotation]: 'mypath' } });
  };
  conformance(title('verify that a failing subpath expansion can be modified during the lifecycle of a container'), () => cluster, (f) => {
    f.create('pods', annotated(f, 'notmysubpath'));
    f.waitPod('pod', 'fails', ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError', 120);
    f.update('pods', 'pod', (pod) => {
      pod.metadata.annotations['mysubpath'] = 'mypath';
    });
    f.waitRunning('pod');
    f.deleteSync('pod', {});
  });
  conformance(title('succeed in writing subpaths in container'), () => cluster, (f) => {
    f.createSync(annotated(f, 'mysubpath'));
    f.shell('pod', 'touch /volume_mount/mypath/foo/test.log');
    f.shell('pod', 'test -f /subpath_mount/test.log');
    f.update('pods', 'pod', (pod) => {
      pod.metadata.annotations['mysubpath'] = 'mynewpath';
    });
    f.waitRunning('pod');
    f.deleteSync('pod', {});
  });
});

describe('Container Runtime', () => {
  conformance('Container Runtime blackbox test when starting a container that exits should run with the expected status', () => cluster, (f) => {
    const script = `
f=/restart-count/restartCount
count=$(echo 'hello' >> $f ; wc -l $f | awk {'print $1'})
if [ $count -eq 1 ]; then
	exit 1
fi
if [ $count -eq 2 ]; then
	exit 0
fi
while true; do sleep 1; done
`;
    const cases = [['Always', 'Running', 2, 'running', 'True'], ['OnFailure', 'Succeeded', 1, 'terminated', 'False'], ['Never', 'Failed', 0, 'terminated', 'False']] as const;
    for (const [restartPolicy, phase, restarts, state, ready] of cases) {
      const name = `terminate-cmd-${restartPolicy.toLowerCase()}`;
      const container = { command: ['sh', '-c', script], volumeMounts: [{ name: 'restart-count', mountPath: '/restart-count' }] };
      f.create('pods', once(name, container, { restartPolicy, volumes: [{ name: 'restart-count', emptyDir: { medium: 'Memory' } }] }));
      const { status } = f.waitPod(name, 'gets there', (pod) => pod.status.phase === phase && (pod.status.containerStatuses?.[0]?.restartCount ?? 0) === restarts && pod.status.containerStatuses[0].state[state] !== undefined);
      expect(status.conditions.find((each: Json) => each.type === 'Ready').status).toBe(ready);
      f.deleteSync(name, { gracePeriodSeconds: 0 });
    }
  });

  const says = (what: string, script: string, message: string, phase: string, container: Json): void =>
    conformance(`Container Runtime blackbox test on terminated container should report termination message ${what}`, () => cluster, (f) => {
      f.create('pods', once('termination', { command: ['/bin/sh', '-c'], args: [script], ...container }));
      const { status } = f.waitPod('termination', 'ends', (pod) => pod.status.phase === phase);
      expect(status.containerStatuses[0].state.terminated.message ?? '').toBe(message);
    });
  const fallback = { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'FallbackToLogsOnError' };
  says('if TerminationMessagePath is set as non-root user and at a non-default path', '/bin/echo -n DONE > /dev/termination-custom-log', 'DONE', 'Succeeded', { terminationMessagePath: '/dev/termination-custom-log', securityContext: { runAsUser: 10000 } });
  says('from log output if TerminationMessagePolicy FallbackToLogsOnError is set', '/bin/echo -n DONE; /bin/false', 'DONE', 'Failed', fallback);
  says('as empty when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set', '/bin/echo DONE; /bin/true', '', 'Succeeded', fallback);
  says('from file when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError is set', '/bin/echo -n OK > /dev/termination-log; /bin/echo DONE; /bin/true', 'OK', 'Succeeded', fallback);
});

describe('Kubelet', () => {
  conformance('Kubelet when scheduling a busybox command in a pod should print the output to logs', () => cluster, (f) => {
    f.create('pods', once('busybox', { command: ['sh', '-c', "echo 'Hello World' ; sleep 240"] }));
    f.cluster.poll('the log', () => f.try('GET', `${f.path('pods', 'busybox')}/log`).body === 'Hello World\n', 60);
  });
  conformance('Kubelet when scheduling a busybox command that always fails in a pod should have an terminated reason', () => cluster, (f) => {
    f.create('pods', once('bin-false', { command: ['/bin/false'] }, { restartPolicy: 'Always' }));
    f.cluster.poll('it has ended', () => {
      const status = f.get('pods', 'bin-false').status.containerStatuses?.[0];
      const ended = status?.state.terminated ?? status?.lastState?.terminated;
      return ended !== undefined && ended.exitCode !== 0 && ended.reason === 'Error';
    }, 60);
  });
  conformance('Kubelet when scheduling a busybox command that always fails in a pod should be possible to delete', () => cluster, (f) => {
    f.create('pods', once('bin-false', { command: ['/bin/false'] }, { restartPolicy: 'Always' }));
    f.deleteSync('bin-false', {});
  });
  conformance('Kubelet when scheduling an agnhost Pod with hostAliases should write entries to /etc/hosts', () => cluster, (f) => {
    f.create('pods', once('host-aliases', { image: IMAGES.agnhost, args: ['etc-hosts'] }, { restartPolicy: 'Always', hostAliases: [{ ip: '123.45.67.89', hostnames: ['foo', 'bar'] }] }));
    f.cluster.poll('the entry', () => f.try('GET', `${f.path('pods', 'host-aliases')}/log`).body?.includes?.('123.45.67.89\tfoo\tbar'), 60);
  });
  conformance('Kubelet when scheduling a read only busybox container should not write to root filesystem', () => cluster, (f) => {
    f.createSyncRunning(once('readonly', { command: ['/bin/sh', '-c', 'echo test > /file; sleep 240'], securityContext: { readOnlyRootFilesystem: true } }));
    f.cluster.poll('the refusal', () => f.logs('readonly') === "/bin/sh: can't create /file: Read-only file system\n", 60);
  });
});

describe('KubeletManagedEtcHosts', () => {
  conformance('KubeletManagedEtcHosts should test kubelet managed /etc/hosts file', () => cluster, (f) => {
    const container = (name: string, mountPaths: readonly string[]): Json => ({ name, image: IMAGES.agnhost, command: ['sleep', '900'], volumeMounts: mountPaths.map((mountPath) => ({ name: 'host-etc-hosts', mountPath })) });
    const volumes = [{ name: 'host-etc-hosts', hostPath: { path: '/etc/hosts', type: 'FileOrCreate' } }];
    f.createSync(f.pod('test-pod', { volumes, containers: [container('busybox-1', ['/etc/hosts-original']), container('busybox-2', ['/etc/hosts-original']), container('busybox-3', ['/etc/hosts', '/etc/hosts-original'])] }));
    f.createSync(f.pod('test-host-network-pod', { hostNetwork: true, volumes, containers: [container('busybox-1', ['/etc/hosts-original']), container('busybox-2', ['/etc/hosts-original'])] }));
    const hosts = (pod: string, name: string, file = '/etc/hosts'): string => f.shell(pod, `cat ${file}`, name);
    const header = '# Kubernetes-managed hosts file.';
    const original = hosts('test-pod', 'busybox-1', '/etc/hosts-original');
    expect(original).not.toBe('');
    expect(original).not.toContain(header);
    for (const name of ['busybox-1', 'busybox-2']) expect(hosts('test-pod', name)).toContain(header);
    expect(hosts('test-pod', 'busybox-3')).not.toContain(header);
    expect(hosts('test-pod', 'busybox-3')).toBe(hosts('test-pod', 'busybox-3', '/etc/hosts-original'));
    for (const name of ['busybox-1', 'busybox-2']) expect(hosts('test-host-network-pod', name)).not.toContain(header);
  }, 'privileged');
});
