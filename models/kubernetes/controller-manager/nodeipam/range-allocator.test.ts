import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import type { KubeObject, Node } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const options = { controllers: ['node-ipam-controller'], allocateNodeCIDRs: true, clusterCIDRs: ['10.244.0.0/22', 'fd00:10::/60'], serviceCIDRs: ['10.244.3.0/24'], nodeCIDRMaskSizeIPv6: 64 };
const node = (name: string, spec: object = {}): object => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec });
const ranges = (nodes: readonly Node[]): Record<string, readonly string[] | undefined> => Object.fromEntries(nodes.map(({ metadata, spec }) => [metadata.name, spec.podCIDRs]));

describe('range allocator', () => {
  it('gives each node a range of each family, none twice and none of the Services, and takes them back', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(NODES, undefined, node('has', { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24', 'fd00:10:0:5::/64'] }));
      yield* sleep(10);
      for (const name of ['a', 'b', 'late']) yield* client.create(NODES, undefined, node(name));
      yield* sleep(10);
      yield* client.delete(NODES, undefined, 'a');
    }, { nodes: 0, manager: options });
    plane.run(15);
    const given = ranges(plane.list<Node>('nodes'));
    expect(given['has']).toEqual(['10.244.1.0/24', 'fd00:10:0:5::/64']);
    // 10.244.1 is taken and 10.244.3 is the Services': two are left for three nodes.
    expect(Object.values(given).flatMap((each) => each?.[0] ?? []).sort()).toEqual(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']);
    expect(new Set(Object.values(given).flatMap((each) => each?.[1] ?? [])).size).toBe(3);
    expect(plane.list<Node>('nodes').every(({ spec }) => spec.podCIDR === spec.podCIDRs?.[0])).toBe(true);
    const without = Object.entries(given).find(([, each]) => each === undefined)?.[0];
    const told = plane.list<KubeObject>('events').find(({ reason }) => reason === 'CIDRNotAvailable');
    expect([told?.['involvedObject'].name, told?.['source'].component, told?.['message']]).toEqual([without, 'cidrAllocator', `Node ${without} status is now: CIDRNotAvailable`]);
    plane.run(60);
    expect(ranges(plane.list<Node>('nodes'))[without ?? '']?.[0]).toBe(given['a']?.[0]);
  });

  it('does nothing unless it is told to', () => {
    const plane = controlPlane(function* ({ sleep }: Script): Task {
      yield* sleep(5);
    }, { nodes: 1, manager: { controllers: ['node-ipam-controller'] } });
    plane.run(10);
    expect(plane.list<Node>('nodes').map(({ spec }) => spec.podCIDRs)).toEqual([undefined]);
  });
});
