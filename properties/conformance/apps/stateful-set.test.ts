/** Twins of test/e2e/apps/statefulset.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH, STRATEGIC_PATCH } from '../framework/client.ts';
import { imageOf, isPodReady, podsOf } from './pods.ts';

const LABELS = { foo: 'bar', baz: 'blah' };
const REVISION = 'controller-revision-hash';
let k: Client;
let namespace = '';

beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('statefulset');
  k.post(`/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'test', labels: LABELS }, spec: { selector: LABELS, clusterIP: 'None', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] } });
});

const sets = (): string => `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
const at = (name: string): string => `${sets()}/${name}`;
const readinessProbe = { httpGet: { path: '/index.html', port: 80 }, periodSeconds: 1, successThreshold: 1, failureThreshold: 1 };
const set = (name: string, replicas: number, more: Any = {}, labels: Any = LABELS, container: Any = { readinessProbe }): Any => ({
  apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name, namespace },
  spec: { selector: { matchLabels: labels }, replicas, template: { metadata: { labels, annotations: {} }, spec: { containers: [{ name: 'webserver', image: IMAGES.httpd, ...container }] } }, updateStrategy: { type: 'RollingUpdate' }, serviceName: 'test', ...more },
});
const pods = (labels: Any = LABELS): Any[] => podsOf(k, namespace, labels).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
const allRunning = (count: number, ready: boolean, labels: Any = LABELS): void =>
  k.poll(() => {
    const found = pods(labels);
    expect(found.length).toBeLessThanOrEqual(count);
    return found.length === count && found.every((pod) => pod.status.phase === 'Running' && isPodReady(pod) === ready);
  }, 600, 1);
const observed = (name: string): Any => {
  k.poll(() => {
    const { metadata, status } = k.get(at(name));
    return (status.observedGeneration ?? 0) >= metadata.generation;
  });
  return k.get(at(name));
};
const readyReplicas = (name: string, count: number): void => k.poll(() => observed(name).status.readyReplicas === count || (count === 0 && observed(name).status.readyReplicas === undefined), 600, 1);
const replicas = (name: string, count: number): Any => k.update(at(name), ({ spec }) => (spec.replicas = count));
const shell = (pod: string, command: string): string => k.exec(namespace, pod, ['/bin/sh', '-x', '-c', command]);
const breakProbe = (names = pods().map(({ metadata }) => metadata.name)): void => {
  for (const name of names) expect(shell(name, 'mv -v /usr/local/apache2/htdocs/index.html /tmp/ || true')).toMatch(/index\.html/);
};
const restoreProbe = (names = pods().map(({ metadata }) => metadata.name)): void => {
  for (const name of names) shell(name, 'mv -v /tmp/index.html /usr/local/apache2/htdocs/ || true');
};
/** There are never more (or fewer) pods than this. */
const confirmCount = (count: number, seconds: number, hard: boolean): void => {
  if (hard) k.consistently(() => pods().length === count, seconds);
  else k.poll(() => pods().length === count, 600, 1);
};
const order = (watch: Any, type: string): string[] => watch.rest().filter((event: Any) => event.type === type).map(({ object }: Any) => object.metadata.name);
const rolled = (name: string): Any => {
  k.poll(() => {
    const { spec, status } = observed(name);
    const partition = spec.updateStrategy.rollingUpdate?.partition ?? 0;
    const isDone = status.updatedReplicas >= spec.replicas - partition && pods().every((pod) => isPodReady(pod) && (Number(pod.metadata.name.split('-').pop()) < partition || pod.metadata.labels[REVISION] === status.updateRevision));
    return isDone && pods().length === spec.replicas && (partition > 0 || status.currentRevision === status.updateRevision);
  }, 600, 1);
  return k.get(at(name));
};

