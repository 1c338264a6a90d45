/**
 * The pod's row: readiness, a status word that sums up all containers, restarts.
 *
 * The status word is no field of the API; it is derived here, from the phase, the first unfinished init container or
 * the first failed container. Upstream: pkg/printers/internalversion/printers.go printPod.
 */
import type { core, KubeObject, Pod } from '../../object/types.ts';
import { instant, since } from './age.ts';
import { AGE, CONTAINERS, IMAGES, NAME, column, containerCells, fieldDescription, labelsText, wide } from './column.ts';
import type { Cell, Printer, RowCondition } from './column.ts';

/** The reason that the node lifecycle sets on pods of a lost node (pkg/util/node). */
const NODE_UNREACHABLE_POD_REASON = 'NodeLost';

const COMPLETED: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }],
  Failed: [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }],
};

/** What the walk over container statuses has found so far. */
interface Progress {
  reason: string;
  ready: number;
  restarts: number;
  lastRestart: string;
}

const later = (a: string, b: string | undefined): string =>
  b === undefined || b === null || (a !== '' && instant(a) >= instant(b)) ? a : b;

const lastTermination = (status: core.ContainerStatus): string | undefined =>
  status.lastState?.terminated?.finishedAt as string | undefined;

const isRestartable = (container: core.Container | undefined): boolean => container?.restartPolicy === 'Always';

const conditionTrue = (status: core.PodStatus, type: string): boolean =>
  (status.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

function terminatedText(state: core.ContainerStateTerminated): string {
  if (state.reason) return state.reason;
  return state.signal ? `Signal:${state.signal}` : `ExitCode:${state.exitCode}`;
}

/** Walks the init containers up to the first unfinished one. Returns whether there is such a one. */
function initialise(pod: Pod, progress: Progress, sidecars: Progress): boolean {
  const specs = new Map((pod.spec.initContainers ?? []).map((container) => [container.name, container]));
  for (const [index, status] of (pod.status.initContainerStatuses ?? []).entries()) {
    const restartable = isRestartable(specs.get(status.name));
    progress.restarts += status.restartCount;
    progress.lastRestart = later(progress.lastRestart, lastTermination(status));
    if (restartable) {
      sidecars.restarts += status.restartCount;
      sidecars.lastRestart = later(sidecars.lastRestart, lastTermination(status));
    }
    const { terminated, waiting } = status.state ?? {};
    if (terminated && terminated.exitCode === 0) continue;
    if (restartable && status.started === true) {
      if (status.ready) progress.ready += 1;
      continue;
    }
    if (terminated) progress.reason = `Init:${terminatedText(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') progress.reason = `Init:${waiting.reason}`;
    else progress.reason = `Init:${index}/${pod.spec.initContainers?.length ?? 0}`;
    return true;
  }
  return false;
}

/** Walks the containers from last to first, so that the first one listed has the last word. */
function containers(pod: Pod, progress: Progress): void {
  let running = false;
  for (const status of (pod.status.containerStatuses ?? []).toReversed()) {
    progress.restarts += status.restartCount;
    progress.lastRestart = later(progress.lastRestart, lastTermination(status));
    const { terminated, waiting } = status.state ?? {};
    if (waiting?.reason) progress.reason = waiting.reason;
    else if (terminated) progress.reason = terminatedText(terminated);
    else if (status.ready && status.state?.running) {
      running = true;
      progress.ready += 1;
    }
  }
  if (progress.reason === 'Completed' && running) {
    progress.reason = conditionTrue(pod.status, 'Ready') ? 'Running' : 'NotReady';
  }
}

function statusOf(pod: Pod): Progress {
  const phase = pod.status.phase ?? '';
  const gated = (pod.status.conditions ?? []).some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  const progress: Progress = {
    reason: gated ? 'SchedulingGated' : pod.status.reason || phase,
    ready: 0,
    restarts: 0,
    lastRestart: '',
  };
  const sidecars: Progress = { reason: '', ready: 0, restarts: 0, lastRestart: '' };
  const initializing = initialise(pod, progress, sidecars);
  if (!initializing || conditionTrue(pod.status, 'Initialized')) {
    progress.restarts = sidecars.restarts;
    progress.lastRestart = sidecars.lastRestart;
    containers(pod, progress);
  }
  if (pod.metadata.deletionTimestamp) {
    if (pod.status.reason === NODE_UNREACHABLE_POD_REASON) progress.reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') progress.reason = 'Terminating';
  }
  return progress;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter((gate) => conditionTrue(pod.status, gate.conditionType)).length}/${gates.length}`;
}

function podCells(object: KubeObject, now: number): readonly Cell[] {
  const pod = { ...object, spec: object['spec'] ?? {}, status: object['status'] ?? {} } as unknown as Pod;
  const progress = statusOf(pod);
  const total = (pod.spec.containers ?? []).length + (pod.spec.initContainers ?? []).filter(isRestartable).length;
  const restarts =
    progress.restarts !== 0 && progress.lastRestart !== ''
      ? `${progress.restarts} (${since(progress.lastRestart, now)} ago)`
      : String(progress.restarts);
  return [
    pod.metadata.name,
    `${progress.ready}/${total}`,
    progress.reason,
    restarts,
    since(pod.metadata.creationTimestamp, now),
    pod.status.podIPs?.[0]?.ip || '<none>',
    pod.spec.nodeName || '<none>',
    pod.status.nominatedNodeName || '<none>',
    readinessGates(pod),
  ];
}

export const podPrinter: Printer = {
  columns: [
    NAME,
    column('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    column('Status', 'The aggregate status of the containers in this pod.'),
    column(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    AGE,
    wide('IP', fieldDescription('PodStatus.podIP')),
    wide('Node', fieldDescription('PodSpec.nodeName')),
    wide('Nominated Node', fieldDescription('PodStatus.nominatedNodeName')),
    wide('Readiness Gates', fieldDescription('PodSpec.readinessGates')),
  ],
  cells: podCells,
  conditions: (object) => COMPLETED[(object['status']?.phase as string | undefined) ?? ''],
};

export const podTemplatePrinter: Printer = {
  columns: [
    NAME,
    column('Containers', CONTAINERS.description),
    column('Images', IMAGES.description),
    column('Pod Labels', 'The labels for the pod template.'),
  ],
  cells: (object) => [
    object.metadata.name,
    ...containerCells(object['template']?.spec ?? {}),
    labelsText(object['template']?.metadata?.labels),
  ],
};
