import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { quantitySyntax } from './quantity-syntax.ts';
import { validateLimitRange, validateQuota } from './quota.ts';

const of = (spec: object): KubeObject => ({ metadata: { name: 'x', namespace: 'default' }, spec }) as unknown as KubeObject;
const selecting = (...matchExpressions: object[]): object => ({ scopeSelector: { matchExpressions } });
const AT = 'spec.scopeSelector.matchExpressions';
const go = (value: number, s: string, format = 'DecimalSI', scale = 0): string =>
  `resource.Quantity{i:resource.int64Amount{value:${value}, scale:${scale}}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"${s}", Format:"${format}"}`;

describe('a ResourceQuota', () => {
  it.each<[object, string[]]>([
    [{ hard: { pods: '1', 'count/jobs.batch': '2', 'requests.storage': '1Gi' } }, []],
    [{ hard: { pods: '1', secrets: '2' }, scopes: ['Terminating'] }, ['spec.scopes: Invalid value: []core.ResourceQuotaScope{"Terminating"}: unsupported scope applied to resource']],
    [{ scopes: ['x'] }, ['spec.scopes: Invalid value: []core.ResourceQuotaScope{"x"}: unsupported scope']],
    [{ scopes: ['BestEffort', 'NotBestEffort'] }, ['spec.scopes: Invalid value: []core.ResourceQuotaScope{"BestEffort", "NotBestEffort"}: conflicting scopes']],
    [{ hard: { pods: '500m' } }, [`spec.hard[pods]: Invalid value: ${go(500, '500m', 'DecimalSI', -3)}: must be an integer`]],
    [{ hard: { foo: '1' } }, ['spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota']],
    [selecting({ scopeName: 'PriorityClass', operator: 'In', values: ['a'] }), []],
    [selecting({}), [`${AT}.scopeName: Invalid value: "": unsupported scope`, `${AT}.operator: Invalid value: "": not a valid selector operator`]],
    [selecting({ scopeName: 'PriorityClass', operator: 'NotIn' }), [`${AT}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`]],
    [selecting({ scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] }), [`${AT}.values: Invalid value: []string{"a"}: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`]],
    [
      selecting({ scopeName: 'BestEffort', operator: 'In', values: ['a'] }),
      [`${AT}.operator: Invalid value: "In": must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`],
    ],
    [
      { hard: { secrets: '1' }, ...selecting({ scopeName: 'PriorityClass', operator: 'Exists' }) },
      [`${AT}: Invalid value: core.ScopeSelector{MatchExpressions:[]core.ScopedResourceSelectorRequirement{core.ScopedResourceSelectorRequirement{ScopeName:"PriorityClass", Operator:"Exists", Values:[]string(nil)}}}: unsupported scope applied to resource`],
    ],
    [selecting({ scopeName: 'Terminating', operator: 'Exists' }, { scopeName: 'NotTerminating', operator: 'Exists' }), [`${AT}: Invalid value: []core.ResourceQuotaScope(nil): conflicting scopes`]],
  ])('%j', (spec, expected) => {
    expect(validateQuota(of(spec)).map(errorText)).toEqual(expected);
  });
});

describe('a LimitRange', () => {
  it.each<[object, string[]]>([
    [{ type: 'Container', min: { cpu: '1' }, max: { cpu: '2' }, default: { cpu: '2' }, defaultRequest: { cpu: '1' }, maxLimitRequestRatio: { cpu: '2' } }, []],
    [{ type: 'Pod', max: { cpu: '-1' } }, []],
    [{}, ['type: Invalid value: "": name part must be non-empty', expect.stringMatching(/^spec\.limits\[0\]\.type: Invalid value: "": name part must consist/) as unknown as string]],
    [{ type: 'foo' }, ['type: Invalid value: "foo": must be a standard limit type or fully qualified']],
    [{ type: 'Container', max: { foo: '1' } }, ['max[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'max[foo]: Invalid value: "foo": must be a standard resource for containers']],
    [{ type: 'Pod', default: { cpu: '1' } }, ["default: Forbidden: may not be specified when `type` is 'Pod'"]],
    [{ type: 'PersistentVolumeClaim', max: { cpu: '1' } }, ['limits: Required value: either minimum or maximum storage value is required, but neither was provided']],
    [{ type: 'Container', min: { cpu: '3' }, max: { cpu: '2' } }, [`min[cpu]: Invalid value: ${go(3, '3')}: min value 3 is greater than max value 2`]],
    [{ type: 'Container', default: { memory: '2Ki' }, max: { memory: '1Ki' } }, [`default[memory]: Invalid value: ${go(1024, '1Ki', 'BinarySI')}: default value 2Ki is greater than max value 1Ki`]],
    [{ type: 'Container', default: { cpu: '1' }, min: { cpu: '2' } }, [`default[cpu]: Invalid value: ${go(2, '2')}: min value 2 is greater than default value 1`]],
    [{ type: 'Container', min: { cpu: '500m' }, max: { cpu: '1' }, maxLimitRequestRatio: { cpu: '3' } }, [`maxLimitRequestRatio[cpu]: Invalid value: ${go(3, '3')}: ratio 3 is greater than max/min = 2.000000`]],
    [{ type: 'Container', default: { 'a.b/c': '2' }, defaultRequest: { 'a.b/c': '1' } }, [`defaultRequest[a.b/c]: Invalid value: ${go(1, '1')}: default value 2 must equal to defaultRequest value 1 in a.b/c`]],
  ])('%j', (item, expected) => {
    const texts = expected.map((text) => (typeof text === 'string' ? `spec.limits[0].${text}` : text));
    expect(validateLimitRange(of({ limits: [item] })).map(errorText)).toEqual(texts);
  });
});

describe('a quantity as Go prints the struct', () => {
  it.each<[string, string]>([
    ['1', go(1, '1')],
    ['1.5', go(15, '1.5', 'DecimalSI', -1)],
    ['-100m', go(-100, '-100m', 'DecimalSI', -3)],
    ['1Gi', go(1073741824, '1Gi', 'BinarySI')],
    ['2e3', go(2, '2e3', 'DecimalExponent', 3)],
    ['12345678901234567890', 'resource.Quantity{i:resource.int64Amount{value:0, scale:0}, d:resource.infDecAmount{Dec:(*inf.Dec)(0xc000000000)}, s:"", Format:"DecimalSI"}'],
  ])('%s', (text, expected) => {
    expect(quantitySyntax(text).goText).toBe(expected);
  });
});
