import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { DEPLOYMENTS, HORIZONTAL_POD_AUTOSCALERS } from '../../client/resources.ts';
import { metricsServer, METRICS_APIS, METRICS_SERVER, type MetricSeries } from '../../metrics-server/metrics-server.ts';
import type { Deployment, HorizontalPodAutoscaler, KubeObject } from '../../object/types.ts';
import { controlPlane, EPOCH, type ControlPlane, type Script } from '../testing/control-plane.ts';

const deployment = (name: string, replicas: number, requests: object = { cpu: '100m' }): unknown => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'a', resources: { requests } }] } } },
});
const cpu = (percent: number): object => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } } });
const autoscaler = (name: string, metrics: readonly object[], spec: object = {}): unknown => ({
  apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas: 1, maxReplicas: 10, metrics, ...spec },
});

function start(series: readonly MetricSeries[], script: (script: Script) => Task, options: { withoutMetrics?: boolean } = {}): ControlPlane {
  const aggregated = METRICS_APIS.map((api) => ({ ...api, actor: METRICS_SERVER }));
  if (options.withoutMetrics === true) return controlPlane(script);
  return controlPlane(script, { apiServer: { aggregated }, actors: [metricsServer({ servers: ['kube-apiserver'], epoch: EPOCH, series, scrapes: false })] });
}
const replicas = (plane: ControlPlane, name = 'web'): number | undefined => plane.list<Deployment>('deployments').find(({ metadata }) => metadata.name === name)?.spec.replicas;
const statusOf = (plane: ControlPlane, name = 'web'): HorizontalPodAutoscaler['status'] | undefined => plane.list<HorizontalPodAutoscaler>('horizontalpodautoscalers').find(({ metadata }) => metadata.name === name)?.status;
const conditions = (plane: ControlPlane, name = 'web'): string[] => (statusOf(plane, name)?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`);
const messages = (plane: ControlPlane): string[] => plane.list<KubeObject>('events').filter((event) => event['involvedObject'].kind === 'HorizontalPodAutoscaler').map((event) => `${event['reason']}: ${event['message']}`);

describe('horizontal pod autoscaler', () => {
  it('follows a shared load up at once and down after five minutes', () => {
    const load: MetricSeries = { type: 'Resource', name: 'cpu', selector: 'app=web', isShared: true, points: [{ seconds: 0, value: '100m' }, { seconds: 600, value: '800m' }, { seconds: 1200, value: '100m' }] };
    const plane = start([load], function* ({ client }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment('web', 2));
      yield* client.create(HORIZONTAL_POD_AUTOSCALERS, 'default', autoscaler('web', [cpu(50)]));
    });
    plane.run(590);
    expect(replicas(plane)).toBe(2);
    expect(conditions(plane)).toEqual(['AbleToScale True ReadyForNewScale', 'ScalingActive True ValidMetricFound', 'ScalingLimited False DesiredWithinRange']);
    expect(statusOf(plane)?.currentMetrics).toEqual([{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50, averageValue: '50m' } } }]);
    plane.run(60);
    // 800m on two pods: sixteen are wanted, ten are allowed, and without behavior no more than twice as many at once, or four.
    const sizes = messages(plane).filter((message) => message.startsWith('SuccessfulRescale'));
    const above = 'cpu resource utilization (percentage of request) above target';
    // The last step is taken for an earlier recommendation's sake, which upstream gives no reason for.
    expect(sizes).toEqual([`SuccessfulRescale: New size: 4; reason: ${above}`, `SuccessfulRescale: New size: 8; reason: ${above}`, 'SuccessfulRescale: New size: 10; reason: ']);
    plane.run(540);
    expect(replicas(plane)).toBe(10);
    expect(conditions(plane)).toContain('ScalingLimited True TooManyReplicas');
    plane.run(200);
    expect(replicas(plane)).toBe(10);
    expect(conditions(plane)).toContain('AbleToScale True ScaleDownStabilized');
    plane.run(300);
    expect(replicas(plane)).toBe(2);
    expect(messages(plane)).toContain('SuccessfulRescale: New size: 2; reason: All metrics below target');
  });

  it('says what is wrong when there is no metrics API, no request, or no target', () => {
    const plane = start([], function* ({ client }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment('web', 1));
      yield* client.create(HORIZONTAL_POD_AUTOSCALERS, 'default', autoscaler('web', [cpu(50)]));
      yield* client.create(HORIZONTAL_POD_AUTOSCALERS, 'default', autoscaler('lost', [cpu(50)]));
    }, { withoutMetrics: true });
    plane.run(40);
    const why = 'unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
    expect(messages(plane)).toContain(`FailedGetResourceMetric: failed to get cpu utilization: ${why}`);
    expect(messages(plane)).toContain(`FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: ${why}`);
    expect(conditions(plane)).toEqual(['AbleToScale True SucceededGetScale', 'ScalingActive False FailedGetResourceMetric']);
    expect(conditions(plane, 'lost')).toEqual(['AbleToScale False FailedGetScale']);
  });

  it('does not scale down while a metric is missing, and scales up on those that are there', () => {
    const points = (value: string) => [{ seconds: 0, value }];
    const series: MetricSeries[] = [
      { type: 'Pods', name: 'requests', selector: 'app in (web,up)', points: [{ seconds: 0, value: '10' }] },
      { type: 'External', name: 'queue', labels: { topic: 'a' }, points: points('90') },
    ];
    const requests = (average: string): object => ({ type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: average } } });
    const absent = { type: 'Pods', pods: { metric: { name: 'absent' }, target: { type: 'AverageValue', averageValue: '1' } } };
    const queue = { type: 'External', external: { metric: { name: 'queue', selector: { matchLabels: { topic: 'a' } } }, target: { type: 'AverageValue', averageValue: '30' } } };
    const plane = start(series, function* ({ client }: Script): Task {
      for (const [name, metrics] of [['web', [requests('100'), absent]], ['up', [absent, requests('5')]], ['consumer', [queue]]] as const) {
        yield* client.create(DEPLOYMENTS, 'default', deployment(name, 2));
        yield* client.create(HORIZONTAL_POD_AUTOSCALERS, 'default', autoscaler(name, metrics));
      }
    });
    plane.run(100);
    expect(replicas(plane, 'web')).toBe(2);
    expect(conditions(plane, 'web')).toContain('ScalingActive False FailedGetPodsMetric');
    expect(replicas(plane, 'up')).toBeGreaterThan(2);
    expect(conditions(plane, 'up')).toContain('ScalingActive True ValidMetricFound');
    expect(replicas(plane, 'consumer')).toBe(3);
    expect(statusOf(plane, 'consumer')?.currentMetrics?.[0]).toMatchObject({ external: { current: { averageValue: '30' } } });
  });

  it('keeps to the policies of its behavior', () => {
    const load: MetricSeries = { type: 'Resource', name: 'cpu', selector: 'app=web', points: [{ seconds: 0, value: '100m' }, { seconds: 400, value: '1' }, { seconds: 800, value: '1m' }] };
    const behavior = {
      scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      scaleDown: { stabilizationWindowSeconds: 60, policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }] },
    };
    const plane = start([load], function* ({ client }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment('web', 2));
      yield* client.create(HORIZONTAL_POD_AUTOSCALERS, 'default', autoscaler('web', [cpu(100)], { behavior }));
    });
    plane.run(400);
    expect(replicas(plane)).toBe(2);
    const sizes: (number | undefined)[] = [];
    for (let minute = 0; minute < 6; minute++) {
      plane.run(60);
      sizes.push(replicas(plane));
    }
    expect(sizes.slice(1).every((size, at) => (size ?? 0) - (sizes[at] ?? 0) <= 1)).toBe(true);
    expect(sizes.at(-1)).toBeGreaterThanOrEqual(7);
    expect(conditions(plane)).toContain('ScalingLimited True ScaleUpLimit');
    plane.run(110);
    expect(replicas(plane)).toBeGreaterThanOrEqual(3);
    plane.run(300);
    expect(replicas(plane)).toBe(1);
  });

  it('stops where two select the same pods', () => {
    const plane = start([{ type: 'Resource', name: 'cpu', points: [{ seconds: 0, value: '900m' }] }], function* ({ client }: Script): Task {
      yield* client.create(DEPLOYMENTS, 'default', deployment('web', 1));
      yield* client.create(HORIZONTAL_POD_AUTOSCALERS, 'default', autoscaler('web', [cpu(50)]));
      const second = autoscaler('second', [cpu(50)]) as { spec: object };
      yield* client.create(HORIZONTAL_POD_AUTOSCALERS, 'default', { ...second, spec: { ...second.spec, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } });
    });
    plane.run(120);
    expect(messages(plane)).toContain('AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [{second default} {web default}]');
    expect(conditions(plane)).toContain('ScalingActive False AmbiguousSelector');
  });
});
