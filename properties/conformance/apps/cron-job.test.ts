/** Twins of test/e2e/apps/cronjob.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH } from '../framework/client.ts';

let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('cronjob');
});

const cronJobs = (): string => `/apis/batch/v1/namespaces/${namespace}/cronjobs`;
const at = (name: string): string => `${cronJobs()}/${name}`;
const SLEEP = ['sleep', '300'];
const cronJob = (name: string, schedule: string, concurrencyPolicy: string, command?: readonly string[]): Any => ({
  apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name },
  spec: {
    schedule, concurrencyPolicy,
    jobTemplate: { spec: { parallelism: 1, completions: 1, template: { spec: { restartPolicy: 'OnFailure', volumes: [{ name: 'data', emptyDir: {} }], containers: [{ name: 'c', image: IMAGES.busybox, volumeMounts: [{ mountPath: '/data', name: 'data' }], ...(command === undefined ? {} : { command }) }] } } } },
  },
});
const jobs = (): Any[] => k.get(`/apis/batch/v1/namespaces/${namespace}/jobs`).items;
const running = (name: string): Any[] => k.get(at(name)).status.active ?? [];
const atLeastRunning = (name: string, count: number, timeout = 300): void => k.poll(() => running(name).length >= count, timeout, 2);

describe('CronJob', () => {
  it('should schedule multiple jobs concurrently', () => {
    k.post(cronJobs(), cronJob('concurrent', '*/1 * * * ?', 'Allow', SLEEP));
    atLeastRunning('concurrent', 2);
    expect(jobs().filter(({ status }) => (status.conditions ?? []).length === 0).length).toBeGreaterThanOrEqual(2);
    k.delete(at('concurrent'), { propagationPolicy: 'Background' });
  });

  it('should not schedule jobs when suspended [Slow]', () => {
    const made = cronJob('suspended', '*/1 * * * ?', 'Allow', SLEEP);
    made.spec.suspend = true;
    k.post(cronJobs(), made);
    k.consistently(() => running('suspended').length === 0 && jobs().length === 0, 300, 5);
    k.delete(at('suspended'));
  });

  it('should not schedule new jobs when ForbidConcurrent [Slow]', () => {
    k.post(cronJobs(), cronJob('forbid', '*/1 * * * ?', 'Forbid', SLEEP));
    atLeastRunning('forbid', 1);
    expect(running('forbid')).toHaveLength(1);
    expect(jobs()).toHaveLength(1);
    // No second one while the first runs, nor when it ends after five minutes and the next begins.
    k.consistently(() => running('forbid').length < 2, 330, 1);
    k.delete(at('forbid'), { propagationPolicy: 'Background' });
  });

  it('should replace jobs when ReplaceConcurrent', () => {
    k.post(cronJobs(), cronJob('replace', '*/1 * * * ?', 'Replace', SLEEP));
    atLeastRunning('replace', 1);
    const [first, ...others] = running('replace');
    expect(others).toEqual([]);
    k.poll(() => k.get(at('replace')).status.active?.[0] !== undefined && k.get(at('replace')).status.active[0].name !== first.name, 300, 2);
    k.poll(() => k.maybe(`/apis/batch/v1/namespaces/${namespace}/jobs/${first.name}`) === undefined, 60, 1);
    expect(running('replace')).toHaveLength(1);
    k.delete(at('replace'), { propagationPolicy: 'Background' });
  });

  it('should support CronJob API operations', () => {
    const labels = { 'special-label': namespace };
    const made = cronJob('test-api', '* */1 * * ?', 'Replace');
    made.spec.successfulJobsHistoryLimit = 10;
    const create = (): Any => k.post(cronJobs(), { ...made, metadata: { generateName: 'e2e-test-cronjob', labels } });
    const [first] = [create(), create(), create()];
    const selector = `labelSelector=special-label=${namespace}`;
    expect(k.get(at(first.metadata.name)).metadata.uid).toBe(first.metadata.uid);
    const listed = k.get(`${cronJobs()}?${selector}`);
    expect(listed.items).toHaveLength(3);
    const watch = k.watch(`${cronJobs()}?${selector}&resourceVersion=${listed.metadata.resourceVersion}`);
    expect(k.get(`/apis/batch/v1/cronjobs?${selector}`).items).toHaveLength(3);
    const patched = k.patch(at(first.metadata.name), MERGE_PATCH, { metadata: { annotations: { patched: 'true' } } });
    expect(patched.metadata.annotations.patched).toBe('true');
    const updated = k.update(at(first.metadata.name), ({ metadata }) => (metadata.annotations.updated = 'true'));
    expect(updated.metadata.annotations.updated).toBe('true');
    watch.until((type, { metadata }) => type === 'MODIFIED' && metadata.annotations?.patched === 'true');
    watch.until((type, { metadata }) => type === 'MODIFIED' && metadata.annotations?.updated === 'true');
    const lastScheduleTime = '2025-01-01T00:00:00Z';
    const status = k.patch(`${at(first.metadata.name)}/status`, MERGE_PATCH, { metadata: { annotations: { patchedstatus: 'true' } }, status: { lastScheduleTime } });
    expect(status.status.lastScheduleTime).toBe(lastScheduleTime);
    expect(status.metadata.annotations.patchedstatus).toBe('true');
    const later = '2025-01-01T01:00:00Z';
    expect(k.update(at(first.metadata.name), (object) => (object.status.lastScheduleTime = later), '/status').status.lastScheduleTime).toBe(later);
    expect(k.get(`${at(first.metadata.name)}/status`).metadata.uid).toBe(first.metadata.uid);
    k.delete(at(first.metadata.name));
    const gone = k.maybe(at(first.metadata.name));
    expect(gone === undefined || gone.metadata.deletionTimestamp !== undefined).toBe(true);
    k.delete(`${cronJobs()}?${selector}`);
    k.poll(() => k.get(`${cronJobs()}?${selector}`).items.length === 0, 60);
  });
});
