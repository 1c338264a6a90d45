/** Twins of test/e2e/apps/daemon_set.go and controller_revision.go. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inMapOrder } from '../../../models/kubernetes/object/go/map-order.ts';
import { type Any, Client, IMAGES, MERGE_PATCH, STRATEGIC_PATCH } from '../framework/client.ts';
import { imageOf, isPodReady, podsOf } from './pods.ts';

const NAME = 'daemon-set';
const [NAME_LABEL, COLOR] = ['daemonset-name', 'daemonset-color'];
const LABEL = { [NAME_LABEL]: NAME };
const HASH = 'controller-revision-hash';
let k: Client;
let namespace = '';

beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('daemonsets');
});
afterEach(() => {
  k.delete(sets());
  k.poll(() => pods().length === 0, 120, 1);
});

const sets = (): string => `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
const at = (): string => `${sets()}/${NAME}`;
const revisions = (): string => `/apis/apps/v1/namespaces/${namespace}/controllerrevisions`;
const daemon = (more: Any = {}): Any => ({ metadata: { name: NAME, labels: LABEL }, spec: { selector: { matchLabels: LABEL }, template: { metadata: { labels: LABEL }, spec: { containers: [{ name: 'app', image: IMAGES.httpd, ports: [{ containerPort: 9376 }] }] } }, ...more } });
const pods = (): Any[] => podsOf(k, namespace, LABEL);
const runsOn = (nodes: readonly string[]): boolean => {
  const found = pods().filter((pod) => pod.metadata.deletionTimestamp === undefined && isPodReady(pod));
  return found.length === nodes.length && nodes.every((name) => found.some(({ spec }) => spec.nodeName === name));
};
const everywhere = (): void => k.poll(() => runsOn(k.schedulableNodes().map(({ metadata }) => metadata.name)), 300, 1);
const statusFits = (): void => {
  const { status } = k.get(at());
  expect(status.currentNumberScheduled).toBe(status.desiredNumberScheduled);
  expect(status.numberReady).toBe(status.desiredNumberScheduled);
};
/** Pods with the image, so many of them away at most at any time. */
const imageAndAvailability = (image: string, away: number): void =>
  k.poll(() => {
    // As upstream counts: pods on their way out do not, and a node without any pod is no pod that is away.
    const found = pods().filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const unavailable = found.filter((pod) => !isPodReady(pod)).length;
    expect(unavailable).toBeLessThanOrEqual(away);
    return unavailable === 0 && found.length === k.schedulableNodes().length && found.every((pod) => imageOf(pod) === image);
  }, 390, 0.05);
const current = (count: number): Any => {
  k.poll(() => k.get(`${revisions()}?labelSelector=${NAME_LABEL}=${NAME}`).items.length === count, 300, 1);
  const newest = k.get(`${revisions()}?labelSelector=${NAME_LABEL}=${NAME}`).items.toSorted((a: Any, b: Any) => b.revision - a.revision)[0];
  // `daemon.Match` compares the data byte by byte with what Go makes of the template.
  const { template } = k.get(at()).spec;
  const patch = { ...template, metadata: { ...template.metadata, creationTimestamp: null }, $patch: 'replace' };
  expect(JSON.stringify(newest.data)).toBe(JSON.stringify(inMapOrder({ spec: { template: patch } })));
  return newest;
};
/** What the controller names a revision of such a template: asked of the same set elsewhere. */
function hashOf(spec: Any): string {
  const elsewhere = k.namespace('hashes');
  const made = daemon();
  Object.assign(made.spec.template.spec, spec);
  k.post(`/apis/apps/v1/namespaces/${elsewhere}/daemonsets`, made);
  const found = (): Any => k.get(`/apis/apps/v1/namespaces/${elsewhere}/controllerrevisions`).items[0];
  k.poll(() => found() !== undefined, 60);
  const hash = found().metadata.labels[HASH];
  k.delete(`/api/v1/namespaces/${elsewhere}`);
  return hash;
}
const label = (node: string, color: string | null): void => void k.patch(`/api/v1/nodes/${node}`, STRATEGIC_PATCH, { metadata: { labels: { [COLOR]: color } } });

