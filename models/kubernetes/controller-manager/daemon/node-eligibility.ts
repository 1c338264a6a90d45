/**
 * Whether a DaemonSet's pod should run on a node: its name, selector, affinity and taints decide; readiness and resources do not.
 *
 * Source: pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod), util/daemonset_util.go.
 */
import { requiredNodeAffinityMatches, requiredNodeAffinityOf } from '../../object/node-affinity.ts';
import { findUntoleratedTaint, type Toleration } from '../../object/taint.ts';
import type { core, DaemonSet, Node, Pod } from '../../object/types.ts';

export interface Eligibility {
  /** A pod is to be made where there is none. */
  readonly shouldRun: boolean;
  /** A pod that runs may stay. */
  readonly shouldContinue: boolean;
}

const NEITHER: Eligibility = Object.freeze({ shouldRun: false, shouldContinue: false });
const BOTH: Eligibility = Object.freeze({ shouldRun: true, shouldContinue: true });

export function nodeEligibility(node: Node, daemonSet: DaemonSet): Eligibility {
  const spec = daemonSet.spec.template.spec as core.PodSpec;
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return NEITHER;
  const affinity = requiredNodeAffinityOf({ spec } as Pod);
  if (!requiredNodeAffinityMatches(affinity, node.metadata.name, node.metadata.labels)) return NEITHER;
  const tolerations = daemonTolerations(spec);
  const taints = node.spec.taints ?? [];
  if (findUntoleratedTaint(taints, tolerations, ({ effect }) => effect === 'NoExecute') !== undefined) return NEITHER;
  const isRepelled = findUntoleratedTaint(taints, tolerations, ({ effect }) => effect === 'NoSchedule') !== undefined;
  return isRepelled ? { shouldRun: false, shouldContinue: true } : BOTH;
}

/** The template's tolerations with those that all daemon pods get (AddOrUpdateDaemonPodTolerations). */
export function daemonTolerations(spec: core.PodSpec): core.Toleration[] {
  const added: [string, string][] = [
    ['node.kubernetes.io/not-ready', 'NoExecute'], ['node.kubernetes.io/unreachable', 'NoExecute'], ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
    ['node.kubernetes.io/memory-pressure', 'NoSchedule'], ['node.kubernetes.io/pid-pressure', 'NoSchedule'], ['node.kubernetes.io/unschedulable', 'NoSchedule'],
  ];
  if (spec.hostNetwork === true) added.push(['node.kubernetes.io/network-unavailable', 'NoSchedule']);
  const tolerations: Toleration[] = [...(spec.tolerations ?? [])];
  for (const [key, effect] of added) {
    const isThere = tolerations.some((old) => old.key === key && old.effect === effect && old.operator === 'Exists' && old.tolerationSeconds === undefined);
    if (!isThere) tolerations.push({ key, operator: 'Exists', effect });
  }
  return tolerations as core.Toleration[];
}

/** The node that a daemon pod runs on or is meant for; empty when it names none (GetTargetNodeName). */
export function targetNode(pod: Pod): string {
  if (pod.spec.nodeName) return pod.spec.nodeName;
  for (const term of pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []) {
    for (const { key, operator, values = [] } of term.matchFields ?? []) {
      if (key === 'metadata.name' && operator === 'In' && values.length > 0) return values[0] as string;
    }
  }
  return '';
}
