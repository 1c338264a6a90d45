import { expect, it } from 'vitest';
import type { Node, Pod } from '../object/types.ts';
import { Cache } from './cache/cache.ts';
import { profilesOf } from './config/profiles.ts';
import { inTreeRegistry } from './config/registry.ts';
import { chooseFirst } from './framework/choose.ts';
import { Nominations } from './framework/nominations.ts';
import type { Plugin } from './framework/plugin.ts';
import { podInfoOf } from './framework/pod-info.ts';
import type { Profile } from './framework/profile.ts';
import { staticListers } from './framework/static-listers.ts';
import { unschedulable } from './framework/status.ts';
import { SchedulingCycle } from './scheduling-cycle.ts';

const node = (name: string): Node =>
  ({
    metadata: { name },
    spec: {},
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
  }) as unknown as Node;

it("lets a user's plugin filter and score", () => {
  const evenOnly: Plugin = {
    name: 'EvenOnly',
    filter: (_cycle, row) =>
      Number(row.name.at(-1)) % 2 === 0 ? undefined : unschedulable(undefined, 'node(s) were odd'),
    score: (_cycle, row) => Number(row.name.at(-1)) * 10,
  };
  const plugins = { multiPoint: { enabled: [{ name: 'EvenOnly', weight: 10 }] } };
  const registry = new Map([...inTreeRegistry(), ['EvenOnly', () => evenOnly] as const]);
  const profiles = profilesOf({ profiles: [{ plugins }] }, registry);
  if (profiles._tag === 'Left') throw new Error(profiles.left);
  const cache = new Cache();
  for (const name of ['n1', 'n2', 'n3', 'n4']) cache.addNode(node(name));
  const pod = {
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { containers: [{ name: 'c' }] },
  } as unknown as Pod;
  const context = {
    snapshot: cache.snapshot(),
    listers: staticListers({}),
    nominations: new Nominations(),
    choose: chooseFirst,
    explain: true,
  };
  const decision = new SchedulingCycle().run(
    context,
    profiles.right.get('default-scheduler') as Profile,
    podInfoOf(pod),
  );
  expect(decision.kind === 'scheduled' && decision.node).toBe('n4');
  expect(decision.diagnosis?.statuses.entries().map(([name, { plugin }]) => [name, plugin])).toEqual([
    ['n1', 'EvenOnly'],
    ['n3', 'EvenOnly'],
  ]);
});
