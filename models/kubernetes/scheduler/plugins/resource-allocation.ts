/**
 * How full a node would be with the pod on it, per resource: what both resource scorers start from.
 *
 * Source: pkg/scheduler/framework/plugins/noderesources/resource_allocation.go.
 */
import type { NodeInfo } from '../framework/node-info.ts';
import type { PodInfo } from '../framework/pod-info.ts';
import { amountOf, isScalarResource } from '../framework/resource.ts';

export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

/** A resource that a scorer looks at, with the pod's share of it. */
export interface ScoredResource extends WeightedResource {
  readonly podAmount: number;
}

/**
 * The pod's amounts; resources that the pod does not use and the scheduler does not know by name are left out.
 * With `assumeDefaults`, containers without cpu or memory requests count as small rather than as nothing.
 */
export const scoredResources = (
  pod: PodInfo,
  resources: readonly WeightedResource[],
  assumeDefaults: boolean,
): ScoredResource[] => {
  const scored: ScoredResource[] = [];
  for (const { name, weight } of resources) {
    let podAmount = amountOf(pod.request, name);
    if (assumeDefaults && name === 'cpu') podAmount = pod.nonZeroMilliCpu;
    if (assumeDefaults && name === 'memory') podAmount = pod.nonZeroMemory;
    if (podAmount === 0 && isScalarResource(name)) continue;
    scored.push({ name, weight, podAmount });
  }
  return scored;
};

/** What the node has of the resource; 0 leaves the resource out of the score. */
export const capacityOf = (row: NodeInfo, name: string): number => amountOf(row.allocatable, name);

/** What would be in use with the pod there. */
export const usageOf = (row: NodeInfo, resource: ScoredResource, assumeDefaults: boolean): number => {
  if (assumeDefaults && resource.name === 'cpu') return row.nonZeroMilliCpu + resource.podAmount;
  if (assumeDefaults && resource.name === 'memory') return row.nonZeroMemory + resource.podAmount;
  return amountOf(row.requested, resource.name) + resource.podAmount;
};

/** A class text for scores that depend on the pod's amounts only. */
export const amountsText = (resources: readonly ScoredResource[]): string => {
  let text = '';
  for (const { name, podAmount } of resources) text += `${name}=${podAmount},`;
  return text;
};
