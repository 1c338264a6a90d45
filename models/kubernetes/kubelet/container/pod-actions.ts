/**
 * What one sync has to do to a pod's sandbox and containers (kuberuntime_manager.go, computePodActions).
 *
 * A pure function of the pod, of what runs, and of the probes' results, so that every rule of restarting can be tested
 * without a runtime.
 */
import type { ContainerStatus } from '../../api/cri.ts';
import { fnv32a } from '../../object/hash.ts';
import { isSidecar } from '../../object/resources.ts';
import type { core, Pod } from '../../object/types.ts';
import { findStatus, hasAnyRegularCreated, hasRestartableInit, isInitFailed, nextInitContainer, type PodStatus, sandboxChanged, shouldRestart } from './pod-status.ts';

export type KillReason = 'Unknown' | 'StartupProbe' | 'LivenessProbe' | '';

export interface ContainerToKill {
  readonly status: ContainerStatus;
  readonly container: core.Container;
  readonly message: string;
  readonly reason: KillReason;
}

export interface PodActions {
  killPod: boolean;
  createSandbox: boolean;
  readonly sandboxId: string;
  readonly attempt: number;
  /** Indices in `spec.initContainers`, `spec.ephemeralContainers`, `spec.containers`. */
  initToStart: number[];
  readonly ephemeralToStart: number[];
  containersToStart: number[];
  readonly containersToKill: ContainerToKill[];
}

/** Results of probes by container id; undefined when there is none. */
export interface ProbeResults {
  liveness(containerId: string): 'Success' | 'Failure' | 'Unknown' | undefined;
  startup(containerId: string): 'Success' | 'Failure' | 'Unknown' | undefined;
}

/** container/helpers.go, HashContainer: name and image only, so that nothing else restarts a container. */
export function containerHash(container: core.Container): string {
  return fnv32a(`{"name":"${container.name}","image":"${container.image ?? ''}"}`).toString(16);
}

export function computePodActions(pod: Pod, status: PodStatus, probes: ProbeResults): PodActions {
  const { changed, attempt, id } = sandboxChanged(pod, status);
  const actions: PodActions = {
    killPod: changed, createSandbox: changed, sandboxId: id, attempt, initToStart: [], ephemeralToStart: [], containersToStart: [], containersToKill: [],
  };
  if (changed) {
    forNewSandbox(pod, status, actions);
    return actions;
  }
  for (const [index, container] of (pod.spec.ephemeralContainers ?? []).entries()) {
    if (findStatus(status, container.name) === undefined) actions.ephemeralToStart.push(index);
  }
  const restartable = hasRestartableInit(pod);
  const isInitialized = restartable ? sidecarActions(pod, status, probes, actions) : initActions(pod, status, actions);
  if (!isInitialized || actions.killPod) return actions;
  const kept = mainActions(pod, status, probes, actions);
  if (kept === 0 && actions.containersToStart.length === 0) {
    actions.killPod = true;
    actions.initToStart = [];
  }
  return actions;
}

function forNewSandbox(pod: Pod, status: PodStatus, actions: PodActions): void {
  if (pod.spec.restartPolicy === 'Never' && actions.attempt !== 0 && status.containers.length > 0) {
    actions.createSandbox = false;
    return;
  }
  const toStart = pod.spec.containers.flatMap((container, index) => {
    const found = findStatus(status, container.name);
    const succeeded = found?.state === 'EXITED' && found.exitCode === 0;
    return pod.spec.restartPolicy === 'OnFailure' && succeeded ? [] : [index];
  });
  if (toStart.length === 0) {
    const done = hasRestartableInit(pod) ? hasAnyRegularCreated(pod, status) : nextInitContainer(pod, status).done;
    if (done) {
      actions.createSandbox = false;
      return;
    }
  }
  if ((pod.spec.initContainers ?? []).length > 0) actions.initToStart = [0];
  else actions.containersToStart = toStart;
}

/** Pods without sidecars. True once initialisation is done. */
function initActions(pod: Pod, status: PodStatus, actions: PodActions): boolean {
  const { last, next, done } = nextInitContainer(pod, status);
  if (done) return true;
  if (next === undefined) return false;
  if (last !== undefined && isInitFailed(last) && pod.spec.restartPolicy === 'Never') {
    actions.killPod = true;
    return false;
  }
  const container = pod.spec.initContainers?.[next];
  if (last?.state === 'UNKNOWN' && container !== undefined) {
    actions.containersToKill.push({ status: last, container, message: 'Init container is in "unknown" state, try killing it before restart', reason: 'Unknown' });
  }
  actions.initToStart = [next];
  return false;
}

