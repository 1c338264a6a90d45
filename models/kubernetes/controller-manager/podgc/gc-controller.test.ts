import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { NODES, PODS } from '../../client/resources.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

describe('pod garbage collector', () => {
  it('deletes the pods of a node that is gone, after the quarantine', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'left' }, spec: { nodeName: 'node-3', containers: [{ name: 'a', image: 'a' }] } });
      yield* sleep(5);
      yield* client.delete(NODES, undefined, 'node-3');
    });
    plane.run(40);
    expect(plane.list('pods')).toHaveLength(1);
    plane.run(60);
    expect(plane.list('pods')).toEqual([]);
  });
});
