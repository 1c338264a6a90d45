import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { defaultStatefulSet } from './workload.ts';

describe('the claim templates of a StatefulSet', () => {
  it('are claims of v1, whatever they say they are', () => {
    const spec = { volumeClaimTemplates: [{ metadata: { name: 'a' }, spec: {} }, { apiVersion: 'v2', kind: 'Claim', metadata: { name: 'b' }, spec: {} }], template: { spec: { containers: [] } } };
    const { volumeClaimTemplates } = defaultStatefulSet({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 's' }, spec } as unknown as KubeObject)['spec'];
    expect((volumeClaimTemplates as KubeObject[]).map(({ apiVersion, kind, metadata }) => [apiVersion, kind, metadata.name])).toEqual([['v1', 'PersistentVolumeClaim', 'a'], ['v1', 'PersistentVolumeClaim', 'b']]);
  });
});
