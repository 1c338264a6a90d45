/**
 * Each law notices what it is there for: made-up changes that break it, and the same changes when they do not.
 */
import { describe, expect, it } from 'vitest';
import type { Fact, Json } from '../../../src/index.ts';
import { pendingReasons } from '../../../models/kubernetes/cluster/convergence.ts';
import type { KubeObject } from '../../../models/kubernetes/object/types.ts';
import type { Invariant } from '../../../models/kubernetes/property/invariant.ts';
import { ObjectView } from '../../../models/kubernetes/property/object-view.ts';
import { onceAMinute, policyKept } from '../../../models/kubernetes/property/invariant/workload/cron-job.ts';
import { onePerNode, unavailableKept } from '../../../models/kubernetes/property/invariant/workload/daemon-set.ts';
import { availabilityKept, historyEmpty, oneSetPerTemplate, recreatesInOrder, revisionsDiffer, revisionsGrow, surgeKept } from '../../../models/kubernetes/property/invariant/workload/deployment.ts';
import { countsOnce, endsOnce, finalizerKept, parallelismKept } from '../../../models/kubernetes/property/invariant/workload/job.ts';
import { wantedPodsKept } from '../../../models/kubernetes/property/invariant/workload/replica-set.ts';
import { claimsKept, identitiesKept, rollsInOrder, startsInOrder, stopsInOrder } from '../../../models/kubernetes/property/invariant/workload/stateful-set.ts';

/** A change at a second: an object that is put, or the key of one that is deleted. */
type Step = readonly [second: number, resource: string, object: Partial<KubeObject> & { metadata: object }, verb?: 'delete'];

/** What a law says of the last of these changes. */
function verdictOf<State>(law: Invariant<State>, steps: readonly Step[]): string | false | void {
  const objects = new ObjectView();
  const state = law.state();
  let verdict: string | false | void = false;
  steps.forEach(([second, resource, object, verb], index) => {
    const { name, namespace = 'default' } = object.metadata as { name: string; namespace?: string };
    const key = `/registry/${resource}/${resource === 'minions' ? '' : `${namespace}/`}${name}`;
    const fact = (verb === 'delete' ? { kind: 'etcd.delete', data: { key, rev: index + 1 } } : { kind: 'etcd.put', data: { key, rev: index + 1, value: object as unknown as Json } }) as Fact;
    const change = objects.take(fact);
    if (change !== undefined && law.resources.includes(resource)) verdict = law.check(change, objects, state, second * 1_000_000);
  });
  return verdict;
}

const owner = (kind: string, name: string): object => ({ ownerReferences: [{ kind, name, uid: `uid-${name}`, controller: true }] });
const meta = (name: string, more: object = {}): Record<string, unknown> & { readonly name: string } => ({ name, namespace: 'default', uid: `uid-${name}`, ...more });
const template = (image: string): object => ({ metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'main', image }] } });
const deployment = (replicas: number, image = 'one', strategy: object = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }): KubeObject =>
  ({ kind: 'Deployment', metadata: meta('d'), spec: { replicas, strategy, template: template(image) } }) as unknown as KubeObject;
const set = (name: string, image: string, replicas: number, more: { revision?: number; available?: number; there?: number } = {}): KubeObject =>
  ({
    kind: 'ReplicaSet',
    metadata: meta(name, { ...owner('Deployment', 'd'), annotations: { 'deployment.kubernetes.io/revision': String(more.revision ?? 1) } }),
    spec: { replicas, template: template(image) },
    status: { replicas: more.there ?? 0, availableReplicas: more.available ?? 0 },
  }) as unknown as KubeObject;
