import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { NODES, PODS } from '../../client/resources.ts';
import type { Pod } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const pod = (name: string, tolerations: object[] = []): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { nodeName: 'node-1', tolerations, containers: [{ name: 'a', image: 'a' }] } });
const taint = { key: 'maint', effect: 'NoExecute' };
const taints = (list: object[] | null): object => ({ spec: { taints: list } });

describe('taint eviction controller', () => {
  it('deletes at once what does not tolerate, later what tolerates for a time, and never what tolerates', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(PODS, 'default', pod('intolerant'));
      yield* client.create(PODS, 'default', pod('patient', [{ key: 'maint', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 20 }]));
      yield* client.create(PODS, 'default', pod('tolerant', [{ key: 'maint', operator: 'Exists' }]));
      yield* sleep(5);
      yield* client.patch(NODES, undefined, 'node-1', 'application/strategic-merge-patch+json', taints([taint]));
    });
    const names = (): string[] => plane.list<Pod>('pods').filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name).sort();
    plane.run(5);
    expect(names()).toEqual(['intolerant', 'patient', 'tolerant']);
    plane.run(5);
    expect(names()).toEqual(['patient', 'tolerant']);
    plane.run(14);
    expect(names()).toEqual(['patient', 'tolerant']);
    plane.run(10);
    expect(names()).toEqual(['tolerant']);
    const said = plane.list('events').filter((event) => event['reason'] === 'TaintManagerEviction').map((event) => event['message'] as string);
    expect(said).toEqual(['Marking for deletion Pod default/intolerant', 'Marking for deletion Pod default/patient']);
  });

  it('cancels a pending deletion when the taint goes', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(PODS, 'default', pod('patient', [{ key: 'maint', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 20 }]));
      yield* client.patch(NODES, undefined, 'node-1', 'application/strategic-merge-patch+json', taints([taint]));
      yield* sleep(10);
      yield* client.patch(NODES, undefined, 'node-1', 'application/merge-patch+json', taints(null));
    });
    plane.run(60);
    expect(plane.list<Pod>('pods').map(({ metadata }) => metadata.deletionTimestamp)).toEqual([undefined]);
    expect(plane.list('events').some((event) => event['message'] === 'Cancelling deletion of Pod default/patient')).toBe(true);
  });
});
