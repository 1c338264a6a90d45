/**
 * Identities of a StatefulSet's pods: names, ordinals, claims, revisions.
 *
 * A pod is known by its name alone, so at most one object can have an ordinal at a time, and every incarnation has the same name,
 * hostname and claims. Source: pkg/controller/statefulset/stateful_set_utils.go.
 */
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import { podFromTemplate, type PodDraft } from '../../client/pod-template.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import { isTerminating } from '../../object/meta.ts';
import type { ControllerRevision, core, PersistentVolumeClaim, Pod, StatefulSet } from '../../object/types.ts';
import { isPodAvailable, isPodReady } from '../pod/pod-state.ts';

export const STATEFUL_SET_KIND = Object.freeze({ apiVersion: 'apps/v1', kind: 'StatefulSet' });
export const REVISION_LABEL = 'controller-revision-hash';
const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

/** The ordinal in a pod's name; -1 when the name is not of this set. */
export function ordinalOf(set: StatefulSet, pod: Pod): number {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name);
  return match !== null && match[1] === set.metadata.name ? Number(match[2]) : -1;
}

export const startOrdinal = (set: StatefulSet): number => (set.spec as { ordinals?: { start?: number } }).ordinals?.start ?? 0;
export const replicaCount = (set: StatefulSet): number => set.spec.replicas ?? 1;
export const allowsBurst = (set: StatefulSet): boolean => set.spec.podManagementPolicy === 'Parallel';
export const partitionOf = (set: StatefulSet): number => set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;

export function isInRange(set: StatefulSet, ordinal: number): boolean {
  return ordinal >= startOrdinal(set) && ordinal < startOrdinal(set) + replicaCount(set);
}

export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);
export const isRunningAndAvailable = (pod: Pod, set: StatefulSet, clock: WallClock): boolean => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, clock);
export const isHealthy = (pod: Pod | undefined): boolean => pod !== undefined && isRunningAndReady(pod) && !isTerminating(pod);
export const revisionOf = (pod: Pod): string => pod.metadata.labels?.[REVISION_LABEL] ?? '';

export const claimName = (set: StatefulSet, template: string, ordinal: number): string => `${template}-${set.metadata.name}-${ordinal}`;

/** The claims of an ordinal, as they would be created. */
export function claimsFor(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata,
      name: claimName(set, template.metadata?.name ?? '', ordinal),
      namespace: set.metadata.namespace as string,
      labels: { ...template.metadata?.labels, ...set.spec.selector.matchLabels },
    },
    spec: template.spec,
  })) as unknown as PersistentVolumeClaim[];
}

/** The set with the template of a revision. */
export function applyRevision(set: StatefulSet, revision: ControllerRevision): StatefulSet {
  const { $patch: _patch, ...template } = (revision.data as { spec: { template: Record<string, unknown> } }).spec.template;
  return { ...set, spec: { ...set.spec, template: template as core.PodTemplateSpec } };
}

/** The pod of an ordinal at a revision, not yet made. */
export function draftPod(set: StatefulSet, ordinal: number, revision: string): PodDraft {
  const name = `${set.metadata.name}-${ordinal}`;
  const { metadata } = podFromTemplate(set.spec.template, set, newControllerRef(set, STATEFUL_SET_KIND));
  const labels = { ...set.spec.template.metadata?.labels, [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(ordinal), [REVISION_LABEL]: revision };
  const spec = set.spec.template.spec as core.PodSpec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace: set.metadata.namespace, labels },
    spec: { ...withClaims(set, spec, ordinal), hostname: name, ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}) },
  };
}

/** The claims' volumes first, then the template's other volumes. */
function withClaims(set: StatefulSet, spec: core.PodSpec, ordinal: number): core.PodSpec {
  const templates = (set.spec.volumeClaimTemplates ?? []).map((template) => template.metadata?.name ?? '');
  if (templates.length === 0) return spec;
  const claimed = templates.map((name) => ({ name, persistentVolumeClaim: { claimName: claimName(set, name, ordinal) } }));
  return { ...spec, volumes: [...claimed, ...(spec.volumes ?? []).filter(({ name }) => !templates.includes(name))] };
}

/** The replica to make where none is: at the current revision below the partition, else at the update revision. */
export function draftVersioned(current: StatefulSet, update: StatefulSet, currentRevision: string, updateRevision: string, ordinal: number): PodDraft {
  const strategy = current.spec.updateStrategy;
  const isRolling = strategy?.type === undefined || strategy.type === 'RollingUpdate';
  const limit = strategy?.rollingUpdate === undefined ? (current.status?.currentReplicas ?? 0) : partitionOf(current);
  return isRolling && ordinal < startOrdinal(current) + limit ? draftPod(current, ordinal, currentRevision) : draftPod(update, ordinal, updateRevision);
}

/** Whether name and pod-name label are those of the ordinal. */
export function identityMatches(set: StatefulSet, pod: Pod): boolean {
  return ordinalOf(set, pod) >= 0 && pod.metadata.namespace === set.metadata.namespace && pod.metadata.labels?.[POD_NAME_LABEL] === pod.metadata.name;
}

/** Whether the pod mounts the claims of its ordinal. */
export function storageMatches(set: StatefulSet, pod: Pod): boolean {
  const ordinal = ordinalOf(set, pod);
  if (ordinal < 0) return false;
  return (set.spec.volumeClaimTemplates ?? []).every((template) => {
    const name = template.metadata?.name ?? '';
    const volume = pod.spec.volumes?.find((entry) => entry.name === name);
    return volume?.persistentVolumeClaim?.claimName === claimName(set, name, ordinal);
  });
}

/** The pod with its identity and storage put right. */
export function withIdentity(set: StatefulSet, pod: Pod): Pod {
  const ordinal = ordinalOf(set, pod);
  const labels = { ...pod.metadata.labels, [POD_NAME_LABEL]: pod.metadata.name, [POD_INDEX_LABEL]: String(ordinal) };
  return { ...pod, metadata: { ...pod.metadata, labels }, spec: withClaims(set, pod.spec, ordinal) };
}
