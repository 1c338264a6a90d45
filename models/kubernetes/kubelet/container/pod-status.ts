/**
 * What the runtime knows of one pod (pkg/kubelet/container/runtime.go, PodStatus), and questions about it.
 *
 * Containers and sandboxes are kept newest first, so "the status of container c" is the newest instance of that name.
 */
import type { ContainerStatus, SandboxStatus } from '../../api/cri.ts';
import { isSidecar } from '../../object/resources.ts';
import type { core, Pod } from '../../object/types.ts';

export interface PodStatus {
  readonly uid: string;
  readonly ips: readonly string[];
  /** Newest first. */
  readonly sandboxes: readonly SandboxStatus[];
  /** Newest first. */
  readonly containers: readonly ContainerStatus[];
}

export function emptyStatus(uid: string): PodStatus {
  return { uid, ips: [], sandboxes: [], containers: [] };
}

export function findStatus(status: PodStatus, name: string): ContainerStatus | undefined {
  return status.containers.find((container) => container.metadata.name === name);
}

export function hasRestartableInit(pod: Pod): boolean {
  return (pod.spec.initContainers ?? []).some(isSidecar);
}

/** container/helpers.go, ShouldContainerBeRestarted: does the pod's policy want this container to run (again)? */
export function shouldRestart(container: core.Container, pod: Pod, status: PodStatus): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const found = findStatus(status, container.name);
  if (found === undefined || found.state === 'CREATED' || found.state === 'UNKNOWN') return true;
  if (found.state === 'RUNNING') return false;
  if (pod.spec.restartPolicy === 'Never') return false;
  return pod.spec.restartPolicy !== 'OnFailure' || found.exitCode !== 0;
}

/** kuberuntime/util, PodSandboxChanged: is a new sandbox needed, and with which attempt? */
export function sandboxChanged(pod: Pod, status: PodStatus): { readonly changed: boolean; readonly attempt: number; readonly id: string } {
  const newest = status.sandboxes[0];
  if (newest === undefined) return { changed: true, attempt: 0, id: '' };
  const ready = status.sandboxes.filter(({ state }) => state === 'READY').length;
  const attempt = newest.metadata.attempt + 1;
  const hostNetwork = pod.spec.hostNetwork === true;
  const isBroken = ready > 1 || newest.state !== 'READY' || newest.hostNetwork !== hostNetwork || (!hostNetwork && newest.ips.length === 0);
  if (isBroken) return { changed: true, attempt, id: newest.id };
  return { changed: false, attempt: newest.metadata.attempt, id: newest.id };
}

/** An init container that has to be run again: it failed, its state was lost, or it ran out of memory. */
export function isInitFailed(status: ContainerStatus): boolean {
  if (status.state === 'UNKNOWN') return true;
  return status.state === 'EXITED' && (status.exitCode !== 0 || status.reason === 'OOMKilled');
}

/** kuberuntime_container.go, findNextInitContainerToRun: for pods without sidecars. */
export function nextInitContainer(pod: Pod, status: PodStatus): { readonly last: ContainerStatus | undefined; readonly next: number | undefined; readonly done: boolean } {
  const init = pod.spec.initContainers ?? [];
  if (init.length === 0) return { last: undefined, next: undefined, done: true };
  if (pod.spec.containers.some(({ name }) => findStatus(status, name)?.state === 'RUNNING')) return { last: undefined, next: undefined, done: true };
  for (let index = init.length - 1; index >= 0; index--) {
    const found = findStatus(status, init[index]?.name ?? '');
    if (found !== undefined && isInitFailed(found)) return { last: found, next: index, done: false };
  }
  for (let index = init.length - 1; index >= 0; index--) {
    const found = findStatus(status, init[index]?.name ?? '');
    if (found === undefined) continue;
    if (found.state === 'RUNNING') return { last: undefined, next: undefined, done: false };
    if (found.state !== 'EXITED') continue;
    if (index === init.length - 1) return { last: undefined, next: undefined, done: true };
    return { last: undefined, next: index + 1, done: false };
  }
  return { last: undefined, next: 0, done: false };
}

/**
 * Whether a main container was made in the present sandbox, so that all init containers have passed. Exited ones say nothing: after a
 * reboot they are those of the sandbox before.
 */
export function hasRegularStarted(pod: Pod, status: PodStatus): boolean {
  return pod.spec.containers.some(({ name }) => {
    const state = findStatus(status, name)?.state;
    return state === 'CREATED' || state === 'RUNNING';
  });
}

/** Whether any main container was ever made, in whichever sandbox (HasAnyRegularContainerCreated). */
export function hasAnyRegularCreated(pod: Pod, status: PodStatus): boolean {
  return pod.spec.containers.some(({ name }) => {
    const state = findStatus(status, name)?.state;
    return state !== undefined && state !== 'UNKNOWN';
  });
}
