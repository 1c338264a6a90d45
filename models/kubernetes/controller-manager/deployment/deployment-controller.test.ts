import { describe, expect, it } from 'vitest';
import { DEPLOYMENTS } from '../../client/resources.ts';
import type { Task } from '../../client/process.ts';
import type { Deployment, KubeObject, Pod, ReplicaSet } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const deployment = (replicas: number, image = 'nginx:1.25', extra: object = {}): object => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } }, ...extra },
});
const messages = (events: KubeObject[], kind: string): string[] => events.filter((event) => event['involvedObject'].kind === kind).map((event) => event['message'] as string);

describe('deployment controller', () => {
  it('makes a ReplicaSet and its pods, and reports completion', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      const made = yield* client.create(DEPLOYMENTS, 'default', deployment(3));
      expect(made.ok).toBe(true);
    });
    plane.run(10);
    const [object] = plane.list<Deployment>('deployments');
    expect(object?.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3, observedGeneration: 1 });
    expect(object?.status.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ]);
    const [set] = plane.list<ReplicaSet>('replicasets');
    expect(set?.metadata.name).toMatch(/^web-[456789bcdf]{1,10}$/);
    expect(set?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/desired-replicas': '3', 'deployment.kubernetes.io/max-replicas': '4', 'deployment.kubernetes.io/revision': '1' });
    expect(plane.list<Pod>('pods')).toHaveLength(3);
    expect(messages(plane.list('events'), 'Deployment')).toEqual([`Scaled up replica set ${set?.metadata.name} from 0 to 3`]);
    expect(plane.manager().isIdle()).toBe(false);
  });

  it('rolls a new template out within surge and unavailability', () => {
    let most = 0;
    let least = Infinity;
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment(4));
      yield* sleep(10);
      yield* client.patch(DEPLOYMENTS, 'default', 'web', 'application/strategic-merge-patch+json', { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:2' }] } } } });
    });
    plane.run(8);
    for (let i = 0; i < 400; i++) {
      plane.run(0.1);
      const sets = plane.list<ReplicaSet>('replicasets');
      most = Math.max(most, sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0));
      least = Math.min(least, plane.list<Pod>('pods').filter((pod) => pod.metadata.deletionTimestamp === undefined && pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')).length);
    }
    expect(most).toBe(5);
    expect(least).toBe(3);
    const sets = plane.list<ReplicaSet>('replicasets');
    expect(sets.map((set) => set.spec.replicas).sort()).toEqual([0, 4]);
    expect(sets.map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision']).sort()).toEqual(['1', '2']);
    expect(plane.list<Deployment>('deployments')[0]?.status).toMatchObject({ replicas: 4, updatedReplicas: 4, availableReplicas: 4 });
  });

  it('replaces a deleted pod and collects everything with the Deployment', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment(2));
      yield* sleep(20);
      yield* client.delete(DEPLOYMENTS, 'default', 'web', { propagationPolicy: 'Background' });
    });
    plane.run(15);
    expect(plane.list('pods')).toHaveLength(2);
    plane.run(20);
    for (const kind of ['deployments', 'replicasets', 'pods']) expect(plane.list(kind)).toEqual([]);
  });
});
