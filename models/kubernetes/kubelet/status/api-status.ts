/**
 * A pod's API status from the runtime's view, the probes and the previous status (kubelet_pods.go, generateAPIPodStatus).
 */
import { NEW } from '../../object/new.ts';
import { isSidecar } from '../../object/resources.ts';
import { rfc3339 } from '../../object/time.ts';
import type { core, Pod } from '../../object/types.ts';
import { type PodStatus, sandboxChanged } from '../container/pod-status.ts';
import { type ConvertOptions, convertStatuses } from './container-statuses.ts';
import { type Condition, containersReadyCondition, initializedCondition, OWNED_CONDITIONS, readyCondition } from './generate.ts';
import { isFinalPhase, phaseOf } from './phase.ts';

export interface StatusInputs extends ConvertOptions {
  readonly now: number;
  readonly hostIps: readonly string[];
  /** The status that was computed last, else the API's. */
  readonly previous: core.PodStatus;
  readonly isTerminal: boolean;
  /** Has the container passed its startup probe, is it ready? `update` writes both. */
  readonly probes: { started(container: core.Container, status: core.ContainerStatus): boolean; ready(container: core.Container, status: core.ContainerStatus): boolean };
  readonly qosClass: string;
  /** Why the kubelet ends the pod, if it does: the answer of its sync handlers' ShouldEvict. */
  readonly eviction: { readonly reason: string; readonly message: string } | undefined;
}

export function apiStatus(pod: Pod, status: PodStatus, inputs: StatusInputs): core.PodStatus {
  const { previous } = inputs;
  const init = pod.spec.initContainers ?? [];
  let initStatuses = convertStatuses(pod, init, status, previous.initContainerStatuses ?? [], true, inputs);
  let statuses = convertStatuses(pod, pod.spec.containers, status, previous.containerStatuses ?? [], false, inputs);
  const ephemeral = pod.spec.ephemeralContainers ?? [];
  const ephemeralStatuses = convertStatuses(pod, ephemeral as unknown as core.Container[], status, previous.ephemeralContainerStatuses ?? [], false, inputs);
  let phase: string = phaseOf(pod, initStatuses, statuses, inputs.isTerminal);
  statuses = statuses.map((each) => withProbes(pod.spec.containers, each, inputs));
  initStatuses = initStatuses.map((each) => withProbes(init, each, inputs, true));
  // Sidecars' `started` decides about the phase too, so it is computed again with it.
  if (init.some(isSidecar)) phase = phaseOf(pod, initStatuses, statuses, inputs.isTerminal);
  const api = pod.status as core.PodStatus | undefined;
  if (!isFinalPhase(phase)) phase = [previous.phase, api?.phase].find(isFinalPhase) ?? phase;
  let { reason, message } = inputs.eviction ?? {};
  if (inputs.eviction !== undefined) phase = 'Failed';
  else if (phase === previous.phase) [reason, message] = [previous.reason || api?.reason, previous.message || api?.message];
  // What the API server shows as final stays so.
  if (isFinalPhase(api?.phase)) phase = api.phase;
  const conditions = conditionsOf(pod, status, phase, initStatuses, statuses, inputs);
  const [hostIp] = inputs.hostIps;
  const podIps = pod.spec.hostNetwork === true ? inputs.hostIps : status.ips;
  return {
    phase,
    conditions,
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(hostIp === undefined ? {} : { hostIP: hostIp, hostIPs: inputs.hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] === undefined ? {} : { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
    startTime: previous.startTime ?? rfc3339(inputs.epoch, inputs.now),
    ...(initStatuses.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    qosClass: inputs.qosClass,
    ...(ephemeralStatuses.length === 0 ? {} : { ephemeralContainerStatuses: ephemeralStatuses }),
  };
}

/** `started` and `ready` (prober_manager.go, UpdatePodStatus). */
function withProbes(containers: readonly core.Container[], status: core.ContainerStatus, inputs: StatusInputs, isInit = false): core.ContainerStatus {
  const container = containers.find(({ name }) => name === status.name);
  if (container === undefined) return status;
  const started = status.state?.running !== undefined && inputs.probes.started(container, status);
  // A regular init container is ready when it has succeeded.
  if (isInit && !isSidecar(container)) return { ...NEW, ...status, started, ready: status.state?.terminated?.exitCode === 0 };
  const ready = started && inputs.probes.ready(container, status);
  return { ...NEW, ...status, started, ready };
}

function conditionsOf(
  pod: Pod,
  status: PodStatus,
  phase: string,
  initStatuses: readonly core.ContainerStatus[],
  statuses: readonly core.ContainerStatus[],
  inputs: StatusInputs,
): core.PodCondition[] {
  const apiConditions = (pod.status as core.PodStatus | undefined)?.conditions ?? [];
  const disruption = (inputs.previous.conditions ?? []).filter(({ type }) => type === 'DisruptionTarget');
  const foreign = apiConditions.filter(({ type }) => !OWNED_CONDITIONS.includes(type) && !(type === 'DisruptionTarget' && disruption.length > 0));
  const containersReady = containersReadyCondition(pod, statuses, initStatuses, phase);
  const owned: Condition[] = [
    { type: 'PodReadyToStartContainers', status: sandboxChanged(pod, status).changed ? 'False' : 'True' },
    initializedCondition(pod, initStatuses, statuses, phase),
    readyCondition(pod, containersReady, apiConditions),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
  ];
  const old = [...(inputs.previous.conditions ?? []), ...apiConditions];
  return [...foreign, ...disruption, ...owned.map((condition) => withTransition(condition, old, inputs))];
}

/** `lastTransitionTime` moves only when the status changes (status_manager.go, updateLastTransitionTime). */
export function withTransition(condition: Condition, old: readonly core.PodCondition[], inputs: { readonly epoch: number; readonly now: number }): core.PodCondition {
  const before = old.find(({ type }) => type === condition.type);
  const lastTransitionTime = before?.status === condition.status && before.lastTransitionTime ? before.lastTransitionTime : rfc3339(inputs.epoch, inputs.now);
  const { type, status, reason, message } = condition;
  return {
    type,
    status,
    lastProbeTime: null as unknown as string,
    lastTransitionTime,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

/** The status with one condition added or brought up to date (podutil.UpdatePodCondition). */
export function withCondition(status: core.PodStatus, condition: Condition, clock: { readonly epoch: number; readonly now: number }): core.PodStatus {
  const conditions = status.conditions ?? [];
  const next = withTransition(condition, conditions, clock);
  const at = conditions.findIndex(({ type }) => type === condition.type);
  return { ...status, conditions: at < 0 ? [...conditions, next] : conditions.with(at, next) };
}

/** The status with something else about one container. */
export function withContainer(status: core.PodStatus, containerId: string, change: Partial<core.ContainerStatus>): core.PodStatus {
  const { containerStatuses, initContainerStatuses } = status;
  const mark = (list: readonly core.ContainerStatus[]): core.ContainerStatus[] => list.map((each) => (each.containerID?.endsWith(containerId) === true ? { ...each, ...change } : each));
  return {
    ...status,
    ...(containerStatuses === undefined ? {} : { containerStatuses: mark(containerStatuses) }),
    ...(initContainerStatuses === undefined ? {} : { initContainerStatuses: mark(initContainerStatuses) }),
  };
}