describe('StatefulSet Basic StatefulSet functionality [StatefulSetBasic]', () => {
  it('should perform rolling updates and roll backs of template modifications', () => {
    k.post(sets(), set('ss2', 3));
    allRunning(3, true);
    const first = observed('ss2').status;
    expect(first.currentRevision).toBe(first.updateRevision);
    for (const { metadata } of pods()) expect(metadata.labels[REVISION]).toBe(first.currentRevision);
    const second = pods()[1].metadata.name;
    const change = (image: string): Any => {
      breakProbe([second]);
      k.poll(() => !isPodReady(pods()[1]), 120, 1);
      k.update(at('ss2'), ({ spec }) => (spec.template.spec.containers[0].image = image));
      k.poll(() => observed('ss2').status.currentRevision !== observed('ss2').status.updateRevision, 60);
      // Pods are updated from the last to the first; the second one holds the others up.
      k.sleep(10);
      restoreProbe([second]);
      const done = rolled('ss2');
      for (const pod of pods()) {
        expect(imageOf(pod)).toBe(image);
        expect(pod.metadata.labels[REVISION]).toBe(done.status.updateRevision);
      }
      return done.status;
    };
    const updated = change(IMAGES.httpdNew);
    expect(updated.currentRevision).not.toBe(first.currentRevision);
    const back = change(IMAGES.httpd);
    expect(back.currentRevision).toBe(first.currentRevision);
  });

  it('should perform canary updates and phased rolling updates of template modifications', () => {
    k.post(sets(), set('ss2', 3, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 3 } } }));
    allRunning(3, true);
    const { currentRevision, updateRevision } = observed('ss2').status;
    expect(currentRevision).toBe(updateRevision);
    k.update(at('ss2'), ({ spec }) => (spec.template.spec.containers[0].image = IMAGES.httpdNew));
    const next = observed('ss2').status;
    expect(next.updateRevision).not.toBe(currentRevision);
    for (const pod of pods()) expect([imageOf(pod), pod.metadata.labels[REVISION]]).toEqual([IMAGES.httpd, currentRevision]);
    const partition = (value: number): void => void k.update(at('ss2'), ({ spec }) => (spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: value } }));
    const isPhase = (from: number): void => {
      for (const [index, pod] of pods().entries()) expect([imageOf(pod), pod.metadata.labels[REVISION]]).toEqual(index < from ? [IMAGES.httpd, currentRevision] : [IMAGES.httpdNew, next.updateRevision]);
    };
    partition(2);
    rolled('ss2');
    isPhase(2);
    // Restoring pods while the partition holds.
    for (const index of [0, 2]) k.delete(`/api/v1/namespaces/${namespace}/pods/ss2-${index}`);
    k.sleep(2);
    allRunning(3, true);
    isPhase(2);
    for (const value of [1, 0]) {
      partition(value);
      rolled('ss2');
      isPhase(value);
    }
    expect(k.get(at('ss2')).status.currentRevision).toBe(next.updateRevision);
  });

  it('Scaling should happen in predictable order and halt if any stateful pod is unhealthy [Slow]', () => {
    const watch = k.watch(`/api/v1/namespaces/${namespace}/pods?labelSelector=foo=bar,baz=blah`);
    k.post(sets(), set('ss', 1));
    allRunning(1, true);
    breakProbe();
    allRunning(1, false);
    readyReplicas('ss', 0);
    replicas('ss', 3);
    confirmCount(1, 10, true);
    restoreProbe();
    allRunning(3, true);
    expect(order(watch, 'ADDED')).toEqual(['ss-0', 'ss-1', 'ss-2']);
    breakProbe();
    readyReplicas('ss', 0);
    allRunning(3, false);
    replicas('ss', 0);
    confirmCount(3, 10, true);
    restoreProbe();
    k.poll(() => pods().length === 0, 600, 1);
    expect(order(watch, 'DELETED')).toEqual(['ss-2', 'ss-1', 'ss-0']);
  });

  it('Burst scaling should run to completion even with unhealthy pods [Slow]', () => {
    k.post(sets(), set('ss', 1, { podManagementPolicy: 'Parallel' }));
    allRunning(1, true);
    breakProbe();
    allRunning(1, false);
    readyReplicas('ss', 0);
    replicas('ss', 3);
    confirmCount(3, 10, false);
    restoreProbe(['ss-0']);
    allRunning(3, true);
    breakProbe();
    readyReplicas('ss', 0);
    allRunning(3, false);
    replicas('ss', 0);
    confirmCount(0, 10, false);
    k.poll(() => (observed('ss').status.replicas ?? 0) === 0, 600, 1);
  });

  it('Should recreate evicted statefulset', () => {
    const [node] = k.schedulableNodes();
    const ports = [{ hostPort: 21017, containerPort: 21017, name: 'conflict' }];
    const path = `/api/v1/namespaces/${namespace}/pods`;
    k.post(path, { metadata: { name: 'test-pod' }, spec: { containers: [{ name: 'webserver', image: IMAGES.httpd, ports }], nodeName: node.metadata.name } });
    k.poll(() => k.get(`${path}/test-pod`).status.phase === 'Running');
    const made = set('ss', 1, {}, LABELS, { ports });
    made.spec.template.spec.nodeName = node.metadata.name;
    const watch = k.watch(`${path}?fieldSelector=metadata.name=ss-0`);
    k.post(sets(), made);
    const { metadata } = watch.until((type) => type === 'DELETED', 300);
    k.delete(`${path}/test-pod`, { gracePeriodSeconds: 0 });
    k.poll(() => {
      const pod = k.maybe(`${path}/ss-0`);
      return pod?.status.phase === 'Running' && pod.metadata.uid !== metadata.uid;
    }, 300, 2);
  });

  it('should have a working scale subresource', () => {
    k.post(sets(), set('ss', 1));
    allRunning(1, true);
    observed('ss');
    const scale = k.get(`${at('ss')}/scale`);
    expect([scale.spec.replicas, scale.status.replicas]).toEqual([1, 1]);
    const { resourceVersion: _any, ...metadata } = scale.metadata;
    expect(k.put(`${at('ss')}/scale`, { ...scale, metadata, spec: { replicas: 2 } }).spec.replicas).toBe(2);
    expect(k.get(at('ss')).spec.replicas).toBe(2);
    k.patch(`${at('ss')}/scale`, STRATEGIC_PATCH, { metadata: { creationTimestamp: null }, spec: { replicas: 4 }, status: { replicas: 0 } });
    expect(k.get(at('ss')).spec.replicas).toBe(4);
  });

  it('should list, patch and delete a collection of StatefulSets', () => {
    const labels = { name: 'sample-pod', pod: 'httpd' };
    k.post(sets(), set('test-ss', 1, {}, labels));
    allRunning(1, true, labels);
    observed('test-ss');
    k.patch(at('test-ss'), STRATEGIC_PATCH, { metadata: { labels: { 'test-ss': 'patched' } }, spec: { replicas: 2, template: { spec: { TerminationGracePeriodSeconds: 1, containers: [{ name: 'test-ss', image: IMAGES.pause }] } } } });
    const patched = k.get(at('test-ss'));
    expect(patched.spec.replicas).toBe(2);
    expect(patched.spec.template.spec.containers[0].image).toBe(IMAGES.pause);
    allRunning(2, true, labels);
    observed('test-ss');
    const all = '/apis/apps/v1/statefulsets?labelSelector=test-ss=patched';
    expect(k.get(all).items).toHaveLength(1);
    k.delete(`${sets()}?labelSelector=test-ss=patched`, { gracePeriodSeconds: 1 });
    expect(k.get(all).items).toEqual([]);
  });

  it('should validate Statefulset Status endpoints', () => {
    const watch = k.watch(`${sets()}?labelSelector=e2e=testing`);
    k.post(sets(), set('ss', 1));
    allRunning(1, true);
    observed('ss');
    k.patch(at('ss'), STRATEGIC_PATCH, { metadata: { labels: { e2e: 'testing' } } });
    expect(k.get(`${at('ss')}/status`).metadata.name).toBe('ss');
    const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
    k.update(at('ss'), ({ status }) => (status.conditions = [...(status.conditions ?? []), condition]), '/status');
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type, reason }: Any) => type === 'StatusUpdate' && reason === 'E2E'));
    k.patch(`${at('ss')}/status`, MERGE_PATCH, { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } });
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type }: Any) => type === 'StatusPatched'));
  });
});
