/**
 * Schedulers as part of a cluster: a user's plugin, profiles from a file, several schedulers side by side.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCluster, unschedulable, type SchedulerPlugin, type Simulation } from '../../../models/kubernetes/index.ts';
import { schedulersOf } from '../../../models/kubernetes/cli/scheduler-files.ts';

const pod = (name: string, scheduler = 'default-scheduler'): string =>
  `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {schedulerName: ${scheduler}, containers: [{name: c, image: nginx}]}}`;

const nodeOf = (cluster: Simulation, name: string): string | undefined =>
  (cluster.get('pods', 'default', name)?.['spec'] as { nodeName?: string } | undefined)?.nodeName;

it("gives pods to nodes as a user's plugin wants", () => {
  const evenOnly: SchedulerPlugin = {
    name: 'EvenOnly',
    filter: (_cycle, { name }) => (name.endsWith('2') ? undefined : unschedulable(undefined, 'node(s) were odd')),
  };
  const configuration = { profiles: [{ plugins: { multiPoint: { enabled: [{ name: 'EvenOnly' }] } } }] };
  const cluster = createCluster({ nodes: 3, schedulers: [{ configuration }], schedulerPlugins: { EvenOnly: () => evenOnly } });
  cluster.apply(pod('web'));
  expect(cluster.runUntilConverged().isConverged).toBe(true);
  expect(nodeOf(cluster, 'web')).toBe('node-2');
});

describe('schedulers from configuration files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubetwin-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, body: string): string => {
    writeFileSync(join(folder, name), `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${body}`);
    return join(folder, name);
  };

  it('runs two of them, each with profiles of its own', () => {
    const packing = file('packing.yaml', `profiles:
- schedulerName: packing
  pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}}]
  plugins: {score: {disabled: [{name: NodeResourcesBalancedAllocation}, {name: PodTopologySpread}]}}
`);
    const cluster = createCluster({ nodes: 3, schedulers: schedulersOf([file('plain.yaml', 'profiles: []\n'), packing]), explainScheduling: true });
    const decided = new Map<string, string>();
    cluster.committed$.subscribe(({ actor, facts }) => {
      for (const { kind, data } of facts) if (kind === 'scheduler.decision') decided.set((data as { pod: string }).pod, actor);
    });
    const packed = (name: string): string => pod(name, 'packing').replace('image: nginx', 'image: nginx, resources: {requests: {cpu: 500m}}');
    cluster.apply([pod('spread'), packed('one')].join('\n---\n'));
    cluster.runUntilConverged();
    cluster.apply(packed('two'));
    cluster.runUntilConverged();
    expect(nodeOf(cluster, 'one')).toBeDefined();
    expect(nodeOf(cluster, 'two')).toBe(nodeOf(cluster, 'one'));
    expect(Object.fromEntries(decided)).toEqual({ 'default/spread': 'kube-scheduler', 'default/one': 'kube-scheduler-2', 'default/two': 'kube-scheduler-2' });
  });

  it.each([
    ['profile: []\n', 'strict decoding error: unknown field "profile"'],
    ['profiles: [{plugins: {filtre: {}}}]\n', 'strict decoding error: unknown field "profiles[0].plugins.filtre"'],
    ['profiles: {}\n', 'strict decoding error: field "profiles" must be a list'],
    ['profiles: [{plugins: {multiPoint: {enabled: [{name: Nobody}]}}}]\n', 'plugin "Nobody" does not exist'],
    ['percentageOfNodesToScore: 101\n', 'percentageOfNodesToScore: not in valid range [0-100]'],
    ['profiles: [{schedulerName: a}, {schedulerName: a}]\n', 'profiles: schedulerName: Duplicate value: "a"'],
  ])('says what is wrong with %j', (body, message) => {
    const path = file('wrong.yaml', body);
    expect(() => schedulersOf([path])).toThrow(`${path}: ${message}`);
  });

  it('refuses another kind of file', () => {
    const path = join(folder, 'pod.yaml');
    writeFileSync(path, pod('web'));
    expect(() => schedulersOf([path])).toThrow('no kind "Pod" is registered for version "v1"');
    expect(() => schedulersOf([join(folder, 'nowhere.yaml')])).toThrow('cannot read the scheduler configuration');
  });
});
