import { expect, it } from 'vitest';
import type { Node, Pod } from '../object/types.ts';
import { Cache } from './cache/cache.ts';
import { profilesOf } from './config/profiles.ts';
import { inTreeRegistry } from './config/registry.ts';
import { decisionFact } from './diagnosis.ts';
import { decisionText } from './diagnosis-text.ts';
import { chooseFirst } from './framework/choose.ts';
import { Nominations } from './framework/nominations.ts';
import { podInfoOf } from './framework/pod-info.ts';
import type { Profile } from './framework/profile.ts';
import { staticListers } from './framework/static-listers.ts';
import { SchedulingCycle } from './scheduling-cycle.ts';

const node = (name: string, cpu: string): Node =>
  ({ metadata: { name }, spec: {}, status: { allocatable: { cpu, memory: '8Gi', pods: '10' } } }) as unknown as Node;

const pod = (cpu: string): Pod =>
  ({
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] },
  }) as unknown as Pod;

const explain = (cpu: string): string[] => {
  const cache = new Cache();
  for (const each of [node('small', '1'), node('big', '8'), node('mid', '4')]) cache.addNode(each);
  const profiles = profilesOf({}, inTreeRegistry());
  if (profiles._tag === 'Left') throw new Error(profiles.left);
  const info = podInfoOf(pod(cpu));
  const listers = staticListers({});
  const decision = new SchedulingCycle().run(
    { snapshot: cache.snapshot(), listers, nominations: new Nominations(), choose: chooseFirst, explain: true },
    profiles.right.get('default-scheduler') as Profile,
    info,
  );
  return decisionText(decisionFact(info, 1, decision, true));
};

it('tells each plugin’s scores of each node, the best first', () => {
  expect(explain('2')).toEqual([
    'pod default/p, attempt 1: scheduled to big; 3 nodes examined, 2 feasible',
    '  small: refused by NodeResourcesFit (Unschedulable): Insufficient cpu',
    '  big: total 473',
    '    TaintToleration: raw 0, normalised 100 × 3 = 300',
    '    NodeResourcesFit: raw 86, normalised 86 × 1 = 86',
    '    NodeResourcesBalancedAllocation: raw 87, normalised 87 × 1 = 87',
    '    ImageLocality: raw 0, normalised 0 × 1 = 0',
    '  mid: total 448',
    '    TaintToleration: raw 0, normalised 100 × 3 = 300',
    '    NodeResourcesFit: raw 73, normalised 73 × 1 = 73',
    '    NodeResourcesBalancedAllocation: raw 75, normalised 75 × 1 = 75',
    '    ImageLocality: raw 0, normalised 0 × 1 = 0',
  ]);
});

it('tells why no node took the pod, and what preemption would have done', () => {
  const lines = explain('9');
  expect(lines[0]).toContain('unschedulable: 0/3 nodes are available: 3 Insufficient cpu.');
  expect(lines).toContain('  mid: refused by NodeResourcesFit (Unschedulable): Insufficient cpu');
  expect(lines).toContain('  preemption on mid would not help: No preemption victims found for incoming pod');
});
