/**
 * A decision in plain data, for the log: enough to answer why a pod went where it went, or nowhere.
 *
 * The short form is what any run can afford. The long form adds, per node, which plugin refused it and why, and what
 * every plugin scored it, raw, normalised and weighted.
 */
import type { Json } from '../../../src/index.ts';
import type { PodInfo } from './framework/pod-info.ts';
import type { Decision, Placement, Refusal } from './scheduling-cycle.ts';

const refusals = (decision: Placement | Refusal): Json => {
  const nodes: Record<string, Json> = {};
  for (const [node, { plugin, code, reasons }] of decision.diagnosis.statuses.entries()) {
    nodes[node] = { plugin: plugin ?? '', code, reasons: [...reasons] };
  }
  return nodes;
};

const scores = ({ scores: plugins, feasible, totals }: Placement): Json => {
  const nodes: Record<string, Json> = {};
  feasible.forEach(({ name }, i) => {
    const byPlugin: Record<string, Json> = {};
    for (const { plugin, weight, raw, normalized } of plugins) {
      const score = normalized[i] as number;
      byPlugin[plugin] = { raw: raw[i] as number, normalized: score, weight, weighted: score * weight };
    }
    nodes[name] = { total: totals?.[i] ?? 0, plugins: byPlugin };
  });
  return nodes;
};

const victims = (pods: readonly PodInfo[]): Json => pods.map(({ key }) => key);

const preemptionOf = ({ postFilter }: Refusal): Json => {
  const dryRun = postFilter?.dryRun;
  if (dryRun === undefined) return null;
  const candidates: Record<string, Json> = {};
  for (const candidate of dryRun.candidates) {
    candidates[candidate.node] = { victims: victims(candidate.victims), pdbViolations: candidate.pdbViolations };
  }
  const rejected: Record<string, Json> = {};
  for (const [node, { reasons }] of dryRun.rejected.entries()) rejected[node] = [...reasons];
  return { candidates, rejected, tied: [...dryRun.tied] };
};

const short = (pod: PodInfo, attempt: number, decision: Decision): Record<string, Json> => {
  const common = { pod: pod.key, uid: pod.uid, attempt, result: decision.kind };
  if (decision.kind === 'scheduled') {
    return { ...common, node: decision.node, evaluated: decision.evaluated, feasible: decision.feasible.length };
  }
  if (decision.kind === 'error') return { ...common, message: decision.message };
  const preemption = decision.postFilter?.preemption;
  return {
    ...common,
    message: decision.message,
    plugins: [...decision.diagnosis.unschedulablePlugins],
    ...(preemption === undefined ? {} : { nominated: preemption.node, victims: victims(preemption.victims) }),
  };
};

/** The decision as a fact; `explain` asks for the long form. */
export const decisionFact = (pod: PodInfo, attempt: number, decision: Decision, explain: boolean): Json => {
  const fact = short(pod, attempt, decision);
  if (!explain || decision.kind === 'error') return fact;
  if (decision.kind === 'scheduled') {
    return { ...fact, tied: [...decision.tied], refused: refusals(decision), scores: scores(decision) };
  }
  return { ...fact, refused: refusals(decision), preemption: preemptionOf(decision) };
};