const READY = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
const pod = (name: string, kind: string, of: string, more: { labels?: object; status?: object; spec?: object; gone?: boolean; finalizers?: readonly string[] } = {}): KubeObject =>
  ({
    kind: 'Pod',
    metadata: meta(name, { ...owner(kind, of), labels: more.labels ?? {}, ...(more.gone === true ? { deletionTimestamp: '2025-01-01T00:00:00Z' } : {}), ...(more.finalizers === undefined ? {} : { finalizers: more.finalizers }) }),
    spec: more.spec ?? {},
    status: more.status ?? READY,
  }) as unknown as KubeObject;

describe('laws of Deployments', () => {
  it('notice a second ReplicaSet of one template, and one of no template', () => {
    expect(verdictOf(oneSetPerTemplate, [[0, 'deployments', deployment(1)], [1, 'replicasets', set('d-1', 'one', 1)]])).toBeUndefined();
    expect(verdictOf(oneSetPerTemplate, [[0, 'deployments', deployment(1)], [1, 'replicasets', set('d-1', 'one', 1)], [2, 'replicasets', set('d-2', 'one', 1)]])).toMatch('has the template that d-1 has');
    expect(verdictOf(oneSetPerTemplate, [[0, 'deployments', deployment(1)], [1, 'replicasets', set('d-1', 'other', 1)]])).toMatch('never had');
  });

  // Base seed w, run 814: a Deployment took the name of one whose ReplicaSet was just going. Its first try collided, its second, with the
  // old hash, did not, and the third knew of the collision and not yet of the second.
  it('let a collision of hashes make a second ReplicaSet', () => {
    const collided = { ...deployment(1), status: { collisionCount: 1 } } as unknown as KubeObject;
    const first: Step = [1, 'replicasets', set('d-1', 'one', 1)];
    expect(verdictOf(oneSetPerTemplate, [[0, 'deployments', collided], first, [2, 'replicasets', set('d-2', 'one', 1)]])).toBe(false);
  });

  it('notice revisions that fall or are given twice', () => {
    const first: Step = [1, 'replicasets', set('d-1', 'one', 1, { revision: 2 })];
    expect(verdictOf(revisionsGrow, [[0, 'deployments', deployment(1)], first, [2, 'replicasets', set('d-1', 'one', 1, { revision: 1 })]])).toMatch('had revision 2');
    expect(verdictOf(revisionsDiffer, [[0, 'deployments', deployment(1)], first, [2, 'replicasets', set('d-2', 'two', 1, { revision: 2 })]])).toMatch('which d-1 has');
    expect(verdictOf(revisionsDiffer, [[0, 'deployments', deployment(1)], first, [2, 'replicasets', set('d-2', 'two', 1, { revision: 3 })]])).toBeUndefined();
  });

  it('notice more pods than replicas and surge', () => {
    const old: Step = [1, 'replicasets', set('d-1', 'one', 3)];
    expect(verdictOf(surgeKept, [[0, 'deployments', deployment(3)], old, [2, 'replicasets', set('d-2', 'two', 1)]])).toBeUndefined();
    expect(verdictOf(surgeKept, [[0, 'deployments', deployment(3)], old, [2, 'replicasets', set('d-2', 'two', 2)]])).toMatch('all together ask for 5, 4 are allowed');
  });

  it('notice a step that takes too many available pods', () => {
    const before: Step[] = [[0, 'deployments', deployment(3)], [1, 'replicasets', set('d-1', 'one', 3, { available: 3, there: 3 })]];
    expect(verdictOf(availabilityKept, [...before, [2, 'replicasets', set('d-1', 'one', 2, { available: 3, there: 3 })]])).toBeUndefined();
    expect(verdictOf(availabilityKept, [...before, [2, 'replicasets', set('d-1', 'one', 1, { available: 3, there: 3 })]])).toMatch('1 stay available, 2 are promised');
  });

  it('notice a ReplicaSet that is cleaned up with pods, and a new one beside old pods when recreating', () => {
    expect(verdictOf(historyEmpty, [[0, 'deployments', deployment(1)], [1, 'replicasets', set('d-1', 'one', 0, { there: 1 })], [2, 'replicasets', set('d-1', 'one', 0), 'delete']])).toMatch('1 of them there');
    const recreate = deployment(1, 'one', { type: 'Recreate' });
    const old: Step[] = [[0, 'deployments', recreate], [1, 'replicasets', set('d-1', 'one', 0)], [1, 'pods', pod('p', 'ReplicaSet', 'd-1')]];
    expect(verdictOf(recreatesInOrder, [...old, [9, 'replicasets', set('d-2', 'two', 1)]])).toMatch('while the old pod p is there');
    expect(verdictOf(recreatesInOrder, [...old, [8, 'pods', pod('p', 'ReplicaSet', 'd-1'), 'delete'], [9, 'replicasets', set('d-2', 'two', 1)]])).toBeUndefined();
  });

  it('notice a ReplicaSet that deletes what it wants', () => {
    const rs = { kind: 'ReplicaSet', metadata: meta('rs'), spec: { replicas: 1 } } as unknown as KubeObject;
    const pods: Step[] = [[0, 'replicasets', rs], [1, 'pods', pod('p', 'ReplicaSet', 'rs')], [1, 'pods', pod('q', 'ReplicaSet', 'rs')], [2, 'pods', pod('q', 'ReplicaSet', 'rs', { gone: true })]];
    expect(verdictOf(wantedPodsKept, pods)).toBeUndefined();
    expect(verdictOf(wantedPodsKept, [...pods, [3, 'pods', pod('p', 'ReplicaSet', 'rs', { gone: true })]])).toMatch('is left with 0 pods');
  });
});

