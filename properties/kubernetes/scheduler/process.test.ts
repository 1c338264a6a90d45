import { describe, expect, it } from 'vitest';
import type { Task } from '../../../models/kubernetes/client/process.ts';
import type { Plugin } from '../../../models/kubernetes/scheduler/framework/plugin.ts';
import { unschedulable } from '../../../models/kubernetes/scheduler/framework/status.ts';
import { create, type Deed, nodeNamed, podNamed, remove, world } from './world.ts';

const scheduled = (pod: { status: { conditions?: { type: string }[] } } | undefined): unknown =>
  pod?.status.conditions?.find(({ type }) => type === 'PodScheduled');

describe('kube-scheduler as a process', () => {
  it('binds a pod and says so', () => {
    const w = world([
      { at: 0, run: create(nodeNamed('n1', '4')) },
      { at: 100_000, run: create(podNamed('p', '1')) },
    ]);
    w.run(1_000_000);
    const pod = w.pod('p');
    expect(pod?.spec.nodeName).toBe('n1');
    expect(scheduled(pod)).toMatchObject({ status: 'True' });
    const event = w.events().find(({ reason }) => reason === 'Scheduled');
    expect(event?.['message'] ?? event?.['note']).toBe('Successfully assigned default/p to n1');
  });

  it('tells why a pod waits, and binds it once there is room', () => {
    const w = world([
      { at: 0, run: create(nodeNamed('n1', '1')) },
      { at: 100_000, run: create(podNamed('big', '2')) },
      { at: 5_000_000, run: create(nodeNamed('n2', '4')) },
    ]);
    w.run(1_000_000);
    expect(scheduled(w.pod('big'))).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message:
        '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: ' +
        '1 No preemption victims found for incoming pod.',
    });
    w.run(12_000_000);
    expect(w.pod('big')?.spec.nodeName).toBe('n2');
  });

  it('preempts a pod of lower priority and takes its place', () => {
    const w = world([
      { at: 0, run: create(nodeNamed('n1', '2')) },
      { at: 1_000, run: createPriorityClass('high', 1000) },
      { at: 100_000, run: create(podNamed('low', '2')) },
      { at: 1_000_000, run: create(podNamed('high', '2', { priorityClassName: 'high', priority: 1000 })) },
      { at: 4_000_000, run: remove('Pod', 'low') },
    ]);
    w.run(2_000_000);
    expect(w.pod('high')?.status.nominatedNodeName).toBe('n1');
    expect(w.pod('low')?.metadata.deletionTimestamp).toBeDefined();
    expect(w.pod('low')?.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }),
    );
    w.run(8_000_000);
    expect(w.pod('high')?.spec.nodeName).toBe('n1');
  });

  it('leaves gated pods alone until their gates are gone', () => {
    const w = world([
      { at: 0, run: create(nodeNamed('n1', '2')) },
      { at: 100_000, run: create(podNamed('gated', '1', { schedulingGates: [{ name: 'example.com/wait' }] })) },
      { at: 3_000_000, run: openGates('gated') },
    ]);
    w.run(2_000_000);
    expect(w.pod('gated')?.spec.nodeName).toBeUndefined();
    expect(w.scheduler().counters.attempts).toBe(0);
    w.run(2_000_000);
    expect(w.pod('gated')?.spec.nodeName).toBe('n1');
  });

  it('goes on after a crash with what the API server knows', () => {
    const w = world([
      { at: 0, run: create(nodeNamed('n1', '2')) },
      { at: 100_000, run: create(podNamed('before', '1')) },
      { at: 2_500_000, run: create(podNamed('during', '1')) },
      { at: 2_600_000, run: create(podNamed('too-much', '1')) },
    ]);
    w.run(1_000_000);
    w.kernel.control({ kind: 'crash', actor: 'kube-scheduler' }, w.kernel.now + 1_000);
    w.run(3_000_000);
    expect([w.pod('before')?.spec.nodeName, w.pod('during')?.spec.nodeName]).toEqual(['n1', undefined]);
    w.kernel.control({ kind: 'restart', actor: 'kube-scheduler' }, w.kernel.now + 1_000);
    w.run(3_000_000);
    expect(w.pods().filter(({ spec }) => spec.nodeName === 'n1')).toHaveLength(2);
    expect(w.scheduler().counters.attempts).toBe(2);
  });

  it('schedules by the profile that the pod names, with plugins of the user', () => {
    const onlyNamed = (name: string): Plugin => ({
      name: 'OnlyNamed',
      filter: (_cycle, row) => (row.name === name ? undefined : unschedulable(undefined, `node(s) were not ${name}`)),
    });
    const configuration = {
      profiles: [
        { schedulerName: 'default-scheduler' },
        { schedulerName: 'picky', plugins: { filter: { enabled: [{ name: 'OnlyNamed' }] } } },
      ],
    };
    const w = world(
      [
        ...['n1', 'n2', 'n3'].map((name): Deed => ({ at: 0, run: create(nodeNamed(name, '4')) })),
        { at: 100_000, run: create(podNamed('p', '1', { schedulerName: 'picky' })) },
      ],
      [{ configuration, plugins: { OnlyNamed: () => onlyNamed('n2') } }],
    );
    w.run(1_000_000);
    expect(w.pod('p')?.spec.nodeName).toBe('n2');
  });

  it('records each decision, at length only when asked', () => {
    const facts = (explain: boolean): Record<string, unknown>[] => {
      const w = world(
        [
          ...['n1', 'n2'].map((name): Deed => ({ at: 0, run: create(nodeNamed(name, '4')) })),
          { at: 100_000, run: create(podNamed('p', '1')) },
        ],
        [{ explain }],
      );
      const found: Record<string, unknown>[] = [];
      w.kernel.committed$.subscribe((record) => {
        for (const { kind, data } of record.facts) if (kind === 'scheduler.decision') found.push(data as Record<string, unknown>);
      });
      w.run(1_000_000);
      return found;
    };
    expect(facts(false)).toEqual([
      expect.objectContaining({ pod: 'default/p', attempt: 1, result: 'scheduled', evaluated: 2, feasible: 2 }),
    ]);
    expect(facts(false)[0]).not.toHaveProperty('scores');
    expect(Object.keys(facts(true)[0]?.['scores'] as object)).toEqual(['n1', 'n2']);
  });

  it('runs beside a second scheduler without taking its pods', () => {
    const w = world(
      [
        { at: 0, run: create(nodeNamed('n1', '4')) },
        { at: 100_000, run: create(podNamed('mine', '1')) },
        { at: 100_000, run: create(podNamed('theirs', '1', { schedulerName: 'other' })) },
        { at: 100_000, run: create(podNamed('nobodys', '1', { schedulerName: 'nobody' })) },
      ],
      [{}, { id: 'other-scheduler', configuration: { profiles: [{ schedulerName: 'other' }] } }],
    );
    w.run(1_000_000);
    expect(w.pod('mine')?.spec.nodeName).toBe('n1');
    expect(w.pod('theirs')?.spec.nodeName).toBe('n1');
    expect(w.pod('nobodys')?.spec.nodeName).toBeUndefined();
    expect(w.scheduler().counters.scheduled).toBe(1);
    expect(w.scheduler('other-scheduler').counters.scheduled).toBe(1);
  });
});

function createPriorityClass(name: string, value: number): Parameters<typeof world>[0][number]['run'] {
  return function* (client): Task {
    const resource = { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' };
    const body = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value };
    yield* client.create(resource, undefined, body);
  };
}

function openGates(name: string): Parameters<typeof world>[0][number]['run'] {
  return function* (client): Task {
    const pods = { group: '', version: 'v1', resource: 'pods' };
    const patch = [{ op: 'remove', path: '/spec/schedulingGates' }];
    yield* client.patch(pods, 'default', name, 'application/json-patch+json', patch);
  };
}
