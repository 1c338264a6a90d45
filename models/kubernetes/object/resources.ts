/**
 * What a pod asks for: effective requests and limits over all its containers, and its quality-of-service class.
 *
 * Sums are exact quantities; whoever needs integers rounds the sum, never the summands. Sidecars (init containers that
 * restart always) keep running beside later init containers and beside the regular ones, hence the running total.
 *
 * Source: component-helpers/resource/helpers.go (PodRequests, PodLimits), pkg/apis/core/v1/helper/qos/qos.go.
 */
import { addQuantity, compareQuantity, type Quantity, quantityOf } from './quantity.ts';
import type { core, Pod } from './types.ts';

/** A resource list as the API writes it. */
export type ResourceStrings = Readonly<Record<string, string>>;
/** A resource list with parsed amounts, in first-seen order. */
export type ResourceList = ReadonlyMap<string, Quantity>;
type MutableResourceList = Map<string, Quantity>;

/** Parses a resource list of the API. */
export const parseResourceList = (list: ResourceStrings | undefined): MutableResourceList => {
  const parsed: MutableResourceList = new Map();
  for (const name in list) parsed.set(name, quantityOf(list[name] as string));
  return parsed;
};

/** Adds every entry of `more` to `list`, in place. */
const addInto = (list: MutableResourceList, more: ResourceList): void => {
  for (const [name, quantity] of more) {
    const old = list.get(name);
    list.set(name, old === undefined ? quantity : addQuantity(old, quantity));
  }
};

/** Raises every entry of `list` to at least that of `other`, in place. */
const maxInto = (list: MutableResourceList, other: ResourceList): void => {
  for (const [name, quantity] of other) {
    const old = list.get(name);
    if (old === undefined || compareQuantity(quantity, old) > 0) list.set(name, quantity);
  }
};

/** Sum of two resource lists, as a new list. */
export const addResourceLists = (a: ResourceList, b: ResourceList): ResourceList => {
  const sum: MutableResourceList = new Map(a);
  addInto(sum, b);
  return sum;
};

export const isSidecar = (container: core.Container): boolean => container.restartPolicy === 'Always';

export type ContainerResources = (container: core.Container) => ResourceList;

/**
 * Folds one resource list per container into that of the pod: all regular containers and sidecars together, or the
 * highest demand of any moment of initialisation, whichever is greater. Overhead is not included.
 */
export const aggregateContainers = (pod: Pod, resourcesOf: ContainerResources): MutableResourceList => {
  const total: MutableResourceList = new Map();
  for (const container of pod.spec.containers) addInto(total, resourcesOf(container));
  const initContainers = pod.spec.initContainers;
  if (initContainers === undefined || initContainers.length === 0) return total;
  const sidecars: MutableResourceList = new Map();
  const peak: MutableResourceList = new Map();
  for (const container of initContainers) {
    const own = resourcesOf(container);
    if (isSidecar(container)) {
      addInto(total, own);
      addInto(sidecars, own);
      maxInto(peak, sidecars);
    } else {
      const moment: MutableResourceList = new Map(own);
      addInto(moment, sidecars);
      maxInto(peak, moment);
    }
  }
  maxInto(total, peak);
  return total;
};

const containerRequests = (container: core.Container): ResourceList => parseResourceList(container.resources?.requests);
const containerLimits = (container: core.Container): ResourceList => parseResourceList(container.resources?.limits);

/** What the scheduler reserves, quota counts and the kubelet admits for the pod, overhead included. */
export const podRequests = (pod: Pod): ResourceList => {
  const total = aggregateContainers(pod, containerRequests);
  if (pod.spec.overhead !== undefined) addInto(total, parseResourceList(pod.spec.overhead));
  return total;
};

/** Effective limits; overhead is added only to resources that are limited at all. */
export const podLimits = (pod: Pod): ResourceList => {
  const total = aggregateContainers(pod, containerLimits);
  for (const [name, quantity] of parseResourceList(pod.spec.overhead)) {
    const old = total.get(name);
    if (old !== undefined && old.nanos !== 0n) total.set(name, addQuantity(old, quantity));
  }
  return total;
};

const isQosResource = (name: string): boolean => name === 'cpu' || name === 'memory';

const sumPositive = (
  containers: readonly core.Container[],
  field: 'requests' | 'limits',
): { sum: MutableResourceList; everyContainerHasBoth: boolean } => {
  const sum: MutableResourceList = new Map();
  let everyContainerHasBoth = true;
  for (const container of containers) {
    let found = 0;
    const list = container.resources?.[field] as ResourceStrings | undefined;
    for (const name in list) {
      if (!isQosResource(name)) continue;
      const quantity = quantityOf(list[name] as string);
      if (quantity.nanos <= 0n) continue;
      found += 1;
      const old = sum.get(name);
      sum.set(name, old === undefined ? quantity : addQuantity(old, quantity));
    }
    if (found < 2) everyContainerHasBoth = false;
  }
  return { sum, everyContainerHasBoth };
};

/**
 * The quality-of-service class, computed from the spec. Guaranteed needs cpu and memory limits on every container
 * (init containers too) and requests equal to them; BestEffort has neither requests nor limits.
 */
export const computeQosClass = (pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' => {
  const init = pod.spec.initContainers ?? [];
  const containers = init.length === 0 ? pod.spec.containers : [...pod.spec.containers, ...init];
  const requests = sumPositive(containers, 'requests').sum;
  const { sum: limits, everyContainerHasBoth } = sumPositive(containers, 'limits');
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  if (!everyContainerHasBoth || requests.size !== limits.size) return 'Burstable';
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    if (limit === undefined || compareQuantity(limit, request) !== 0) return 'Burstable';
  }
  return 'Guaranteed';
};

/** The class that the API server wrote, or else the computed one. */
export const qosClassOf = (pod: Pod): string => (pod.status as core.PodStatus | undefined)?.qosClass ?? computeQosClass(pod);
