import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { DEPLOYMENTS, JOBS, POD_DISRUPTION_BUDGETS, PODS } from '../../client/resources.ts';
import type { Pod, PodDisruptionBudget } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const deployment = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
  spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } } },
};
const budget = (spec: object): object => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'pdb' }, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } });

describe('disruption controller', () => {
  it('allows as many evictions as are left above what must be healthy', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment);
      yield* client.create(POD_DISRUPTION_BUDGETS, 'default', budget({ maxUnavailable: '34%' }));
    });
    plane.run(10);
    const [object] = plane.list<PodDisruptionBudget>('poddisruptionbudgets');
    expect(object?.status).toMatchObject({ observedGeneration: 1, expectedPods: 3, desiredHealthy: 1, currentHealthy: 3, disruptionsAllowed: 2 });
    expect(object?.status.conditions).toMatchObject([{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }]);
  });

  it('refuses an eviction that would leave too few, and counts one that is under way', () => {
    const codes: number[] = [];
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment);
      yield* client.create(POD_DISRUPTION_BUDGETS, 'default', budget({ minAvailable: 2 }));
      yield* sleep(5);
      const listed = yield* client.list<Pod>(PODS, 'default');
      if (!listed.ok) throw new Error('no pods');
      for (const { metadata } of listed.object.items.slice(0, 2)) {
        const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name, namespace: 'default' } };
        const result = yield* client.call('create', PODS, { namespace: 'default', name: metadata.name, subresource: 'eviction', body });
        codes.push(result.ok ? 201 : result.status.code);
      }
    });
    plane.run(30);
    expect(codes).toEqual([201, 429]);
    expect(plane.list<PodDisruptionBudget>('poddisruptionbudgets')[0]?.status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
    expect(plane.list('pods')).toHaveLength(3);
  });

  it('allows nothing, and claims to have observed nothing, when the pods\' controller has no size', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      const template = { metadata: { labels: { app: 'web' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'web', image: 'nginx:1' }] } };
      yield* client.create(JOBS, 'default', { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' }, spec: { template } });
      yield* sleep(5);
      yield* client.create(POD_DISRUPTION_BUDGETS, 'default', budget({ maxUnavailable: 1 }));
    });
    plane.run(10);
    const status = plane.list<PodDisruptionBudget>('poddisruptionbudgets')[0]?.status;
    expect(status?.disruptionsAllowed).toBe(0);
    expect(status?.observedGeneration).toBeUndefined();
    const [condition] = status?.conditions ?? [];
    expect(condition).toMatchObject({ status: 'False', reason: 'SyncFailed', message: 'jobs.batch does not implement the scale subresource' });
    expect(condition).not.toHaveProperty('observedGeneration');
  });
});
