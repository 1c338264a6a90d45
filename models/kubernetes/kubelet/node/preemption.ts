/**
 * Room for a critical pod that would otherwise be rejected for lack of resources (pkg/kubelet/preemption/preemption.go).
 *
 * Best-effort pods go before burstable ones and those before guaranteed ones; within a class the pods that come closest to
 * what is needed, so that few are stopped.
 */
import { quantityMilliValue, quantityValue } from '../../object/quantity.ts';
import { podRequests, qosClassOf } from '../../object/resources.ts';
import type { Pod } from '../../object/types.ts';
import { isCritical } from './admission.ts';

/** What is missing of a resource. `pods` counts pods. */
export interface Shortage {
  readonly resource: string;
  readonly quantity: number;
}

function offered(pod: Pod, resource: string): number {
  if (resource === 'pods') return 1;
  const quantity = podRequests(pod).get(resource);
  if (quantity === undefined) return 0;
  return resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
}

function subtract(shortages: readonly Shortage[], pods: readonly Pod[]): Shortage[] {
  return shortages.flatMap(({ resource, quantity }) => {
    const left = quantity - pods.reduce((sum, pod) => sum + offered(pod, resource), 0);
    return left > 0 ? [{ resource, quantity: left }] : [];
  });
}

/** How far a pod is from covering the shortages: 0 covers all. */
function distance(shortages: readonly Shortage[], pod: Pod): number {
  return shortages.reduce((sum, { resource, quantity }) => {
    const missing = quantity - offered(pod, resource);
    return missing > 0 ? sum + (missing / quantity) ** 2 : sum;
  }, 0);
}

function closest(pods: readonly Pod[], shortages: readonly Shortage[]): Pod[] {
  const victims: Pod[] = [];
  let left = [...shortages];
  const candidates = [...pods];
  while (left.length > 0 && candidates.length > 0) {
    let best = 0;
    for (let index = 1; index < candidates.length; index++) {
      const [pod, other] = [candidates[index] as Pod, candidates[best] as Pod];
      const difference = distance(left, pod) - distance(left, other);
      if (difference < 0 || (difference === 0 && isSmaller(pod, other))) best = index;
    }
    const [victim] = candidates.splice(best, 1) as [Pod];
    victims.push(victim);
    left = subtract(left, [victim]);
  }
  return victims;
}

function isSmaller(pod: Pod, other: Pod): boolean {
  for (const resource of ['memory', 'cpu']) if (offered(pod, resource) !== offered(other, resource)) return offered(pod, resource) < offered(other, resource);
  return true;
}

/** May `pod` take the place of `victim`? Critical pods of a lower priority may be taken too. */
function isPreemptible(pod: Pod, victim: Pod): boolean {
  return !isCritical(victim) || (victim.spec.priority ?? 0) < (pod.spec.priority ?? 0);
}

/** The pods to stop; undefined when even all of them would not make enough room. */
export function podsToPreempt(pod: Pod, others: readonly Pod[], shortages: readonly Shortage[]): Pod[] | undefined {
  const candidates = others.filter((other) => isPreemptible(pod, other));
  if (subtract(shortages, candidates).length > 0) return undefined;
  const of = (qos: string): Pod[] => candidates.filter((other) => qosClassOf(other) === qos);
  const [bestEffort, burstable, guaranteed] = [of('BestEffort'), of('Burstable'), of('Guaranteed')];
  const guaranteedVictims = closest(guaranteed, subtract(shortages, [...burstable, ...bestEffort]));
  const burstableVictims = closest(burstable, subtract(shortages, [...bestEffort, ...guaranteedVictims]));
  const bestEffortVictims = closest(bestEffort, subtract(shortages, [...burstableVictims, ...guaranteedVictims]));
  return [...bestEffortVictims, ...burstableVictims, ...guaranteedVictims];
}
