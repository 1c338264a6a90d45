import { describe, expect, it } from 'vitest';
import type { Message } from '../../../../src/index.ts';
import type { Task } from '../../client/process.ts';
import { NODES, SERVICES } from '../../client/resources.ts';
import type { KubeObject, Node, Service } from '../../object/types.ts';
import { cloudControllerManager, type CloudMachine } from '../cloud-controller-manager.ts';
import { controlPlane, EPOCH, type ControlPlane, type Script } from '../testing/control-plane.ts';

const service = (name: string, spec: object = {}): unknown => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec } });
const cloud = (count: number) => cloudControllerManager({ servers: ['kube-apiserver'], epoch: EPOCH, loadBalancerIPs: Array.from({ length: count }, (_, i) => `203.0.113.${i + 1}`), ensureMin: 1_000_000, ensureMax: 2_000_000 });
const ips = (plane: ControlPlane): Record<string, string | undefined> => Object.fromEntries(plane.list<Service>('services').filter(({ metadata }) => metadata.name !== 'kubernetes').map(({ metadata, status }) => [metadata.name, status?.loadBalancer?.ingress?.[0]?.ip]));
const reasons = (plane: ControlPlane, name: string): string[] => plane.list<KubeObject>('events').filter((event) => event['involvedObject'].name === name).map((event) => event['reason'] as string);

describe('service load balancer controller', () => {
  it('gives addresses, takes them back, and tells what it does', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(SERVICES, 'default', service('web'));
      yield* client.create(SERVICES, 'default', service('other', { loadBalancerClass: 'example.com/mine' }));
      yield* sleep(10);
      yield* client.create(NODES, undefined, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'late' } });
      yield* sleep(10);
      yield* client.delete(SERVICES, 'default', 'web');
      yield* sleep(1);
      yield* client.create(SERVICES, 'default', service('next'));
      yield* client.create(SERVICES, 'default', service('more'));
    }, { actors: [cloud(1)] });
    plane.run(8);
    expect(ips(plane)).toEqual({ web: '203.0.113.1', other: undefined });
    expect(plane.list<Service>('services').find(({ metadata }) => metadata.name === 'web')?.metadata.finalizers).toEqual(['service.kubernetes.io/load-balancer-cleanup']);
    expect(reasons(plane, 'web')).toEqual(['EnsuringLoadBalancer', 'EnsuredLoadBalancer']);
    plane.run(10);
    expect(reasons(plane, 'web')).toContain('UpdatedLoadBalancer');
    plane.run(60);
    expect(Object.keys(ips(plane)).sort()).toEqual(['more', 'next', 'other']);
    expect(reasons(plane, 'web').slice(-2)).toEqual(['DeletingLoadBalancer', 'DeletedLoadBalancer']);
    expect(Object.values(ips(plane)).filter((ip) => ip !== undefined)).toEqual(['203.0.113.1']);
    expect(reasons(plane, 'more')).toContain('SyncLoadBalancerFailed');
  });

  it('loses no load balancer when its process crashes', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(SERVICES, 'default', service('web'));
    }, { actors: [cloud(1)] });
    plane.run(8);
    plane.kernel.control({ kind: 'crash', actor: 'cloud-controller-manager' } as never);
    plane.kernel.control({ kind: 'restart', actor: 'cloud-controller-manager' } as never);
    plane.run(10);
    expect(ips(plane)).toEqual({ web: '203.0.113.1' });
    expect(reasons(plane, 'web')).not.toContain('SyncLoadBalancerFailed');
  });
});

describe('cloud node lifecycle controller', () => {
  it('deletes nodes whose machine is gone, and taints those that are stopped', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      for (const name of ['gone', 'stopped']) yield* client.create(NODES, undefined, { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    }, { actors: [cloud(1)] });
    for (const [node, state] of [['gone', 'terminated'], ['stopped', 'stopped'], ['node-1', 'terminated']] as const) {
      plane.kernel.input('cloud-controller-manager', { kind: 'cloud.machine', node, state } as CloudMachine as unknown as Message);
    }
    plane.run(20);
    expect(plane.list<Node>('nodes').map(({ metadata }) => metadata.name).sort()).toEqual(['node-1', 'node-2', 'node-3', 'stopped']);
    const taints = plane.list<Node>('nodes').find(({ metadata }) => metadata.name === 'stopped')?.spec.taints ?? [];
    expect(taints.map(({ key }) => key)).toContain('node.cloudprovider.kubernetes.io/shutdown');
  });
});
