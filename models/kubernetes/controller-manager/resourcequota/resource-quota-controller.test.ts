import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { CONFIG_MAPS, PODS, RESOURCE_QUOTAS } from '../../client/resources.ts';
import type { ResourceQuota } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

describe('resource quota controller', () => {
  it('computes the usage, and gives back what was deleted or has ended', () => {
    const plane = controlPlane(
      function* ({ client, sleep }: Script): Task {
        yield* client.create(RESOURCE_QUOTAS, 'default', { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard: { pods: '5', 'requests.cpu': '2', configmaps: '9' } } });
        yield* sleep(1);
        for (const name of ['ends', 'stays']) {
          const spec = { containers: [{ name: 'a', image: 'a', resources: { requests: { cpu: '300m' } } }] };
          yield* client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
        }
        yield* client.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
        yield* sleep(4);
        yield* client.delete(CONFIG_MAPS, 'default', 'a');
      },
      { podLife: ({ metadata }) => (metadata.name === 'ends' ? { endsAfter: 5 } : {}) },
    );
    plane.run(4);
    const used = (): unknown => plane.list<ResourceQuota>('resourcequotas')[0]?.status.used;
    expect(used()).toEqual({ configmaps: '2', pods: '2', 'requests.cpu': '600m' });
    plane.run(20);
    expect(used()).toEqual({ configmaps: '1', pods: '1', 'requests.cpu': '300m' });
  });
});
