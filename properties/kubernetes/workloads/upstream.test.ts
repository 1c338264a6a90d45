/**
 * What campaigns found in upstream's own algorithms: workloads that never get on, though nothing fails. They are modelled as they are;
 * campaigns of workloads leave these situations out.
 */
import { describe, expect, it } from 'vitest';
import { kubernetesCampaign } from '../../../models/kubernetes/campaign/campaign.ts';
import { createCluster } from '../../../models/kubernetes/cluster/simulation.ts';
import type { KubeObject } from '../../../models/kubernetes/object/types.ts';
import type { Plan } from '../../../src/campaign/model.ts';
import { runPlan } from '../../../src/campaign/run.ts';

const SECOND = 1_000_000;
const template = (image: string): object => ({ metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: `registry.k8s.io/pause:${image}` }] } });
const object = (kind: string, spec: object): KubeObject =>
  ({ apiVersion: 'apps/v1', kind, metadata: { name: 'web', namespace: 'default' }, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } }) as unknown as KubeObject;

describe('workloads that wait for ever, as upstream lets them', () => {
  /**
   * Found by `kubetwin check --model deployment`, seed e/62. A new size makes every sync a scaling event; scaling a Recreate Deployment
   * with two active ReplicaSets does nothing (deployment/sync.go, `scale`), so the annotation that would end the event is never written.
   */
  it('a Deployment that becomes Recreate and gets another size in the middle of a rolling update', () => {
    const cluster = createCluster({ seed: '1', nodes: 2, timing: 'fast' });
    const rolling = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, minReadySeconds: 2 };
    cluster.apply([object('Deployment', { ...rolling, replicas: 3, template: template('3.9') })]);
    expect(cluster.runUntilConverged(60 * SECOND).isConverged).toBe(true);
    cluster.apply([object('Deployment', { ...rolling, replicas: 3, template: template('3.10') })]);
    cluster.runFor(4 * SECOND);
    expect(cluster.list('replicasets', 'default').filter(({ spec }) => (spec as { replicas: number }).replicas > 0)).toHaveLength(2);
    cluster.apply([object('Deployment', { strategy: { type: 'Recreate' }, replicas: 4, template: template('3.10') })]);
    expect(cluster.runUntilConverged(300 * SECOND)).toMatchObject({ isConverged: false });
    expect(cluster.list('replicasets', 'default').filter(({ spec }) => (spec as { replicas: number }).replicas > 0)).toHaveLength(2);
  });

  /**
   * kubernetes#128798; found by `kubetwin check --model deployment`, seed m/564. A Recreate Deployment that waits for its old pods is woken
   * when the last of them is gone (deployment_controller.go, `deletePod`), and a pod that has failed does not go. Its deadline wakes it.
   */
  it('a Recreate Deployment with an old pod that has failed, until its deadline', () => {
    const cluster = createCluster({ seed: '1', nodes: 2, timing: 'fast' });
    // The first process of a container does not hear TERM: it is there until its grace period is over.
    const slow = (tag: string): object => ({ metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'web', image: `busybox:${tag}`, command: ['sleep', '3600'] }] } });
    const of = (image: string): KubeObject => object('Deployment', { strategy: { type: 'Recreate' }, progressDeadlineSeconds: 120, replicas: 1, template: slow(image) });
    const phases = (): string[] => cluster.list('pods', 'default').map(({ status }) => (status as { phase: string }).phase).sort();
    cluster.apply([of('1.36')]);
    expect(cluster.runUntilConverged(60 * SECOND).isConverged).toBe(true);
    const node = String((cluster.list('pods', 'default')[0]?.['spec'] as { nodeName?: string } | undefined)?.nodeName);
    cluster.kernel.input(`container-runtime/${node}`, { kind: 'node.operation', operation: 'use', diskBytes: 1e12 } as never, cluster.now);
    cluster.runFor(40 * SECOND);
    expect(phases()).toEqual(['Failed', 'Running']);
    cluster.apply([of('1.37')]);
    cluster.runFor(45 * SECOND);
    expect(phases()).toEqual(['Failed']);
    // It counts from the last progress, which was the first rollout.
    cluster.runFor(45 * SECOND);
    expect(phases()).toEqual(['Failed', 'Running']);
  });

  /**
   * Found by `kubetwin check --model statefulset`, seed e/170. An ordered StatefulSet deletes no pod that is too much before it is available,
   * unless that pod is the first unhealthy one (`processCondemned`); it looks again after minReadySeconds only while fewer pods than wanted
   * are available (stateful_set.go, `syncStatefulSet`), and those that are wanted are. Whatever wakes it later helps.
   */
  it('a StatefulSet that gets smaller while its last pod is ready and not yet available', () => {
    const cluster = createCluster({ seed: '1', nodes: 2, timing: 'fast' });
    const of = (replicas: number): KubeObject => object('StatefulSet', { replicas, serviceName: 'web', minReadySeconds: 10, template: template('3.9') });
    const names = (): string[] => cluster.list('pods', 'default').map(({ metadata }) => metadata.name).sort();
    cluster.apply([of(2)]);
    expect(cluster.runUntilConverged(60 * SECOND).isConverged).toBe(true);
    cluster.apply([of(3)]);
    const isReady = (): boolean => {
      const pod = cluster.get('pods', 'default', 'web-2');
      return (pod?.['status'] as { conditions?: { type: string; status: string }[] } | undefined)?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    };
    expect(cluster.runUntil(isReady, 60 * SECOND)).toBe(true);
    cluster.apply([of(2)]);
    expect(cluster.runUntilConverged(300 * SECOND)).toMatchObject({ isConverged: false });
    expect(names()).toEqual(['web-0', 'web-1', 'web-2']);
    // Any event of one of its pods wakes it.
    cluster.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-0', namespace: 'default', annotations: { woken: 'yes' } } } as unknown as KubeObject]);
    cluster.runFor(30 * SECOND);
    expect(names()).toEqual(['web-0', 'web-1']);
  });

  /**
   * openkruise/kruise#1012; found by `kubetwin check --model daemonset`, seed n/550. When a new pod has become ready, the DaemonSet is to
   * be looked at after minReadySeconds and one more, but it already waits for a shorter time since its status was written; what comes
   * later is dropped (client-go's `delaying_queue.go`), and at that look the pod is ready and not yet available. The status counts the
   * old pods, which are available, so nothing else wakes it (daemon_controller.go, `updateDaemonSetStatus`).
   */
  it('a DaemonSet that surges and has minReadySeconds', () => {
    const cluster = createCluster({ seed: '1', nodes: 2, timing: 'fast' });
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    const ready = (): number => (cluster.get('daemonsets', 'default', 'web')?.['status'] as { numberReady?: number } | undefined)?.numberReady ?? 0;
    cluster.apply([object('DaemonSet', { updateStrategy, template: template('3.9') })]);
    expect(cluster.runUntil(() => ready() === 2, 60 * SECOND)).toBe(true);
    cluster.apply([object('DaemonSet', { updateStrategy, minReadySeconds: 5, template: template('3.10') })]);
    expect(cluster.runUntilConverged(300 * SECOND)).toMatchObject({ isConverged: false });
    expect(cluster.list('pods', 'default')).toHaveLength(4);
  });

  /**
   * Found by `kubetwin check --model daemonset`, seed n/767. A node without a running pod gets one at once while a DaemonSet surges, and a
   * failed pod that waits for its back-off does not count as one (daemon_controller.go, `podsShouldBeOnNode`).
   */
  it('a DaemonSet that surges makes pods without a pause where they fail', () => {
    const failed = (updateStrategy: object): number => {
      const cluster = createCluster({ seed: '1', nodes: 1, timing: 'fast' });
      cluster.apply([object('DaemonSet', { updateStrategy, template: template('3.9') })]);
      expect(cluster.runUntilConverged(60 * SECOND).isConverged).toBe(true);
      cluster.kernel.input('container-runtime/node-1', { kind: 'node.operation', operation: 'use', diskBytes: 1e12 } as never, cluster.now);
      cluster.runFor(20 * SECOND);
      return cluster.list('pods', 'default').filter(({ status }) => (status as { phase?: string }).phase === 'Failed').length;
    };
    expect(failed({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } })).toBeLessThan(3);
    expect(failed({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } })).toBeGreaterThan(50);
  });

  /**
   * Found by `kubetwin check --model daemonset`, seed t/595. Between reading a DaemonSet and expecting its pods a sync asks for its revisions
   * (daemon_controller.go, `syncDaemonSet`); when the DaemonSet is deleted and made anew in that time, the pod that the sync then makes is
   * expected under the name of the new one, as with Jobs.
   */
  it('a DaemonSet that takes the name of one whose pods are just being made', () => {
    const daemons = (image: string): object => ({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'web', namespace: 'default' }, spec: { selector: { matchLabels: { app: 'web' } }, template: template(image) } });
    const slow = { name: 'slow', kind: 'slow', target: 'kube-controller-manager', by: 200_000, start: { at: 1_000_000 }, for: 11_000_000 } as const;
    const plan: Plan = {
      seed: 'name', schedule: 'time', window: 0, config: { nodes: 1, apiServers: 1, controllerManagers: 1 }, calm: [], faults: { faults: [slow], healAt: 15_000_000 },
      workload: [{ at: 3_000_000, do: 'apply', object: daemons('3.9') }, { at: 3_100_000, do: 'delete', object: daemons('3.9') }, { at: 3_200_000, do: 'apply', object: daemons('3.10') }] as unknown as Plan['workload'],
    };
    expect(runPlan(kubernetesCampaign(), plan).failure?.message).toContain('daemonset web has 0 of 1 pods ready');
    expect(runPlan(kubernetesCampaign(), { ...plan, faults: { faults: [], healAt: 15_000_000 } }).failure).toBeUndefined();
  });

  /**
   * Found by `kubetwin check`, seed k/94. A controller manager makes a pod for a Job and sees nothing more until the Job is gone and another
   * has its name; that one expects the pod (expectations go by name) and never sees it, for the pod's owner has another uid. Only a sync
   * that finds no Job forgets expectations (job_controller.go, `syncJob`), and the old and the new Job came in one batch. They lapse after
   * five minutes, and nothing wakes the Job then.
   */
  it('a Job that takes the name of one for which a pod has just been made', () => {
    const job = (completions: number): object => ({
      apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'web', namespace: 'default' },
      spec: { completions, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'web', image: 'busybox:1.36', command: ['sleep', '2'] }] } } },
    });
    const cut = { name: 'cut', kind: 'model', action: 'unobserved-state', start: { when: { fact: 'pod.created' } }, for: 5_000_000, args: { client: 'kube-controller-manager' } } as const;
    const plan: Plan = {
      seed: 'name', schedule: 'time', window: 0, config: { nodes: 1, apiServers: 1, controllerManagers: 1 }, calm: [], faults: { faults: [cut], healAt: 15_000_000 },
      workload: [{ at: 3_000_000, do: 'apply', object: job(1) }, { at: 4_000_000, do: 'delete', object: job(1) }, { at: 5_000_000, do: 'apply', object: job(2) }] as unknown as Plan['workload'],
    };
    expect(runPlan(kubernetesCampaign(), plan).failure?.message).toContain('job web has 0 of 2 completions');
    // Without the fault the second Job is done soon.
    expect(runPlan(kubernetesCampaign(), { ...plan, faults: { faults: [], healAt: 15_000_000 } }).failure).toBeUndefined();
  });
});
