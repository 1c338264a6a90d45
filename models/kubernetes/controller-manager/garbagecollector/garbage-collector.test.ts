import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { CONFIG_MAPS, PERSISTENT_VOLUMES, SECRETS } from '../../client/resources.ts';
import type { KubeObject } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';
import type { GraphNode, Identity } from './graph.ts';
import { alternateIdentity, partitionDependents } from './owner-coordinates.ts';

const owner = (kind: string, name: string, uid: string): object => ({ apiVersion: 'v1', kind, name, uid });
const configMap = (name: string, ...ownerReferences: object[]): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ownerReferences } });
const names = (objects: readonly KubeObject[]): string[] => objects.filter(({ metadata }) => metadata.namespace === 'default' && metadata.name !== 'kube-root-ca.crt').map(({ metadata }) => metadata.name).sort();

describe('garbage collector', () => {
  it('collects a dependent that names its owner wrongly, and keeps the owner for the others', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      const made = yield* client.create<KubeObject>(SECRETS, 'default', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'owner' } });
      const uid = made.ok ? made.object.metadata.uid : '';
      yield* client.create(CONFIG_MAPS, 'default', configMap('wrong-kind', owner('ConfigMap', 'owner', uid)));
      yield* client.create(CONFIG_MAPS, 'default', configMap('wrong-name', owner('Secret', 'other', uid)));
      yield* client.create(CONFIG_MAPS, 'default', configMap('right', owner('Secret', 'owner', uid)));
      yield* sleep(20);
      yield* client.delete(SECRETS, 'default', 'owner');
    });
    plane.run(15);
    expect(names(plane.list('configmaps'))).toEqual(['right']);
    plane.run(15);
    expect(names(plane.list('configmaps'))).toEqual([]);
  });

  it('leaves a cluster-wide object alone that names an owner with a namespace, all its references too', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      const ownerReferences = [owner('Node', 'gone', 'u1'), owner('ConfigMap', 'somewhere', 'u2')];
      const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } };
      yield* client.create(PERSISTENT_VOLUMES, undefined, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v', ownerReferences }, spec });
    });
    plane.run(10);
    expect(plane.list('persistentvolumes')[0]?.metadata.ownerReferences?.map(({ kind }) => kind)).toEqual(['Node', 'ConfigMap']);
  });
});

describe('coordinates of an owner', () => {
  const at = (kind: string, name: string, namespace = 'a'): Identity => ({ apiVersion: 'v1', kind, name, namespace, uid: 'u' });
  const dependent = (namespace: string, ...refs: object[]): GraphNode =>
    ({ identity: { ...at('ConfigMap', `of-${namespace}`, namespace), uid: namespace }, owners: refs }) as unknown as GraphNode;
  const secret = owner('Secret', 'x', 'u');
  const pod = owner('Pod', 'x', 'u');

  it('set apart who names it so from who names it otherwise or from elsewhere', () => {
    const [here, there, both] = [dependent('a', secret), dependent('b', secret), dependent('a', secret, pod)];
    expect(partitionDependents([here, there, both], at('Secret', 'x'))).toEqual({ matching: [here, both], others: [there, both] });
    expect(partitionDependents([here, there], at('Secret', 'x', ''))).toEqual({ matching: [here, there], others: [] });
  });

  it('are tried one after the other, in order and round again', () => {
    const all = [dependent('a', secret), dependent('b', secret), dependent('a', pod)];
    const tried = [at('Pod', 'x')];
    for (let i = 0; i < 3; i++) tried.push(alternateIdentity(all, tried.at(-1) as Identity) as Identity);
    expect(tried).toEqual([at('Pod', 'x'), at('Secret', 'x'), at('Secret', 'x', 'b'), at('Pod', 'x')]);
    expect(alternateIdentity([dependent('a', secret)], at('Secret', 'x'))).toBeUndefined();
  });
});
