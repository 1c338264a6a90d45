/**
 * Integer resources of pods and nodes, as the scheduler accounts them: milli-cpu, bytes, and whole units of everything
 * else. Precomputed once per pod and kept as running sums per node, so a fit check is a handful of integer comparisons.
 *
 * All amounts are below 2^53 (8 PiB of memory); sums of whole numbers are therefore exact in doubles.
 * Source: pkg/scheduler/framework/types.go (Resource), pkg/scheduler/util/pod_resources.go,
 * pkg/apis/core/v1/helper/helpers.go.
 */
import { labelKeyErrors } from '../../object/label.ts';
import {
  type Quantity,
  quantityFrom,
  milliQuantityFrom,
  quantityMilliValue,
  quantityOf,
  quantityValue,
} from '../../object/quantity.ts';
import {
  aggregateContainers,
  parseResourceList,
  podRequests,
  type ResourceList,
  type ResourceStrings,
} from '../../object/resources.ts';
import { NEW } from '../../object/new.ts';
import { addResourceLists } from '../../object/resources.ts';
import type { core, Pod } from '../../object/types.ts';

/** Extended and other countable resources by name. */
export type ScalarResources = Map<string, number>;

export interface Resource {
  milliCpu: number;
  memory: number;
  ephemeralStorage: number;
  /** Absent when there are none, which is nearly always. */
  scalars: ScalarResources | undefined;
}

/** What a node offers: resources and the number of pods. */
export interface Allocatable extends Resource {
  pods: number;
}

/** Requests assumed for containers that state none (pkg/scheduler/util/pod_resources.go). */
export const DEFAULT_MILLI_CPU_REQUEST = 100;
export const DEFAULT_MEMORY_REQUEST = 200 * 1024 * 1024;

export const emptyResource = (): Resource => ({ milliCpu: 0, memory: 0, ephemeralStorage: 0, scalars: undefined });

const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** `example.com/gpu` and the like. */
export const isExtendedResource = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && labelKeyErrors(`requests.${name}`).length === 0;

/** Whether the scheduler counts the resource although it is none of the three it knows by name. */
export const isScalarResource = (name: string): boolean =>
  isExtendedResource(name) ||
  name.startsWith('hugepages-') ||
  name.includes('kubernetes.io/') ||
  name.startsWith('attachable-volumes-');

/** Puts one amount into the scheduler's integers. */
const setAmount = (resource: Resource, name: string, quantity: Quantity): void => {
  switch (name) {
    case 'cpu':
      resource.milliCpu = quantityMilliValue(quantity);
      break;
    case 'memory':
      resource.memory = quantityValue(quantity);
      break;
    case 'ephemeral-storage':
      resource.ephemeralStorage = quantityValue(quantity);
      break;
    default:
      if (!isScalarResource(name)) break;
      (resource.scalars ??= new Map()).set(name, quantityValue(quantity));
  }
};

/** Rounds a resource list to the scheduler's integers. */
const resourceOf = (list: ResourceList): Resource => {
  const resource = emptyResource();
  for (const [name, quantity] of list) setAmount(resource, name, quantity);
  return resource;
};

/** {@link resourceOf} for a list as the API writes it. */
const resourceOfStrings = (list: ResourceStrings | undefined): Resource => {
  const resource = emptyResource();
  for (const name in list) setAmount(resource, name, quantityOf(list[name] as string));
  return resource;
};

/** The allocatable resources of a node's status. */
export const allocatableOf = (list: ResourceStrings | undefined): Allocatable => {
  const pods = list?.['pods'];
  return { ...NEW, ...resourceOfStrings(list), pods: pods === undefined ? 0 : quantityValue(quantityOf(pods)) };
};

/** Adds (`sign` 1) or takes away (`sign` -1) in place. */
export const accumulate = (target: Resource, amount: Resource, sign: 1 | -1): void => {
  target.milliCpu += sign * amount.milliCpu;
  target.memory += sign * amount.memory;
  target.ephemeralStorage += sign * amount.ephemeralStorage;
  if (amount.scalars === undefined) return;
  const scalars = (target.scalars ??= new Map());
  for (const [name, value] of amount.scalars) scalars.set(name, (scalars.get(name) ?? 0) + sign * value);
};

export const copyResource = (resource: Resource): Resource => ({
  ...resource,
  scalars: resource.scalars === undefined ? undefined : new Map(resource.scalars),
});

const DEFAULT_CPU: Quantity = milliQuantityFrom(DEFAULT_MILLI_CPU_REQUEST);
const DEFAULT_MEMORY: Quantity = quantityFrom(DEFAULT_MEMORY_REQUEST, 'BinarySI');

const nonZeroRequests = (container: core.Container): ResourceList => {
  const requests = container.resources?.requests as ResourceStrings | undefined;
  return new Map<string, Quantity>([
    ['cpu', requests?.['cpu'] === undefined ? DEFAULT_CPU : quantityOf(requests['cpu'])],
    ['memory', requests?.['memory'] === undefined ? DEFAULT_MEMORY : quantityOf(requests['memory'])],
  ]);
};

const isSimple = (pod: Pod): boolean =>
  pod.spec.containers.length === 1 &&
  (pod.spec.initContainers === undefined || pod.spec.initContainers.length === 0) &&
  pod.spec.overhead === undefined;

export interface PodRequest {
  readonly request: Resource;
  /** cpu and memory with defaults for containers that request none; used for scoring only. */
  readonly nonZeroMilliCpu: number;
  readonly nonZeroMemory: number;
}

/** The pod's request in integers, with and without the scoring defaults. */
export const podRequestOf = (pod: Pod): PodRequest => {
  if (isSimple(pod)) {
    const requests = (pod.spec.containers[0] as core.Container).resources?.requests as ResourceStrings | undefined;
    const request = resourceOfStrings(requests);
    return {
      request,
      nonZeroMilliCpu: requests?.['cpu'] === undefined ? DEFAULT_MILLI_CPU_REQUEST : request.milliCpu,
      nonZeroMemory: requests?.['memory'] === undefined ? DEFAULT_MEMORY_REQUEST : request.memory,
    };
  }
  const request = resourceOf(podRequests(pod));
  let nonZero: ResourceList = aggregateContainers(pod, nonZeroRequests);
  if (pod.spec.overhead !== undefined) {
    nonZero = addResourceLists(nonZero, parseResourceList(pod.spec.overhead as ResourceStrings));
  }
  const rounded = resourceOf(nonZero);
  return { request, nonZeroMilliCpu: rounded.milliCpu, nonZeroMemory: rounded.memory };
};

/** Amount of one resource in a request, by its API name. */
export const amountOf = (resource: Resource, name: string): number => {
  switch (name) {
    case 'cpu':
      return resource.milliCpu;
    case 'memory':
      return resource.memory;
    case 'ephemeral-storage':
      return resource.ephemeralStorage;
    default:
      return resource.scalars?.get(name) ?? 0;
  }
};
