/** How willingly the kernel kills a container when the node has no memory left (pkg/kubelet/qos/policy.go). */
import { isSidecar, qosClassOf } from '../../object/resources.ts';
import { quantityOf, quantityValue } from '../../object/quantity.ts';
import type { core, Pod } from '../../object/types.ts';

const GUARANTEED = -997;
const BEST_EFFORT = 1000;
/** system-node-critical. */
const NODE_CRITICAL = 2_000_001_000;

const bytes = (quantity: string | undefined): number => (quantity === undefined ? 0 : quantityValue(quantityOf(quantity)));

const memoryRequest = ({ resources }: core.Container): number => bytes((resources?.requests as Record<string, string> | undefined)?.['memory']);

/** -997 for guaranteed and node-critical pods, 1000 for best-effort ones, in between by the share of memory asked for. */
export function oomScoreAdj(pod: Pod, container: core.Container, memoryCapacity: string | undefined): number {
  const qos = qosClassOf(pod);
  if (qos === 'Guaranteed' || (pod.spec.priority ?? 0) >= NODE_CRITICAL) return GUARANTEED;
  if (qos === 'BestEffort') return BEST_EFFORT;
  const capacity = Math.max(1, bytes(memoryCapacity));
  const scoreOf = (each: core.Container): number => {
    const score = 1000 - Math.floor((1000 * memoryRequest(each)) / capacity);
    if (score < 1000 + GUARANTEED) return 1000 + GUARANTEED;
    return score === BEST_EFFORT ? BEST_EFFORT - 1 : score;
  };
  if (!isSidecar(container)) return scoreOf(container);
  return Math.min(scoreOf(container), ...pod.spec.containers.map(scoreOf));
}
