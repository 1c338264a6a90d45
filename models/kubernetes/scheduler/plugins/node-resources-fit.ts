/**
 * NodeResourcesFit: refuses nodes without enough free resources and scores by how full a node would be.
 *
 * Requests decide, limits never. Every lacking resource is named, in the order below. Extended resources may be left
 * out of the filter by configuration. Source: pkg/scheduler/framework/plugins/noderesources/fit.go.
 */
import type { Node, Pod } from '../../object/types.ts';
import { ADD, DELETE, UPDATE_NODE_ALLOCATABLE, UPDATE_POD_SCALE_DOWN } from '../framework/event.ts';
import { NodeInfo } from '../framework/node-info.ts';
import type { Plugin } from '../framework/plugin.ts';
import { type PodInfo, podInfoOf } from '../framework/pod-info.ts';
import { type Allocatable, allocatableOf, amountOf, isExtendedResource, type Resource } from '../framework/resource.ts';
import { type Status, unschedulable } from '../framework/status.ts';
import { amountsText, type ScoredResource, scoredResources, type WeightedResource } from './resource-allocation.ts';
import { type ScoringStrategy, scorerOf } from './scoring-strategy.ts';

const NAME = 'NodeResourcesFit';
export const DEFAULT_RESOURCES: readonly WeightedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

export interface NodeResourcesFitArgs {
  readonly ignoredResources?: readonly string[];
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: ScoringStrategy;
}

/** Statuses are shared, since thousands of nodes lack the same things. Indexed by the bits below. */
const TOO_MANY_PODS = 1;
const NO_CPU = 2;
const NO_MEMORY = 4;
const NO_EPHEMERAL_STORAGE = 8;

const reasonsOf = (bits: number): string[] => {
  const reasons: string[] = [];
  if (bits & TOO_MANY_PODS) reasons.push('Too many pods');
  if (bits & NO_CPU) reasons.push('Insufficient cpu');
  if (bits & NO_MEMORY) reasons.push('Insufficient memory');
  if (bits & NO_EPHEMERAL_STORAGE) reasons.push('Insufficient ephemeral-storage');
  return reasons;
};

const STATUSES: readonly Status[] = Array.from({ length: 16 }, (_, bits) => unschedulable(NAME, ...reasonsOf(bits)));

const lackingBits = (request: Resource, row: NodeInfo): number => {
  const { requested, allocatable } = row;
  let bits = 0;
  if (request.milliCpu > 0 && request.milliCpu > allocatable.milliCpu - requested.milliCpu) bits |= NO_CPU;
  if (request.memory > 0 && request.memory > allocatable.memory - requested.memory) bits |= NO_MEMORY;
  if (
    request.ephemeralStorage > 0 &&
    request.ephemeralStorage > allocatable.ephemeralStorage - requested.ephemeralStorage
  ) {
    bits |= NO_EPHEMERAL_STORAGE;
  }
  return bits;
};

const requestsNothing = (request: Resource): boolean =>
  request.milliCpu === 0 && request.memory === 0 && request.ephemeralStorage === 0 && request.scalars === undefined;

type Ignored = (name: string) => boolean;

const ignoredBy = (args: NodeResourcesFitArgs): Ignored => {
  const names = new Set(args.ignoredResources ?? []);
  const groups = new Set(args.ignoredResourceGroups ?? []);
  return (name) => isExtendedResource(name) && (names.has(name) || groups.has(name.slice(0, name.indexOf('/'))));
};

/** Undefined when the pod fits into what the row has free. */
export const fits = (pod: PodInfo, row: NodeInfo, isIgnored: Ignored): Status | undefined => {
  const { request } = pod;
  let bits = row.pods.length + 1 > row.allocatable.pods ? TOO_MANY_PODS : 0;
  if (!requestsNothing(request)) bits |= lackingBits(request, row);
  let status = bits === 0 ? undefined : (STATUSES[bits] as Status);
  if (request.scalars === undefined) return status;
  for (const [name, amount] of request.scalars) {
    if (amount === 0 || isIgnored(name)) continue;
    const free = (row.allocatable.scalars?.get(name) ?? 0) - (row.requested.scalars?.get(name) ?? 0);
    if (amount <= free) continue;
    status = unschedulable(NAME, ...(status?.reasons ?? []), `Insufficient ${name}`);
  }
  return status;
};

const requestText = ({ request }: PodInfo): string => {
  let text = `${request.milliCpu},${request.memory},${request.ephemeralStorage}`;
  if (request.scalars !== undefined) for (const [name, amount] of request.scalars) text += `,${name}=${amount}`;
  return text;
};

/** Whether anything that the pod requests grew, or the number of pods allowed. */
const hasGrown = (request: Resource, before: Allocatable, after: Allocatable): boolean => {
  if (after.pods > before.pods) return true;
  const names = ['cpu', 'memory', 'ephemeral-storage', ...(request.scalars?.keys() ?? [])];
  return names.some((name) => amountOf(request, name) > 0 && amountOf(after, name) > amountOf(before, name));
};

const fitsEmptyNode = (pod: PodInfo, node: Node, isIgnored: Ignored): boolean => {
  const row = new NodeInfo(node.metadata.name);
  row.setNode(node);
  return fits(pod, row, isIgnored) === undefined;
};

export const nodeResourcesFit = (args: NodeResourcesFitArgs = {}): Plugin<true, readonly ScoredResource[]> => {
  const isIgnored = ignoredBy(args);
  const resources = args.scoringStrategy?.resources ?? DEFAULT_RESOURCES;
  const scorer = scorerOf(args.scoringStrategy);
  return {
    name: NAME,
    preFilter: () => ({ kind: 'ok', own: true }),
    filter: (cycle, row) => fits(cycle.pod, row, isIgnored),
    filterClass: (cycle) => requestText(cycle.pod),
    preScore: (cycle) => ({ kind: 'ok', own: scoredResources(cycle.pod, resources, true) }),
    score: (_cycle, row, own) => scorer(row, own),
    scoreClass: (_cycle, own) => amountsText(own),
    events: () => [
      {
        resource: 'Pod',
        action: DELETE | UPDATE_POD_SCALE_DOWN,
        hint: (_pod, old, current) => ((old as Pod | undefined)?.spec.nodeName && !current ? 'queue' : 'skip'),
      },
      {
        resource: 'Node',
        action: ADD | UPDATE_NODE_ALLOCATABLE,
        hint: (pod, old, current) => {
          const info = podInfoOf(pod);
          if (current === undefined || !fitsEmptyNode(info, current as Node, isIgnored)) return 'skip';
          if (old === undefined) return 'queue';
          const before = allocatableOf((old as Node).status.allocatable as Record<string, string>);
          const after = allocatableOf((current as Node).status.allocatable as Record<string, string>);
          return hasGrown(info.request, before, after) ? 'queue' : 'skip';
        },
      },
    ],
  };
};
