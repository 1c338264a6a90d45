/**
 * Laws about single decisions, on random clusters with random histories.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../models/kubernetes/object/types.ts';
import { selectorMatches, selectorOf } from '../../../models/kubernetes/object/selector.ts';
import { podInfoOf } from '../../../models/kubernetes/scheduler/framework/pod-info.ts';
import { change, type Change, type NodeShape, nodeShape, podFrom, type PodShape, podShape, ZONE } from './arbitrary.ts';
import { plainDecision, Simulated, type Tried } from './simulated.ts';

const probePod = (shape: PodShape): Pod => podFrom(shape, 'probe');

/** The decision with lists about nodes sorted by name, and without the tie's winner. */
const inNodeOrder = (decision: unknown): unknown => {
  const { feasible, totals, tied, node, ...rest } = decision as {
    feasible?: string[];
    totals?: number[];
    tied?: string[];
    node?: string;
  };
  if (feasible === undefined) return rest;
  const scores = feasible.map((name, i): [string, number | undefined] => [name, totals?.[i]]);
  return {
    ...rest,
    isTied: tied?.includes(node ?? ''),
    tied: [...(tied ?? [])].sort(),
    scores: Object.fromEntries(scores),
  };
};

/** Pods come from a few templates, as they do from workloads, so that what is remembered is used again. */
const history = fc
  .record({
    nodes: fc.array(nodeShape, { minLength: 1, maxLength: 12 }),
    templates: fc.array(podShape, { minLength: 1, maxLength: 4 }),
    changes: fc.array(fc.tuple(change, fc.nat({ max: 3 })), { minLength: 5, maxLength: 60 }),
  })
  .map(({ nodes, templates, changes }) => ({
    nodes,
    changes: changes.map(
      ([entry, i]): Change =>
        entry.kind === 'pod' ? { kind: 'pod', shape: templates[i % templates.length] as PodShape } : entry,
    ),
  }));

/** Runs a history and looks at each try just after it was made. */
const each = (
  { nodes, changes }: { nodes: readonly NodeShape[]; changes: readonly Change[] },
  look: (tried: Tried, simulated: Simulated, before: readonly Pod[]) => void,
): number => {
  const simulated = new Simulated();
  for (const shape of nodes) simulated.apply({ kind: 'node', shape });
  let tries = 0;
  for (const entry of changes) {
    const before = simulated.pods;
    const tried = simulated.apply(entry);
    if (tried === undefined) continue;
    tries += 1;
    look(tried, simulated, before);
  }
  return tries;
};

const nodeOf = (simulated: Simulated, name: string): Readonly<Record<string, string>> =>
  simulated.nodes.find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {};

interface Term {
  labelSelector?: object;
  topologyKey: string;
}

const requiredAnti = (pod: Pod): Term[] =>
  (pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) as Term[];

const violates = (simulated: Simulated, owner: Pod, ownerNode: string, other: Pod, otherNode: string): boolean =>
  requiredAnti(owner).some(({ labelSelector, topologyKey }) => {
    if (owner.metadata.namespace !== other.metadata.namespace) return false;
    if (!selectorMatches(selectorOf(labelSelector), other.metadata.labels)) return false;
    const here = nodeOf(simulated, ownerNode)[topologyKey];
    return here !== undefined && here === nodeOf(simulated, otherNode)[topologyKey];
  });

