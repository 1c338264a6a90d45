import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { CONTROLLER_REVISIONS, RESOURCE_QUOTAS, STATEFUL_SETS } from '../../client/resources.ts';
import type { ControllerRevision, Pod, StatefulSet } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const statefulSet = (replicas: number, policy = 'OrderedReady'): object => ({
  apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' },
  spec: {
    replicas, podManagementPolicy: policy, serviceName: 'db', selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'busybox:1' }] } },
  },
});
const image = (tag: string): object => ({ spec: { template: { spec: { containers: [{ name: 'db', image: `busybox:${tag}` }] } } } });

describe('StatefulSet controller', () => {
  it('starts pods in order, each when the one before is ready', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(STATEFUL_SETS, 'default', statefulSet(3));
    });
    let most = 0;
    for (let i = 0; i < 100; i++) {
      plane.run(0.1);
      const waiting = plane.list<Pod>('pods').filter(({ status }) => !status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'));
      most = Math.max(most, waiting.length);
    }
    expect(most).toBe(1);
    expect(plane.list<Pod>('pods').map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
    const [set] = plane.list<StatefulSet>('statefulsets');
    expect(set?.status).toMatchObject({ replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3, collisionCount: 0 });
    expect(plane.list<Pod>('pods')[0]?.metadata.labels?.['controller-revision-hash']).toBe(set?.status.updateRevision);
    const said = plane.list('events').filter((event) => event['involvedObject'].kind === 'StatefulSet').map((event) => event['message'] as string);
    expect(said).toEqual([0, 1, 2].map((ordinal) => `create Pod db-${ordinal} in StatefulSet db successful`));
  });

  it.each([['OrderedReady', 3], ['Parallel', 60]])('that is to have more pods than anything can hold makes them one after another (%s)', (policy, atLeast) => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(STATEFUL_SETS, 'default', statefulSet(2_147_483_647, policy));
    });
    plane.run(10);
    expect(plane.list<Pod>('pods').length).toBeGreaterThanOrEqual(atLeast);
  });

  it('updates from the highest ordinal down, and goes back to an earlier revision', () => {
    const order: string[] = [];
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(STATEFUL_SETS, 'default', statefulSet(3));
      yield* sleep(15);
      yield* client.patch(STATEFUL_SETS, 'default', 'db', 'application/strategic-merge-patch+json', image('2'));
      yield* sleep(30);
      yield* client.patch(STATEFUL_SETS, 'default', 'db', 'application/strategic-merge-patch+json', image('1'));
    });
    for (let i = 0; i < 400; i++) {
      plane.run(0.1);
      for (const { metadata } of plane.list<Pod>('pods')) if (metadata.deletionTimestamp !== undefined && order.at(-1) !== metadata.name) order.push(metadata.name);
    }
    expect(order).toEqual(['db-2', 'db-1', 'db-0']);
    expect(plane.list<Pod>('pods').every(({ spec }) => spec.containers[0]?.image === 'busybox:2')).toBe(true);
    plane.run(40);
    expect(plane.list<Pod>('pods').every(({ spec }) => spec.containers[0]?.image === 'busybox:1')).toBe(true);
    expect(plane.list<ControllerRevision>('controllerrevisions').map(({ revision }) => revision).sort()).toEqual([2, 3]);
  });

  it('scales down from the top', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(STATEFUL_SETS, 'default', statefulSet(3, 'Parallel'));
      yield* sleep(10);
      yield* client.patch(STATEFUL_SETS, 'default', 'db', 'application/merge-patch+json', { spec: { replicas: 1 } });
    });
    plane.run(40);
    expect(plane.list<Pod>('pods').map(({ metadata }) => metadata.name)).toEqual(['db-0']);
  });

  it('replaces a pod that has ended and says no more than that it deleted it', () => {
    const plane = controlPlane(
      function* ({ client }: Script): Task {
        yield* client.create(STATEFUL_SETS, 'default', statefulSet(1));
      },
      { podLife: () => ({ endsAfter: 3, phase: 'Failed' }) },
    );
    plane.run(8);
    const said = plane.list('events').filter((event) => event['involvedObject'].kind === 'StatefulSet').map((event) => event['message'] as string);
    expect(said.slice(0, 2)).toEqual(['create Pod db-0 in StatefulSet db successful', 'delete Pod db-0 in StatefulSet db successful']);
    expect(said.every((message) => /^(create|delete) Pod db-0 /.test(message))).toBe(true);
  });

  it('says which claim of which pod could not be made', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(RESOURCE_QUOTAS, 'default', { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' }, spec: { hard: { persistentvolumeclaims: '0' } } });
      const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
      const set = statefulSet(1) as { spec: object };
      yield* client.create(STATEFUL_SETS, 'default', { ...set, spec: { ...set.spec, volumeClaimTemplates: [claim] } });
    });
    plane.run(3);
    const said = plane.list('events').filter((event) => event['reason'] === 'FailedCreate').map((event) => event['message'] as string);
    expect(said.some((message) => message.startsWith('create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: '))).toBe(true);
  });

  it('keeps a revision that was relabelled, and uses it on', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(STATEFUL_SETS, 'default', statefulSet(1));
      yield* sleep(5);
      const listed = yield* client.list<ControllerRevision>(CONTROLLER_REVISIONS, 'default');
      const name = listed.ok ? (listed.object.items[0]?.metadata.name ?? '') : '';
      yield* client.patch(CONTROLLER_REVISIONS, 'default', name, 'application/merge-patch+json', { metadata: { labels: { app: 'other' } } });
    });
    plane.run(10);
    const revisions = plane.list<ControllerRevision>('controllerrevisions');
    expect(revisions.map(({ metadata }) => metadata.ownerReferences?.[0]?.name)).toEqual(['db']);
    expect(plane.list<StatefulSet>('statefulsets')[0]?.status.updateRevision).toBe(revisions[0]?.metadata.name);
  });
});
