import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { structType } from './types.ts';

const pod = (value: unknown) => decode(structType('core.v1.Pod'), value);

describe('decode', () => {
  it('writes what Go always writes and drops zero values', () => {
    const { value } = pod({ metadata: { name: 'a', labels: {} }, spec: { containers: [{ name: 'c', image: 'i', stdin: false }], hostNetwork: false, nodeName: '' } });
    expect(value).toEqual({
      metadata: { name: 'a', creationTimestamp: null },
      spec: { containers: [{ name: 'c', image: 'i', resources: {} }] },
      status: {},
    });
  });
  it('writes fields without omitempty, and values that are no pointers, also when they are unset', () => {
    const items = [{ path: 'm', resourceFieldRef: { resource: 'limits.cpu' } }];
    expect(pod({ spec: { containers: [], volumes: [{ name: 'd', downwardAPI: { items } }, { name: 'p', projected: {} }] } }).value).toMatchObject({
      spec: { volumes: [{ downwardAPI: { items: [{ resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } }] } }, { projected: { sources: null } }] },
    });
    expect(decode(structType('rbac.v1.ClusterRole'), { rules: [] }).value).toMatchObject({ rules: null });
    expect(decode(structType('core.v1.PersistentVolumeClaimSpec'), { dataSource: { kind: 'PersistentVolumeClaim', name: 'c' } }).value).toMatchObject({ dataSource: { apiGroup: null } });
    expect(decode(structType('apiextensions.v1.CustomResourceColumnDefinition'), { priority: 0 }).value).not.toHaveProperty('priority');
  });
  it('keeps empty strings behind pointers', () => {
    expect(decode(structType('core.v1.PodSecurityContext'), { fsGroupChangePolicy: '' }).value).toEqual({ fsGroupChangePolicy: '' });
  });
  it('returns the same reference for canonical input', () => {
    const first = pod({ metadata: { name: 'a' }, spec: { containers: [{ name: 'c' }] } }).value;
    expect(pod(first).value).toBe(first);
  });
  it('reports type errors as Go does', () => {
    expect(pod({ metadata: { name: 1 } }).error).toBe('json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string');
    expect(pod({ spec: { containers: 'x' } }).error).toBe('json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container');
    expect(pod({ spec: { containers: [{ ports: [{ containerPort: 'x' }] }] } }).error).toBe(
      'json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
    );
    expect(pod({ spec: { containers: [{ resources: { limits: { cpu: 'x' } } }] } }).error).toMatch(/^quantities must match/);
  });
  it('lists unknown fields with positions', () => {
    expect(pod({ spec: { containers: [{ foo: 1 }], zzz: {} } }).strict).toEqual(['unknown field "spec.containers[0].foo"', 'unknown field "spec.zzz"']);
  });
  it('canonicalises quantities', () => {
    const { value } = pod({ spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1000m', memory: 1073741824 } } }] } });
    expect((value as any).spec.containers[0].resources.limits).toEqual({ cpu: '1', memory: '1073741824' });
  });
});
