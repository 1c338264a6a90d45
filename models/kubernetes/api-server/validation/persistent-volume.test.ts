import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateClaim, validateClaimStatus, validateClaimUpdate } from './claim.ts';
import { validatePersistentVolume } from './persistent-volume.ts';

const of = (spec: object): KubeObject => ({ metadata: { name: 'x' }, spec }) as unknown as KubeObject;
const volume = (spec: object): KubeObject => of({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec });
const hostPath = { hostPath: { path: '/x' } };
const csi = (more: object = {}): object => ({ csi: { driver: 'd.example.com', volumeHandle: 'h', ...more } });

describe('a PersistentVolume', () => {
  it.each<[string, KubeObject, string[]]>([
    ['is good', volume(hostPath), []],
    ['is empty', of({}), ['spec.accessModes: Required value', 'spec.capacity: Required value', 'spec.capacity: Unsupported value: core.ResourceList(nil): supported values: "storage"', 'spec: Required value: must specify a volume type']],
    ['has room below zero', volume({ ...hostPath, capacity: { storage: '-1' } }), ['spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity', 'spec.capacity[storage]: Invalid value: "-1": must be greater than zero']],
    ['has a driver with secrets', volume(csi({ controllerPublishSecretRef: { name: 'a.b', namespace: 'c' } })), []],
    ['lacks everything of a driver', volume({ csi: {} }), ['spec.csi.driver: Required value', expect.stringMatching(/^spec\.csi\.driver: Invalid value: "": a lowercase RFC 1123 subdomain/) as unknown as string, 'spec.csi.volumeHandle: Required value']],
    ['has a driver with a long name', volume(csi({ driver: 'a'.repeat(64) })), ['spec.csi.driver: Too long: may not be more than 63 bytes']],
    ['has half a secret', volume(csi({ nodePublishSecretRef: { name: 'a' }, controllerExpandSecretRef: { namespace: 'b.c' } })), [
      'spec.csi.controllerExpandSecretRef.name: Required value',
      'spec.csi.controllerExpandSecretRef.namespace: Invalid value: "b.c": must not contain dots',
      'spec.csi.nodePublishSecretRef.namespace: Required value',
    ]],
    ['is local and goes up', volume({ local: { path: '/a/../b' } }), ["spec.local.path: Invalid value: \"/a/../b\": must not contain '..'", 'spec.nodeAffinity: Required value: Local volume requires node affinity']],
    ['has two sources', volume({ ...hostPath, ...csi() }), ['spec.csi: Forbidden: may not specify more than 1 volume type']],
    ['recycles the root', volume({ hostPath: { path: '//.' }, persistentVolumeReclaimPolicy: 'Recycle' }), ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"]],
    ['has a class without a name', volume({ ...hostPath, storageClassName: 'A' }), [expect.stringMatching(/^spec\.storageClassName: Invalid value: "A": a lowercase RFC 1123 subdomain/) as unknown as string]],
  ])('that %s', (_what, object, expected) => {
    expect(validatePersistentVolume(object).map(errorText)).toEqual(expected);
  });
});

describe('a PersistentVolumeClaim', () => {
  const claim = (spec: object): KubeObject => of({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec });
  const source = { kind: 'PersistentVolumeClaim', name: 'o' };
  const PATH = 'field.Path{name:"dataSource", index:"", parent:(*field.Path)(0xc000000000)}';
  const DEFAULT_GROUP = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";

  it.each<[string, KubeObject, string[]]>([
    ['is filled from another', claim({ dataSource: source, dataSourceRef: source }), []],
    ['is filled from another as it is stored', claim({ dataSource: { ...source, apiGroup: null }, dataSourceRef: { ...source, apiGroup: null } }), []],
    ['is filled from nothing', claim({ dataSource: {}, dataSourceRef: {} }), ['dataSource', 'dataSourceRef'].flatMap((field) => [`spec.${field}.name: Required value`, `spec.${field}.kind: Required value`, `spec.${field}: Invalid value: "": ${DEFAULT_GROUP}`])],
    ['is filled from two', claim({ dataSource: source, dataSourceRef: { ...source, name: 'p' } }), [`spec: Invalid value: ${PATH}: must match dataSourceRef`]],
    ['is filled from another namespace, and from here', claim({ dataSource: source, dataSourceRef: { ...source, namespace: 'n' } }), [`spec: Invalid value: ${PATH}: may not be specified when dataSourceRef.namespace is specified`]],
    ['selects by values that are none', claim({ selector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b', '-'] }] } }), [expect.stringMatching(/^spec\.selector\.matchExpressions\[0\]\.values\[1\]: Invalid value: "-": a valid label must be an empty string/) as unknown as string]],
  ])('that %s', (_what, object, expected) => {
    expect(validateClaim(object).map(errorText)).toEqual(expected);
  });

  const BETA = 'volume.beta.kubernetes.io/storage-class';
  const classed = (name?: string, annotation?: string): KubeObject => {
    const object = claim(name === undefined ? {} : { storageClassName: name });
    return annotation === undefined ? object : { ...object, metadata: { ...object.metadata, annotations: { [BETA]: annotation } } };
  };
  const FIXED = `metadata.annotations.${BETA}: Invalid value: `;

  it.each<[string, KubeObject, KubeObject, unknown[]]>([
    ['may get one', classed(), classed('a'), []],
    ['stays', classed('a'), classed('b'), [expect.stringMatching(/^spec: Forbidden: spec is immutable after creation/)]],
    ['may move from the annotation', classed(undefined, 'a'), classed('a'), []],
    ['does not move to another', classed(undefined, 'a'), classed('b', 'a'), [expect.stringMatching(/^spec: Forbidden/)]],
    ['stays in the annotation', classed('a', 'a'), classed('a', 'b'), [`${FIXED}"b": field is immutable`]],
    ['gets no annotation later', classed('a'), classed('a', 'a'), [`${FIXED}"a": field is immutable`]],
  ])('has a class that %s', (_what, old, next, expected) => {
    expect(validateClaimUpdate(next, old).map(errorText)).toEqual(expected);
  });

  it('has no size below zero', () => {
    const status = { capacity: { storage: '-1Gi' }, allocatedResources: { storage: '1Gi' } };
    expect(validateClaimStatus({ ...claim({}), status } as KubeObject).map(errorText)).toEqual(['status.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity']);
  });
});