describe('laws of StatefulSets', () => {
  const sts = (replicas: number, more: object = {}): KubeObject =>
    ({ kind: 'StatefulSet', metadata: meta('s', { generation: replicas }), spec: { replicas, ...more }, status: { observedGeneration: replicas, updateRevision: 's-new' } }) as unknown as KubeObject;
  const member = (ordinal: number, more: { revision?: string; status?: object; gone?: boolean } = {}): KubeObject =>
    pod(`s-${ordinal}`, 'StatefulSet', 's', {
      labels: { 'statefulset.kubernetes.io/pod-name': `s-${ordinal}`, 'apps.kubernetes.io/pod-index': String(ordinal), 'controller-revision-hash': more.revision ?? 's-new' },
      spec: { hostname: `s-${ordinal}` },
      ...more,
    });
  const PENDING = { phase: 'Pending' };

  it('notice a pod without its identity', () => {
    expect(verdictOf(identitiesKept, [[0, 'pods', member(1)]])).toBeUndefined();
    expect(verdictOf(identitiesKept, [[0, 'pods', pod('s-1', 'StatefulSet', 's')]])).toMatch('identity');
  });

  it('notice a pod that is made too early', () => {
    expect(verdictOf(startsInOrder, [[0, 'statefulsets', sts(2)], [1, 'pods', member(0)], [9, 'pods', member(1, { status: PENDING })]])).toBeUndefined();
    expect(verdictOf(startsInOrder, [[0, 'statefulsets', sts(2)], [1, 'pods', member(0, { status: PENDING })], [9, 'pods', member(1, { status: PENDING })]])).toMatch('while s-0 is not healthy');
  });

  it('notice a pod that goes before a higher one', () => {
    const three: Step[] = [[0, 'statefulsets', sts(1)], [1, 'pods', member(0)], [1, 'pods', member(1)], [1, 'pods', member(2)]];
    expect(verdictOf(stopsInOrder, [...three, [9, 'pods', member(2, { gone: true })]])).toBeUndefined();
    expect(verdictOf(stopsInOrder, [...three, [9, 'pods', member(1, { gone: true })]])).toMatch('before s-2');
  });

  it('notice an update out of order, below the partition, or of what is new', () => {
    const old: Step[] = [[0, 'statefulsets', sts(2)], [1, 'pods', member(0, { revision: 's-old' })], [1, 'pods', member(1, { revision: 's-old' })]];
    expect(verdictOf(rollsInOrder, [...old, [9, 'pods', member(1, { revision: 's-old', gone: true })]])).toBeUndefined();
    expect(verdictOf(rollsInOrder, [...old, [3, 'pods', member(1, { status: PENDING })], [9, 'pods', member(0, { revision: 's-old', gone: true })]])).toMatch('while s-1 is not healthy');
    expect(verdictOf(rollsInOrder, [[0, 'statefulsets', sts(2)], [1, 'pods', member(1)], [9, 'pods', member(1, { gone: true })]])).toMatch('up to date');
    // Seed q1/76 of the campaign of StatefulSets: a cache lagged, and what the status calls new is what was new before the change.
    const unseen = { ...sts(2), metadata: meta('s', { generation: 3 }) } as unknown as KubeObject;
    expect(verdictOf(rollsInOrder, [[0, 'statefulsets', unseen], [1, 'pods', member(1)], [9, 'pods', member(1, { gone: true })]])).toBe(false);
    const parted = sts(2, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
    expect(verdictOf(rollsInOrder, [[0, 'statefulsets', parted], [1, 'pods', member(1, { revision: 's-old' })], [9, 'pods', member(1, { revision: 's-old', gone: true })]])).toMatch('below the partition');
  });

  it('notice a claim that is deleted', () => {
    const claim = (more: object): KubeObject => ({ kind: 'PersistentVolumeClaim', metadata: meta('c', more) }) as unknown as KubeObject;
    expect(verdictOf(claimsKept, [[0, 'persistentvolumeclaims', claim({})], [1, 'persistentvolumeclaims', claim({}), 'delete']])).toMatch('was deleted');
    expect(verdictOf(claimsKept, [[0, 'persistentvolumeclaims', claim(owner('StatefulSet', 's'))], [1, 'persistentvolumeclaims', claim({}), 'delete']])).toBeUndefined();
  });
});

describe('laws of DaemonSets', () => {
  const nodes: Step[] = ['n1', 'n2'].map((name) => [0, 'minions', { kind: 'Node', metadata: { name } } as unknown as KubeObject]);
  const daemons: Step = [0, 'daemonsets', { kind: 'DaemonSet', metadata: meta('ds'), spec: {} } as unknown as KubeObject];
  const revision: Step = [0, 'controllerrevisions', { kind: 'ControllerRevision', metadata: meta('ds-new', { ...owner('DaemonSet', 'ds'), labels: { 'controller-revision-hash': 'new' } }), revision: 2 } as unknown as KubeObject];
  const on = (name: string, node: string, more: { gone?: boolean; hash?: string; status?: object } = {}): KubeObject =>
    pod(name, 'DaemonSet', 'ds', { ...more, spec: { nodeName: node }, labels: { 'controller-revision-hash': more.hash ?? 'old' } });

  it('notice a second pod on a node', () => {
    expect(verdictOf(onePerNode, [...nodes, daemons, [1, 'pods', on('a', 'n1')], [2, 'pods', on('b', 'n2')]])).toBeUndefined();
    expect(verdictOf(onePerNode, [...nodes, daemons, [1, 'pods', on('a', 'n1')], [2, 'pods', on('b', 'n1')]])).toMatch('which has a');
    const surging: Step = [0, 'daemonsets', { kind: 'DaemonSet', metadata: meta('ds'), spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } } as unknown as KubeObject];
    expect(verdictOf(onePerNode, [...nodes, surging, [1, 'pods', on('a', 'n1')], [2, 'pods', on('b', 'n1')]])).toBeUndefined();
    expect(verdictOf(onePerNode, [...nodes, surging, [1, 'pods', on('a', 'n1')], [2, 'pods', on('b', 'n1')], [3, 'pods', on('c', 'n1')]])).toMatch('which has a and b');
  });

  it('notice an update that leaves too many nodes without a pod', () => {
    const both: Step[] = [...nodes, daemons, revision, [1, 'pods', on('a', 'n1')], [1, 'pods', on('b', 'n2')]];
    const gone = (second: number, name: string, node: string, hash?: string): Step => [second, 'pods', on(name, node, { gone: true, ...(hash === undefined ? {} : { hash }) })];
    expect(verdictOf(unavailableKept, [...both, gone(4, 'a', 'n1')])).toBeUndefined();
    expect(verdictOf(unavailableKept, [...both, gone(4, 'a', 'n1'), gone(5, 'b', 'n2')])).toMatch('while n1 have no pod');
    // One that was not available yet may go at any time, and does not count.
    expect(verdictOf(unavailableKept, [...both, gone(2, 'a', 'n1')])).toBe(false);
    expect(verdictOf(unavailableKept, [...both, gone(2, 'a', 'n1'), gone(5, 'b', 'n2')])).toBeUndefined();
    expect(verdictOf(unavailableKept, [...nodes, daemons, revision, [1, 'pods', on('a', 'n1', { hash: 'new' })], gone(9, 'a', 'n1', 'new')])).toMatch('no update asked');
    // Of two on a node one goes.
    expect(verdictOf(unavailableKept, [...nodes, daemons, revision, [1, 'pods', on('a', 'n1', { hash: 'new' })], [1, 'pods', on('b', 'n1', { hash: 'new' })], gone(9, 'a', 'n1', 'new')])).toBe(false);
  });
});

