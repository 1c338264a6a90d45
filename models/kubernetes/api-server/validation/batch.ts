/**
 * Validation of Jobs and CronJobs.
 * Upstream: pkg/apis/batch/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { timeZone } from '../../object/time-zone.ts';
import { invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote } from '../status/go-format.ts';
import { compiles, immutable, labelsText, nonNegative, selectorText, selects, validateLabelSelector } from './check.ts';
import { cronError } from './cron.ts';
import { labelErrors, maxLengthText } from './name.ts';
import { validateTemplate } from './pod.ts';

/** Limits of batch/validation. */
const MAX_INDEXED_PARALLELISM = 100000;
const MAX_FAILED_INDEXES_WITH_MANY = 10000;
const COMPLETIONS_SOFT_LIMIT = 100000;

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

function validateGeneratedSelector(job: KubeObject): FieldError[] {
  const spec = job['spec'] as Json;
  if (spec['manualSelector'] === true) return [];
  const { uid = '', name = '' } = job.metadata;
  const labels = (spec['template']?.['metadata']?.['labels'] as Json | undefined) ?? {};
  const expected = { 'controller-uid': uid, 'job-name': name, [CONTROLLER_UID]: uid, [JOB_NAME]: name };
  const errors = Object.entries(expected).flatMap(([key, value]) => validateHasLabel(labels, key, value, 'spec.template.metadata'));
  const selector = spec['selector'] as Json | undefined;
  if (compiles(selector) && !selects(selector, expected)) errors.push(invalidValue('spec.selector', selectorText(selector), '`selector` not auto-generated'));
  return errors;
}

/** ValidateHasLabel. */
function validateHasLabel(labels: Json, key: string, value: string, path: string): FieldError[] {
  if (labels[key] === value) return [];
  const field = `${path}.labels[${key}]`;
  const detail = `must be '${value}'`;
  return [labels[key] === undefined ? required(field, detail) : invalidValue(field, labelsText(labels), detail)];
}

function validateFailurePolicy(policy: Json | undefined, spec: Json, path: string): FieldError[] {
  if (policy === undefined) return [];
  const rules = (policy['rules'] as Json[] | undefined) ?? [];
  return rules.flatMap((rule, at) => {
    const here = `${path}.rules[${at}]`;
    const errors: FieldError[] = [];
    const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
    if (rule['action'] === 'FailIndex' && spec['backoffLimitPerIndex'] === undefined) {
      errors.push(invalidValue(`${here}.action`, 'FailIndex', 'requires the backoffLimitPerIndex to be set'));
    } else if ((rule['action'] ?? '') === '') errors.push(required(`${here}.action`, `valid values: ${actions.map(goQuote).join(', ')}`));
    else if (!actions.includes(rule['action'])) errors.push(notSupported(`${here}.action`, rule['action'], actions));
    const codes = rule['onExitCodes'] as Json | undefined;
    const conditions = (rule['onPodConditions'] as Json[] | undefined) ?? [];
    if (codes !== undefined && conditions.length > 0) errors.push(invalidValue(here, rule, 'specifying both OnExitCodes and OnPodConditions is not supported'));
    if (codes === undefined && conditions.length === 0) errors.push(invalidValue(here, rule, 'specifying one of OnExitCodes and OnPodConditions is required'));
    if (codes !== undefined) errors.push(...validateExitCodes(codes, spec, `${here}.onExitCodes`));
    return errors;
  });
}

function validateExitCodes(codes: Json, spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const operators = ['In', 'NotIn'];
  if ((codes['operator'] ?? '') === '') errors.push(required(`${path}.operator`, `valid values: ${operators.map(goQuote).join(', ')}`));
  else if (!operators.includes(codes['operator'])) errors.push(notSupported(`${path}.operator`, codes['operator'], operators));
  const name = codes['containerName'] as string | undefined;
  const pod = (spec['template']?.['spec'] as Json | undefined) ?? {};
  const all = [...((pod['containers'] as Json[] | undefined) ?? []), ...((pod['initContainers'] as Json[] | undefined) ?? [])];
  if (name !== undefined && !all.some((container) => container['name'] === name)) {
    errors.push(invalidValue(`${path}.containerName`, name, 'must be one of the container or initContainer names in the pod template'));
  }
  const values = (codes['values'] as number[] | undefined) ?? [];
  if (values.length === 0) errors.push(invalidValue(`${path}.values`, values, 'at least one value is required'));
  values.forEach((value, at) => {
    if (codes['operator'] === 'In' && value === 0) errors.push(invalidValue(`${path}.values[${at}]`, 0, 'must not be 0 for the In operator'));
  });
  return errors;
}

