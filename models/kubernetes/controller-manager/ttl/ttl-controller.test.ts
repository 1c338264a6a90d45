import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import type { Node } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const ttls = (nodes: readonly Node[]): string[] => [...new Set(nodes.map(({ metadata }) => metadata.annotations?.['node.alpha.kubernetes.io/ttl'] ?? '-'))].sort();

describe('TTL controller', () => {
  it('follows the size of the cluster, with a gap between up and down', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      for (let i = 0; i < 98; i++) yield* client.create(NODES, undefined, { apiVersion: 'v1', kind: 'Node', metadata: { name: `more-${i}` } });
      yield* sleep(20);
      for (let i = 0; i < 8; i++) yield* client.delete(NODES, undefined, `more-${i}`);
      yield* sleep(20);
      for (let i = 8; i < 12; i++) yield* client.delete(NODES, undefined, `more-${i}`);
      for (const name of ['node-1', 'more-50']) yield* client.patch(NODES, undefined, name, 'application/merge-patch+json', { metadata: { labels: { touched: 'yes' } } });
    }, { manager: { controllers: ['ttl-controller'] } });
    plane.run(15);
    expect(plane.list('nodes')).toHaveLength(101);
    expect(ttls(plane.list('nodes'))).toContain('15');
    plane.run(20);
    expect(plane.list('nodes')).toHaveLength(93);
    plane.run(40);
    const touched = plane.list<Node>('nodes').filter(({ metadata }) => metadata.labels?.['touched'] === 'yes');
    expect(plane.list('nodes')).toHaveLength(89);
    expect(ttls(touched)).toEqual(['0']);
  });
});
