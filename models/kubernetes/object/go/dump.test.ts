import { describe, expect, it } from 'vitest';
import { goDump } from './dump.ts';
import { dumpQuantity } from './quantity-dump.ts';
import { GO_STRUCTS } from './struct-layout.ts';

describe('the dump of a Go value', () => {
  it('has the type before every value but those inside lists, maps and pointers', () => {
    expect(goDump('v1.Toleration', { key: 'a', tolerationSeconds: 5 })).toBe(
      '(v1.Toleration){Key:(string)a Operator:(v1.TolerationOperator) Value:(string) Effect:(v1.TaintEffect) TolerationSeconds:(*int64)5}',
    );
    expect(goDump('v1.PodOS', undefined)).toBe('(v1.PodOS){Name:(v1.OSName)}');
  });

  it('writes absent and empty lists, maps and pointers alike, as they come out of protobuf', () => {
    expect(goDump('v1.LabelSelector', { matchLabels: {}, matchExpressions: [] })).toBe(goDump('v1.LabelSelector', undefined));
    expect(goDump('v1.LabelSelector', { matchLabels: { b: '2', a: '1' } })).toBe(
      '(v1.LabelSelector){MatchLabels:(map[string]string)map[a:1 b:2] MatchExpressions:([]v1.LabelSelectorRequirement)<nil>}',
    );
    expect(goDump('v1.KeyToPath', { key: 'k', path: 'p' })).toBe('(v1.KeyToPath){Key:(string)k Path:(string)p Mode:(*int32)<nil>}');
  });

  it('reads what is embedded from the outer object', () => {
    expect(goDump('v1.SecretEnvSource', { name: 's' })).toBe(
      '(v1.SecretEnvSource){LocalObjectReference:(v1.LocalObjectReference){Name:(string)s} Optional:(*bool)<nil>}',
    );
  });

  it('keeps the text of a quantity only where ParseQuantity knows it to be canonical', () => {
    const text = (quantity: string): string => / s:\(string\)(\S*) /.exec(dumpQuantity(quantity))?.[1] ?? '?';
    expect(['100m', '1', '1000', '1Gi', '512Mi', '64Mi', '0'].map(text)).toEqual(['100m', '1', '', '1Gi', '', '', '0']);
    expect(dumpQuantity('500m')).toContain('value:(int64)500 scale:(resource.Scale)-3');
    expect(dumpQuantity('512Mi')).toContain('value:(int64)536870912 scale:(resource.Scale)0');
    expect(dumpQuantity('1Pi')).toContain('Dec:(*inf.Dec){unscaled:');
  });

  it('has a row for every struct that a template can hold, apart from what the server refuses there', () => {
    const named = [...GO_STRUCTS.values()].flat().map(({ type }) => type.replace(/^[*[\]]+/, ''));
    const refused = ['v1.EphemeralContainer', 'v1.ManagedFieldsEntry'];
    const scalars = /Policy|Operator|Effect|Protocol|Type$|Name$|Mode|Kind$|UID$|Medium|Scheme|Capability$|Action$|^string$|^bool$|^int|Time$|Quantity|IntOrString|ResourceList|map\[|Restart/;
    expect([...new Set(named)].filter((type) => !GO_STRUCTS.has(type) && !scalars.test(type) && !refused.includes(type))).toEqual([]);
  });
});
