import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateAutoscaler } from './autoscaling.ts';

const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };
const TYPES = 'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"';
const MINUS_ONE = 'resource.Quantity{i:resource.int64Amount{value:-1, scale:0}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"-1", Format:"DecimalSI"}';

describe('a metric of a HorizontalPodAutoscaler', () => {
  it.each<[object, string[]]>([
    [{ type: 'Resource', resource: cpu }, []],
    [{}, ['type: Required value: must specify a metric source type', `type: Unsupported value: "": ${TYPES}`, `type: Unsupported value: "": ${TYPES}`]],
    [{ type: 'Foo', resource: cpu }, [`type: Unsupported value: "Foo": ${TYPES}`, `type: Unsupported value: "Foo": ${TYPES}`]],
    [{ type: 'Pods', resource: cpu }, ['pods: Required value: must populate information for the given metric source']],
    [{ type: 'Resource', resource: cpu, containerResource: {} }, ['containerResource: Forbidden: must populate the given metric source only']],
    [{ type: 'Resource', resource: { name: 'cpu' } }, [
      'resource.target.type: Required value: must specify a metric target type',
      'resource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
      'resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
    ]],
    [{ type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '-1' } } }, [`pods.target.averageValue: Invalid value: ${MINUS_ONE}: must be positive`]],
    [{ type: 'ContainerResource', containerResource: { ...cpu, container: 'A.b' } }, [expect.stringMatching(/^spec\.metrics\[0\]\.containerResource\.container: Invalid value: "A.b": a lowercase RFC 1123 label/) as unknown as string]],
  ])('%j', (metric, expected) => {
    const object = { metadata: { name: 'h' }, spec: { minReplicas: 1, maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'd' }, metrics: [metric] } } as unknown as KubeObject;
    expect(validateAutoscaler(object).map(errorText)).toEqual(expected.map((text) => (typeof text === 'string' ? `spec.metrics[0].${text}` : text)));
  });
});
