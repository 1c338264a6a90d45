import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import type { Context } from '../registry/kind.ts';
import { validateServiceUpdate } from '../validation/service.ts';
import { errorText } from '../status/field-error.ts';
import { ServiceAllocators } from './service.ts';

const context = { choose: () => 0, lookup: { list: () => [] } } as unknown as Context;
const service = (name: string, spec: object): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec: { type: 'ClusterIP', ports: [{ port: 80 }], ...spec } }) as unknown as KubeObject;
const port = (number: number): object => ({ type: 'NodePort', ports: [{ port: 80, nodePort: number }] });

const setup = (): { reserve: (object: KubeObject, old?: KubeObject) => KubeObject | string; allocators: ServiceAllocators } => {
  const allocators = new ServiceAllocators('10.96.0.0/16');
  return {
    allocators,
    reserve: (object, old) => {
      const result = allocators.reserve(object, old, context);
      return result._tag === 'Right' ? result.right : result.left.message ?? '';
    },
  };
};

const TAKEN = /provided port is already allocated/;

describe('addresses and ports of Services', () => {
  it('stay with their owner when somebody else asks for them in vain', () => {
    const { reserve } = setup();
    reserve(service('a', { ...port(31_000), clusterIP: '10.96.0.9' }));
    expect(reserve(service('b', { ...port(31_000), clusterIP: '10.96.0.10' }))).toMatch(TAKEN);
    expect(reserve(service('c', port(31_000)))).toMatch(TAKEN);
    expect(reserve(service('d', { clusterIP: '10.96.0.10' }))).toMatchObject({ spec: { clusterIP: '10.96.0.10' } });
    expect(reserve(service('e', { clusterIP: '10.96.0.9' }))).toMatch(/already allocated/);
  });

  it('are not given back by who only asked for them', () => {
    const { allocators, reserve } = setup();
    reserve(service('a', { ...port(31_000), clusterIP: '10.96.0.9' }));
    const b = reserve(service('b', {})) as KubeObject;
    const next = reserve(service('b', { ports: [{ port: 80, nodePort: 31_000 }], clusterIP: '10.96.0.9' }), b) as KubeObject;
    allocators.release(next, b);
    expect(reserve(service('c', port(31_000)))).toMatch(TAKEN);
    expect(reserve(service('c', { clusterIP: '10.96.0.9' }))).toMatch(/already allocated/);
  });

  it('are taken and given back by other servers too', () => {
    const stored: KubeObject[] = [];
    const shared = { choose: () => 0, lookup: { list: () => stored } } as unknown as Context;
    const allocators = new ServiceAllocators('10.96.0.0/16', true);
    const reserve = (name: string, spec: object): string | undefined => {
      const result = allocators.reserve(service(name, spec), undefined, shared);
      return result._tag === 'Left' ? result.left.message : undefined;
    };
    expect(reserve('own', { clusterIP: '10.96.0.8' })).toBeUndefined();
    stored.push(service('other', { ...port(31_000), clusterIPs: ['10.96.0.9'] }));
    expect(reserve('a', { clusterIP: '10.96.0.9' })).toMatch(/already allocated/);
    expect(reserve('a', port(31_000))).toMatch(TAKEN);
    stored.length = 0;
    expect(reserve('a', { ...port(31_000), clusterIP: '10.96.0.9' })).toBeUndefined();
    expect(reserve('b', { clusterIP: '10.96.0.8' })).toMatch(/already allocated/);
  });

  it('come free when an update no longer needs them', () => {
    const { allocators, reserve } = setup();
    const a = reserve(service('a', { ...port(31_000), clusterIP: '10.96.0.9' })) as KubeObject;
    const named = reserve({ ...a, spec: { ...(a['spec'] as object), type: 'ExternalName', externalName: 'b.c', clusterIP: undefined } }, a) as KubeObject;
    expect(named['spec']).not.toHaveProperty('clusterIPs');
    allocators.release(a, named);
    expect(reserve(service('b', { ...port(31_000), clusterIP: '10.96.0.9' }))).toMatchObject({ spec: { ports: [{ nodePort: 31_000 }] } });
  });

  it('keep a node port that was asked for while none are allocated', () => {
    const { reserve } = setup();
    const spec = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ name: 'a', port: 80, nodePort: 31_000 }, { name: 'b', port: 81 }] };
    expect(reserve(service('a', spec))).toMatchObject({ spec: { ports: [{ nodePort: 31_000 }, { port: 81 }] } });
    expect(reserve(service('b', port(31_000)))).toMatch(TAKEN);
  });

  it.each([
    ['only the singular changes', { clusterIP: '10.96.0.77' }, ['spec.clusterIPs[0]: Invalid value: []string{"10.96.0.77"}: may not change once set']],
    ['only the singular is cleared', { clusterIP: '' }, []],
    ['only the plural is left out', { clusterIPs: undefined }, []],
    ['both are left out', { clusterIP: undefined, clusterIPs: undefined }, []],
  ])('follow each other when %s', (_what, change, errors) => {
    const { reserve } = setup();
    const a = reserve(service('a', { clusterIP: '10.96.0.9', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] })) as KubeObject;
    const next = reserve({ ...a, spec: { ...(a['spec'] as object), ...change } }, a) as KubeObject;
    expect(validateServiceUpdate(next, a).map(errorText)).toEqual(errors);
    if (errors.length === 0) expect(next['spec']).toEqual(a['spec']);
  });
});