/** Pods with sidecars: walks backwards from the last init container (computeInitContainerActions). */
function sidecarActions(pod: Pod, status: PodStatus, probes: ProbeResults, actions: PodActions): boolean {
  const init = pod.spec.initContainers ?? [];
  const anyInit = init.some(({ name }) => findStatus(status, name) !== undefined);
  const podHasInitialized = hasAnyRegularCreated(pod, status);
  if (!anyInit && !podHasInitialized) {
    actions.initToStart = [0];
    return false;
  }
  let initialized = podHasInitialized;
  const toStart: number[] = [];
  let stop = false;
  for (let index = init.length - 1; index >= 0 && !stop; index--) {
    const container = init[index] as core.Container;
    const found = findStatus(status, container.name);
    if (found === undefined) {
      // When the pod is initialized, a sidecar that is gone has to come back.
      if (initialized && isSidecar(container)) toStart.push(index);
      continue;
    }
    if (isSidecar(container)) stop = sidecarAction(pod, container, index, found, probes, actions, toStart, initialized);
    else if (!initialized) stop = regularInitAction(pod, container, index, found, actions, toStart);
    if (stop && !initialized) {
      const isPassed = actions.killPod ? false : passed(container, found, probes, toStart.includes(index));
      if (isPassed && index === init.length - 1) initialized = true;
      else if (isPassed) toStart.push(index + 1);
      break;
    }
    stop = false;
  }
  actions.initToStart = toStart.sort((a, b) => a - b);
  return initialized;
}

/** Has this init container, the newest with a status, let the next one start? */
function passed(container: core.Container, status: ContainerStatus, probes: ProbeResults, isRestarting: boolean): boolean {
  if (isRestarting) return false;
  if (!isSidecar(container)) return status.state === 'EXITED' && !isInitFailed(status);
  if (status.state !== 'RUNNING') return false;
  return container.startupProbe === undefined || probes.startup(status.id) === 'Success';
}

function sidecarAction(
  pod: Pod,
  container: core.Container,
  index: number,
  status: ContainerStatus,
  probes: ProbeResults,
  actions: PodActions,
  toStart: number[],
  initialized: boolean,
): boolean {
  const kill = (message: string, reason: KillReason): void => {
    actions.containersToKill.push({ status, container, message, reason });
    toStart.push(index);
  };
  if (status.state === 'RUNNING') {
    if (status.annotations['io.kubernetes.container.hash'] !== containerHash(container)) kill(`Init container ${container.name} definition changed`, '');
    else if (container.startupProbe !== undefined && probes.startup(status.id) === 'Failure') kill(`Init container ${container.name} failed startup probe`, 'StartupProbe');
    else if (probes.liveness(status.id) === 'Failure') kill(`Init container ${container.name} failed liveness probe`, 'LivenessProbe');
  } else if (status.state === 'UNKNOWN') kill(`Init container is in "unknown" state, try killing it before restart`, 'Unknown');
  else if (pod.metadata.deletionTimestamp === undefined) toStart.push(index);
  return !initialized;
}

function regularInitAction(pod: Pod, container: core.Container, index: number, status: ContainerStatus, actions: PodActions, toStart: number[]): boolean {
  if (status.state === 'CREATED') toStart.push(index);
  else if (status.state !== 'RUNNING' && isInitFailed(status)) {
    if (pod.spec.restartPolicy === 'Never') {
      actions.killPod = true;
      return true;
    }
    if (status.state === 'UNKNOWN') {
      actions.containersToKill.push({ status, container, message: 'Init container is in "unknown" state, try killing it before restart', reason: 'Unknown' });
    }
    toStart.push(index);
  }
  return true;
}

/** Main containers; the answer is how many go on running. */
function mainActions(pod: Pod, status: PodStatus, probes: ProbeResults, actions: PodActions): number {
  let kept = 0;
  for (const [index, container] of pod.spec.containers.entries()) {
    const found = findStatus(status, container.name);
    if (found === undefined || found.state !== 'RUNNING') {
      if (!shouldRestart(container, pod, status)) continue;
      actions.containersToStart.push(index);
      if (found?.state === 'UNKNOWN') {
        const message = 'Container is in "unknown" state, try killing it before restart';
        actions.containersToKill.push({ status: found, container, message, reason: 'Unknown' });
      }
      continue;
    }
    let restart = pod.spec.restartPolicy !== 'Never';
    let message: string;
    let reason: KillReason = '';
    if (found.annotations['io.kubernetes.container.hash'] !== containerHash(container)) {
      message = `Container ${container.name} definition changed`;
      restart = true;
    } else if (probes.liveness(found.id) === 'Failure') {
      message = `Container ${container.name} failed liveness probe`;
      reason = 'LivenessProbe';
    } else if (probes.startup(found.id) === 'Failure') {
      message = `Container ${container.name} failed startup probe`;
      reason = 'StartupProbe';
    } else {
      kept++;
      continue;
    }
    if (restart) {
      message = `${message}, will be restarted`;
      actions.containersToStart.push(index);
    }
    actions.containersToKill.push({ status: found, container, message, reason });
  }
  return kept;
}
