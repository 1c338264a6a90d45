/**
 * Scenario files: what they say becomes plain data, mistakes are reported where they stand, and a run with faults replays.
 */
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG, type ClusterConfig } from '../../models/kubernetes/cluster/config.ts';
import { asLogged, clusterHeader } from '../../models/kubernetes/cluster/header.ts';
import { buildRun } from '../../models/kubernetes/cluster/model.ts';
import { Simulation } from '../../models/kubernetes/cluster/simulation.ts';
import { faultNote } from '../../src/fault/budget.ts';
import type { LogRecord } from '../../src/log/record.ts';
import { readScenarios } from '../../models/kubernetes/scenario/read.ts';
import { ScenarioError } from '../../models/kubernetes/scenario/section.ts';

const DOCUMENT = `
apiVersion: kubetwin.dev/v1
kind: Scenario
metadata: { name: test }
spec:
  cluster: { nodes: 2, timing: fast }
  steps:
    - apply:
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web }
        spec:
          replicas: 2
          selector: { matchLabels: { app: web } }
          template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: registry.k8s.io/pause:3.10 }] } }
    - waitUntil: { object: deployment/web, field: status.availableReplicas, equals: 2 }
    - after: 1s
      scale: { object: deployment/web, replicas: 4 }
    - cordon: node-1
    - waitUntil: converged
  faults:
    - { kind: watch-drop, at: 2s }
    - name: third
      kind: crash
      target: kube-controller-manager
      for: 1s
      when: { event: pod.bound, nth: 3, where: { labels.app: web } }
  healAt: 30s
  expect:
    - { kind: Pod, labels: { app: web }, count: 4 }
`;

const read = (text: string): readonly Partial<ClusterConfig>[] => readScenarios(text, 'test.yaml', () => []);
const config = (): ClusterConfig => ({ ...DEFAULT_CONFIG, ...read(DOCUMENT)[0] });

function play(): { readonly records: readonly LogRecord[]; readonly simulation: Simulation } {
  const simulation = new Simulation({ ...config(), seed: 'scenario', guard: false });
  const records: LogRecord[] = [];
  simulation.kernel.setSink((record) => records.push(record));
  expect(simulation.runUntilConverged(120_000_000)).toMatchObject({ isConverged: true });
  return { records, simulation };
}

describe('a scenario', () => {
  it('is played step by step, and its faults show in the log by name', () => {
    const { records, simulation } = play();
    expect(simulation.list('pods', 'default')).toHaveLength(4);
    expect(simulation.get('nodes', undefined, 'node-1')?.['spec'].unschedulable).toBe(true);
    const notes = records.flatMap((record) => faultNote(record) ?? []);
    expect(notes.map(({ fault, kind, phase }) => `${fault} ${kind} ${phase}`)).toEqual(['watch-drop-1 watch-drop begin', 'third crash begin', 'third crash end']);
  });

  it('fires a trigger once, at the event', () => {
    const { records } = play();
    const at = records.findIndex((record) => faultNote(record)?.fault === 'third');
    const bound = records.slice(0, at).filter(({ facts }) => facts.some(({ kind, data }) => kind === 'etcd.put' && JSON.stringify(data).includes('["spec","nodeName"]') && JSON.stringify(data).includes('/pods/default/web')));
    expect(bound).toHaveLength(3);
    expect(records[at]?.time).toBe(bound[2]?.time);
  });

  it('is made again from what the header of its log holds', () => {
    const { records } = play();
    const header = clusterHeader(asLogged(config()), { seed: 'scenario' });
    const kernel = buildRun(header, { seed: 'scenario', guard: false });
    const again: LogRecord[] = [];
    kernel.setSink((record) => again.push(record));
    kernel.run({ while: () => again.length < records.length });
    expect(again.map(({ digest, time, actor }) => `${time} ${actor} ${digest}`)).toEqual(records.map(({ digest, time, actor }) => `${time} ${actor} ${digest}`));
  });

  const mistakes: readonly (readonly [string, string, string])[] = [
    ['healAt: 30s', 'healAt: soon', 'test.yaml:28:11: spec.healAt must be a duration such as 500ms, 30s or 10m, not "soon"'],
    ['kind: watch-drop', 'kind: watch-drip', 'test.yaml:22:15: unknown fault "watch-drip"; known are '],
    ['event: pod.bound', 'event: pod.bond', 'test.yaml:27:22: unknown event "pod.bond"'],
    ['replicas: 4', 'replicas: many', 'test.yaml:18:50: spec.steps[2].scale.replicas must be a whole number from 0 on, not "many"'],
    ['deployment/web, replicas', 'website/web, replicas', 'test.yaml:18:24: an object is named kind/name'],
    ['- cordon: node-1', '- drain: node-1', 'test.yaml:19:7: a step does exactly one of apply, delete, scale, patch, cordon, uncordon, waitUntil'],
    ['kind: Pod, labels', 'kind: Pod, label', 'test.yaml:30:20: spec.expect[0].label is unknown; spec.expect[0] knows '],
    ['timing: fast', 'timing: quick', 'test.yaml:6:32: spec.cluster.timing must be one of realistic, fast, zero, not "quick"'],
    ['kubetwin.dev/v1', 'kubetwin.dev/v2', 'test.yaml:2:13: apiVersion of a Scenario must be kubetwin.dev/v1, not "kubetwin.dev/v2"'],
    ['name: third', 'name: watch-drop-1', 'test.yaml:22:5: two faults have the name "watch-drop-1"'],
  ];
  it.each(mistakes)('says where %s went wrong', (right, wrong, message) => {
    expect(DOCUMENT).toContain(right);
    const attempt = (): unknown => read(DOCUMENT.replace(right, wrong));
    expect(attempt).toThrow(ScenarioError);
    expect(attempt).toThrow(message);
  });
});
