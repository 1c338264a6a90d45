/** The last status of a pod that has terminated (status_manager.go, TerminatePod). */
import { isSidecar } from '../../object/resources.ts';
import type { core, Pod } from '../../object/types.ts';

type ContainerStatus = core.ContainerStatus;

const MESSAGE = 'The container could not be located when the pod was terminated';

/** What is not known to have ended counts as failed: containers of a pod that got as far as them, and a phase that is not terminal. */
export function terminatedStatus(pod: Pod, status: core.PodStatus): core.PodStatus {
  const { containerStatuses, initContainerStatuses, phase } = status;
  const attempted = attemptedInit(initContainerStatuses ?? []);
  return {
    ...status,
    ...(containerStatuses !== undefined && isInitialized(pod) ? { containerStatuses: containerStatuses.map(ended) } : {}),
    ...(initContainerStatuses === undefined ? {} : { initContainerStatuses: initContainerStatuses.map((each, i) => (i < attempted ? ended(each) : each)) }),
    phase: phase === 'Succeeded' || phase === 'Failed' ? phase : 'Failed',
  };
}

function ended(status: ContainerStatus): ContainerStatus {
  if (status.state?.terminated !== undefined) return status;
  const terminated = { reason: 'ContainerStatusUnknown', message: MESSAGE, exitCode: 137, startedAt: null, finishedAt: null } as unknown as core.ContainerStateTerminated;
  return { ...status, state: { terminated } };
}

/** Whether the last init container has done its part, as the API shows it. */
function isInitialized({ spec, status }: Pod): boolean {
  const last = spec.initContainers?.at(-1);
  if (last === undefined) return true;
  const shown = (status as core.PodStatus | undefined)?.initContainerStatuses?.at(-1);
  return isSidecar(last) ? shown?.state?.running !== undefined && shown.started === true : shown?.state?.terminated?.exitCode === 0;
}

/** How many init containers, from the first on, were tried at all; at least one. */
function attemptedInit(statuses: readonly ContainerStatus[]): number {
  const last = statuses.findLastIndex(({ state, lastState }) => state?.waiting === undefined || lastState?.terminated !== undefined);
  return Math.max(last, 0) + 1;
}
