/** Twins of test/e2e/apps/job.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH, STRATEGIC_PATCH } from '../framework/client.ts';
import { conditionOf, isActive, podsOf } from './pods.ts';

let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('job');
});

/** What the pods of a test's Job do (test/e2e/framework/job/fixtures.go). */
const BEHAVIOURS: Readonly<Record<string, Any>> = {
  notTerminate: { image: IMAGES.pause },
  succeed: { command: ['/bin/sh', '-c', 'exit 0'] },
  failOnce: { command: ['/bin/sh', '-c'], args: ['\n\t\t\tif [[ -r /data/foo ]]\n\t\t\tthen\n\t\t\t\texit 0\n\t\t\telse\n\t\t\t\ttouch /data/foo\n\t\t\t\texit 1\n\t\t\tfi\n\t\t'] },
  notTerminateOnce: { command: ['/bin/sh', '-c'], args: ['\n\t\t\tif [[ -r /data/foo-$JOB_COMPLETION_INDEX ]]\n\t\t\tthen\n\t\t\t\texit 0\n\t\t\telse\n\t\t\t\ttouch /data/foo-$JOB_COMPLETION_INDEX\n\t\t\t\tsleep 1000000\n\t\t\tfi\n\t\t'] },
};

const jobs = (): string => `/apis/batch/v1/namespaces/${namespace}/jobs`;
const at = (name: string): string => `${jobs()}/${name}`;
const job = (behaviour: string, name: string, restartPolicy: string, more: Any = {}, node = ''): Any => {
  const data = node === '' ? { emptyDir: {} } : { hostPath: { path: `/tmp/job-e2e/${k.uniqueName('dir')}`, type: 'DirectoryOrCreate' } };
  const container = { name: 'c', image: IMAGES.busybox, volumeMounts: [{ mountPath: '/data', name: 'data' }], securityContext: node === '' ? {} : { privileged: true }, ...BEHAVIOURS[behaviour] };
  const spec = { restartPolicy, volumes: [{ name: 'data', ...data }], containers: [container], ...(node === '' ? {} : { nodeSelector: { 'kubernetes.io/hostname': node } }) };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { parallelism: 2, completions: 4, backoffLimit: 6, manualSelector: false, template: { metadata: { labels: { job: name } }, spec }, ...more } };
};
const pods = (name: string): Any[] => podsOf(k, namespace, { job: name });
const active = (name: string, count: number): void => k.poll(() => pods(name).filter((pod) => isActive(pod) && pod.status.phase === 'Running').length === count, 900, 2);
const condition = (name: string, type: string, reason = ''): void =>
  k.poll(() => {
    const found = conditionOf(k.get(at(name)), type);
    return found?.status === 'True' && (reason === '' || found.reason === reason);
  }, 900, 1);
const complete = (name: string, completions: number): void => {
  k.poll(() => k.get(at(name)).status.succeeded === completions, 900, 1);
  condition(name, 'Complete', 'CompletionsReached');
};

