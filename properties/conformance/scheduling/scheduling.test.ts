/** The scheduler's predicates, preemption and priorities, and limit ranges (test/e2e/scheduling: predicates, preemption, limit_range). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { condition, conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const MERGE = { contentType: 'application/merge-patch+json' };
const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' };
const PAUSE = { name: 'pause', image: IMAGES.pause };

const nodes = (f: Framework): Json[] => f.must('GET', '/api/v1/nodes').items;
const pause = (f: Framework, name: string, spec: Json = {}, container: Json = {}, metadata: Json = {}): Json => f.pod(name, { ...spec, containers: [{ ...PAUSE, ...container }] }, metadata);

/** Runs a pod to learn a node that can take it (GetNodeThatCanRunPod). */
function nodeForPods(f: Framework): string {
  const { spec } = f.createSync(pause(f, 'without-label'));
  f.deleteSync('without-label', { gracePeriodSeconds: 0 });
  return spec.nodeName;
}

/** The pod is tried and not placed. */
function notScheduled(f: Framework, name: string): void {
  f.cluster.poll('FailedScheduling', () => f.events(name).some((event) => event.startsWith('FailedScheduling: ')), 60);
  expect(f.get('pods', name).spec.nodeName).toBeUndefined();
  expect(f.get('pods', name).status.phase).toBe('Pending');
}

/** Puts an extended resource on nodes, or takes it away. */
function extend(f: Framework, names: readonly string[], resource: string, amount: string | null): void {
  for (const name of names) {
    f.cluster.poll('the resource', () => {
      const path = `/status/capacity/${resource.replaceAll('/', '~1')}`;
      const patch = amount === null ? [{ op: 'remove', path }, { op: 'remove', path: path.replace('capacity', 'allocatable') }] : [{ op: 'add', path, value: amount }];
      return f.try('PATCH', `/api/v1/nodes/${name}/status`, patch, { contentType: 'application/json-patch+json' }).code === 200;
    });
    if (amount !== null) f.cluster.poll('it can be allocated', () => f.must('GET', `/api/v1/nodes/${name}`).status.allocatable[resource] === amount, 60);
  }
}

describe('SchedulerPredicates', () => {
  const title = (what: string): string => `SchedulerPredicates ${what}`;

  conformance(title('validates resource limits of pods that are allowed to run'), () => cluster, (f) => {
    const all = nodes(f);
    for (const { metadata } of all) f.must('PATCH', `/api/v1/nodes/${metadata.name}`, { metadata: { labels: { node: metadata.name } } }, STRATEGIC);
    const usedMilli = (node: string): number => {
      const milli = (text: string): number => (text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000);
      const pods = f.must('GET', '/api/v1/pods').items.filter(({ spec, status }: Json) => spec.nodeName === node && status.phase !== 'Succeeded' && status.phase !== 'Failed');
      return pods.flatMap(({ spec }: Json) => spec.containers).reduce((sum: number, { resources }: Json) => sum + milli(resources?.requests?.cpu ?? '0'), 0);
    };
    for (const [index, { metadata, status }] of all.entries()) {
      const cpu = Math.floor((Number(status.allocatable.cpu) * 1000 - usedMilli(metadata.name)) * 0.7);
      const requests = { cpu: `${cpu}m` };
      const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'node', operator: 'In', values: [metadata.name] }] }] } } };
      f.create('pods', pause(f, `filler-pod-${index}`, { affinity }, { resources: { limits: requests, requests } }, { labels: { name: '' } }));
    }
    for (const index of all.keys()) f.waitRunning(`filler-pod-${index}`);
    const most = `${Math.max(...all.map(({ status }: Json) => Number(status.allocatable.cpu))) * 500}m`;
    f.create('pods', pause(f, 'additional-pod', {}, { resources: { limits: { cpu: most }, requests: { cpu: most } } }, { labels: { name: 'additional' } }));
    notScheduled(f, 'additional-pod');
    expect(f.events('additional-pod')[0]).toMatch(/Insufficient cpu/);
    for (const { metadata } of all) f.must('PATCH', `/api/v1/nodes/${metadata.name}`, { metadata: { labels: { node: null } } }, MERGE);
  });

  conformance(title('validates that NodeSelector is respected if not matching'), () => cluster, (f) => {
    f.create('pods', pause(f, 'restricted-pod', { nodeSelector: { label: 'nonempty' } }, {}, { labels: { name: 'restricted' } }));
    notScheduled(f, 'restricted-pod');
  });

  conformance(title('validates that NodeSelector is respected if matching'), () => cluster, (f) => {
    const node = nodeForPods(f);
    const key = `kubernetes.io/e2e-${f.namespace}`;
    f.must('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels: { [key]: '42' } } }, STRATEGIC);
    f.create('pods', pause(f, 'with-labels', { nodeSelector: { [key]: '42' } }));
    f.waitRunning('with-labels');
    expect(f.get('pods', 'with-labels').spec.nodeName).toBe(node);
    f.must('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels: { [key]: null } } }, MERGE);
    expect(f.must('GET', `/api/v1/nodes/${node}`).metadata.labels[key]).toBeUndefined();
  });

  conformance(title('validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP'), () => cluster, (f) => {
    const node = nodeForPods(f);
    const hostIP = nodes(f).find(({ metadata }) => metadata.name === node).status.addresses.find((each: Json) => each.type === 'InternalIP').address;
    const nodeSelector = { 'kubernetes.io/hostname': node };
    const port = (ip: string): Json => ({ ports: [{ hostPort: 54_322, containerPort: 8080, protocol: 'TCP', hostIP: ip }] });
    f.createSync(f.pod('pod4', { nodeSelector, containers: [{ name: 'agnhost', image: IMAGES.agnhost, args: ['netexec', '--http-port=8080', '--udp-port=8080'], ...port('') }] }));
    f.create('pods', f.pod('pod5', { nodeSelector, containers: [{ name: 'agnhost', image: IMAGES.agnhost, args: ['netexec', '--http-port=8080', '--udp-port=8080'], ...port(hostIP) }] }));
    notScheduled(f, 'pod5');
    f.cluster.sleep(60);
    expect(f.get('pods', 'pod5').spec.nodeName).toBeUndefined();
  }, 'privileged');
});