describe('Daemon set [Serial]', () => {
  it('should run and stop simple daemon', () => {
    k.post(sets(), daemon());
    everywhere();
    k.sleep(0.5);
    statusFits();
    k.delete(`/api/v1/namespaces/${namespace}/pods/${pods()[0].metadata.name}`);
    everywhere();
  });

  it('should run and stop complex daemon', () => {
    const made = daemon();
    made.spec.template.spec.nodeSelector = { [COLOR]: 'blue' };
    k.post(sets(), made);
    k.sleep(5);
    expect(pods()).toEqual([]);
    const node = k.schedulableNodes()[0].metadata.name;
    label(node, 'blue');
    k.poll(() => runsOn([node]), 300, 1);
    k.sleep(0.5);
    statusFits();
    label(node, 'green');
    k.poll(() => pods().length === 0, 300, 1);
    k.patch(at(), STRATEGIC_PATCH, { spec: { template: { spec: { nodeSelector: { [COLOR]: 'green' } } }, updateStrategy: { type: 'RollingUpdate' } } });
    k.poll(() => runsOn([node]), 300, 1);
    k.sleep(0.5);
    statusFits();
    label(node, null);
  });

  it('should retry creating failed daemon pods', () => {
    k.post(sets(), daemon());
    everywhere();
    const [pod] = pods();
    const { resourceVersion: _any, ...metadata } = pod.metadata;
    k.put(`/api/v1/namespaces/${namespace}/pods/${metadata.name}/status`, { ...pod, apiVersion: 'v1', kind: 'Pod', metadata, status: { ...pod.status, phase: 'Failed' } });
    everywhere();
    k.poll(() => {
      const now = k.maybe(`/api/v1/namespaces/${namespace}/pods/${metadata.name}`);
      return now === undefined || now.metadata.uid !== metadata.uid;
    }, 300, 1);
  });

  it('should update pod when spec was updated and update strategy is RollingUpdate', () => {
    k.post(sets(), daemon({ updateStrategy: { type: 'RollingUpdate' } }));
    everywhere();
    const first = current(1);
    expect(first.revision).toBe(1);
    for (const { metadata } of pods()) expect(metadata.labels[HASH]).toBe(first.metadata.labels[HASH]);
    k.patch(at(), STRATEGIC_PATCH, { spec: { template: { spec: { containers: [{ name: 'app', image: IMAGES.agnhost }] } } } });
    imageAndAvailability(IMAGES.agnhost, 1);
    everywhere();
    const second = current(2);
    expect(second.revision).toBe(2);
    for (const { metadata } of pods()) expect(metadata.labels[HASH]).toBe(second.metadata.labels[HASH]);
  });

  it('should rollback without unnecessary restarts', () => {
    k.post(sets(), daemon({ updateStrategy: { type: 'RollingUpdate' } }));
    everywhere();
    k.update(at(), ({ spec }) => (spec.template.spec.containers[0].image = 'foo:non-existent'));
    k.poll(() => pods().some((pod) => imageOf(pod) === 'foo:non-existent'), 300, 1);
    // A pod that is on its way out does not count; upstream's test fails when it sees one in the half second that it takes.
    const existing = pods().filter((pod) => imageOf(pod) === IMAGES.httpd && pod.metadata.deletionTimestamp === undefined);
    expect(existing.length).toBeGreaterThan(0);
    k.update(at(), ({ spec }) => (spec.template.spec.containers[0].image = IMAGES.httpd));
    imageAndAvailability(IMAGES.httpd, 1);
    const now = new Map(pods().map((pod) => [pod.metadata.name, pod]));
    for (const { metadata } of existing) {
      expect(now.has(metadata.name)).toBe(true);
      expect(now.get(metadata.name).status.containerStatuses[0].restartCount).toBe(0);
    }
  });

  it('should list and delete a collection of DaemonSets', () => {
    k.post(sets(), daemon());
    everywhere();
    const selector = `${NAME_LABEL}=${NAME}`;
    expect(k.get(`/apis/apps/v1/daemonsets?labelSelector=${selector}`).items).toHaveLength(1);
    k.delete(`${sets()}?labelSelector=${selector}`, { gracePeriodSeconds: 1 });
    k.poll(() => k.get(`${sets()}?labelSelector=${selector}`).items.length === 0, 60);
  });

  it('should verify changes to a daemon set status', () => {
    const watch = k.watch(`${sets()}?labelSelector=${NAME_LABEL}=${NAME}`);
    k.post(sets(), daemon());
    everywhere();
    k.sleep(0.5);
    expect(k.get(`${at()}/status`).status.numberReady).toBe(3);
    const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
    k.update(at(), ({ status }) => (status.conditions = [...(status.conditions ?? []), condition]), '/status');
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type }: Any) => type === 'StatusUpdate'));
    k.patch(`${at()}/status`, MERGE_PATCH, { status: { conditions: [{ type: 'StatusPatched', status: 'True' }] } });
    watch.until((_type, { status }) => (status.conditions ?? []).some(({ type }: Any) => type === 'StatusPatched'));
  });
});

describe('ControllerRevision [Serial]', () => {
  it('should manage the lifecycle of a ControllerRevision', () => {
    const selector = `${NAME_LABEL}=${NAME}`;
    k.post(sets(), daemon());
    everywhere();
    k.sleep(0.5);
    statusFits();
    expect(k.get(`/apis/apps/v1/controllerrevisions?labelSelector=${selector}`).items).toHaveLength(1);
    const initial = current(1);
    const name = initial.metadata.name;
    const patched = k.patch(`${revisions()}/${name}`, STRATEGIC_PATCH, { metadata: { labels: { [name]: 'patched' } } });
    expect(patched.metadata.labels[name]).toBe('patched');
    const hash = hashOf({ terminationGracePeriodSeconds: 1 });
    const copy = { metadata: { name: `${NAME}-${hash}`, namespace, labels: { ...LABEL, [HASH]: hash }, ownerReferences: initial.metadata.ownerReferences }, data: initial.data, revision: initial.revision + 1 };
    const second = k.post(revisions(), copy);
    expect(second.revision).toBe(2);
    current(2);
    k.delete(`${revisions()}/${name}`);
    k.poll(() => k.get(`${revisions()}?labelSelector=${selector}`).items.length === 1, 60, 1);
    const left = current(1);
    const updated = k.update(`${revisions()}/${left.metadata.name}`, ({ metadata }) => (metadata.labels[left.metadata.name] = 'updated'));
    expect(updated.metadata.labels[left.metadata.name]).toBe('updated');
    // The revision that the controller makes now has the name of the one that was made by hand: the hash must change.
    k.patch(at(), STRATEGIC_PATCH, { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } }, updateStrategy: { type: 'RollingUpdate' } });
    current(2);
    k.delete(`${revisions()}?labelSelector=${encodeURIComponent(`${left.metadata.name}=updated`)}`);
    k.poll(() => k.get(`${revisions()}?labelSelector=${selector}`).items.length === 1, 60, 1);
    expect(current(1).revision).toBe(3);
    expect(k.get(at()).status.collisionCount).toBe(1);
  });
});
