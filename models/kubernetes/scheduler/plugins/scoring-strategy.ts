/**
 * The three ways in which NodeResourcesFit turns utilisation into a score.
 *
 * All arithmetic is on whole numbers; divisions truncate where upstream's integer division does.
 * Source: noderesources/{least_allocated,most_allocated,requested_to_capacity_ratio}.go, helper/shape_score.go.
 */
import type { NodeInfo } from '../framework/node-info.ts';
import { SCORE_MAX } from './normalize.ts';
import { capacityOf, type ScoredResource, usageOf, type WeightedResource } from './resource-allocation.ts';

export interface UtilizationShapePoint {
  /** 0..100, strictly rising along the shape. */
  readonly utilization: number;
  /** 0..10. */
  readonly score: number;
}

export interface ScoringStrategy {
  readonly type?: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources?: readonly WeightedResource[];
  readonly requestedToCapacityRatio?: { readonly shape?: readonly UtilizationShapePoint[] };
}

export type Scorer = (row: NodeInfo, resources: readonly ScoredResource[]) => number;

/** Custom shapes score 0..10, nodes 0..100. */
const SHAPE_SCALE = 10;

const leastAllocated = (usage: number, capacity: number): number =>
  usage > capacity ? 0 : Math.trunc(((capacity - usage) * SCORE_MAX) / capacity);

const mostAllocated = (usage: number, capacity: number): number =>
  Math.trunc((Math.min(usage, capacity) * SCORE_MAX) / capacity);

const weightedAverage =
  (score: (usage: number, capacity: number) => number): Scorer =>
  (row, resources) => {
    let sum = 0;
    let weights = 0;
    for (let i = 0; i < resources.length; i += 1) {
      const resource = resources[i] as ScoredResource;
      const capacity = capacityOf(row, resource.name);
      if (capacity === 0) continue;
      sum += score(usageOf(row, resource, true), capacity) * resource.weight;
      weights += resource.weight;
    }
    return weights === 0 ? 0 : Math.trunc(sum / weights);
  };

/** The piecewise linear function through the shape's points. */
const interpolate = (shape: readonly UtilizationShapePoint[], utilization: number): number => {
  for (let i = 0; i < shape.length; i += 1) {
    const to = shape[i] as UtilizationShapePoint;
    if (utilization > to.utilization) continue;
    if (i === 0) return to.score;
    const from = shape[i - 1] as UtilizationShapePoint;
    const rise = (to.score - from.score) * (utilization - from.utilization);
    return from.score + Math.trunc(rise / (to.utilization - from.utilization));
  }
  return shape.at(-1)?.score ?? 0;
};

const requestedToCapacityRatio = (points: readonly UtilizationShapePoint[]): Scorer => {
  const shape = points.map(({ utilization, score }) => ({ utilization, score: score * SHAPE_SCALE }));
  return (row, resources) => {
    let sum = 0;
    let weights = 0;
    for (const resource of resources) {
      const capacity = capacityOf(row, resource.name);
      if (capacity === 0) continue;
      const usage = usageOf(row, resource, true);
      const score = interpolate(shape, usage > capacity ? SCORE_MAX : Math.trunc((usage * SCORE_MAX) / capacity));
      if (score <= 0) continue;
      sum += score * resource.weight;
      weights += resource.weight;
    }
    return weights === 0 ? 0 : Math.round(sum / weights);
  };
};

export const scorerOf = (strategy: ScoringStrategy | undefined): Scorer => {
  switch (strategy?.type) {
    case 'MostAllocated': return weightedAverage(mostAllocated);
    case 'RequestedToCapacityRatio': return requestedToCapacityRatio(strategy.requestedToCapacityRatio?.shape ?? []);
    default: return weightedAverage(leastAllocated);
  }
};