describe('SchedulerPreemption', () => {
  const RESOURCE = 'scheduling.k8s.io/foo';
  const title = (what: string): string => `SchedulerPreemption ${what}`;
  const VALUES = { 'sched-preemption-low-priority': 1, 'sched-preemption-medium-priority': 100, 'sched-preemption-high-priority': 1000 };
  const classes = (f: Framework): void => {
    for (const [name, value] of Object.entries(VALUES)) {
      const { code } = f.try('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
      expect([201, 409]).toContain(code);
    }
  };
  const wants = (amount: string): Json => ({ resources: { requests: { [RESOURCE]: amount }, limits: { [RESOURCE]: amount } } });
  const onNode = (name: string): Json => ({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }] } } });

  /** Fills each node with two pods of a low or medium priority, so that one more has to take a place. */
  const fill = (f: Framework): readonly string[] => {
    classes(f);
    const names = nodes(f).map(({ metadata }) => metadata.name as string);
    extend(f, names, RESOURCE, '5');
    let count = 0;
    for (const name of names) {
      for (let each = 0; each < 2; each++, count++) {
        const priorityClassName = count === 0 ? 'sched-preemption-low-priority' : 'sched-preemption-medium-priority';
        f.create('pods', pause(f, `pod${count}`, { priorityClassName, affinity: onNode(name) }, wants('2')));
      }
    }
    for (let index = 0; index < count; index++) f.waitRunning(`pod${index}`);
    return names;
  };
  const evicted = (f: Framework, count: number): void => {
    f.cluster.poll('the victim goes', () => {
      const { code, body } = f.try('GET', f.path('pods', 'pod0'));
      return code === 404 || body.metadata.deletionTimestamp !== undefined;
    }, 120);
    for (let index = 1; index < count; index++) expect(f.get('pods', `pod${index}`).metadata.deletionTimestamp).toBeUndefined();
  };

  conformance(title('validates basic preemption works'), () => cluster, (f) => {
    const names = fill(f);
    f.create('pods', pause(f, 'preemptor-pod', { priorityClassName: 'sched-preemption-high-priority' }, wants('2')));
    f.waitRunning('preemptor-pod');
    evicted(f, names.length * 2);
    extend(f, names, RESOURCE, null);
  });

  conformance(title('validates lower priority pod preemption by critical pod'), () => cluster, (f) => {
    const names = fill(f);
    const path = f.path('pods', 'critical-pod', { namespace: 'kube-system' });
    f.must('POST', f.path('pods', undefined, { namespace: 'kube-system' }), pause(f, 'critical-pod', { priorityClassName: 'system-cluster-critical' }, wants('2')));
    f.cluster.poll('it runs', () => f.must('GET', path).status.phase === 'Running', 120);
    evicted(f, names.length * 2);
    f.must('DELETE', path, { gracePeriodSeconds: 0 });
    extend(f, names, RESOURCE, null);
  });

  conformance(title('validates pod disruption condition is added to the preempted pod'), () => cluster, (f) => {
    classes(f);
    const [{ metadata: { name } }] = nodes(f);
    extend(f, [name], RESOURCE, '1');
    f.create('pods', pause(f, 'victim-pod', { priorityClassName: 'sched-preemption-low-priority', affinity: onNode(name) }, wants('1'), { finalizers: ['example.com/test-finalizer'] }));
    f.waitRunning('victim-pod');
    f.create('pods', pause(f, 'preemptor-pod', { priorityClassName: 'sched-preemption-high-priority', affinity: onNode(name) }, wants('1')));
    f.waitRunning('preemptor-pod');
    expect(condition(f.get('pods', 'victim-pod').status, 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'PreemptionByScheduler' });
    f.patch('pods', 'victim-pod', { metadata: { finalizers: null } }, 'merge');
    extend(f, [name], RESOURCE, null);
  });

  conformance(title('PreemptionExecutionPath runs ReplicaSets to verify preemption running path'), () => cluster, (f) => {
    const node = nodeForPods(f);
    const resource = 'example.com/fakecpu';
    const stored = structuredClone(f.must('GET', `/api/v1/nodes/${node}`));
    stored.metadata.resourceVersion = '0';
    stored.status.capacity[resource] = '1000';
    stored.status.allocatable[resource] = '1000';
    f.must('PUT', `/api/v1/nodes/${node}/status`, stored);
    const priorities = [1, 2, 3, 4];
    for (const value of priorities) f.must('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: `p${value}` }, value });
    const watched = f.cluster.watch(f.path('pods'));
    const replicaSet = (index: number, replicas: number, amount: string): void => {
      const labels = { name: `pod${index}` };
      const resources = { requests: { [resource]: amount }, limits: { [resource]: amount } };
      const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, priorityClassName: `p${index}`, nodeSelector: { 'kubernetes.io/hostname': node }, containers: [{ ...PAUSE, resources }] } };
      f.create('apps/v1/replicasets', { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: `rs-pod${index}` }, spec: { replicas, selector: { matchLabels: labels }, template } });
    };
    const runs = (index: number, replicas: number): void => void f.cluster.poll(`rs-pod${index} is there`, () => f.get('apps/v1/replicasets', `rs-pod${index}`).status.availableReplicas === replicas, 60);
    replicaSet(1, 1, '200');
    replicaSet(2, 1, '300');
    replicaSet(3, 1, '450');
    for (const index of [1, 2, 3]) runs(index, 1);
    replicaSet(4, 1, '500');
    runs(4, 1);
    f.cluster.sleep(5);
    const seen = priorities.map((index) => new Set(watched.filter(({ object }) => object.metadata.labels?.['name'] === `pod${index}`).map(({ object }) => object.metadata.uid)).size);
    // The two lowest make room and try again; the others stay.
    expect(seen[0]).toBeGreaterThanOrEqual(2);
    expect(seen[1]).toBeGreaterThanOrEqual(2);
    expect(seen.slice(2)).toEqual([1, 1]);
    extend(f, [node], resource, null);
    for (const value of priorities) f.must('DELETE', `/apis/scheduling.k8s.io/v1/priorityclasses/p${value}`);
  });

  conformance(title('PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods'), () => cluster, (f) => {
    const all = '/apis/scheduling.k8s.io/v1/priorityclasses';
    for (const [name, value] of [['pc1', 1], ['pc2', 2]] as const) f.must('POST', all, { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
    const current = f.must('GET', `${all}/pc1`);
    expect(f.try('PATCH', `${all}/pc1`, { value: 10 }, MERGE).body.message).toBe('PriorityClass.scheduling.k8s.io "pc1" is invalid: value: Forbidden: may not be changed in an update.');
    expect(f.try('PUT', `${all}/pc1`, { ...current, value: 5 }).body.message).toContain('may not be changed in an update.');
    expect(f.must('PATCH', `${all}/pc1`, { description: 'patched', metadata: { labels: { e2e: f.namespace } } }, MERGE).description).toBe('patched');
    const patched = structuredClone(f.must('GET', `${all}/pc2`));
    patched.description = 'updated';
    patched.globalDefault = false;
    expect(f.must('PUT', `${all}/pc2`, patched).description).toBe('updated');
    expect(f.must('GET', all).items.length).toBeGreaterThanOrEqual(4);
    f.must('DELETE', `${all}?labelSelector=e2e%3D${f.namespace}`);
    expect(f.try('GET', `${all}/pc1`).code).toBe(404);
    f.must('DELETE', `${all}/pc2`);
  });
});

