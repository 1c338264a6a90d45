import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../object/types.ts';
import { profilesOf } from '../config/profiles.ts';
import { inTreeRegistry } from '../config/registry.ts';
import { ASSIGNED_POD_DELETE, NODE_ADD } from './pod-change.ts';
import type { QueuedPod } from './queued-pod.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const SECOND = 1_000_000;

const podNamed = (name: string, spec: object = {}): Pod =>
  ({
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1' },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }],
      ...spec,
    },
  }) as unknown as Pod;

const bigNode = {
  metadata: { name: 'n' },
  spec: {},
  status: { allocatable: { cpu: '8', memory: '1Gi', pods: '10' } },
} as unknown as Node;
const smallNode = {
  ...bigNode,
  status: { allocatable: { cpu: '100m', memory: '1Gi', pods: '10' } },
} as unknown as Node;

class Clock {
  now = 0;
}

const queueAt = (clock: Clock): SchedulingQueue => {
  const profiles = profilesOf({}, inTreeRegistry());
  if (profiles._tag === 'Left') throw new Error(profiles.left);
  return new SchedulingQueue({ now: () => clock.now, profiles: profiles.right });
};

const fail = (queue: SchedulingQueue, queued: QueuedPod | undefined, ...plugins: string[]): void => {
  if (queued === undefined) throw new Error('a pod was popped');
  for (const plugin of plugins) queued.unschedulablePlugins.add(plugin);
  queue.addUnschedulable(queued);
};

describe('the scheduling queue', () => {
  it('pops by priority, then by the time of the last failure', () => {
    const clock = new Clock();
    const queue = queueAt(clock);
    queue.add(podNamed('first'));
    clock.now = 5;
    queue.add(podNamed('urgent', { priority: 5 }));
    queue.add(podNamed('second'));
    expect([queue.pop()?.info.name, queue.pop()?.info.name, queue.pop()?.info.name]).toEqual([
      'urgent',
      'first',
      'second',
    ]);
  });

  it('backs off for 1, 2, 4, 8, 10 seconds', () => {
    const queue = queueAt(new Clock());
    expect([0, 1, 2, 3, 4, 5, 6].map((n) => queue.backoffOf(n) / SECOND)).toEqual([0, 1, 2, 4, 8, 10, 10]);
  });

  it('keeps a rejected pod until an event concerns its plugin', () => {
    const clock = new Clock();
    const queue = queueAt(clock);
    const pod = podNamed('p');
    queue.add(pod);
    fail(queue, queue.pop(), 'NodeResourcesFit');
    expect(queue.placeOf(pod)).toBe('unschedulable');
    queue.move(NODE_ADD, undefined, smallNode);
    expect(queue.placeOf(pod)).toBe('unschedulable');
    queue.move(NODE_ADD, undefined, bigNode);
    expect(queue.placeOf(pod)).toBe('backoff');
    clock.now = SECOND - 1;
    queue.flushBackoff();
    expect(queue.placeOf(pod)).toBe('backoff');
    clock.now = SECOND;
    queue.flushBackoff();
    expect(queue.placeOf(pod)).toBe('active');
  });

  it('remembers what happened while a pod was tried', () => {
    const queue = queueAt(new Clock());
    const pod = podNamed('p');
    queue.add(pod);
    const queued = queue.pop();
    queue.move(NODE_ADD, undefined, bigNode);
    fail(queue, queued, 'NodeResourcesFit');
    expect(queue.placeOf(pod)).toBe('backoff');
  });

  it('does not count what happened before the pod was popped', () => {
    const queue = queueAt(new Clock());
    const [a, b] = [podNamed('a'), podNamed('b')];
    queue.add(a);
    queue.add(b);
    const first = queue.pop();
    queue.move(NODE_ADD, undefined, bigNode);
    fail(queue, queue.pop(), 'NodeResourcesFit');
    expect(queue.placeOf(b)).toBe('unschedulable');
    fail(queue, first, 'NodeResourcesFit');
    expect(queue.placeOf(a)).toBe('backoff');
  });

  it('retries errors after the backoff, without any event', () => {
    const queue = queueAt(new Clock());
    const pod = podNamed('p');
    queue.add(pod);
    fail(queue, queue.pop());
    expect(queue.placeOf(pod)).toBe('backoff');
  });

  it('moves a pod that stayed over five minutes', () => {
    const clock = new Clock();
    const queue = queueAt(clock);
    const pod = podNamed('p');
    queue.add(pod);
    fail(queue, queue.pop(), 'NodeResourcesFit');
    clock.now = 300 * SECOND;
    queue.flushUnschedulable();
    expect(queue.placeOf(pod)).toBe('unschedulable');
    clock.now += 1;
    queue.flushUnschedulable();
    expect(queue.placeOf(pod)).toBe('active');
  });

  it('keeps gated pods out until the last gate goes, and then without backoff', () => {
    const clock = new Clock();
    const queue = queueAt(clock);
    const gated = podNamed('p', { schedulingGates: [{ name: 'a' }] });
    queue.add(gated);
    expect([queue.placeOf(gated), queue.pop()]).toEqual(['gated', undefined]);
    queue.move(NODE_ADD, undefined, bigNode);
    clock.now = 1000 * SECOND;
    queue.flushUnschedulable();
    expect(queue.placeOf(gated)).toBe('gated');
    const open = podNamed('p');
    queue.update(gated, { ...open, metadata: { ...open.metadata, resourceVersion: '2' } });
    expect(queue.placeOf(open)).toBe('active');
    expect(queue.pop()?.attempts).toBe(1);
  });

  it('is not moved by the deletion of a pod that never had a node', () => {
    const queue = queueAt(new Clock());
    const pod = podNamed('p');
    queue.add(pod);
    fail(queue, queue.pop(), 'NodeResourcesFit');
    queue.move(ASSIGNED_POD_DELETE, podNamed('other'), undefined);
    expect(queue.placeOf(pod)).toBe('unschedulable');
    queue.move(ASSIGNED_POD_DELETE, podNamed('other', { nodeName: 'n' }), undefined);
    expect(queue.placeOf(pod)).toBe('backoff');
  });

  it('holds nominations until they are overridden', () => {
    const queue = queueAt(new Clock());
    const nominated = { ...podNamed('p'), status: { nominatedNodeName: 'n1' } } as unknown as Pod;
    queue.add(nominated);
    expect(queue.nominations.on('n1').map(({ name }) => name)).toEqual(['p']);
    const queued = queue.pop();
    if (queued === undefined) throw new Error('a pod was popped');
    queue.nominations.add(queued.info, 'n2');
    expect([queue.nominations.on('n1').length, queue.nominations.on('n2').length]).toEqual([0, 1]);
    queue.nominations.add(queued.info, '');
    expect(queue.nominations.size).toBe(0);
  });
});
