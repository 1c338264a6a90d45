import { describe, expect, it } from 'vitest';
import type { Node } from '../../object/types.ts';
import { NodeTree } from './node-tree.ts';

const node = (name: string, zone?: string): Node =>
  ({
    metadata: { name, labels: zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone } },
  }) as unknown as Node;

describe('the node tree', () => {
  it('lists one node of each zone in turn, zones in the order they were first seen', () => {
    const tree = new NodeTree();
    const [a1, b1, a2] = [node('a1', 'A'), node('b1', 'B'), node('a2', 'A')];
    for (const each of [a1, b1, a2, node('c1', 'C'), node('c2', 'C'), node('a3', 'A')]) tree.add(each);
    expect(tree.list()).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
    tree.remove(b1);
    tree.add(node('b2', 'B'));
    expect(tree.list()).toEqual(['a1', 'c1', 'b2', 'a2', 'c2', 'a3']);
  });

  it('follows a node into another zone', () => {
    const tree = new NodeTree();
    tree.add(node('n1', 'A'));
    tree.add(node('n2'));
    tree.update(node('n1', 'A'), node('n1', 'B'));
    expect(tree.list()).toEqual(['n2', 'n1']);
  });
});