function validateSuccessPolicy(policy: Json | undefined, spec: Json, path: string): FieldError[] {
  if (policy === undefined) return [];
  if (spec['completionMode'] !== 'Indexed') return [invalidValue(path, policy, 'requires indexed completion mode')];
  const rules = (policy['rules'] as Json[] | undefined) ?? [];
  if (rules.length === 0) return [required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')];
  return rules.flatMap((rule, at) =>
    rule['succeededIndexes'] === undefined && rule['succeededCount'] === undefined
      ? [required(`${path}.rules[${at}]`, 'at least one of succeededCount or succeededIndexes must be specified')]
      : nonNegative(rule['succeededCount'], `${path}.rules[${at}].succeededCount`),
  );
}

function validateModes(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const mode = spec['completionMode'] as string | undefined;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') errors.push(notSupported(`${path}.completionMode`, mode, ['Indexed', 'NonIndexed']));
  const { completions, parallelism, maxFailedIndexes: maxFailed } = spec;
  if (mode === 'Indexed') {
    if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
    if (parallelism !== undefined && parallelism > MAX_INDEXED_PARALLELISM) {
      errors.push(invalidValue(`${path}.parallelism`, parallelism, `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`));
    }
    if (completions !== undefined && maxFailed !== undefined && maxFailed > completions) {
      errors.push(invalidValue(`${path}.maxFailedIndexes`, maxFailed, 'must be less than or equal to completions'));
    }
    if ((maxFailed ?? 0) > 100000) errors.push(invalidValue(`${path}.maxFailedIndexes`, maxFailed, 'must be less than or equal to 100000'));
    if ((completions ?? 0) > COMPLETIONS_SOFT_LIMIT && spec['backoffLimitPerIndex'] !== undefined) {
      if (maxFailed === undefined) errors.push(required(`${path}.maxFailedIndexes`, 'must be specified when completions is above 100000'));
      if ((parallelism ?? 0) > MAX_FAILED_INDEXES_WITH_MANY) {
        errors.push(invalidValue(`${path}.parallelism`, parallelism, 'must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index'));
      }
    }
  }
  if (mode === 'NonIndexed') {
    if (spec['backoffLimitPerIndex'] !== undefined) errors.push(invalidValue(`${path}.backoffLimitPerIndex`, spec['backoffLimitPerIndex'], 'requires indexed completion mode'));
    if (maxFailed !== undefined) errors.push(invalidValue(`${path}.maxFailedIndexes`, maxFailed, 'requires indexed completion mode'));
  }
  return errors;
}

const NON_NEGATIVE = [
  'parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes',
] as const;

/** validateJobSpec. */
function validateJobSpec(spec: Json, path: string): FieldError[] {
  const errors = NON_NEGATIVE.flatMap((name) => nonNegative(spec[name], `${path}.${name}`));
  if (spec['maxFailedIndexes'] !== undefined && spec['backoffLimitPerIndex'] === undefined) errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  const manager = spec['managedBy'] as string | undefined;
  if (manager !== undefined && !manager.includes('/')) {
    errors.push(invalidValue(`${path}.managedBy`, manager, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  }
  errors.push(...validateModes(spec, path));
  errors.push(...validateFailurePolicy(spec['podFailurePolicy'], spec, `${path}.podFailurePolicy`));
  errors.push(...validateSuccessPolicy(spec['successPolicy'], spec, `${path}.successPolicy`));
  const replacement = spec['podReplacementPolicy'] as string | undefined;
  if (replacement !== undefined) {
    if (spec['podFailurePolicy'] !== undefined && replacement !== 'Failed') errors.push(notSupported(`${path}.podReplacementPolicy`, replacement, ['Failed']));
    else if (replacement !== 'Failed' && replacement !== 'TerminatingOrFailed') errors.push(notSupported(`${path}.podReplacementPolicy`, replacement, ['Failed', 'TerminatingOrFailed']));
  }
  errors.push(...validateTemplate(spec['template'], `${path}.template`));
  const restart = spec['template']?.['spec']?.['restartPolicy'] as string | undefined;
  if (restart === undefined || restart === 'Always') errors.push(required(`${path}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (restart !== 'OnFailure' && restart !== 'Never') errors.push(notSupported(`${path}.template.spec.restartPolicy`, restart, ['OnFailure', 'Never']));
  else if (spec['podFailurePolicy'] !== undefined && restart !== 'Never') {
    errors.push(invalidValue(`${path}.template.spec.restartPolicy`, restart, 'only "Never" is supported when podFailurePolicy is specified'));
  }
  return errors;
}

/** Job; uid and name are known by now. */
export function validateJob(job: KubeObject): FieldError[] {
  const spec = (job['spec'] as Json | undefined) ?? {};
  const errors = validateGeneratedSelector(job);
  errors.push(...validateJobSpec(spec, 'spec'));
  const selector = spec['selector'] as Json | undefined;
  const labels = spec['template']?.['metadata']?.['labels'] as Json | undefined;
  const isMatching = selector !== undefined && selects(selector, labels);
  errors.push(...(selector === undefined ? [required('spec.selector')] : validateLabelSelector(selector, 'spec.selector')));
  if (compiles(selector) && !isMatching) errors.push(invalidValue('spec.template.metadata.labels', labelsText(labels), '`selector` does not match template `labels`'));
  if (spec['completionMode'] === 'Indexed' && (spec['completions'] ?? 0) > 0) {
    const name = `${job.metadata.name ?? ''}-${(spec['completions'] as number) - 1}`;
    const texts = labelErrors(name);
    if (texts.length > 0) errors.push(invalidValue('metadata.name', job.metadata.name, `will not able to create pod with invalid DNS label: ${name}`));
  }
  return errors;
}

/** Scheduling directives may change while a Job is suspended and has never started. */
function comparableTemplate(next: Json, old: Json, isMutable: boolean): Json {
  if (!isMutable) return next['template'];
  const before = old['template'] as Json;
  const pod = { ...next['template']['spec'] } as Json;
  for (const name of ['nodeSelector', 'tolerations', 'schedulingGates']) pod[name] = before['spec'][name];
  pod['affinity'] = before['spec']['affinity'];
  const metadata = { ...next['template']['metadata'], labels: before['metadata']?.['labels'], annotations: before['metadata']?.['annotations'] };
  return { ...next['template'], metadata, spec: pod };
}

/** Job on update. */
export function validateJobUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  if (next['spec'] === old['spec']) return [];
  const spec = next['spec'] as Json;
  const before = old['spec'] as Json;
  // The strategy validates the Job as on creation, and then its update does so again (job/strategy.go, `ValidateUpdate`).
  const errors = [...validateJob(next), ...validateJobSpec(spec, 'spec')];
  const isIndexed = before['completionMode'] === 'Indexed';
  if (isIndexed && spec['completions'] !== undefined) {
    const inTandem = spec['completions'] === spec['parallelism'] || spec['completions'] === before['completions'];
    if (!inTandem) errors.push(invalidValue('spec.completions', spec['completions'], `can only be modified in tandem with spec.parallelism`));
  } else errors.push(...immutable(spec['completions'], before['completions'], 'spec.completions'));
  errors.push(...immutable(spec['selector'], before['selector'], 'spec.selector', selectorText(spec['selector'])));
  const isSuspended = before['suspend'] === true && old['status']?.startTime === undefined;
  errors.push(...immutable(comparableTemplate(spec, before, isSuspended), before['template'], 'spec.template', spec['template']));
  for (const name of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) {
    errors.push(...immutable(spec[name], before[name], `spec.${name}`));
  }
  return errors;
}

/** CronJob: pods are named after it, so its name is short. */
const CRON_NAME_MAX = 52;

export function validateCronJob(object: KubeObject): FieldError[] {
  const spec = (object['spec'] as Json | undefined) ?? {};
  const errors: FieldError[] = [];
  const schedule = (spec['schedule'] as string | undefined) ?? '';
  if (schedule === '') errors.push(required('spec.schedule'));
  else errors.push(...validateSchedule(schedule, spec['timeZone']));
  errors.push(...validateTimeZone(spec['timeZone']));
  errors.push(...nonNegative(spec['startingDeadlineSeconds'], 'spec.startingDeadlineSeconds'));
  const policies = ['Allow', 'Forbid', 'Replace'];
  const policy = spec['concurrencyPolicy'] as string | undefined;
  if (policy === undefined) errors.push(required('spec.concurrencyPolicy'));
  else if (!policies.includes(policy)) errors.push(notSupported('spec.concurrencyPolicy', policy, policies));
  errors.push(...nonNegative(spec['successfulJobsHistoryLimit'], 'spec.successfulJobsHistoryLimit'));
  errors.push(...nonNegative(spec['failedJobsHistoryLimit'], 'spec.failedJobsHistoryLimit'));
  const job = (spec['jobTemplate']?.['spec'] as Json | undefined) ?? {};
  errors.push(...validateJobSpec(job, 'spec.jobTemplate.spec'));
  if (job['manualSelector'] === true) errors.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  if (job['selector'] !== undefined) errors.push(invalidValue('spec.jobTemplate.spec.selector', selectorText(job['selector']), '`selector` will be auto-generated'));
  if ((object.metadata.name ?? '').length > CRON_NAME_MAX) errors.push(invalidValue('metadata.name', object.metadata.name, maxLengthText(CRON_NAME_MAX)));
  return errors;
}

function validateSchedule(schedule: string, timeZone: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = cronError(schedule);
  if (wrong !== undefined) errors.push(invalidValue('spec.schedule', schedule, wrong));
  if (schedule.includes('TZ')) {
    const text = timeZone === undefined ? 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead' : 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
    errors.push(invalidValue('spec.schedule', schedule, text));
  }
  return errors;
}

function validateTimeZone(zone: string | undefined): FieldError[] {
  if (zone === undefined) return [];
  if (zone === '') return [invalidValue('spec.timeZone', zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') return [invalidValue('spec.timeZone', zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')];
  return timeZone(zone) !== undefined ? [] : [invalidValue('spec.timeZone', zone, `unknown time zone ${zone}`)];
}

export const validateCronJobUpdate = (next: KubeObject, old: KubeObject): FieldError[] => (next['spec'] === old['spec'] ? [] : validateCronJob(next));

/** A plain pod template object. */
export const validatePodTemplate = (object: KubeObject): FieldError[] => validateTemplate(object['template'], 'template');

/** Jobs that finished cannot be unfinished (validateJobStatus, the parts that clients can see). */
export function validateJobStatusUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const status = (next['status'] ?? {}) as Json;
  const before = (old['status'] ?? {}) as Json;
  const errors = (['active', 'succeeded', 'failed', 'ready', 'terminating'] as const).flatMap((name) => nonNegative(status[name], `status.${name}`));
  const holds = (of: Json, type: string): boolean => ((of['conditions'] as Json[] | undefined) ?? []).some((item) => item['type'] === type && item['status'] === 'True');
  for (const type of ['Complete', 'Failed'] as const) {
    if (holds(before, type) && !holds(status, type)) errors.push(invalidValue('status.conditions', type, `cannot disable the terminal ${type}=True condition`));
  }
  if (holds(status, 'Complete') && holds(status, 'Failed')) errors.push(invalidValue('status.conditions', 'Complete', 'cannot set Complete=True and Failed=true conditions'));
  return errors;
}

