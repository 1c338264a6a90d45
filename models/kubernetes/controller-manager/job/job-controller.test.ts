import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { JOBS } from '../../client/resources.ts';
import type { Job, Pod } from '../../object/types.ts';
import { controlPlane, type PodLife, type Script } from '../testing/control-plane.ts';

const job = (spec: object): object => ({
  apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'work' },
  spec: { ...spec, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'busybox:1' }] } } },
});

function run(spec: object, life: (pod: Pod) => PodLife, seconds: number): { job: Job | undefined; pods: Pod[]; events: string[] } {
  const plane = controlPlane(
    function* ({ client }: Script): Task {
      yield* client.create(JOBS, 'default', job(spec));
    },
    { podLife: life },
  );
  plane.run(seconds);
  const events = plane.list('events').filter((event) => event['involvedObject'].kind === 'Job').map((event) => event['reason'] as string);
  return { job: plane.list<Job>('jobs')[0], pods: plane.list<Pod>('pods'), events };
}
const conditions = (object: Job | undefined): (string | undefined)[][] => (object?.status.conditions ?? []).map(({ type, status, reason }) => [type, status, reason]);

describe('job controller', () => {
  it('runs completions in waves and counts each pod once', () => {
    const { job: object, pods, events } = run({ completions: 3, parallelism: 2 }, () => ({ endsAfter: 1 }), 40);
    expect(object?.status).toMatchObject({ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(object?.status.active).toBeUndefined();
    expect(conditions(object)).toEqual([['SuccessCriteriaMet', 'True', 'CompletionsReached'], ['Complete', 'True', 'CompletionsReached']]);
    expect(object?.status.completionTime).toBeDefined();
    expect(pods.every(({ metadata }) => metadata.finalizers === undefined)).toBe(true);
    expect(events).toEqual(['SuccessfulCreate', 'SuccessfulCreate', 'SuccessfulCreate', 'Completed']);
  });

  it('fails at its backoff limit, waiting longer after each failure', () => {
    const { job: object, pods, events } = run({ backoffLimit: 2 }, () => ({ endsAfter: 1, phase: 'Failed', exitCode: 3 }), 120);
    expect(object?.status).toMatchObject({ failed: 3 });
    expect(conditions(object)).toEqual([['FailureTarget', 'True', 'BackoffLimitExceeded'], ['Failed', 'True', 'BackoffLimitExceeded']]);
    expect(events.at(-1)).toBe('BackoffLimitExceeded');
    const starts = pods.map(({ metadata }) => Number(metadata.creationTimestamp.slice(17, 19)) + 60 * Number(metadata.creationTimestamp.slice(14, 16))).sort((a, b) => a - b);
    expect((starts[1] as number) - (starts[0] as number)).toBeGreaterThanOrEqual(10);
    expect((starts[2] as number) - (starts[1] as number)).toBeGreaterThanOrEqual(20);
  });

  it('completes every index of an Indexed Job', () => {
    const { job: object, pods } = run({ completions: 4, parallelism: 4, completionMode: 'Indexed' }, () => ({ endsAfter: 1 }), 40);
    expect(object?.status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' });
    expect(pods.map(({ spec }) => spec.hostname).sort()).toEqual(['work-0', 'work-1', 'work-2', 'work-3']);
  });

  it('keeps nothing running while it is suspended', () => {
    const { job: object, pods } = run({ suspend: true }, () => ({ endsAfter: 1 }), 20);
    expect(pods).toEqual([]);
    expect(conditions(object)).toEqual([['Suspended', 'True', 'JobSuspended']]);
    expect(object?.status.startTime).toBeUndefined();
  });
});