describe('scheduling decisions', () => {
  it('do not depend on what the scheduler remembers of earlier cycles', () => {
    fc.assert(
      fc.property(history, ({ nodes, changes }) => {
        const simulated = new Simulated();
        for (const shape of nodes) simulated.apply({ kind: 'node', shape });
        for (const entry of changes) {
          if (entry.kind !== 'pod') {
            simulated.apply(entry);
            continue;
          }
          // The same cluster asked twice: once by a core without a past, once by the one that has seen it all. Where
          // the search begins is the one thing that a past may change; it changes the order of nodes, not the nodes.
          const afresh = plainDecision(simulated.decideAfresh(probePod(entry.shape)));
          const tried = simulated.apply(entry) as Tried;
          expect(inNodeOrder(plainDecision(tried.decision))).toEqual(inNodeOrder(afresh));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never overcommit a node', () => {
    fc.assert(
      fc.property(history, (input) => {
        each(input, ({ decision }, simulated) => {
          if (decision.kind !== 'scheduled') return;
          const row = simulated.cache.getRow(decision.node);
          const cpu = simulated.pods
            .filter(({ spec }) => spec.nodeName === decision.node)
            .reduce((sum, pod) => sum + podInfoOf(pod).request.milliCpu, 0);
          expect(row?.requested.milliCpu).toBe(cpu);
          if (podInfoOf(simulated.pods.at(-1) as Pod).request.milliCpu > 0) {
            expect(cpu).toBeLessThanOrEqual(row?.allocatable.milliCpu ?? 0);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('respect required anti-affinity in both directions', () => {
    fc.assert(
      fc.property(history, (input) => {
        each(input, ({ pod, decision }, simulated, before) => {
          if (decision.kind !== 'scheduled') return;
          for (const other of before) {
            const there = other.spec.nodeName ?? '';
            if (!simulated.nodes.some(({ metadata }) => metadata.name === there)) continue;
            expect(violates(simulated, pod, decision.node, other, there)).toBe(false);
            expect(violates(simulated, other, there, pod, decision.node)).toBe(false);
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  it('keep hard zone spread within maxSkew', () => {
    fc.assert(
      fc.property(history, (input) => {
        each(input, ({ pod, decision }, simulated, before) => {
          const constraint = (pod.spec.topologySpreadConstraints ?? []).find(
            ({ topologyKey, whenUnsatisfiable }) => topologyKey === ZONE && whenUnsatisfiable === 'DoNotSchedule',
          );
          const others = (pod.spec.topologySpreadConstraints ?? []).length;
          if (decision.kind !== 'scheduled' || constraint === undefined || others > 1 || pod.spec.nodeSelector) return;
          const selector = selectorOf(constraint.labelSelector as object);
          if (selector.requirements.length === 0) return;
          const counts = new Map<string, number>();
          for (const { metadata } of simulated.nodes) if (metadata.labels?.[ZONE]) counts.set(metadata.labels[ZONE], 0);
          for (const other of before) {
            const zone = nodeOf(simulated, other.spec.nodeName ?? '')[ZONE];
            const counted =
              other.metadata.deletionTimestamp === undefined && other.metadata.namespace === pod.metadata.namespace;
            if (zone !== undefined && counted && selectorMatches(selector, other.metadata.labels))
              counts.set(zone, (counts.get(zone) ?? 0) + 1);
          }
          const zone = nodeOf(simulated, decision.node)[ZONE] ?? '';
          const self = selectorMatches(selector, pod.metadata.labels) ? 1 : 0;
          expect((counts.get(zone) ?? 0) + self - Math.min(...counts.values())).toBeLessThanOrEqual(constraint.maxSkew);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('choose a node with the best total, each plugin within 0..100', () => {
    fc.assert(
      fc.property(history, (input) => {
        each(input, ({ decision }) => {
          if (decision.kind !== 'scheduled' || decision.totals === undefined) return;
          const best = Math.max(...decision.totals);
          const chosen = decision.feasible.findIndex(({ name }) => name === decision.node);
          expect(decision.totals[chosen]).toBe(best);
          for (const { normalized } of decision.scores) {
            for (const score of normalized) expect(score >= 0 && score <= 100 && Number.isInteger(score)).toBe(true);
          }
        });
      }),
      { numRuns: 200 },
    );
  });

  it('preempt only pods of lower priority, and none needlessly', () => {
    let preemptions = 0;
    fc.assert(
      fc.property(history, (input) => {
        each(input, ({ pod, decision }, simulated) => {
          const preemption = decision.kind === 'unschedulable' ? decision.postFilter?.preemption : undefined;
          if (preemption === undefined) return;
          preemptions += 1;
          const own = podInfoOf(pod).priority;
          expect(preemption.victims.length).toBeGreaterThan(0);
          for (const victim of preemption.victims) expect(victim.priority).toBeLessThan(own);
          const alone = new Simulated();
          for (const node of simulated.nodes) alone.cache.addNode(node);
          const gone = new Set(preemption.victims.map(({ uid }) => uid));
          for (const other of simulated.pods) if (!gone.has(other.metadata.uid)) alone.cache.addPod(other);
          const after = alone.decideAfresh(pod);
          expect(after.kind === 'scheduled' && after.feasible.map(({ name }) => name)).toContain(preemption.node);
        });
      }),
      { numRuns: 500 },
    );
    expect(preemptions).toBeGreaterThan(0);
  });

  it('leave no trace of a pod that was assumed and forgotten', () => {
    fc.assert(
      fc.property(history, ({ nodes, changes }) => {
        const simulated = new Simulated();
        for (const shape of nodes) simulated.apply({ kind: 'node', shape });
        for (const entry of changes) simulated.apply(entry);
        const [node] = simulated.nodes;
        if (node === undefined) return;
        const sums = (): unknown => {
          const row = simulated.cache.getRow(node.metadata.name);
          return [
            row?.requested,
            row?.nonZeroMilliCpu,
            row?.nonZeroMemory,
            row?.pods.map(({ key }) => key).sort(),
            row?.usedPorts.size,
          ];
        };
        const before = structuredClone(sums());
        const info = podInfoOf(
          probePod({ cpu: 100, app: 'a', priority: 0, namespace: 'default', spec: { hostPort: 99 } }),
        );
        expect(simulated.cache.assume(info, node.metadata.name)).toBe(true);
        expect(simulated.cache.forget(info.uid)).toBe(true);
        expect(sums()).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });
});
