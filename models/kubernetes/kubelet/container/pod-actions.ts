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
import { findStatus, hasAnyRegularCreated, hasRegularStarted, hasRestartableInit, isInitFailed, nextInitContainer, type PodStatus, sandboxChanged, shouldRestart } from './pod-status.ts';

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

/**
 * Pods with sidecars: walks backwards from the last init container (computeInitContainerActions). The first that has a status decides
 * which one starts next; of those before it only sidecars are looked after. True once initialisation is done.
 */
function sidecarActions(pod: Pod, status: PodStatus, probes: ProbeResults, actions: PodActions): boolean {
  const init = pod.spec.initContainers ?? [];
  const step: InitStep = { pod, probes, actions, toStart: [], isDone: hasRegularStarted(pod, status), isPassed: false, isOver: false };
  step.isPassed = step.isDone;
  for (let index = init.length - 1; index >= 0; index--) {
    const container = init[index] as core.Container;
    const found = findStatus(status, container.name);
    if (found === undefined) {
      // Passed once, but its record is gone: a sidecar has to come back.
      if (step.isPassed && isSidecar(container)) step.toStart.push(index);
      continue;
    }
    if (isSidecar(container)) sidecarAction(step, container, index, found);
    else if (!step.isPassed) regularInitAction(step, container, index, found);
    if (step.isOver) return false;
    step.isPassed = true;
  }
  if (!step.isPassed) step.toStart.push(0);
  actions.initToStart = [...new Set(step.toStart)].sort((a, b) => a - b);
  return step.isDone;
}

/** Where the walk over the init containers is. */
interface InitStep {
  readonly pod: Pod;
  readonly probes: ProbeResults;
  readonly actions: PodActions;
  readonly toStart: number[];
  /** All init containers have passed. */
  isDone: boolean;
  /** A later init container has run already, so this one has passed. */
  isPassed: boolean;
  /** An init container failed for good. */
  isOver: boolean;
}

/** The container at `index` has let the next one start, for the first time. */
function passInit(step: InitStep, index: number): void {
  if (index === (step.pod.spec.initContainers ?? []).length - 1) step.isDone = true;
  else if (!step.isPassed) step.toStart.push(index + 1);
}

function sidecarAction(step: InitStep, container: core.Container, index: number, status: ContainerStatus): void {
  const { probes, actions, toStart } = step;
  const restart = (message: string, reason: KillReason): void => {
    actions.containersToKill.push({ status, container, message, reason });
    toStart.push(index);
  };
  if (status.state === 'UNKNOWN') return restart('Init container is in "unknown" state, try killing it before restart', 'Unknown');
  if (status.state !== 'RUNNING') {
    toStart.push(index);
    return;
  }
  if (container.startupProbe !== undefined) {
    const startup = probes.startup(status.id);
    if (startup === 'Failure') restart(`Init container ${container.name} failed startup probe`, 'StartupProbe');
    if (startup !== 'Success') return;
  }
  passInit(step, index);
  if (status.annotations['io.kubernetes.container.hash'] !== containerHash(container)) restart(`Init container ${container.name} definition changed`, '');
  else if (probes.liveness(status.id) === 'Failure') restart(`Init container ${container.name} failed liveness probe`, 'LivenessProbe');
}

function regularInitAction(step: InitStep, container: core.Container, index: number, status: ContainerStatus): void {
  const { pod, actions, toStart } = step;
  if (status.state === 'RUNNING') return;
  if (status.state === 'EXITED' && !isInitFailed(status)) return passInit(step, index);
  if (status.state !== 'CREATED' && pod.spec.restartPolicy === 'Never') {
    actions.killPod = true;
    actions.initToStart = [];
    step.isOver = true;
    return;
  }
  if (status.state === 'UNKNOWN') {
    actions.containersToKill.push({ status, container, message: 'Init container is in "unknown" state, try killing it before restart', reason: 'Unknown' });
  }
  toStart.push(index);
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
