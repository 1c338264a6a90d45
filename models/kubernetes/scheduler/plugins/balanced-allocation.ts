/**
 * NodeResourcesBalancedAllocation: prefers nodes whose resources would be used to similar degrees.
 *
 * The deviation is computed in doubles in upstream's order of operations, since rounding shows in the integer score.
 * Source: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go.
 */
import type { NodeInfo } from '../framework/node-info.ts';
import type { Plugin } from '../framework/plugin.ts';
import { DEFAULT_RESOURCES } from './node-resources-fit.ts';
import { SCORE_MAX } from './normalize.ts';
import {
  amountsText,
  capacityOf,
  type ScoredResource,
  scoredResources,
  usageOf,
  type WeightedResource,
} from './resource-allocation.ts';

const NAME = 'NodeResourcesBalancedAllocation';

export interface BalancedAllocationArgs {
  readonly resources?: readonly WeightedResource[];
}

const deviation = (fractions: readonly number[]): number => {
  if (fractions.length === 2) return Math.abs(((fractions[0] as number) - (fractions[1] as number)) / 2);
  if (fractions.length < 2) return 0;
  let total = 0;
  for (const fraction of fractions) total += fraction;
  const mean = total / fractions.length;
  let sum = 0;
  for (const fraction of fractions) sum += (fraction - mean) * (fraction - mean);
  return Math.sqrt(sum / fractions.length);
};

const balance = (row: NodeInfo, resources: readonly ScoredResource[]): number => {
  const fractions: number[] = [];
  for (const resource of resources) {
    const capacity = capacityOf(row, resource.name);
    if (capacity === 0) continue;
    fractions.push(Math.min(1, usageOf(row, resource, false) / capacity));
  }
  return Math.trunc((1 - deviation(fractions)) * SCORE_MAX);
};

export const balancedAllocation = (args: BalancedAllocationArgs = {}): Plugin<undefined, readonly ScoredResource[]> => {
  const resources = args.resources ?? DEFAULT_RESOURCES;
  return {
    name: NAME,
    preScore: (cycle) => ({ kind: 'ok', own: scoredResources(cycle.pod, resources, false) }),
    score: (_cycle, row, own) => balance(row, own),
    scoreClass: (_cycle, own) => amountsText(own),
  };
};
