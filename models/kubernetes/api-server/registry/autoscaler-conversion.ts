/**
 * HorizontalPodAutoscaler in autoscaling/v1: the same object with one CPU target; what v1 cannot say is kept in annotations, so that
 * a client of v1 that writes back what it has read loses nothing.
 * Source: pkg/apis/autoscaling/v1/conversion.go, pkg/apis/autoscaling/helpers.go; autoscaling/v2 is what is stored.
 */
import type { KubeObject } from '../../object/types.ts';
import { type Members, specFromV1, specToV1, statusFromV1, statusToV1 } from './autoscaler-metrics.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT_METRICS = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;
const ROUND_TRIP: readonly string[] = [METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR];

const CPU_UTILIZATION = 80;
const cpuMetric = (averageUtilization: number): Members => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } });
const isCpu = ({ type, resource }: Members): boolean => type === 'Resource' && resource?.name === 'cpu';
const isCpuUtilization = (metric: Members): boolean => isCpu(metric) && metric['resource'].target?.averageUtilization !== undefined;

/** To the stored form. Annotations that cannot be read are taken for nothing. */
export function autoscalerToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = (object['spec'] ?? {}) as Members;
  const { currentCPUUtilizationPercentage: current, ...status } = (object['status'] ?? {}) as Members;
  const kept = (name: string): Members | undefined => parsed(object.metadata.annotations?.[name]);
  const cpu = percentage === undefined ? [] : [cpuMetric(percentage)];
  const metrics = [...listed(kept(METRICS)).map(specFromV1), ...cpu];
  const behavior = recased(kept(BEHAVIOR), lowered);
  const cpuNow = current === undefined ? undefined : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }];
  const currentMetrics = kept(CURRENT_METRICS) === undefined ? cpuNow : listed(kept(CURRENT_METRICS)).map(statusFromV1);
  const conditions = kept(CONDITIONS) === undefined ? undefined : listed(kept(CONDITIONS));
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: annotated(object.metadata, {}),
    // v1 always had this default; all of the metrics are known only here.
    spec: { ...spec, metrics: metrics.length > 0 ? metrics : [cpuMetric(CPU_UTILIZATION)], ...(behavior === undefined ? {} : { behavior }) },
    status: { ...status, ...(currentMetrics === undefined ? {} : { currentMetrics }), ...(conditions === undefined ? {} : { conditions }) },
  };
}

/** From the stored form. */
export function autoscalerFromV2(object: KubeObject): KubeObject {
  const { metrics: stored, behavior, ...spec } = (object['spec'] ?? {}) as Members;
  const { currentMetrics: now, conditions, ...status } = (object['status'] ?? {}) as Members;
  const [metrics, currentMetrics] = [listed(stored), listed(now)];
  const percentage = metrics.find(isCpu)?.['resource'].target?.averageUtilization as number | undefined;
  const current = currentMetrics.findLast((metric) => isCpu(metric) && metric['resource'].current?.averageUtilization !== undefined)?.['resource'].current.averageUtilization as number | undefined;
  const others = metrics.filter((metric) => !isCpuUtilization(metric)).map(specToV1);
  const annotations = {
    ...(others.length === 0 ? {} : { [METRICS]: JSON.stringify(others) }),
    ...(currentMetrics.length === 0 ? {} : { [CURRENT_METRICS]: JSON.stringify(currentMetrics.map(statusToV1)) }),
    ...(listed(conditions).length === 0 ? {} : { [CONDITIONS]: JSON.stringify(listed(conditions).map(conditionInOrder)) }),
    ...(behavior === undefined ? {} : { [BEHAVIOR]: JSON.stringify(behaviorInOrder(behavior)) }),
  };
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: annotated(object.metadata, annotations),
    spec: { ...spec, ...(percentage === undefined ? {} : { targetCPUUtilizationPercentage: percentage }) },
    status: { currentReplicas: 0, desiredReplicas: 0, ...status, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  };
}

const listed = (value: unknown): readonly Members[] => (Array.isArray(value) ? (value as readonly Members[]) : []);

function parsed(text: string | undefined): Members | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

/** Metadata with these annotations for the round trip, and without any others of that kind. */
function annotated(metadata: KubeObject['metadata'], annotations: Readonly<Record<string, string>>): KubeObject['metadata'] {
  const own = Object.entries(metadata.annotations ?? {}).filter(([name]) => !ROUND_TRIP.includes(name));
  if (own.length === Object.keys(metadata.annotations ?? {}).length && Object.keys(annotations).length === 0) return metadata;
  const all = { ...Object.fromEntries(own), ...annotations };
  const { annotations: _before, ...rest } = metadata;
  return (Object.keys(all).length === 0 ? rest : { ...rest, annotations: all }) as KubeObject['metadata'];
}

const conditionInOrder = ({ type, status, lastTransitionTime, reason, message }: Members): Members => ({
  type, status, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }), ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }),
});

/** The behaviour is written as the internal type, which has no JSON names: its fields are capitals, and what is unset is null. */
function behaviorInOrder({ scaleUp, scaleDown }: Members): Members {
  const rules = (value: Members | undefined): Members | null =>
    value === undefined
      ? null
      : { StabilizationWindowSeconds: value['stabilizationWindowSeconds'] ?? null, SelectPolicy: value['selectPolicy'] ?? null, Policies: value['policies'] === undefined ? null : listed(value['policies']).map(({ type, value: amount, periodSeconds }) => ({ Type: type, Value: amount, PeriodSeconds: periodSeconds })) };
  return { ScaleUp: rules(scaleUp), ScaleDown: rules(scaleDown) };
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** The same JSON with other names of members, without nulls. */
function recased(value: unknown, rename: (name: string) => string): any {
  if (Array.isArray(value)) return value.map((item) => recased(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([name, member]) => (member === null ? [] : [[rename(name), recased(member, rename)]])));
}
