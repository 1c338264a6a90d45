import { describe, expect, it } from 'vitest';
import type { Service } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { initIPFamilies } from './ip-families.ts';

type Spec = Service['spec'];
const both = { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' };
const one = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' };
const none = { clusterIP: 'None', clusterIPs: ['None'] };
const selector = { app: 'x' };

const shown = (spec: object, old?: object): unknown => {
  const result = initIPFamilies(spec as Spec, old as Spec | undefined);
  if (result._tag === 'Left') return result.left.map(errorText);
  const { ipFamilies, ipFamilyPolicy } = result.right;
  return { ipFamilies, ipFamilyPolicy };
};

describe('the families of a Service', () => {
  it.each<[string, object, object | undefined, unknown]>([
    ['are the only one', {}, undefined, one],
    ['are both without addresses and selector', none, undefined, both],
    ['are the only one without addresses', { ...none, selector }, undefined, one],
    ['are one where two would be preferred', { ipFamilyPolicy: 'PreferDualStack' }, undefined, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'PreferDualStack' }],
    ['are as many as before', none, { ...none, ...both }, both],
    ['are given up by asking for one', { ...none, ...both, ipFamilyPolicy: 'SingleStack' }, { ...none, ...both }, one],
    ['cannot be two', { ipFamilyPolicy: 'RequireDualStack' }, undefined, ['spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services']],
    ['cannot be another', { ipFamilies: ['IPv6'] }, undefined, ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster']],
    ['do not follow an address of another', { clusterIP: 'fd00::1', clusterIPs: ['fd00::1'] }, undefined, ['spec.clusterIPs[0]: Invalid value: []string{"fd00::1"}: IPv6 is not configured on this cluster']],
    [
      'are told of a second address',
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9', 'fd00::1'], ipFamilyPolicy: 'PreferDualStack' },
      undefined,
      ['spec.clusterIPs[1]: Invalid value: []string{"10.96.0.9", "fd00::1"}: IPv6 is not configured on this cluster'],
    ],
    ['are not two and one', { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'SingleStack' }, undefined, ['spec.ipFamilyPolicy: Invalid value: "SingleStack": must be \'RequireDualStack\' or \'PreferDualStack\' when multiple IP families are specified']],
    ['are not dropped in passing', { ...none, ...both, ipFamilies: ['IPv4'] }, { ...none, ...both }, ['spec.ipFamilyPolicy: Invalid value: "RequireDualStack": must be \'SingleStack\' to release the secondary IP family']],
  ])('%s', (_what, spec, old, expected) => {
    expect(shown(spec, old)).toEqual(expected);
  });
});
