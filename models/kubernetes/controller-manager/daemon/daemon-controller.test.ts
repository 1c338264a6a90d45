import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { DAEMON_SETS, NODES } from '../../client/resources.ts';
import type { DaemonSet, Pod } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const daemonSet = (selector: object = {}): object => ({
  apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: { metadata: { labels: { app: 'agent' } }, spec: { ...selector, containers: [{ name: 'agent', image: 'agent:1' }] } } },
});
const nodesOf = (pods: Pod[]): (string | undefined)[] => pods.map(({ spec }) => spec.nodeName).sort();

describe('DaemonSet controller', () => {
  it('runs one pod on every node that matches, and follows labels', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.patch(NODES, undefined, 'node-1', 'application/merge-patch+json', { metadata: { labels: { role: 'edge' } } });
      yield* client.create(DAEMON_SETS, 'default', daemonSet({ nodeSelector: { role: 'edge' } }));
      yield* sleep(10);
      yield* client.patch(NODES, undefined, 'node-2', 'application/merge-patch+json', { metadata: { labels: { role: 'edge' } } });
      yield* sleep(10);
      yield* client.patch(NODES, undefined, 'node-1', 'application/merge-patch+json', { metadata: { labels: { role: null } } });
    });
    plane.run(10);
    expect(nodesOf(plane.list('pods'))).toEqual(['node-1']);
    plane.run(8);
    expect(nodesOf(plane.list('pods'))).toEqual(['node-1', 'node-2']);
    plane.run(20);
    expect(nodesOf(plane.list('pods'))).toEqual(['node-2']);
    const [object] = plane.list<DaemonSet>('daemonsets');
    expect(object?.status).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 1, numberReady: 1, numberAvailable: 1, numberMisscheduled: 0, updatedNumberScheduled: 1 });
  });

  it('replaces its pods one node at a time', () => {
    let least = Infinity;
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(DAEMON_SETS, 'default', daemonSet());
      yield* sleep(10);
      const template = { spec: { containers: [{ name: 'agent', image: 'agent:2' }] } };
      yield* client.patch(DAEMON_SETS, 'default', 'agent', 'application/strategic-merge-patch+json', { spec: { template } });
    });
    plane.run(9);
    for (let i = 0; i < 300; i++) {
      plane.run(0.1);
      least = Math.min(least, plane.list<DaemonSet>('daemonsets')[0]?.status.numberAvailable ?? 0);
    }
    expect(least).toBe(2);
    expect(plane.list<Pod>('pods').map(({ spec }) => spec.containers[0]?.image)).toEqual(['agent:2', 'agent:2', 'agent:2']);
    expect(nodesOf(plane.list('pods'))).toEqual(['node-1', 'node-2', 'node-3']);
  });
});
