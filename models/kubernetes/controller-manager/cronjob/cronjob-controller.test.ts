import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { CRON_JOBS } from '../../client/resources.ts';
import type { CronJob, Job } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const cronJob = (spec: object): object => ({
  apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick' },
  spec: { schedule: '* * * * *', ...spec, jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'busybox:1' }] } } } } },
});

describe('cron job controller', () => {
  it('starts one Job a minute and keeps three', () => {
    const plane = controlPlane(
      function* ({ client }: Script): Task {
        yield* client.create(CRON_JOBS, 'default', cronJob({}));
      },
      { podLife: () => ({ endsAfter: 1 }) },
    );
    plane.run(62);
    expect(plane.list<Job>('jobs').map(({ metadata }) => metadata.name)).toEqual([`tick-${1_767_225_660 / 60}`]);
    expect(plane.list<CronJob>('cronjobs')[0]?.status).toMatchObject({ lastScheduleTime: '2026-01-01T00:01:00Z' });
    plane.run(300);
    expect(plane.list<Job>('jobs').length).toBeGreaterThanOrEqual(3);
    expect(plane.list<Job>('jobs').length).toBeLessThanOrEqual(4);
    const reasons = new Set(plane.list('events').filter((event) => event['involvedObject'].kind === 'CronJob').map((event) => event['reason'] as string));
    expect([...reasons].sort()).toEqual(['SawCompletedJob', 'SuccessfulCreate', 'SuccessfulDelete']);
  });

  it('starts none while one is active under Forbid', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(CRON_JOBS, 'default', cronJob({ concurrencyPolicy: 'Forbid' }));
    });
    plane.run(200);
    expect(plane.list('jobs')).toHaveLength(1);
    expect(plane.list<CronJob>('cronjobs')[0]?.status.active).toHaveLength(1);
  });

  it('runs by the clocks of its time zone, and says on the Job when it was due there', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(CRON_JOBS, 'default', cronJob({ schedule: '5 19 31 12 *', timeZone: 'America/New_York' }));
    });
    plane.run(310);
    const [job] = plane.list<Job>('jobs');
    expect(job?.metadata.annotations).toMatchObject({ 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2025-12-31T19:05:00-05:00' });
    expect(plane.list<CronJob>('cronjobs')[0]?.status.lastScheduleTime).toBe('2026-01-01T00:05:00Z');
  });
});