describe('LimitRange', () => {
  const range = (name: string, more: Json = {}): Json => ({
    apiVersion: 'v1', kind: 'LimitRange', metadata: { name, ...more },
    spec: {
      limits: [{
        type: 'Container', min: { cpu: '50m', memory: '100Mi', 'ephemeral-storage': '100Gi' }, max: { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' },
        default: { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' }, defaultRequest: { cpu: '100m', memory: '200Mi', 'ephemeral-storage': '200Gi' },
      }],
    },
  });
  const expectResources = (f: Framework, name: string, requests: Json, limits: Json): void => void expect(f.get('pods', name).spec.containers[0].resources).toEqual({ requests, limits });
  const amounts = (cpu: string, memory: string, storage: string): Json => ({ cpu, memory, 'ephemeral-storage': storage });

  conformance('LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.', () => cluster, (f) => {
    const watched = f.cluster.watch(`${f.path('limitranges')}`);
    f.create('limitranges', range('limit-range'));
    f.cluster.poll('it was seen', () => watched.some(({ type, object }) => type === 'ADDED' && object.metadata.name === 'limit-range'));
    expect(f.get('limitranges', 'limit-range').spec).toEqual(range('limit-range').spec);
    const create = (name: string, resources: Json): number => f.try('POST', f.path('pods'), pause(f, name, {}, { resources })).code;
    expect(create('pod-no-resources', {})).toBe(201);
    expectResources(f, 'pod-no-resources', amounts('100m', '200Mi', '200Gi'), amounts('500m', '500Mi', '500Gi'));
    expect(create('pod-partial-resources', { requests: { cpu: '300m', memory: '150Mi' }, limits: { cpu: '300m' } })).toBe(201);
    expectResources(f, 'pod-partial-resources', amounts('300m', '150Mi', '200Gi'), amounts('300m', '500Mi', '500Gi'));
    expect(create('pod-too-small', { requests: { cpu: '10m', memory: '50Mi', 'ephemeral-storage': '50Gi' } })).toBe(403);
    expect(create('pod-too-big', { requests: { cpu: '600m' }, limits: { cpu: '600m' } })).toBe(403);
    f.update('limitranges', 'limit-range', ({ spec }) => {
      spec.limits[0].min = { cpu: '9m', memory: '49Mi', 'ephemeral-storage': '49Gi' };
    });
    f.cluster.poll('the new bounds hold', () => create('pod-small', { requests: { cpu: '10m', memory: '50Mi', 'ephemeral-storage': '50Gi' } }) === 201, 30);
    f.delete('limitranges', 'limit-range', { gracePeriodSeconds: 30 });
    f.cluster.poll('the deletion was seen', () => watched.some(({ type }) => type === 'DELETED'), 60);
    f.cluster.poll('more is allowed', () => create('pod-large', { requests: { cpu: '600m', memory: '600Mi' }, limits: { cpu: '600m', memory: '600Mi' } }) === 201, 30);
  });

  conformance('LimitRange should list, patch and delete a LimitRange by collection', () => cluster, (f) => {
    const label = { [`e2e-limitrange-${f.namespace}`]: 'created' };
    f.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${f.namespace}-2` } });
    f.create('limitranges', range('lr', { labels: label }));
    f.must('POST', f.path('limitranges', undefined, { namespace: `${f.namespace}-2` }), range('lr', { labels: label }));
    const selector = (value: string): string => `labelSelector=e2e-limitrange-${f.namespace}%3D${value}`;
    expect(f.must('GET', `/api/v1/limitranges?${selector('created')}`).items).toHaveLength(2);
    const patched = f.patch('limitranges', 'lr', { metadata: { labels: { [`e2e-limitrange-${f.namespace}`]: 'patched' } }, spec: { limits: [{ type: 'Container', min: { cpu: '15m' } }] } });
    expect(patched.spec.limits[0].min.cpu).toBe('15m');
    f.deleteCollection('limitranges', selector('patched'));
    expect(f.list('limitranges', selector('patched'))).toHaveLength(0);
    expect(f.must('GET', `/api/v1/limitranges?${selector('created')}`).items).toHaveLength(1);
    f.must('DELETE', `/api/v1/namespaces/${f.namespace}-2`);
  });
});
