import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../object/types.ts';
import { EventRecorder } from './event-recorder.ts';
import { EPOCH, harness } from './testing/harness.ts';

const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', creationTimestamp: '' } };

function events(record: (recorder: EventRecorder) => void): { objects: KubeObject[]; requests: string[] } {
  const made = harness((process, client) => record(new EventRecorder(process, client, { component: 'tester', epoch: EPOCH })));
  made.run(60_000_000);
  return { objects: [...(made.server().objects.get('events')?.values() ?? [])], requests: made.server().requests };
}

describe('event recorder', () => {
  it('counts repetitions on the first event by patches', () => {
    const { objects, requests } = events((recorder) => {
      for (let i = 0; i < 3; i++) recorder.event(pod, 'Warning', 'BackOff', 'again');
    });
    expect(requests).toEqual(['create events', 'patch events', 'patch events']);
    expect(objects).toHaveLength(1);
    expect(objects[0]).toMatchObject({ count: 3, reason: 'BackOff', type: 'Warning', source: { component: 'tester' }, firstTimestamp: '2026-01-01T00:00:00Z' });
    expect(objects[0]?.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/);
    expect(objects[0]?.['involvedObject']).toEqual({ apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7' });
  });

  it('combines the tenth different message with what follows', () => {
    const { objects } = events((recorder) => {
      for (let i = 0; i < 12; i++) recorder.event(pod, 'Normal', 'Pulled', `message ${i}`);
    });
    expect(objects).toHaveLength(10);
    expect(objects[9]).toMatchObject({ count: 3, message: '(combined from similar events): message 11' });
  });

  it('drops what one source says about one object beyond 25 events', () => {
    const { requests } = events((recorder) => {
      for (let i = 0; i < 40; i++) recorder.event(pod, 'Normal', `Reason${i}`, 'text');
    });
    expect(requests).toHaveLength(25);
  });

  it('puts events about cluster-scoped objects into default', () => {
    const { objects } = events((recorder) =>
      recorder.eventFor({ kind: 'Node', name: 'n1', uid: 'n1' }, 'Normal', 'RegisteredNode', 'Node n1 event'),
    );
    expect(objects[0]?.metadata.namespace).toBe('default');
  });
});