describe('laws of Jobs', () => {
  const job = (status: object, spec: object = { parallelism: 1 }): KubeObject => ({ kind: 'Job', metadata: meta('j'), spec, status }) as unknown as KubeObject;
  const condition = (...types: readonly string[]): object => ({ conditions: types.map((type) => ({ type, status: 'True' })) });
  const own = (name: string, phase: string, finalizers: readonly string[] = ['batch.kubernetes.io/job-tracking']): KubeObject => pod(name, 'Job', 'j', { status: { phase }, finalizers });

  it('notice an end without its first step, with something left, in both ways, or undone', () => {
    expect(verdictOf(endsOnce, [[0, 'jobs', job(condition('SuccessCriteriaMet', 'Complete'))]])).toBeUndefined();
    expect(verdictOf(endsOnce, [[0, 'jobs', job(condition('Complete'))]])).toMatch('without saying so');
    expect(verdictOf(endsOnce, [[0, 'jobs', job({ ...condition('FailureTarget', 'Failed'), active: 1 })]])).toMatch('1 active');
    expect(verdictOf(endsOnce, [[0, 'jobs', job(condition('FailureTarget', 'SuccessCriteriaMet'))]])).toMatch('both');
    expect(verdictOf(endsOnce, [[0, 'jobs', job(condition('FailureTarget', 'Failed'))], [1, 'jobs', job(condition('FailureTarget'))]])).toMatch('is not any more');
  });

  it('notice a pod that is counted twice or before its end', () => {
    const over: Step = [0, 'pods', own('p', 'Succeeded')];
    expect(verdictOf(countsOnce, [over, [1, 'jobs', job({ uncountedTerminatedPods: { succeeded: ['uid-p'] } })]])).toBeUndefined();
    expect(verdictOf(countsOnce, [over, [1, 'jobs', job({ succeeded: 1, uncountedTerminatedPods: { succeeded: ['uid-p'] } })]])).toMatch('counts 2 succeeded pods; 1 have');
    expect(verdictOf(countsOnce, [[0, 'pods', own('p', 'Running')], [1, 'jobs', job({ succeeded: 1 })]])).toMatch('0 have succeeded');
    expect(verdictOf(countsOnce, [over, [1, 'jobs', job({ uncountedTerminatedPods: { succeeded: ['uid-p'] } })], [2, 'jobs', job({ uncountedTerminatedPods: { failed: ['uid-p'] } })]])).toMatch('as succeeded and as failed');
  });

  it('notice a finalizer that goes too early, and too many pods', () => {
    const before: Step[] = [[0, 'jobs', job({})], [1, 'pods', own('p', 'Failed')]];
    expect(verdictOf(finalizerKept, [...before, [2, 'pods', own('p', 'Failed', [])]])).toMatch('has not counted it');
    expect(verdictOf(finalizerKept, [[0, 'jobs', job({ uncountedTerminatedPods: { failed: ['uid-p'] } })], [1, 'pods', own('p', 'Failed')], [2, 'pods', own('p', 'Failed', [])]])).toBeUndefined();
    expect(verdictOf(parallelismKept, [[0, 'jobs', job({})], [1, 'pods', own('p', 'Running')], [2, 'pods', own('q', 'Pending')]])).toMatch('of which 1 may run');
  });
});