describe('Job', () => {
  it('should allow to use the pod failure policy on exit code to fail the job early', () => {
    const node = k.schedulableNodes()[0].metadata.name;
    const podFailurePolicy = { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] };
    k.post(jobs(), job('failOnce', 'pod-failure-failjob', 'Never', { podFailurePolicy }, node));
    condition('pod-failure-failjob', 'FailureTarget', 'PodFailurePolicy');
    condition('pod-failure-failjob', 'Failed', 'PodFailurePolicy');
  });

  it('should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition', () => {
    const node = k.schedulableNodes()[0].metadata.name;
    const name = 'pod-disruption-failure-ignore';
    const podFailurePolicy = { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] };
    k.post(jobs(), job('notTerminateOnce', name, 'Never', { parallelism: 2, completions: 2, backoffLimit: 0, completionMode: 'Indexed', podFailurePolicy }, node));
    active(name, 2);
    for (const { metadata } of pods(name)) k.post(`/api/v1/namespaces/${namespace}/pods/${metadata.name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name, namespace } });
    condition(name, 'SuccessCriteriaMet');
    complete(name, 2);
  });

  it('should create pods for an Indexed job with completion indexes and specified hostname', () => {
    k.post(jobs(), job('succeed', 'indexed-job', 'Never', { completionMode: 'Indexed' }));
    condition('indexed-job', 'SuccessCriteriaMet');
    complete('indexed-job', 4);
    const done = pods('indexed-job').filter(({ status }) => status.phase === 'Succeeded');
    expect(done.map(({ metadata }) => Number(metadata.annotations['batch.kubernetes.io/job-completion-index'])).sort()).toEqual([0, 1, 2, 3]);
    for (const { metadata, spec } of done) {
      const index = metadata.annotations['batch.kubernetes.io/job-completion-index'];
      expect(spec.hostname).toBe(`indexed-job-${index}`);
      expect(metadata.labels['batch.kubernetes.io/job-completion-index']).toBe(index);
      expect(spec.containers[0].env).toContainEqual({ name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } } });
    }
  });

  it('should run a job to completion when tasks sometimes fail and are locally restarted', () => {
    k.post(jobs(), job('failOnce', 'fail-once-local', 'OnFailure'));
    condition('fail-once-local', 'SuccessCriteriaMet');
    complete('fail-once-local', 4);
    const made = pods('fail-once-local');
    expect(made.filter(({ status }) => status.phase === 'Succeeded')).toHaveLength(4);
    for (const { status } of made) expect(status.containerStatuses[0].restartCount).toBe(1);
  });

  it('should delete a job', () => {
    k.post(jobs(), job('notTerminate', 'foo', 'Never'));
    active('foo', 2);
    k.delete(at('foo'), { propagationPolicy: 'Foreground' });
    k.poll(() => k.maybe(at('foo')) === undefined, 300, 1);
    expect(pods('foo')).toEqual([]);
  });

  it('should adopt matching orphans and release non-matching pods', () => {
    const made = k.post(jobs(), job('notTerminate', 'adopt-release', 'Never'));
    active('adopt-release', 2);
    const [pod] = pods('adopt-release');
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`;
    const owner = (): Any => (k.get(path).metadata.ownerReferences ?? []).find(({ controller }: Any) => controller === true);
    k.update(path, ({ metadata }) => (metadata.ownerReferences = null));
    k.poll(() => owner()?.uid === made.metadata.uid, 900, 1);
    k.update(path, ({ metadata }) => (metadata.labels = null));
    k.poll(() => owner() === undefined, 900, 1);
  });

  it('should apply changes to a job status', () => {
    const made = k.post(jobs(), job('notTerminate', 'suspend-false-to-true', 'Never', { parallelism: 2, completions: 4, backoffLimit: 6 }));
    active('suspend-false-to-true', 2);
    const path = at('suspend-false-to-true');
    const [first, second] = ['2025-01-01T00:00:00Z', '2025-01-01T00:00:01Z'];
    const condition = { type: 'CustomConditionType', status: 'True', lastProbeTime: null, lastTransitionTime: first };
    const patched = k.patch(`${path}/status`, MERGE_PATCH, { metadata: { annotations: { patchedstatus: 'true' } }, status: { conditions: [condition] } });
    expect(conditionOf(patched, 'CustomConditionType').lastTransitionTime).toBe(first);
    expect(patched.metadata.annotations.patchedstatus).toBe('true');
    const updated = k.update(path, (object) => (conditionOf(object, 'CustomConditionType').lastTransitionTime = second), '/status');
    expect(conditionOf(updated, 'CustomConditionType').lastTransitionTime).toBe(second);
    expect(k.get(`${path}/status`).metadata.uid).toBe(made.metadata.uid);
    // Beyond upstream's test: the controller leaves the condition alone.
    k.patch(path, MERGE_PATCH, { spec: { suspend: true } });
    k.poll(() => conditionOf(k.get(path), 'Suspended')?.status === 'True', 60);
    expect(conditionOf(k.get(path), 'CustomConditionType').lastTransitionTime).toBe(second);
  });

  it('should manage the lifecycle of a job', () => {
    const name = k.uniqueName('e2e');
    const watch = k.watch(`${jobs()}?labelSelector=e2e-job=${name}`);
    const made = job('succeed', name, 'Never', { suspend: true, parallelism: 1, completions: 1 });
    made.metadata.labels = { 'e2e-job': name };
    k.post(jobs(), made);
    watch.until((type) => type === 'ADDED');
    const patched = k.patch(at(name), STRATEGIC_PATCH, { metadata: { labels: { [name]: 'patched' } } });
    expect(patched.metadata.labels[name]).toBe('patched');
    watch.until((_type, { metadata }) => metadata.labels[name] === 'patched');
    k.update(at(name), (object) => {
      object.spec.suspend = false;
      object.metadata.annotations = { ...object.metadata.annotations, updated: 'true' };
    });
    watch.until((_type, { metadata }) => metadata.annotations?.updated === 'true');
    expect(k.get(`/apis/batch/v1/jobs?labelSelector=e2e-job=${name}`).items).toHaveLength(1);
    complete(name, 1);
    k.delete(`${jobs()}?labelSelector=e2e-job=${name}`, { propagationPolicy: 'Background' });
    watch.until((type) => type === 'DELETED');
    expect(k.get(`${jobs()}?labelSelector=e2e-job=${name}`).items).toEqual([]);
  });
});
