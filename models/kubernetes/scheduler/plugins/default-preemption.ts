/**
 * DefaultPreemption: makes room for a pod by choosing a node whose less important pods may go.
 *
 * Every node that was refused without being hopeless is tried in thought: all pods of strictly lower priority leave,
 * and
 * then come back one by one, the most important first and those protected by disruption budgets before others, as long
 * as the pod still fits. The choice among nodes hurts as little as possible. Nothing is deleted here.
 *
 * Source: pkg/scheduler/framework/preemption/preemption.go, plugins/defaultpreemption/default_preemption.go.
 */
import type { core } from '../../object/types.ts';
import { fitErrorMessage } from '../framework/fit-error.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import { NodeStatuses } from '../framework/node-statuses.ts';
import type { Plugin, PostFilterContext, PostFilterResult, Preemption } from '../framework/plugin.ts';
import { nominatedNodeOf, type PodInfo } from '../framework/pod-info.ts';
import { failure, type Status, statusMessage, unresolvable, unschedulable } from '../framework/status.ts';
import { budgetsOf, type DisruptionBudget, splitByBudgets } from './disruption-budget.ts';
import { byImportance, leastHarmful } from './victim-order.ts';

const NAME = 'DefaultPreemption';
const NO_VICTIMS = unresolvable(undefined, 'No preemption victims found for incoming pod');
const NOT_HELPFUL = unresolvable(undefined, 'Preemption is not helpful for scheduling');

export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage?: number;
  readonly minCandidateNodesAbsolute?: number;
}

const isTerminatingByPreemption = ({ pod, terminating }: PodInfo): boolean =>
  terminating &&
  ((pod.status as core.PodStatus | undefined)?.conditions ?? []).some(
    ({ type, status, reason }) =>
      type === 'DisruptionTarget' && status === 'True' && reason === 'PreemptionByScheduler',
  );

/** Why the pod may not preempt anybody, or undefined. */
const ineligibility = (context: PostFilterContext): string | undefined => {
  const { pod, snapshot, statuses } = context;
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = snapshot.get(nominatedNodeOf(pod.pod));
  if (nominated === undefined || statuses.of(nominated).code === 'UnschedulableAndUnresolvable') return undefined;
  const isWaiting = nominated.pods.some((other) => other.priority < pod.priority && isTerminatingByPreemption(other));
  return isWaiting ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
};

type DryRun = { readonly status: Status } | { readonly victims: readonly PodInfo[]; readonly pdbViolations: number };

/** Who would have to leave this node. */
const selectVictims = (context: PostFilterContext, live: NodeInfo, budgets: readonly DisruptionBudget[]): DryRun => {
  const { pod } = context;
  const lower = live.pods.filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0) return { status: NO_VICTIMS };
  const row = live.copy();
  const own = context.copyStates();
  for (const victim of lower) context.removePod(row, victim, own);
  const refusal = context.runFilters(row, own);
  if (refusal !== undefined) return { status: refusal };
  const { violating, others } = splitByBudgets(byImportance(lower), budgets);
  const victims: PodInfo[] = [];
  const reprieve = (candidate: PodInfo): boolean => {
    context.addPod(row, candidate, own);
    if (context.runFilters(row, own) === undefined) return true;
    context.removePod(row, candidate, own);
    victims.push(candidate);
    return false;
  };
  let pdbViolations = 0;
  for (const candidate of violating) if (!reprieve(candidate)) pdbViolations += 1;
  for (const candidate of others) reprieve(candidate);
  if (victims.length === 0) return { status: failure(NAME, `expected at least one victim pod on node "${row.name}"`) };
  return { victims: byImportance(victims), pdbViolations };
};

interface Candidates {
  readonly found: Preemption[];
  readonly rejected: NodeStatuses;
  readonly errors: string[];
}

const dryRunAll = (
  context: PostFilterContext,
  potential: readonly NodeInfo[],
  offset: number,
  wanted: number,
): Candidates => {
  const budgets = budgetsOf(context.listers.podDisruptionBudgets());
  const rejected = new NodeStatuses(context.snapshot);
  const found: Preemption[] = [];
  const errors: string[] = [];
  let nonViolating = 0;
  for (let i = 0; i < potential.length; i += 1) {
    const row = potential[(offset + i) % potential.length] as NodeInfo;
    const result = selectVictims(context, row, budgets);
    if ('status' in result) {
      rejected.set(row, result.status);
      if (result.status.code === 'Error') errors.push(statusMessage(result.status));
      continue;
    }
    found.push({ node: row.name, ...result });
    if (result.pdbViolations === 0) nonViolating += 1;
    if (nonViolating > 0 && found.length >= wanted) break;
  }
  return { found, rejected, errors };
};

const prefixed = (message: string): string => `preemption: ${message}`;

const hopeless = (context: PostFilterContext, rejected: NodeStatuses): PostFilterResult => {
  rejected.setAbsent(NOT_HELPFUL);
  const message = fitErrorMessage(context.snapshot.nodes.length, {
    statuses: rejected,
    preFilterMessage: '',
    postFilterMessage: '',
  });
  return {
    status: unschedulable(NAME, prefixed(message)),
    nominate: '',
    dryRun: { candidates: [], rejected, tied: [] },
  };
};

/** With default arguments: a tenth of the nodes, but at least a hundred. */
const candidatesWanted = (potential: number, args: DefaultPreemptionArgs): number => {
  const share = Math.trunc((potential * (args.minCandidateNodesPercentage ?? 10)) / 100);
  return Math.min(potential, Math.max(share, args.minCandidateNodesAbsolute ?? 100));
};

export const defaultPreemption = (args: DefaultPreemptionArgs = {}): Plugin => ({
  name: NAME,
  postFilter: (context): PostFilterResult => {
    const reason = ineligibility(context);
    if (reason !== undefined) return { status: unschedulable(NAME, prefixed(reason)), nominate: undefined };
    const potential = context.statuses.nodesWith('Unschedulable');
    if (potential.length === 0) return hopeless(context, new NodeStatuses(context.snapshot));
    const wanted = candidatesWanted(potential.length, args);
    // Where the search begins matters only when it may end before it has seen every node.
    const offset =
      potential.length > wanted ? context.choose('scheduler.preemption-offset', potential.length, context.pod.key) : 0;
    const { found, rejected, errors } = dryRunAll(context, potential, offset, wanted);
    if (found.length === 0) {
      if (errors.length > 0) return { status: failure(NAME, prefixed(errors.join(', '))), nominate: undefined };
      return hopeless(context, rejected);
    }
    const tied = leastHarmful(found);
    const drawn = tied.length === 1 ? 0 : context.choose('scheduler.preemption', tied.length, context.pod.key);
    const preemption = tied[drawn] as Preemption;
    const dryRun = { candidates: found, rejected, tied: tied.map(({ node }) => node) };
    return { status: undefined, nominate: preemption.node, preemption, dryRun };
  },
});
