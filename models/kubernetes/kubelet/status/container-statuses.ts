/** `containerStatuses` of a pod from what the runtime says (kubelet_pods.go, convertToAPIContainerStatuses). */
import type { ContainerStatus as RuntimeStatus } from '../../api/cri.ts';
import { NEW } from '../../object/new.ts';
import { isSidecar } from '../../object/resources.ts';
import { rfc3339 } from '../../object/time.ts';
import type { core, Pod } from '../../object/types.ts';
import { findStatus, type PodStatus, shouldRestart } from '../container/pod-status.ts';

type ApiStatus = core.ContainerStatus;

/** Why a container could not be started: `waiting.reason` and message at the next computation. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

export interface ConvertOptions {
  readonly epoch: number;
  readonly runtime: string;
  readonly failure: (container: string) => StartFailure | undefined;
}

const LOST_MESSAGE = 'The container could not be located when the pod was deleted.  The container used to be Running';

export function convertStatuses(
  pod: Pod,
  containers: readonly core.Container[],
  status: PodStatus,
  previous: readonly ApiStatus[],
  isInit: boolean,
  options: ConvertOptions,
): ApiStatus[] {
  const hasInit = (pod.spec.initContainers ?? []).length > 0;
  const waiting: core.ContainerState = { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } };
  const byName = new Map<string, ApiStatus>();
  for (const container of containers) {
    const old = previous.find(({ name }) => name === container.name);
    byName.set(container.name, defaultStatus(pod, container, waiting, old, findStatus(status, container.name) !== undefined));
  }
  const seen = new Map<string, number>();
  for (const runtime of status.containers) {
    const { name } = runtime.metadata;
    const count = seen.get(name) ?? 0;
    const present = byName.get(name);
    const container = containers.find((each) => each.name === name);
    if (present === undefined || container === undefined || count >= 2) continue;
    const old = previous.find((each) => each.name === name);
    const converted = convert(container, runtime, old, options);
    if (count === 0) byName.set(name, converted);
    else byName.set(name, { ...present, lastState: converted.state ?? {} });
    seen.set(name, count + 1);
  }
  for (const container of containers) {
    const failed = startFailureStatus(pod, container, status, byName.get(container.name), isInit, options);
    if (failed !== undefined) byName.set(container.name, failed);
  }
  const result = [...byName.values()];
  return isInit ? result : result.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function defaultStatus(pod: Pod, container: core.Container, waiting: core.ContainerState, old: ApiStatus | undefined, isKnown: boolean): ApiStatus {
  const status = {
    name: container.name, state: waiting, lastState: {}, ready: false, restartCount: 0, image: container.image ?? '', imageID: '', ...mounts(container),
  } as ApiStatus;
  if (old === undefined) return status;
  if (old.state?.terminated !== undefined) return old;
  const kept = { ...status, restartCount: old.restartCount, lastState: old.lastState ?? {} };
  if (isKnown || old.state?.running === undefined) return kept;
  const lost = { exitCode: 137, reason: 'ContainerStatusUnknown', message: LOST_MESSAGE, startedAt: null, finishedAt: null } as unknown as core.ContainerStateTerminated;
  return { ...kept, restartCount: old.restartCount + (pod.metadata.deletionTimestamp === undefined ? 1 : 0), lastState: { terminated: lost } };
}

/** `volumeMounts` of the status (RecursiveReadOnlyMounts). */
function mounts(container: core.Container): object {
  const list = (container.volumeMounts ?? []).map((mount) => {
    const base = { name: mount.name, mountPath: mount.mountPath };
    return mount.readOnly === true ? { ...NEW, ...base, readOnly: true, recursiveReadOnly: 'Disabled' } : base;
  });
  return list.length === 0 ? {} : { volumeMounts: list };
}

function convert(container: core.Container, runtime: RuntimeStatus, old: ApiStatus | undefined, options: ConvertOptions): ApiStatus {
  const containerID = `${options.runtime}://${runtime.id}`;
  const time = (us: number): string => rfc3339(options.epoch, us);
  let state: core.ContainerState;
  let { attempt: restartCount } = runtime.metadata;
  let lastState: core.ContainerState = {};
  if (runtime.state === 'RUNNING') state = { running: { startedAt: time(runtime.startedAt) } };
  else if (runtime.state === 'EXITED') state = { terminated: terminated(container, runtime, containerID, options) };
  else if (runtime.state === 'UNKNOWN' && old?.state?.running !== undefined) {
    const message = 'The container could not be located when the pod was terminated';
    state = { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message, containerID } as core.ContainerStateTerminated };
    restartCount = old.restartCount + 1;
    lastState = old.lastState ?? {};
  } else state = { waiting: {} };
  if (old !== undefined && runtime.state === 'CREATED') lastState = old.lastState ?? {};
  // The API has the default policy File; a failed container may show its log instead (helpers of termination messages).
  return {
    name: container.name, state, lastState, ready: false, restartCount, image: runtime.image, imageID: runtime.imageRef, containerID, ...mounts(container),
  } as ApiStatus;
}

function terminated(container: core.Container, runtime: RuntimeStatus, containerID: string, options: ConvertOptions): core.ContainerStateTerminated {
  const fallback = container.terminationMessagePolicy === 'FallbackToLogsOnError' && runtime.exitCode !== 0 && runtime.reason !== 'ContainerCannotRun';
  const text = runtime.terminationLog === '' && fallback ? runtime.logTail : runtime.terminationLog;
  const message = [runtime.message, text].filter((part) => part !== '').join(': ');
  const at = (us: number): string => (us < 0 ? '1970-01-01T00:00:00Z' : rfc3339(options.epoch, us));
  return {
    exitCode: runtime.exitCode,
    reason: runtime.reason,
    ...(message === '' ? {} : { message }),
    startedAt: at(runtime.startedAt),
    finishedAt: at(runtime.finishedAt),
    containerID,
  };
}

/** A container that should run but could not be started shows why. */
function startFailureStatus(pod: Pod, container: core.Container, status: PodStatus, present: ApiStatus | undefined, isInit: boolean, options: ConvertOptions): ApiStatus | undefined {
  if (present === undefined) return undefined;
  const found = findStatus(status, container.name);
  if (isInit && !isSidecar(container) && found?.state === 'EXITED' && found.exitCode === 0) return undefined;
  const wanted = isSidecar(container) ? found?.state !== 'RUNNING' && pod.metadata.deletionTimestamp === undefined : shouldRestart(container, pod, status);
  const failure = wanted ? options.failure(container.name) : undefined;
  if (failure === undefined) return undefined;
  const lastState = present.state?.terminated === undefined ? present.lastState : { terminated: present.state.terminated };
  const state = { waiting: { reason: failure.reason, ...(failure.message === '' ? {} : { message: failure.message }) } };
  return { ...present, state, lastState: lastState ?? {} };
}
