/**
 * A pod together with everything the scheduler derives from it, computed once when the pod is first seen.
 *
 * Source: pkg/scheduler/framework/types.go (PodInfo), component-helpers/scheduling/corev1/helpers.go (PodPriority).
 */
import type { Labels } from '../../object/selector.ts';
import type { core, Pod } from '../../object/types.ts';
import { type AffinityTerm, preferredTerms, requiredTerms } from './affinity-term.ts';
import { type HostPort, hostPortsOf } from './host-port.ts';
import { podRequestOf, type Resource } from './resource.ts';

export interface PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly labels: Labels | undefined;
  readonly priority: number;
  readonly terminating: boolean;
  readonly request: Resource;
  readonly nonZeroMilliCpu: number;
  readonly nonZeroMemory: number;
  readonly hostPorts: readonly HostPort[];
  /** Whether the pod has any pod affinity or anti-affinity. */
  readonly hasAffinity: boolean;
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly AffinityTerm[];
  readonly preferredAntiAffinity: readonly AffinityTerm[];
  /** Keys (`namespace/name`) of the claims that the pod's volumes name directly. */
  readonly claims: readonly string[];
}

const NO_CLAIMS: readonly string[] = [];

const claimsOf = (pod: Pod): readonly string[] => {
  const volumes = pod.spec.volumes;
  if (volumes === undefined) return NO_CLAIMS;
  let claims: string[] | undefined;
  for (const volume of volumes) {
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined) (claims ??= []).push(`${pod.metadata.namespace ?? ''}/${claim}`);
  }
  return claims ?? NO_CLAIMS;
};

export const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0;

/** The node that a preemption promised to the pod, or '' . */
export const nominatedNodeOf = (pod: Pod): string =>
  (pod.status as core.PodStatus | undefined)?.nominatedNodeName ?? '';

/** When the kubelet accepted the pod; undefined when it has not (upstream then says: now). */
export const startTimeOf = (pod: Pod): string | undefined =>
  (pod.status as core.PodStatus | undefined)?.startTime as string | undefined;

export const podInfoOf = (pod: Pod): PodInfo => {
  const affinity = pod.spec.affinity;
  const podAffinity = affinity?.podAffinity ?? undefined;
  const podAntiAffinity = affinity?.podAntiAffinity ?? undefined;
  const namespace = pod.metadata.namespace ?? '';
  return {
    pod,
    uid: pod.metadata.uid,
    namespace,
    name: pod.metadata.name,
    key: `${namespace}/${pod.metadata.name}`,
    labels: pod.metadata.labels,
    priority: priorityOf(pod),
    terminating: pod.metadata.deletionTimestamp !== undefined,
    ...podRequestOf(pod),
    hostPorts: hostPortsOf(pod),
    hasAffinity: podAffinity !== undefined || podAntiAffinity !== undefined,
    requiredAffinity: requiredTerms(pod, podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAntiAffinity: requiredTerms(pod, podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferredAffinity: preferredTerms(pod, podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAntiAffinity: preferredTerms(pod, podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    claims: claimsOf(pod),
  };
};
