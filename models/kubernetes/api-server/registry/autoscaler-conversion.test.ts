import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { autoscalerFromV2, autoscalerToV2 } from './autoscaler-conversion.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' };
const of = (apiVersion: string, spec: object, more: { status?: object; annotations?: object } = {}): KubeObject => ({
  apiVersion, kind: 'HorizontalPodAutoscaler', metadata: { name: 'web', namespace: 'default', ...(more.annotations === undefined ? {} : { annotations: more.annotations }) },
  spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 4, ...spec }, status: { currentReplicas: 0, desiredReplicas: 0, ...more.status },
}) as unknown as KubeObject;
const cpu = (averageUtilization: number): object => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } });
const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 80 } } };
const metric = { name: 'requests', selector: { matchLabels: { a: 'b' } } };

describe('autoscaling/v1', () => {
  it('aims at 80 % of the CPU when nothing else is said', () => {
    expect(autoscalerToV2(of('autoscaling/v1', {}))).toEqual(of('autoscaling/v2', { metrics: [cpu(80)] }));
    expect(autoscalerToV2(of('autoscaling/v1', { targetCPUUtilizationPercentage: 30 }))).toEqual(of('autoscaling/v2', { metrics: [cpu(30)] }));
    expect(autoscalerFromV2(of('autoscaling/v2', { metrics: [cpu(30)] }))).toEqual(of('autoscaling/v1', { targetCPUUtilizationPercentage: 30 }));
  });

  it('writes what it cannot say into annotations, as upstream writes it', () => {
    const behavior = { scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] } };
    const status = {
      conditions: [{ type: 'AbleToScale', status: 'True', message: 'm', reason: 'r', lastTransitionTime: '2025-01-01T00:00:00Z' }],
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 5, averageValue: '10m' } } }],
    };
    const v1 = autoscalerFromV2(of('autoscaling/v2', { metrics: [cpu(30), memory], behavior }, { status, annotations: { own: 'kept', [`${PREFIX}metrics`]: 'old' } }));
    expect(v1).toEqual(of('autoscaling/v1', { targetCPUUtilizationPercentage: 30 }, {
      status: { currentCPUUtilizationPercentage: 5 },
      annotations: {
        own: 'kept',
        [`${PREFIX}metrics`]: '[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":80}}]',
        [`${PREFIX}current-metrics`]: '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":5,"currentAverageValue":"10m"}}]',
        [`${PREFIX}conditions`]: '[{"type":"AbleToScale","status":"True","lastTransitionTime":"2025-01-01T00:00:00Z","reason":"r","message":"m"}]',
        [`${PREFIX}behavior`]: '{"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":300,"SelectPolicy":"Max","Policies":[{"Type":"Percent","Value":100,"PeriodSeconds":15}]}}',
      },
    }));
    expect(autoscalerToV2(v1)).toEqual(of('autoscaling/v2', { metrics: [memory, cpu(30)], behavior }, { status, annotations: { own: 'kept' } }));
  });

  it.each([
    [memory],
    [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '100m' } } }],
    [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 40 } } }],
    [{ type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '1k' } } }],
    [{ type: 'Object', object: { metric, describedObject: { kind: 'Ingress', name: 'i', apiVersion: 'networking.k8s.io/v1' }, target: { type: 'Value', value: '10k' } } }],
    [{ type: 'External', external: { metric, target: { type: 'AverageValue', averageValue: '30' } } }],
    [{ type: 'External', external: { metric, target: { type: 'Value', value: '30' } } }],
  ])('loses nothing on the way there and back: %j', (each) => {
    const object = of('autoscaling/v2', { metrics: [each] });
    expect(autoscalerToV2(autoscalerFromV2(object))).toEqual(object);
  });

  it.each([
    [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'c', current: { averageUtilization: 40, averageValue: '4m' } } }],
    [{ type: 'Pods', pods: { metric, current: { averageValue: '1k' } } }],
    [{ type: 'Object', object: { metric, describedObject: { kind: 'Ingress', name: 'i' }, current: { value: '10k' } } }],
    [{ type: 'External', external: { metric, current: { value: '30', averageValue: '15' } } }],
  ])('nor of what is measured: %j', (each) => {
    const object = of('autoscaling/v2', { metrics: [cpu(1)] }, { status: { currentMetrics: [each] } });
    expect(autoscalerToV2(autoscalerFromV2(object))).toEqual(object);
  });

  it('takes an annotation that nobody can read for none', () => {
    expect(autoscalerToV2(of('autoscaling/v1', {}, { annotations: { [`${PREFIX}metrics`]: '{', [`${PREFIX}behavior`]: '7' } }))).toEqual(of('autoscaling/v2', { metrics: [cpu(80)] }));
  });
});
