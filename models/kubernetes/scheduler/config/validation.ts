/**
 * What is wrong with plugin arguments. Source: pkg/scheduler/apis/config/validation/validation_pluginargs.go.
 */
import type { BalancedAllocationArgs } from '../plugins/balanced-allocation.ts';
import type { DefaultPreemptionArgs } from '../plugins/default-preemption.ts';
import type { InterPodAffinityArgs } from '../plugins/inter-pod-affinity.ts';
import type { NodeResourcesFitArgs } from '../plugins/node-resources-fit.ts';
import type { PodTopologySpreadArgs } from '../plugins/pod-topology-spread.ts';

const rangeErrors = (path: string, value: number | undefined, least: number, greatest: number): string[] =>
  value !== undefined && (value < least || value > greatest)
    ? [`${path}: Invalid value: ${value}: not in valid range [${least}-${greatest}]`]
    : [];

const fitErrors = ({ scoringStrategy }: NodeResourcesFitArgs): string[] => {
  const errors: string[] = [];
  (scoringStrategy?.resources ?? []).forEach(({ weight }, i) => {
    errors.push(...rangeErrors(`scoringStrategy.resources[${i}].weight`, weight, 1, 100));
  });
  if (scoringStrategy?.type !== 'RequestedToCapacityRatio') return errors;
  const shape = scoringStrategy.requestedToCapacityRatio?.shape ?? [];
  const path = 'scoringStrategy.requestedToCapacityRatio.shape';
  if (shape.length === 0) errors.push(`${path}: Required value: at least one point must be specified`);
  shape.forEach(({ utilization, score }, i) => {
    errors.push(...rangeErrors(`${path}[${i}].utilization`, utilization, 0, 100));
    errors.push(...rangeErrors(`${path}[${i}].score`, score, 0, 10));
    const before = shape[i - 1];
    if (before !== undefined && before.utilization >= utilization) {
      errors.push(
        `${path}[${i}].utilization: Invalid value: ${utilization}: utilization values must be sorted in increasing order`,
      );
    }
  });
  return errors;
};

const balancedErrors = ({ resources }: BalancedAllocationArgs): string[] =>
  (resources ?? []).flatMap(({ weight }, i) =>
    weight === 1 ? [] : [`resources[${i}].weight: Invalid value: ${weight}: resource weight of ${i} must be 1`],
  );

const spreadErrors = ({ defaultingType, defaultConstraints }: PodTopologySpreadArgs): string[] => {
  const constraints = defaultConstraints ?? [];
  if (constraints.length > 0 && defaultingType !== 'List') {
    return ['defaultingType: Invalid value: "System": when .defaultConstraints are not empty'];
  }
  return constraints.flatMap(({ labelSelector }, i) =>
    labelSelector === undefined
      ? []
      : [
          `defaultConstraints[${i}].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod`,
        ],
  );
};

const preemptionErrors = (args: DefaultPreemptionArgs): string[] => {
  const percentage = args.minCandidateNodesPercentage;
  const absolute = args.minCandidateNodesAbsolute;
  const errors = rangeErrors('minCandidateNodesPercentage', percentage, 0, 100);
  if (percentage === 0 && absolute === 0) {
    errors.push(
      'minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute',
    );
  }
  return errors;
};

/** Errors of the arguments of an in-tree plugin; others' arguments are their own business. */
export const validateArgs = (plugin: string, args: unknown): string[] => {
  if (args === undefined || args === null) return [];
  switch (plugin) {
    case 'NodeResourcesFit':
      return fitErrors(args as NodeResourcesFitArgs);
    case 'NodeResourcesBalancedAllocation':
      return balancedErrors(args as BalancedAllocationArgs);
    case 'PodTopologySpread':
      return spreadErrors(args as PodTopologySpreadArgs);
    case 'DefaultPreemption':
      return preemptionErrors(args as DefaultPreemptionArgs);
    case 'InterPodAffinity':
      return rangeErrors('hardPodAffinityWeight', (args as InterPodAffinityArgs).hardPodAffinityWeight, 0, 100);
    default:
      return [];
  }
};
