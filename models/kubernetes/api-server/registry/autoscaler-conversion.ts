/**
 * HorizontalPodAutoscaler in autoscaling/v1: the same object with one CPU target; what v1 cannot say is kept in annotations.
 * Source: pkg/apis/autoscaling/v1/conversion.go; autoscaling/v2 is what is stored.
 */
import type { KubeObject } from '../../object/types.ts';

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';

interface Metric {
  readonly type: string;
  readonly resource?: { readonly name: string; readonly target?: { readonly type: string; readonly averageUtilization?: number } };
}

interface CurrentMetric {
  readonly resource?: { readonly name: string; readonly current?: { readonly averageUtilization?: number } };
}

const isCpu = ({ type, resource }: Metric): boolean => type === 'Resource' && resource?.name === 'cpu' && resource.target?.type === 'Utilization';

/** To the stored form. */
export function autoscalerToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = (object['spec'] ?? {}) as Record<string, unknown>;
  const { currentCPUUtilizationPercentage: _current, ...status } = (object['status'] ?? {}) as Record<string, unknown>;
  const cpu = percentage === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percentage } } }];
  return { ...object, apiVersion: 'autoscaling/v2', spec: { ...spec, ...(cpu.length === 0 ? {} : { metrics: cpu }) }, status };
}

/** From the stored form. */
export function autoscalerFromV2(object: KubeObject): KubeObject {
  const { metrics: stored, behavior: _behavior, ...spec } = (object['spec'] ?? {}) as { metrics?: readonly Metric[] | null; behavior?: unknown };
  const { currentMetrics, conditions, ...status } = (object['status'] ?? {}) as { currentMetrics?: readonly CurrentMetric[] | null; conditions?: readonly unknown[] | null };
  const metrics = stored ?? [];
  const percentage = metrics.find(isCpu)?.resource?.target?.averageUtilization;
  const current = currentMetrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.current?.averageUtilization;
  const others = metrics.filter((metric) => !isCpu(metric));
  const annotations = {
    ...object.metadata.annotations,
    ...(others.length === 0 ? {} : { [METRICS]: JSON.stringify(others) }),
    ...((conditions ?? []).length === 0 ? {} : { [CONDITIONS]: JSON.stringify(conditions) }),
  };
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: Object.keys(annotations).length === 0 ? object.metadata : { ...object.metadata, annotations },
    spec: { ...spec, ...(percentage === undefined ? {} : { targetCPUUtilizationPercentage: percentage }) },
    status: { currentReplicas: 0, desiredReplicas: 0, ...status, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  };
}
