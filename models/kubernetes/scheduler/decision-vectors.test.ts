import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../object/types.ts';
import { Cache } from './cache/cache.ts';
import { profilesOf } from './config/profiles.ts';
import { inTreeRegistry } from './config/registry.ts';
import { chooseFirst } from './framework/choose.ts';
import { Nominations } from './framework/nominations.ts';
import { podInfoOf } from './framework/pod-info.ts';
import { type StaticObjects, staticListers } from './framework/static-listers.ts';
import { type Decision, SchedulingCycle } from './scheduling-cycle.ts';
import type { ProfileConfiguration } from './config/configuration.ts';

/** Decisions of a real v1.32 scheduler; the recordings are not part of the package, so the test needs their folder. */
const VECTORS = new URL('../../../../shared/oracle/scheduler-public.json', import.meta.url);

interface Expectation {
  result: string;
  chosenFrom?: string[];
  feasible?: string[];
  evaluatedNodes?: number;
  filterFailures?: Record<string, { plugin: string; code: string; reasons: string[] }>;
  rawScores?: Record<string, Record<string, number>>;
  scores?: Record<string, Record<string, number>>;
  finalScores?: Record<string, number>;
  condition?: { message?: string };
  preemption?: {
    nominatedFrom?: string[];
    victims?: string[];
    candidates?: Record<string, { pdbViolations: number; victims: string[] }>;
    notCandidates?: Record<string, { plugin?: string; code: string; reasons: string[] }>;
  };
}

interface Vector extends StaticObjects {
  name: string;
  profile?: ProfileConfiguration;
  nodes: Node[];
  existingPods: Pod[];
  pendingPods?: Pod[];
  pod: Pod;
  storedAffinity?: Pod['spec']['affinity'];
  expect: Expectation;
}

const vectors: Vector[] = existsSync(VECTORS) ? (JSON.parse(readFileSync(VECTORS, 'utf8')) as Vector[]) : [];

const withUid = (pod: Pod, uid: string): Pod => ({ ...pod, metadata: { ...pod.metadata, uid } });
const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** What the scheduler does without a cycle: the pod is not its business, or not yet. */
type Outcome = Decision | 'ignored' | 'already-assigned' | 'gated';

const decide = (vector: Vector): Outcome => {
  const cache = new Cache();
  for (const node of vector.nodes) cache.addNode(node);
  vector.existingPods.forEach((pod, i) => {
    if (!isTerminal(pod)) cache.addPod(withUid(pod, `existing-${i}`));
  });
  const nominations = new Nominations();
  (vector.pendingPods ?? []).forEach((pod, i) => nominations.add(podInfoOf(withUid(pod, `pending-${i}`)), undefined));
  const affinity = vector.storedAffinity ?? vector.pod.spec.affinity;
  const pod = withUid(
    affinity === undefined ? vector.pod : { ...vector.pod, spec: { ...vector.pod.spec, affinity } },
    'incoming',
  );
  if (pod.spec.nodeName) return 'already-assigned';
  const profiles = profilesOf(
    {
      percentageOfNodesToScore: 100,
      profiles: [{ schedulerName: 'default-scheduler' }, ...(vector.profile ? [vector.profile] : [])],
    },
    inTreeRegistry(),
  );
  if (profiles._tag === 'Left') throw new Error(profiles.left);
  const profile = profiles.right.get(pod.spec.schedulerName ?? 'default-scheduler');
  if (profile === undefined) return 'ignored';
  for (const plugin of profile.preEnqueue) if (plugin.preEnqueue?.(pod) !== undefined) return 'gated';
  return new SchedulingCycle().run(
    { snapshot: cache.snapshot(), listers: staticListers(vector), nominations, choose: chooseFirst, explain: true },
    profile,
    podInfoOf(pod),
  );
};

const resultOf = (decision: Outcome): string => {
  if (typeof decision === 'string') return decision;
  if (decision.kind !== 'unschedulable') return decision.kind;
  return decision.postFilter?.preemption === undefined ? 'unschedulable' : 'preempting';
};

const failuresOf = (decision: Decision): Expectation['filterFailures'] => {
  const failures: NonNullable<Expectation['filterFailures']> = {};
  for (const [node, status] of decision.diagnosis?.statuses.entries() ?? []) {
    failures[node] = { plugin: status.plugin ?? '', code: status.code, reasons: [...status.reasons] };
  }
  return failures;
};

const byNode = (rows: readonly { name: string }[], values: ArrayLike<number>, factor: number): Record<string, number> =>
  Object.fromEntries(rows.map((row, i) => [row.name, (values[i] as number) * factor]));

const checkScores = (decision: Decision, expected: Expectation): void => {
  if (decision.kind !== 'scheduled' || expected.scores === undefined) return;
  const { feasible, scores, totals } = decision;
  expect(Object.fromEntries(scores.map((s) => [s.plugin, byNode(feasible, s.raw, 1)]))).toEqual(expected.rawScores);
  const weighted = scores.map((s) => [s.plugin, byNode(feasible, s.normalized, s.weight)] as const);
  expect(Object.fromEntries(weighted)).toEqual(expected.scores);
  expect(byNode(feasible, totals ?? [], 1)).toEqual(expected.finalScores);
};

const checkPreemption = (decision: Decision, expected: Expectation): void => {
  if (decision.kind !== 'unschedulable' || expected.preemption === undefined) return;
  const { dryRun, preemption } = decision.postFilter ?? {};
  const { nominatedFrom, candidates, victims, notCandidates } = expected.preemption;
  if (nominatedFrom !== undefined) {
    expect([...(dryRun?.tied ?? [])].sort()).toEqual([...nominatedFrom].sort());
    if (nominatedFrom.length === 1)
      expect(preemption?.victims.map(({ key }) => key).sort()).toEqual([...(victims ?? [])].sort());
  }
  if (candidates !== undefined) {
    const found = (dryRun?.candidates ?? []).map((c) => [
      c.node,
      { pdbViolations: c.pdbViolations, victims: c.victims.map(({ key }) => key) },
    ]);
    expect(Object.fromEntries(found)).toEqual(candidates);
  }
  if (notCandidates !== undefined) {
    const rejected = (dryRun?.rejected.entries() ?? []).map(([node, { plugin, code, reasons }]) => [
      node,
      plugin === undefined ? { code, reasons: [...reasons] } : { plugin, code, reasons: [...reasons] },
    ]);
    expect(Object.fromEntries(rejected)).toEqual(notCandidates);
  }
};

describe.skipIf(!existsSync(VECTORS))('recorded scheduling decisions', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const expected = vector.expect;
    const decision = decide(vector);
    expect(resultOf(decision)).toBe(expected.result);
    if (typeof decision === 'string') return;
    const feasible = decision.kind === 'scheduled' ? decision.feasible.map(({ name }) => name).sort() : [];
    if (expected.feasible !== undefined) expect(feasible).toEqual(expected.feasible);
    if (expected.filterFailures !== undefined) expect(failuresOf(decision)).toEqual(expected.filterFailures);
    if (decision.kind === 'scheduled') {
      if (expected.chosenFrom !== undefined) expect([...decision.tied].sort()).toEqual([...expected.chosenFrom].sort());
      if (expected.evaluatedNodes !== undefined) expect(decision.evaluated).toBe(expected.evaluatedNodes);
    }
    checkScores(decision, expected);
    checkPreemption(decision, expected);
    if (expected.condition?.message !== undefined && decision.kind !== 'scheduled') {
      expect(decision.message).toBe(expected.condition.message);
    }
  });
});
