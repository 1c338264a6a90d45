/**
 * Whether the API shows a pod's status as the kubelet computed it (pkg/kubelet/status/status_manager.go, `needsReconcile`,
 * `isPodStatusByKubeletEqual`, `normalizeStatus`). Conditions of others do not count, nor when a condition changed, nor the order of
 * container statuses.
 */
import { semanticEqual } from '../../object/semantic-equal.ts';
import type { core, Pod } from '../../object/types.ts';
import { OWNED_CONDITIONS } from './generate.ts';

/** kubecontainer.MaxPodTerminationMessageLogLength: all messages of a pod. */
const MESSAGE_BYTES = 12_288;
/** What the kubelet says of a pod; fields of others are left alone. */
const FIELDS = [
  'phase', 'message', 'reason', 'nominatedNodeName', 'hostIP', 'hostIPs', 'podIP', 'podIPs', 'startTime', 'initContainerStatuses', 'containerStatuses',
  'ephemeralContainerStatuses', 'qosClass',
] as const;

export function isPodStatusByKubeletEqual(old: core.PodStatus, next: core.PodStatus): boolean {
  return conditionsAreEqual(old.conditions ?? [], next.conditions ?? []) && FIELDS.every((field) => semanticEqual((old as Record<string, unknown>)[field], (next as Record<string, unknown>)[field]));
}

/** Only what the kubelet has computed is looked for. */
function conditionsAreEqual(old: readonly core.PodCondition[], next: readonly core.PodCondition[]): boolean {
  return next.every(({ type, status, reason = '', message = '' }) => {
    if (!OWNED_CONDITIONS.includes(type) && type !== 'DisruptionTarget') return true;
    const before = old.find((condition) => condition.type === type);
    return before !== undefined && before.status === status && (before.reason ?? '') === reason && (before.message ?? '') === message;
  });
}

/** The API's status in the form of a computed one. */
export function normalizeStatus({ spec }: Pod, status: core.PodStatus): core.PodStatus {
  const bytes = Math.floor(MESSAGE_BYTES / Math.max(1, spec.containers.length + (spec.initContainers ?? []).length));
  const shorten = (state: core.ContainerState | undefined): core.ContainerState | undefined => {
    const message = state?.terminated?.message;
    if (state?.terminated === undefined || message === undefined || message.length <= bytes) return state;
    return { ...state, terminated: { ...state.terminated, message: message.slice(0, bytes) } };
  };
  const each = (list: readonly core.ContainerStatus[] | undefined): core.ContainerStatus[] | undefined =>
    list?.map((one) => ({ ...one, ...(one.state === undefined ? {} : { state: shorten(one.state) as core.ContainerState }), ...(one.lastState === undefined ? {} : { lastState: shorten(one.lastState) as core.ContainerState }) }));
  const order = (spec.initContainers ?? []).map(({ name }) => name);
  const statuses = each(status.containerStatuses)?.sort((a, b) => (a.name < b.name ? -1 : 1));
  const initStatuses = each(status.initContainerStatuses)?.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return { ...status, ...(statuses === undefined ? {} : { containerStatuses: statuses }), ...(initStatuses === undefined ? {} : { initContainerStatuses: initStatuses }) };
}