describe('laws of CronJobs', () => {
  const cron = (more: object = {}): KubeObject => ({ kind: 'CronJob', metadata: meta('c'), spec: more }) as unknown as KubeObject;
  const at = (minute: number, more: { created?: string; name?: string } = {}): KubeObject => {
    const time = `2025-01-01T00:0${minute}:00Z`;
    const name = more.name ?? `c-${Date.parse(time) / 60_000}`;
    return { kind: 'Job', metadata: { ...meta(name, owner('CronJob', 'c')), creationTimestamp: more.created ?? time, annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': time } }, spec: {}, status: {} } as unknown as KubeObject;
  };

  it('notice a Job before its time, twice, or with a name of another minute', () => {
    expect(verdictOf(onceAMinute, [[60, 'jobs', at(1)]])).toBeUndefined();
    expect(verdictOf(onceAMinute, [[1, 'jobs', at(1, { created: '2025-01-01T00:00:01Z' })]])).toMatch('before its time');
    expect(verdictOf(onceAMinute, [[60, 'jobs', at(1)], [61, 'jobs', at(1), 'delete'], [62, 'jobs', at(1)]])).toMatch('a second time');
    expect(verdictOf(onceAMinute, [[60, 'jobs', at(1, { name: 'c-1' })]])).toMatch('no name of the minute');
  });

  it('notice a Job of a suspended CronJob, and two that the policy forbids', () => {
    expect(verdictOf(policyKept, [[0, 'cronjobs', cron({ suspend: true })], [60, 'jobs', at(1)]])).toMatch('is suspended');
    const forbid: Step[] = [[0, 'cronjobs', cron({ concurrencyPolicy: 'Forbid' })], [60, 'jobs', at(1)]];
    expect(verdictOf(policyKept, forbid)).toBeUndefined();
    expect(verdictOf(policyKept, [...forbid, [120, 'jobs', at(2)]])).toMatch('the policy is Forbid');
    expect(verdictOf(policyKept, [[0, 'cronjobs', cron()], [60, 'jobs', at(1)], [120, 'jobs', at(2)]])).toBeUndefined();
  });
});

describe('convergence', () => {
  /** Seed q1/39 of the campaign of clusters: the watch of pods was back before that of Jobs, and a finished Job got one more pod. */
  it('waits for a pod that works for a finished Job', () => {
    const job = { kind: 'Job', metadata: meta('j'), spec: { completions: 1 }, status: { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] } } as unknown as KubeObject;
    const reasons = (status: object): readonly string[] => {
      const objects: Readonly<Record<string, readonly KubeObject[]>> = { jobs: [job], pods: [pod('j-1', 'Job', 'j', { status, spec: { nodeName: 'node-1' } })] };
      return pendingReasons((prefix) => objects[prefix] ?? []);
    };
    expect(reasons(READY)).toEqual(['pod j-1 has not finished its work for a Job']);
    expect(reasons({ phase: 'Succeeded' })).toEqual([]);
  });
});
