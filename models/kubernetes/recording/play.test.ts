import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../object/types.ts';
import type { Line } from './format.ts';
import { play } from './play.ts';

const START = Date.parse('2026-03-01T12:00:00Z');
const configMap = (created?: number): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...(created === undefined ? {} : { creationTimestamp: new Date(created).toISOString().replace('.000', '') }) } }) as unknown as KubeObject;
const node = (created: number): KubeObject => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', creationTimestamp: new Date(created).toISOString().replace('.000', '') }, spec: {}, status: { capacity: { cpu: '2', memory: '4Gi', pods: '110' } } }) as unknown as KubeObject;

/** A recording of one request, one second after its start, by a cluster whose only node is that old. */
const recordingOf = (ageSeconds: number): Line[] =>
  [
    { rec: 'header', scenario: 's', kubernetes: 'v1.32.0', seconds: 2, images: [] },
    { rec: 'initial', objects: [node(START - ageSeconds * 1000)] },
    { t: 1000, rec: 'request', method: 'POST', path: '/api/v1/namespaces/default/configmaps', body: configMap(), status: 201, response: configMap(START + 1000) },
  ] as unknown as Line[];

/** The age of the simulated node at the start, in seconds, and when the simulated object was made. */
function played(ageSeconds: number): { readonly age: number; readonly made: number } {
  const recording = recordingOf(ageSeconds);
  const lines = play(recording, [node(START)]);
  const objects = lines.flatMap((line) => (line.rec === 'final' ? line.objects : []));
  const time = (kind: string, name: string): number => Date.parse(String(objects.find((each) => each.kind === kind && each.metadata.name === name)?.metadata.creationTimestamp)) / 1000;
  return { age: START / 1000 - time('Node', 'n'), made: time('ConfigMap', 'c') - START / 1000 };
}

describe('a recording that is played', () => {
  it.each([5, 20])('meets nodes of the recorded age if they were %i s old', (age) => {
    expect(Math.abs(played(age).age - age)).toBeLessThanOrEqual(2);
  });

  it('meets nodes of a minute if they were older', () => {
    expect(Math.abs(played(90 * 24 * 3600).age - 60)).toBeLessThanOrEqual(2);
  });

  it('begins at the recorded wall time', () => {
    expect(played(5).made).toBe(1);
    expect(played(1e6).made).toBe(1);
  });
});
