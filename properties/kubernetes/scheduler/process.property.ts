/**
 * Laws about the scheduler as a process among others: lagging informers, nodes that come and go, pods that are bound or
 * deleted behind its back, and a second scheduler on the same nodes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../models/kubernetes/object/types.ts';
import { podInfoOf } from '../../../models/kubernetes/scheduler/framework/pod-info.ts';
import { Simulated } from './simulated.ts';
import { bind, create, type Deed, nodeNamed, podNamed, remove, type World, world } from './world.ts';

const SECOND = 1_000_000;
/** Past the five minutes after which even a pod that no event concerned is tried again. */
const LONG = 400 * SECOND;

const at = fc.integer({ min: 0, max: 8 * SECOND });
const cpu = fc.constantFrom('500m', '1', '2', '3');
const scheduler = fc.constantFrom('default-scheduler', 'other');
const anti = (app: string): object => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: { app } }, topologyKey: 'kubernetes.io/hostname' },
    ],
  },
});

const plan = fc.record({
  nodes: fc.array(fc.record({ at, cpu: fc.constantFrom('2', '4') }), { minLength: 1, maxLength: 4 }),
  pods: fc.array(fc.record({ at, cpu, scheduler, app: fc.constantFrom('a', 'b'), isAnti: fc.boolean() }), {
    minLength: 1,
    maxLength: 10,
  }),
  removals: fc.array(fc.record({ at, pod: fc.nat({ max: 9 }) }), { maxLength: 3 }),
  nodeRemovals: fc.array(fc.record({ at, node: fc.nat({ max: 3 }) }), { maxLength: 1 }),
  rivals: fc.array(fc.record({ at, pod: fc.nat({ max: 9 }), node: fc.nat({ max: 3 }) }), { maxLength: 3 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

const deedsOf = ({ nodes, pods, removals, nodeRemovals, rivals }: Plan, allRivals: boolean): Deed[] => [
  ...nodes.map((node, i): Deed => ({ at: node.at, run: create(nodeNamed(`n${i}`, node.cpu)) })),
  ...pods.map((pod, i): Deed => {
    const spec = {
      schedulerName: allRivals ? pod.scheduler : 'default-scheduler',
      ...(pod.isAnti ? { affinity: anti(pod.app) } : {}),
    };
    return { at: pod.at, run: create(podNamed(`p${i}`, pod.cpu, spec, { app: pod.app })) };
  }),
  ...removals.map((entry): Deed => ({ at: entry.at, run: remove('Pod', `p${entry.pod}`) })),
  ...(allRivals ? nodeRemovals : []).map((entry): Deed => ({ at: entry.at, run: remove('Node', `n${entry.node}`) })),
  ...(allRivals ? rivals : []).map((entry): Deed => ({ at: entry.at, run: bind(`p${entry.pod}`, `n${entry.node}`) })),
];

const OTHER = { id: 'other-scheduler', configuration: { profiles: [{ schedulerName: 'other' }] } };

const usedOn = (pods: readonly Pod[], node: string): number =>
  pods.filter(({ spec }) => spec.nodeName === node).reduce((sum, pod) => sum + podInfoOf(pod).request.milliCpu, 0);

/** Pods without a node although the cluster, as it is, has one for them. */
const forgotten = (w: World): string[] => {
  const pods = w.pods();
  const simulated = new Simulated();
  for (const node of w.nodes()) simulated.cache.addNode(node);
  for (const pod of pods) if (pod.spec.nodeName) simulated.cache.addPod(pod);
  return pods
    .filter((pod) => !pod.spec.nodeName && simulated.decideAfresh(pod).kind === 'scheduled')
    .map(({ metadata }) => metadata.name);
};

describe('kube-scheduler among others', () => {
  it('binds every pod at most once, and forgets none that fits', () => {
    fc.assert(
      fc.property(plan, (input) => {
        const w = world(deedsOf(input, true), [{}, OTHER]);
        w.run(LONG);
        for (const nodes of w.placements.values()) expect(nodes.size).toBe(1);
        expect(forgotten(w)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('tries a pod again as soon as there is room, not only after five minutes', () => {
    fc.assert(
      fc.property(plan, (input) => {
        const pods = input.pods.map((pod) => ({ ...pod, isAnti: false }));
        const w = world(deedsOf({ ...input, pods }, true), [{}, OTHER]);
        w.run(30 * SECOND);
        expect(forgotten(w)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('alone, never overcommits and never breaks anti-affinity', () => {
    fc.assert(
      fc.property(plan, (input) => {
        const w = world(deedsOf(input, false));
        w.run(LONG);
        const pods = w.pods();
        for (const node of w.nodes()) {
          const { name } = node.metadata;
          const capacity = Number(node.status.allocatable?.['cpu']) * 1000;
          expect(usedOn(pods, name)).toBeLessThanOrEqual(capacity);
          const here = pods.filter(({ spec }) => spec.nodeName === name);
          for (const pod of here.filter(({ spec }) => spec.affinity !== undefined)) {
            const sameApp = here.filter(({ metadata }) => metadata.labels?.['app'] === pod.metadata.labels?.['app']);
            expect(sameApp).toHaveLength(1);
          }
        }
        expect(forgotten(w)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
