import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateObjectMeta } from './metadata.ts';

const owned = (...ownerReferences: object[]): string[] => {
  const meta = { name: 'a', namespace: 'default', ownerReferences } as unknown as KubeObject['metadata'];
  return validateObjectMeta(meta, true, () => []).map(errorText);
};
const owner = (more: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'u', ...more });
const VERSION = 'metadata.ownerReferences.apiVersion: Invalid value:';

describe('owner references', () => {
  it.each([
    ['v1', []],
    ['apps/v1', []],
    ['', [`${VERSION} "": version must not be empty`]],
    ['/', [`${VERSION} "/": version must not be empty`]],
    ['apps/', [`${VERSION} "apps/": version must not be empty`]],
    ['a/b/c', [`${VERSION} "a/b/c": version must not be empty`]],
  ])('of the version %j', (apiVersion, expected) => {
    expect(owned(owner({ apiVersion }))).toEqual(expected);
  });

  it('name no event as the owner', () => {
    expect(owned(owner({ kind: 'Event' }))).toEqual([
      'metadata.ownerReferences: Invalid value: v1.OwnerReference{APIVersion:"v1", Kind:"Event", Name:"x", UID:"u", Controller:(*bool)(nil), BlockOwnerDeletion:(*bool)(nil)}: /v1, Kind=Event is disallowed from being an owner',
    ]);
  });

  it('name one controller at most', () => {
    const text = (name: string): string => `v1.OwnerReference{APIVersion:"v1", Kind:"ConfigMap", Name:"${name}", UID:"u", Controller:(*bool)(0xc000000000), BlockOwnerDeletion:(*bool)(nil)}`;
    expect(owned(owner({ controller: true }), owner({ controller: true, name: 'y' }))).toEqual([
      `metadata.ownerReferences: Invalid value: []v1.OwnerReference{${text('x')}, ${text('y')}}: Only one reference can have Controller set to true. Found "true" in references for ConfigMap/x and ConfigMap/y`,
    ]);
  });
});
