/** Pods, their templates, leases and nodes as objects, and taints that evict (test/e2e/common/node: pods, podtemplates, lease, init_container, ephemeral_containers; test/e2e/node). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { condition, conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const MERGE = { contentType: 'application/merge-patch+json' };
const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' };
const busybox = (command: readonly string[]): Json => ({ name: 'test', image: IMAGES.busybox, command });

describe('Pods', () => {
  conformance('Pods should get a host IP', () => cluster, (f) => {
    f.createSync(f.pod('pod-hostip', { containers: [{ name: 'test', image: IMAGES.pause }] }));
    expect(f.get('pods', 'pod-hostip').status.hostIP).not.toBe('');
  });

  conformance('Pods should be submitted and removed', () => cluster, (f) => {
    const selector = `labelSelector=time%3D${f.namespace}`;
    expect(f.list('pods', selector)).toHaveLength(0);
    const watched = f.cluster.watch(`${f.path('pods')}?${selector}`);
    f.create('pods', f.pod('pod-submit-remove', { containers: [{ name: 'nginx', image: IMAGES.nginx }] }, { labels: { name: 'foo', time: f.namespace } }));
    expect(f.list('pods', selector)).toHaveLength(1);
    f.cluster.poll('the creation was seen', () => watched[0]?.type === 'ADDED');
    f.waitRunning('pod-submit-remove');
    f.delete('pods', 'pod-submit-remove', { gracePeriodSeconds: 30 });
    const deleted = f.cluster.poll('the deletion was seen', () => watched.find(({ type }) => type === 'DELETED'), 180);
    expect(deleted.object.metadata.deletionTimestamp).toBeDefined();
    expect((deleted.object as Json).spec.terminationGracePeriodSeconds).not.toBe(0);
    expect(f.list('pods', selector)).toHaveLength(0);
  });

  conformance('Pods should be updated', () => cluster, (f) => {
    f.createSync(f.pod('pod-update', { containers: [{ name: 'nginx', image: IMAGES.nginx }] }, { labels: { name: 'foo', time: 'before' } }));
    expect(f.list('pods', 'labelSelector=time%3Dbefore')).toHaveLength(1);
    f.update('pods', 'pod-update', (pod) => {
      pod.metadata.labels.time = 'after';
    });
    f.waitRunning('pod-update');
    expect(f.list('pods', 'labelSelector=time%3Dafter')).toHaveLength(1);
  });

  conformance('Pods should allow activeDeadlineSeconds to be updated', () => cluster, (f) => {
    f.createSync(f.pod('pod-deadline', { containers: [{ name: 'nginx', image: IMAGES.nginx }] }));
    f.update('pods', 'pod-deadline', (pod) => {
      pod.spec.activeDeadlineSeconds = 5;
    });
    f.waitPod('pod-deadline', 'has failed', ({ status }) => status.phase === 'Failed' && status.reason === 'DeadlineExceeded');
  });

  conformance('Pods should contain environment variables for services', () => cluster, (f) => {
    f.createSync(f.pod('server-envvars', { containers: [{ name: 'srv', image: IMAGES.agnhost, args: ['serve-hostname'], ports: [{ containerPort: 9376 }] }] }, { labels: { name: 'server-envvars' } }));
    f.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'fooservice' }, spec: { ports: [{ port: 8765, targetPort: 8080 }], selector: { name: 'server-envvars' } } });
    f.cluster.sleep(2);
    const variables = ['SERVICE_HOST', 'SERVICE_PORT', 'PORT', 'PORT_8765_TCP_PORT', 'PORT_8765_TCP_PROTO', 'PORT_8765_TCP', 'PORT_8765_TCP_ADDR'];
    f.testContainerOutput(f.pod('client-envvars', { restartPolicy: 'Never', containers: [busybox(['sh', '-c', 'env'])] }), 0, variables.map((name) => `FOOSERVICE_${name}=`));
  });

  conformance('Pods should delete a collection of pods', () => cluster, (f) => {
    const names = ['test-pod-1', 'test-pod-2', 'test-pod-3'];
    for (const name of names) f.create('pods', f.pod(name, { terminationGracePeriodSeconds: 1, restartPolicy: 'Never', containers: [{ name: 'token-test', image: IMAGES.agnhost }] }, { labels: { type: 'Testing' } }));
    for (const name of names) f.waitReady(name);
    f.must('DELETE', `${f.path('pods')}?labelSelector=type%3DTesting`, { gracePeriodSeconds: 1 });
    f.cluster.poll('none is left', () => f.list('pods', 'labelSelector=type%3DTesting').length === 0, 60);
  });

  conformance('Pods should run through the lifecycle of Pods and PodStatus', () => cluster, (f) => {
    const watched = f.cluster.watch(`${f.path('pods')}?labelSelector=test-pod-static%3Dtrue`);
    f.create('pods', f.pod('pod-test', { terminationGracePeriodSeconds: 1, containers: [{ name: 'pod-test', image: IMAGES.agnhost }] }, { labels: { 'test-pod-static': 'true' } }));
    f.cluster.poll('it runs', () => watched.some(({ object }) => (object as Json).status.phase === 'Running'));
    f.patch('pods', 'pod-test', { metadata: { labels: { 'test-pod': 'patched' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'pod-test', image: IMAGES.httpd }] } });
    f.cluster.poll('the patch was seen', () => watched.some(({ type, object }) => type === 'MODIFIED' && object.metadata.labels?.['test-pod'] === 'patched'));
    const patched = f.get('pods', 'pod-test');
    expect(patched.metadata.labels['test-pod']).toBe('patched');
    expect(patched.spec.containers[0].image).toBe(IMAGES.httpd);
    const isReady = ({ type, status }: Json): boolean => (type === 'Ready' || type === 'ContainersReady') && status === 'True';
    const replaced = ((): Json => {
      for (let tries = 0; tries < 5; tries++) {
        const pod = structuredClone(f.must('GET', `${f.path('pods', 'pod-test')}/status`));
        expect(pod.status.conditions.filter(isReady)).toHaveLength(2);
        for (const each of pod.status.conditions) if (isReady(each)) each.status = 'False';
        const { code, body } = f.try('PUT', `${f.path('pods', 'pod-test')}/status`, pod);
        if (code === 200) return body;
      }
      throw new Error('conflicts');
    })();
    expect(replaced.status.conditions.filter(({ type, status }: Json) => (type === 'Ready' || type === 'ContainersReady') && status === 'False')).toHaveLength(2);
    f.must('DELETE', `${f.path('pods')}?labelSelector=test-pod-static%3Dtrue`, { gracePeriodSeconds: 1 });
    f.cluster.poll('the deletion was seen', () => watched.some(({ type }) => type === 'DELETED'), 60);
    expect(f.try('GET', f.path('pods', 'pod-test')).code).toBe(404);
  });

  conformance('Pods should patch a pod status', () => cluster, (f) => {
    f.createSync(f.pod('pod-status', { terminationGracePeriodSeconds: 1, containers: [{ name: 'agnhost', image: IMAGES.agnhost }] }));
    const pod = f.get('pods', 'pod-status');
    const patched = f.must('PATCH', `${f.path('pods', 'pod-status')}/status`, { status: { message: 'Patched by e2e test', reason: 'E2E' } }, STRATEGIC);
    expect(patched.status).toMatchObject({ message: 'Patched by e2e test', reason: 'E2E', phase: pod.status.phase });
  });

  conformance('Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu', () => cluster, (f) => {
    const resources = { cpu: '100m', memory: '100Mi' };
    f.create('pods', f.pod('pod-qos', { containers: [{ name: 'agnhost', image: IMAGES.agnhost, args: ['pause'], resources: { limits: resources, requests: resources } }] }));
    expect(f.get('pods', 'pod-qos').status.qosClass).toBe('Guaranteed');
  });
});

describe('InitContainer', () => {
  const init = (name: string, command: string): Json => ({ name, image: IMAGES.busybox, command: [command] });
  const spec = (restartPolicy: string, inits: readonly string[], container: Json): Json => ({ restartPolicy, initContainers: inits.map((command, index) => init(`init${index + 1}`, command)), containers: [{ name: 'run1', ...container }] });
  const TRUE = '/bin/true';
  const FALSE = '/bin/false';
  const resources = { limits: { cpu: '100m', memory: '30Mi' } };

  for (const policy of ['Never', 'Always']) {
    conformance(`InitContainer should invoke init containers on a Restart${policy} pod`, () => cluster, (f) => {
      f.create('pods', f.pod('pod-init', spec(policy, [TRUE, TRUE], policy === 'Never' ? { image: IMAGES.busybox, command: [TRUE] } : { image: IMAGES.pause, resources })));
      const { status } = f.waitPod('pod-init', 'gets there', (pod) => pod.status.phase === (policy === 'Never' ? 'Succeeded' : 'Running'));
      expect(condition(status, 'Initialized').status).toBe('True');
      expect(status.initContainerStatuses).toHaveLength(2);
      for (const each of status.initContainerStatuses) {
        expect(each.ready).toBe(true);
        expect(each.state.terminated.exitCode).toBe(0);
      }
    });
  }

  conformance('InitContainer should not start app containers if init containers fail on a RestartAlways pod', () => cluster, (f) => {
    f.create('pods', f.pod('pod-init', spec('Always', [FALSE, TRUE], { image: IMAGES.pause, resources })));
    const watched = f.cluster.watch(`${f.path('pods')}?fieldSelector=metadata.name%3Dpod-init`);
    f.cluster.poll('three restarts', () => (watched.at(-1)?.object as Json)?.status.initContainerStatuses?.[0]?.restartCount >= 3);
    for (const { object } of watched) {
      const { status } = object as Json;
      for (const each of status.containerStatuses ?? []) expect(each.state).toMatchObject({ waiting: { reason: 'PodInitializing' } });
      expect((status.initContainerStatuses ?? [])[1]?.state.running).toBeUndefined();
    }
    const { status } = f.get('pods', 'pod-init');
    expect(status.phase).toBe('Pending');
    expect(condition(status, 'Initialized')).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [init1 init2]' });
  });

  conformance('InitContainer should not start app containers and fail the pod if init containers fail on a RestartNever pod', () => cluster, (f) => {
    f.create('pods', f.pod('pod-init', spec('Never', [TRUE, FALSE], { image: IMAGES.busybox, command: [TRUE], resources })));
    const { status } = f.waitPod('pod-init', 'has failed', (pod) => pod.status.phase === 'Failed');
    expect(condition(status, 'Initialized')).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [init2]' });
    expect(status.initContainerStatuses.map((each: Json) => each.state.terminated.exitCode)).toEqual([0, 1]);
    expect(status.containerStatuses[0].state.waiting).toBeDefined();
  });
});

describe('Ephemeral Containers', () => {
  const debuggers = (name: string): Json => ({ name, image: IMAGES.busybox, command: ['/bin/sh', '-c', 'while true; do echo polo; sleep 2; done'], stdin: true, tty: true });
  const runs = (f: Framework, name: string): void =>
    void f.waitPod('ephemeral', `runs ${name}`, ({ status }) => (status.ephemeralContainerStatuses ?? []).some((each: Json) => each.name === name && each.state.running !== undefined), 120);
  const prepare = (f: Framework): void => {
    f.createSync(f.pod('ephemeral', { containers: [{ name: 'test-container-1', image: IMAGES.busybox, command: ['/bin/sh', '-c', 'sleep 10000'] }] }));
    f.must('PATCH', `${f.path('pods', 'ephemeral')}/ephemeralcontainers`, { spec: { ephemeralContainers: [debuggers('debugger')] } }, STRATEGIC);
    runs(f, 'debugger');
    f.cluster.poll('its output', () => f.logs('ephemeral', 'debugger').includes('polo'), 60);
  };
  conformance('Ephemeral Containers will start an ephemeral container in an existing pod', () => cluster, prepare);
  conformance('Ephemeral Containers should update the ephemeral containers in an existing pod', () => cluster, (f) => {
    prepare(f);
    expect(f.get('pods', 'ephemeral').spec.ephemeralContainers).toHaveLength(1);
    const pod = structuredClone(f.must('GET', `${f.path('pods', 'ephemeral')}/ephemeralcontainers`));
    pod.spec.ephemeralContainers.push(debuggers('debugger2'));
    f.must('PUT', `${f.path('pods', 'ephemeral')}/ephemeralcontainers`, pod);
    runs(f, 'debugger2');
    expect(f.get('pods', 'ephemeral').spec.ephemeralContainers).toHaveLength(2);
  });
});

describe('PodTemplates', () => {
  const template = (name: string, labels: Json): Json => ({ apiVersion: 'v1', kind: 'PodTemplate', metadata: { name, labels }, template: { spec: { containers: [{ name: 'nginx', image: IMAGES.nginx }] } } });
  conformance('PodTemplates should run the lifecycle of PodTemplates', () => cluster, (f) => {
    const selector = `labelSelector=podtemplate-static%3D${f.namespace}`;
    expect(f.must('GET', `/api/v1/podtemplates?${selector}`).items).toHaveLength(0);
    f.create('podtemplates', template('nginx-pod-template', { 'podtemplate-static': f.namespace }));
    expect(f.get('podtemplates', 'nginx-pod-template').metadata.name).toBe('nginx-pod-template');
    f.patch('podtemplates', 'nginx-pod-template', { metadata: { labels: { podtemplate: 'patched' } } });
    expect(f.get('podtemplates', 'nginx-pod-template').metadata.labels.podtemplate).toBe('patched');
    f.delete('podtemplates', 'nginx-pod-template');
    expect(f.must('GET', `/api/v1/podtemplates?${selector}`).items).toHaveLength(0);
  });
  conformance('PodTemplates should delete a collection of pod templates', () => cluster, (f) => {
    for (const name of ['test-podtemplate-1', 'test-podtemplate-2', 'test-podtemplate-3']) f.create('podtemplates', template(name, { 'podtemplate-set': 'true' }));
    expect(f.list('podtemplates', 'labelSelector=podtemplate-set%3Dtrue')).toHaveLength(3);
    f.deleteCollection('podtemplates', 'labelSelector=podtemplate-set%3Dtrue');
    f.cluster.poll('none is left', () => f.list('podtemplates', 'labelSelector=podtemplate-set%3Dtrue').length === 0);
  });
  conformance('PodTemplates should replace a pod template', () => cluster, (f) => {
    f.create('podtemplates', template('pt', { app: 'e2e' }));
    const updated = f.update('podtemplates', 'pt', (object) => {
      object.metadata.annotations = { updated: 'true' };
    });
    expect(updated.metadata.annotations.updated).toBe('true');
  });
});

describe('Lease', () => {
  conformance('Lease lease API should be available', () => cluster, (f) => {
    const LEASES = 'coordination.k8s.io/v1/leases';
    const time = (second: number): string => `2025-01-01T00:00:0${second}.000000Z`;
    const spec = { holderIdentity: 'holder', leaseDurationSeconds: 30, acquireTime: time(1), renewTime: time(2), leaseTransitions: 0 };
    f.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'lease-test' }, spec });
    expect(f.get(LEASES, 'lease-test').spec).toEqual(spec);
    const second = { holderIdentity: 'holder2', leaseDurationSeconds: 31, acquireTime: time(3), renewTime: time(4), leaseTransitions: 1 };
    f.update(LEASES, 'lease-test', (object) => {
      object.spec = second;
    });
    expect(f.get(LEASES, 'lease-test').spec).toEqual(second);
    const third = { holderIdentity: 'holder3', leaseDurationSeconds: 60, acquireTime: time(5), renewTime: time(6), leaseTransitions: 2 };
    f.patch(LEASES, 'lease-test', { spec: third });
    expect(f.get(LEASES, 'lease-test').spec).toEqual(third);
    f.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'lease-test-2', labels: { deletecollection: 'true' } }, spec });
    expect(f.list(LEASES)).toHaveLength(2);
    f.deleteCollection(LEASES, 'labelSelector=deletecollection%3Dtrue');
    expect(f.list(LEASES)).toHaveLength(1);
    f.delete(LEASES, 'lease-test');
    expect(f.try('GET', f.path(LEASES, 'lease-test')).body.reason).toBe('NotFound');
    f.must('GET', '/apis/coordination.k8s.io/v1/leases');
  });
});

describe('Node Lifecycle', () => {
  conformance('Node Lifecycle should run through the lifecycle of a node', () => cluster, (f) => {
    const name = `e2e-fake-node-${f.namespace}`;
    const path = `/api/v1/nodes/${name}`;
    const now = '2025-01-01T00:00:00Z';
    const node = {
      apiVersion: 'v1', kind: 'Node', metadata: { name },
      status: {
        phase: 'Running', allocatable: { cpu: '1', memory: '1Gi', pods: '10' }, capacity: { cpu: '1', memory: '1Gi', pods: '10' },
        conditions: [{ type: 'Ready', status: 'True', message: 'Set from e2e test', reason: 'E2E', lastTransitionTime: now, lastHeartbeatTime: now }],
      },
    };
    expect(f.must('POST', '/api/v1/nodes', node).metadata.name).toBe(name);
    expect(f.must('GET', path).metadata.name).toBe(name);
    expect(f.must('PATCH', path, { metadata: { labels: { [name]: 'patched' } } }, STRATEGIC).metadata.labels[name]).toBe('patched');
    expect(f.must('GET', `/api/v1/nodes?labelSelector=${name}%3Dpatched`).items).toHaveLength(1);
    f.cluster.poll('it is updated', () => {
      const current = structuredClone(f.must('GET', path));
      current.metadata.labels[name] = 'updated';
      const { code, body } = f.try('PUT', path, current);
      return code === 200 && body.metadata.labels[name] === 'updated';
    }, 30);
    f.must('DELETE', path);
    f.cluster.poll('it is gone', () => f.try('GET', path).code === 404, 60);
  });
});

describe('NoExecuteTaintManager', () => {
  const KEY = 'kubernetes.io/e2e-evict-taint-key';
  const pod = (f: Framework, name: string, node: string | undefined, seconds: number): void => {
    const tolerations = [{ key: KEY, value: 'evictTaintVal', effect: 'NoExecute', tolerationSeconds: seconds }];
    f.createSync(f.pod(name, { terminationGracePeriodSeconds: 1, tolerations, ...(node === undefined ? {} : { nodeSelector: { 'kubernetes.io/hostname': node } }), containers: [{ name: 'pause', image: IMAGES.pause }] }, { labels: { group: f.namespace } }));
  };
  const taints = (f: Framework, node: string, list: Json[]): void =>
    void f.cluster.poll('the taint', () => f.try('PATCH', `/api/v1/nodes/${node}`, { spec: { taints: list } }, MERGE).code === 200);
  const TAINT = { key: KEY, value: 'evictTaintVal', effect: 'NoExecute' };

  conformance('NoExecuteTaintManager Single Pod removing taint cancels eviction', () => cluster, (f) => {
    pod(f, 'taint-eviction-4', undefined, 60);
    const node = f.get('pods', 'taint-eviction-4').spec.nodeName;
    taints(f, node, [TAINT]);
    f.cluster.sleep(5);
    expect(f.get('pods', 'taint-eviction-4').metadata.deletionTimestamp).toBeUndefined();
    taints(f, node, []);
    f.cluster.sleep(75);
    expect(f.get('pods', 'taint-eviction-4').metadata.deletionTimestamp).toBeUndefined();
  });

  conformance('NoExecuteTaintManager Multiple Pods evicts pods with minTolerationSeconds', () => cluster, (f) => {
    pod(f, 'taint-eviction-b1', undefined, 5);
    const node = f.get('pods', 'taint-eviction-b1').spec.nodeName;
    pod(f, 'taint-eviction-b2', node, 65);
    taints(f, node, [TAINT]);
    const before = f.cluster.seconds;
    f.gone('pods', 'taint-eviction-b1', 65);
    expect(f.cluster.seconds - before).toBeLessThan(60);
    f.gone('pods', 'taint-eviction-b2', 130);
    expect(f.cluster.seconds - before).toBeGreaterThan(60);
    taints(f, node, []);
  });
});
