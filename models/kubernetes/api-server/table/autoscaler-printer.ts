/**
 * The HorizontalPodAutoscaler's row: each metric as `current/target`.
 *
 * Upstream: pkg/printers/internalversion/printers.go formatHPAMetrics. Objects of autoscaling/v1 are shown the same way.
 */
import type { KubeObject } from '../../object/types.ts';
import { since } from './age.ts';
import { AGE, NAME, column, fieldDescription } from './column.ts';
import type { Printer } from './column.ts';

const MAXIMUM_SHOWN = 2;
const UNKNOWN = '<unknown>';

interface Amount {
  readonly averageUtilization?: number;
  readonly averageValue?: string;
  readonly value?: string;
}
interface MetricPart {
  readonly name?: string;
  readonly target?: Amount;
  readonly current?: Amount;
}
type Metric = Readonly<Record<string, MetricPart | undefined>> & { readonly type?: unknown };

/** Name of the part that holds a metric of a type. */
const PARTS: Readonly<Record<string, string>> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
};

function metricText(spec: Metric, status: Metric | undefined): string {
  const type = String(spec.type ?? '');
  const part = PARTS[type];
  if (part === undefined) return '<unknown type>';
  const target = spec[part]?.target ?? {};
  const current = status?.[part]?.current;
  if (type === 'Resource' || type === 'ContainerResource') {
    const name = spec[part]?.name ?? '';
    if (target.averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
    const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
    return `${name}: ${now}/${target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
  }
  if (type === 'Pods') return `${current?.averageValue ?? UNKNOWN}/${target.averageValue ?? ''}`;
  if (target.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${current?.value ?? UNKNOWN}/${target.value ?? ''}`;
}

function targets({ spec = {}, status = {} }: KubeObject): string {
  if (typeof spec.targetCPUUtilizationPercentage === 'number') {
    const current = status.currentCPUUtilizationPercentage;
    return `cpu: ${current === undefined ? UNKNOWN : `${current}%`}/${spec.targetCPUUtilizationPercentage}%`;
  }
  const metrics = (spec.metrics ?? []) as readonly Metric[];
  const current = (status.currentMetrics ?? []) as readonly Metric[];
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, MAXIMUM_SHOWN).map((metric, at) => metricText(metric, current[at])).join(', ');
  return metrics.length > MAXIMUM_SHOWN ? `${shown} + ${metrics.length - MAXIMUM_SHOWN} more...` : shown;
}

export const horizontalPodAutoscalerPrinter: Printer = {
  columns: [
    NAME,
    column('Reference', fieldDescription('HorizontalPodAutoscalerSpec.scaleTargetRef')),
    column('Targets', fieldDescription('HorizontalPodAutoscalerSpec.metrics')),
    column('MinPods', fieldDescription('HorizontalPodAutoscalerSpec.minReplicas')),
    column('MaxPods', fieldDescription('HorizontalPodAutoscalerSpec.maxReplicas')),
    column('Replicas', fieldDescription('HorizontalPodAutoscalerStatus.currentReplicas')),
    AGE,
  ],
  cells: (object, now) => {
    const { spec = {}, status = {} } = object;
    return [
      object.metadata.name,
      `${spec.scaleTargetRef?.kind ?? ''}/${spec.scaleTargetRef?.name ?? ''}`,
      targets(object),
      spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
      spec.maxReplicas ?? 0,
      status.currentReplicas ?? 0,
      since(object.metadata.creationTimestamp, now),
    ];
  },
};
