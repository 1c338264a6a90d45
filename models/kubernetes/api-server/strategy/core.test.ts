import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { PERSISTENT_VOLUME_CLAIM } from './core.ts';

const claim = (spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c' }, spec }) as unknown as KubeObject;
const created = (spec: object): unknown => PERSISTENT_VOLUME_CLAIM.prepareForCreate?.(claim(spec), {} as never)['spec'];
const updated = (spec: object, old: object): unknown => PERSISTENT_VOLUME_CLAIM.prepareForUpdate?.(claim(spec), claim(old), {} as never)['spec'];

const other = { apiGroup: null, kind: 'PersistentVolumeClaim', name: 'o' };
const snapshot = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
const custom = { apiGroup: 'a.b', kind: 'C', name: 'd' };

describe('what a claim is filled from', () => {
  it.each([
    ['a claim', { dataSource: other }, { dataSource: other, dataSourceRef: other }],
    ['a snapshot', { dataSource: snapshot }, { dataSource: snapshot, dataSourceRef: snapshot }],
    ['anything else, the old way', { dataSource: custom }, {}],
    ['anything else, the new way', { dataSourceRef: custom }, { dataSource: custom, dataSourceRef: custom }],
    ['another namespace', { dataSourceRef: { ...other, namespace: 'n' } }, { dataSourceRef: { ...other, namespace: 'n' } }],
    ['no namespace in so many words', { dataSourceRef: { ...other, namespace: '' } }, { dataSource: other, dataSourceRef: { ...other, namespace: '' } }],
    ['two things', { dataSource: custom, dataSourceRef: other }, { dataSource: other, dataSourceRef: other }],
  ])('is said both ways: %s', (_what, given, expected) => {
    expect(created(given)).toEqual(expected);
  });

  it('stays on a claim that has it', () => {
    expect(updated({ dataSource: custom, dataSourceRef: custom }, { dataSource: custom, dataSourceRef: custom })).toEqual({ dataSource: custom, dataSourceRef: custom });
    expect(updated({ dataSource: custom }, {})).toEqual({});
  });
});
