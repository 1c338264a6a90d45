/**
 * Rows of the kinds that run pods, and of those that scale or protect them.
 *
 * Upstream: pkg/printers/internalversion/printers.go.
 */
import { formatSelector, selectorOf } from '../../object/selector.ts';
import type { LabelSelector } from '../../object/selector.ts';
import type { KubeObject } from '../../object/types.ts';
import { humanDuration, instant, since } from './age.ts';
import { AGE, CONTAINERS, IMAGES, NAME, column, containerCells, fieldDescription, labelsText, wide } from './column.ts';
import type { Cell, Printer } from './column.ts';

/** A label selector as text, `<none>` when it is empty or absent (metav1.FormatLabelSelector). */
export function selectorText(selector: LabelSelector | null | undefined): string {
  const text = formatSelector(selectorOf(selector ?? undefined));
  return text === '' ? '<none>' : text;
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const template = (object: KubeObject): [string, string] => containerCells(object['spec']?.template?.spec ?? {});
const selector = (object: KubeObject): string => selectorText(object['spec']?.selector);

export const deploymentPrinter: Printer = {
  columns: [
    NAME,
    column('Ready', 'Number of the pod with ready state'),
    column('Up-to-date', fieldDescription('DeploymentStatus.updatedReplicas')),
    column('Available', fieldDescription('DeploymentStatus.availableReplicas')),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector', fieldDescription('DeploymentSpec.selector')),
  ],
  cells: (object, now) => [
    object.metadata.name,
    `${number(object['status']?.readyReplicas)}/${number(object['spec']?.replicas)}`,
    number(object['status']?.updatedReplicas),
    number(object['status']?.availableReplicas),
    since(object.metadata.creationTimestamp, now),
    ...template(object),
    selector(object),
  ],
};

const replicaCells = (object: KubeObject, now: number, selected: string): readonly Cell[] => [
  object.metadata.name,
  number(object['spec']?.replicas),
  number(object['status']?.replicas),
  number(object['status']?.readyReplicas),
  since(object.metadata.creationTimestamp, now),
  ...template(object),
  selected,
];

export const replicaSetPrinter: Printer = {
  columns: [
    NAME,
    column('Desired', fieldDescription('ReplicaSetSpec.replicas'), 'integer'),
    column('Current', fieldDescription('ReplicaSetStatus.replicas'), 'integer'),
    column('Ready', fieldDescription('ReplicaSetStatus.readyReplicas'), 'integer'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector', fieldDescription('ReplicaSetSpec.selector')),
  ],
  cells: (object, now) => replicaCells(object, now, selector(object)),
};

export const replicationControllerPrinter: Printer = {
  columns: [
    NAME,
    column('Desired', fieldDescription('ReplicationControllerSpec.replicas'), 'integer'),
    column('Current', fieldDescription('ReplicaSetStatus.replicas'), 'integer'),
    column('Ready', fieldDescription('ReplicationControllerStatus.readyReplicas'), 'integer'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector', fieldDescription('ReplicationControllerSpec.selector')),
  ],
  cells: (object, now) => replicaCells(object, now, labelsText(object['spec']?.selector)),
};

export const statefulSetPrinter: Printer = {
  columns: [NAME, column('Ready', 'Number of the pod with ready state'), AGE, CONTAINERS, IMAGES],
  cells: (object, now) => [
    object.metadata.name,
    `${number(object['status']?.readyReplicas)}/${number(object['spec']?.replicas)}`,
    since(object.metadata.creationTimestamp, now),
    ...template(object),
  ],
};

export const daemonSetPrinter: Printer = {
  columns: [
    NAME,
    column('Desired', fieldDescription('DaemonSetStatus.desiredNumberScheduled'), 'integer'),
    column('Current', fieldDescription('DaemonSetStatus.currentNumberScheduled'), 'integer'),
    column('Ready', fieldDescription('DaemonSetStatus.numberReady'), 'integer'),
    column('Up-to-date', fieldDescription('DaemonSetStatus.updatedNumberScheduled'), 'integer'),
    column('Available', fieldDescription('DaemonSetStatus.numberAvailable'), 'integer'),
    column('Node Selector', fieldDescription('PodSpec.nodeSelector')),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector', fieldDescription('DaemonSetSpec.selector')),
  ],
  cells: (object, now) => [
    object.metadata.name,
    number(object['status']?.desiredNumberScheduled),
    number(object['status']?.currentNumberScheduled),
    number(object['status']?.numberReady),
    number(object['status']?.updatedNumberScheduled),
    number(object['status']?.numberAvailable),
    labelsText(object['spec']?.template?.spec?.nodeSelector),
    since(object.metadata.creationTimestamp, now),
    ...template(object),
    selector(object),
  ],
};

/** The first of these conditions that is true names the job's status; deletion stands between Failed and Suspended. */
function jobStatus(object: KubeObject): string {
  const conditions = (object['status']?.conditions ?? []) as readonly { type: string; status: string }[];
  const is = (type: string): boolean => conditions.some((item) => item.type === type && item.status === 'True');
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp) return 'Terminating';
  if (is('Suspended')) return 'Suspended';
  return is('FailureTarget') ? 'FailureTarget' : 'Running';
}

function jobCompletions(object: KubeObject): string {
  const { completions, parallelism } = object['spec'] ?? {};
  const succeeded = number(object['status']?.succeeded);
  if (typeof completions === 'number') return `${succeeded}/${completions}`;
  return number(parallelism) > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(object: KubeObject, now: number): string {
  const { startTime, completionTime } = object['status'] ?? {};
  if (!startTime) return '';
  return humanDuration((completionTime ? instant(completionTime) : now) - instant(startTime));
}

export const jobPrinter: Printer = {
  columns: [
    NAME,
    column('Status', 'Status of the job.'),
    column('Completions', fieldDescription('JobStatus.succeeded')),
    column('Duration', 'Time required to complete the job.'),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector', fieldDescription('JobSpec.selector')),
  ],
  cells: (object, now) => [
    object.metadata.name,
    jobStatus(object),
    jobCompletions(object),
    jobDuration(object, now),
    since(object.metadata.creationTimestamp, now),
    ...template(object),
    selector(object),
  ],
};

const boolText = (value: unknown): string => (value === undefined || value === null ? '<unset>' : value ? 'True' : 'False');

export const cronJobPrinter: Printer = {
  columns: [
    NAME,
    column('Schedule', fieldDescription('CronJobSpec.schedule')),
    column('Timezone', fieldDescription('CronJobSpec.timeZone')),
    column('Suspend', fieldDescription('CronJobSpec.suspend'), 'boolean'),
    column('Active', fieldDescription('CronJobStatus.active'), 'integer'),
    column('Last Schedule', fieldDescription('CronJobStatus.lastScheduleTime')),
    AGE,
    CONTAINERS,
    IMAGES,
    wide('Selector', fieldDescription('JobSpec.selector')),
  ],
  cells: (object, now) => {
    const { spec = {}, status = {} } = object;
    return [
      object.metadata.name,
      spec.schedule ?? '',
      spec.timeZone ?? '<none>',
      boolText(spec.suspend),
      (status.active ?? []).length,
      status.lastScheduleTime ? since(status.lastScheduleTime, now) : '<none>',
      since(object.metadata.creationTimestamp, now),
      ...containerCells(spec.jobTemplate?.spec?.template?.spec ?? {}),
      selectorText(spec.jobTemplate?.spec?.selector),
    ];
  },
};

export const podDisruptionBudgetPrinter: Printer = {
  columns: [
    NAME,
    column('Min Available', 'The minimum number of pods that must be available.'),
    column('Max Unavailable', 'The maximum number of pods that may be unavailable.'),
    column('Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.', 'integer'),
    AGE,
  ],
  cells: (object, now) => [
    object.metadata.name,
    String(object['spec']?.minAvailable ?? 'N/A'),
    String(object['spec']?.maxUnavailable ?? 'N/A'),
    number(object['status']?.disruptionsAllowed),
    since(object.metadata.creationTimestamp, now),
  ],
};

/** The owner that controls a revision, as `deployment.apps/name`. */
function controllerText(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (owner === undefined) return '<none>';
  const group = owner.apiVersion.includes('/') ? (owner.apiVersion.split('/')[0] ?? '') : '';
  return `${(group === '' ? owner.kind : `${owner.kind}.${group}`).toLowerCase()}/${owner.name}`;
}

export const controllerRevisionPrinter: Printer = {
  columns: [
    NAME,
    column('Controller', 'Controller of the object'),
    column('Revision', fieldDescription('ControllerRevision.revision')),
    AGE,
  ],
  cells: (object, now) => [
    object.metadata.name,
    controllerText(object),
    number(object['revision']),
    since(object.metadata.creationTimestamp, now),
  ],
};
