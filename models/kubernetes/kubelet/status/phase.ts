/** The phase of a pod from its containers' statuses (kubelet_pods.go, getPhase). */
import { isSidecar } from '../../object/resources.ts';
import type { core, Pod } from '../../object/types.ts';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** Whether a pod of this phase has ended. */
export const isFinalPhase = (phase: string | undefined): phase is 'Succeeded' | 'Failed' => phase === 'Failed' || phase === 'Succeeded';

interface InitCount {
  pending: number;
  failed: number;
  /** Sidecars that have not started yet, and those that wait for their first start. */
  pendingSidecar: number;
  waiting: number;
  unknown: number;
  running: number;
}

function countInit(pod: Pod, statuses: readonly core.ContainerStatus[]): InitCount {
  const count: InitCount = { pending: 0, failed: 0, pendingSidecar: 0, waiting: 0, unknown: 0, running: 0 };
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.find(({ name }) => name === container.name);
    if (isSidecar(container)) countSidecar(status, count);
    else if (status === undefined || status.state?.running !== undefined) count.pending++;
    else if (status.state?.terminated !== undefined) {
      if (status.state.terminated.exitCode !== 0) count.failed++;
    } else if (status.lastState?.terminated === undefined) count.pending++;
    else if (status.lastState.terminated.exitCode !== 0) count.failed++;
  }
  return count;
}

function countSidecar(status: core.ContainerStatus | undefined, count: InitCount): void {
  if (status === undefined) {
    count.unknown++;
    return;
  }
  const { state, lastState, started } = status;
  if (state?.running !== undefined) {
    if (started !== true) count.pendingSidecar++;
    count.running++;
  } else if (state?.waiting !== undefined && lastState?.terminated === undefined) {
    count.pendingSidecar++;
    count.waiting++;
  } else if (state?.terminated === undefined && state?.waiting === undefined) {
    count.pendingSidecar++;
    count.waiting++;
  }
}

/** `isTerminal`: every container was stopped for good (the end of SyncTerminatingPod). */
export function phaseOf(pod: Pod, initStatuses: readonly core.ContainerStatus[], statuses: readonly core.ContainerStatus[], isTerminal: boolean): Phase {
  const init = countInit(pod, initStatuses);
  let { waiting, unknown, running } = init;
  let [stopped, succeeded, started] = [0, 0, 0];
  for (const container of pod.spec.containers) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) {
      unknown++;
      continue;
    }
    const { state, lastState } = status;
    if (state?.running !== undefined) {
      running++;
      started++;
    } else if (state?.terminated !== undefined) {
      stopped++;
      started++;
      if (state.terminated.exitCode === 0) succeeded++;
    } else if (lastState?.terminated !== undefined) stopped++;
    else waiting++;
  }
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (init.failed > 0 && policy === 'Never') return 'Failed';
  const initPending = init.pending > 0 || init.failed > 0 || (init.pendingSidecar > 0 && started === 0);
  if (initPending || waiting > 0) return 'Pending';
  if (running > 0 && unknown === 0) return 'Running';
  if (running === 0 && stopped > 0 && unknown === 0) {
    const isStatic = pod.metadata.annotations?.['kubernetes.io/config.source'] === 'file';
    if (isTerminal && !isStatic) return stopped === succeeded ? 'Succeeded' : 'Failed';
    if (policy === 'Always') return 'Running';
    if (stopped === succeeded) return 'Succeeded';
    return policy === 'Never' ? 'Failed' : 'Running';
  }
  return 'Pending';
}
