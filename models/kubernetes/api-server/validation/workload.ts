/**
 * Validation of Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers.
 * Upstream: pkg/apis/apps/validation/validation.go, pkg/apis/core/validation/validation.go (ReplicationController).
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';
import { specOf } from './check.ts';
import {
  compiles,
  immutable,
  intOrPercentValue,
  intOrStringText,
  isEmptyLabelSelector,
  labelsText,
  nonNegative,
  notMoreThan100Percent,
  positiveIntOrPercent,
  sameJson,
  selectorText,
  selects,
  validateLabelSelector,
} from './check.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { validateTemplate } from './pod.ts';

function validateSelector(spec: Json, kind: string): FieldError[] {
  const selector = spec['selector'] as Json | undefined;
  if (selector === undefined || selector === null) return [required('spec.selector')];
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (isEmptyLabelSelector(selector)) errors.push(invalidValue('spec.selector', selectorText(selector), `empty selector is invalid for ${kind}`));
  return errors;
}

/** The selector must match the template's labels; one that is not there matches nothing. */
function validateMatch(spec: Json): FieldError[] {
  const selector = spec['selector'] as Json | undefined | null;
  if (selector !== undefined && selector !== null && isEmptyLabelSelector(selector)) return [];
  const labels = spec['template']?.['metadata']?.['labels'] as Json | undefined;
  const matches = selector !== undefined && selector !== null && selects(selector, labels);
  return matches ? [] : [invalidValue('spec.template.metadata.labels', labelsText(labels), '`selector` does not match template `labels`')];
}

/** A selector that is no selector: its template is not looked at. */
function unusableSelector(spec: Json, text: string): FieldError[] {
  const selector = spec['selector'] as Json | undefined;
  return compiles(selector) ? [] : [invalidValue('spec.selector', selectorText(selector), text)];
}

function validateRunsForever(spec: Json, kind: string): FieldError[] {
  const errors: FieldError[] = [];
  const pod = (spec['template']?.['spec'] as Json | undefined) ?? {};
  if (pod['restartPolicy'] !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', pod['restartPolicy'] ?? '', ['Always']));
  if (pod['activeDeadlineSeconds'] !== undefined) {
    errors.push(forbiddenValue('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`));
  }
  return errors;
}

/** ValidatePodTemplateSpecForReplicaSet: of Deployments and ReplicaSets. */
function validateReplicaTemplate(spec: Json, selectorMatters: boolean): FieldError[] {
  if (spec['template'] === undefined) return [required('spec.template')];
  const unusable = unusableSelector(spec, 'invalid label selector');
  if (unusable.length > 0) return unusable;
  const errors = selectorMatters ? validateMatch(spec) : [];
  errors.push(...validateTemplate(spec['template'], 'spec.template'));
  return [...errors, ...validateRunsForever(spec, 'ReplicaSet')];
}

/** A strategy as Go prints the struct; where its pointer leads to is nobody's business. */
const strategyText = (type: string, rolling: string, strategy: Json | undefined): Literal => {
  const pointer = `(*${rolling})(${strategy?.['rollingUpdate'] === undefined ? 'nil' : '0xc000000000'})`;
  return literal(`${type}{Type:${goQuote(strategy?.['type'] ?? '')}, RollingUpdate:${pointer}}`);
};

const MAX_UNAVAILABLE_ZERO = 'may not be 0 when `maxSurge` is 0';

function validateDeploymentStrategy(strategy: Json | undefined, path: string): FieldError[] {
  const rolling = strategy?.['rollingUpdate'] as Json | undefined;
  if (strategy?.['type'] === 'Recreate') {
    return rolling === undefined ? [] : [forbiddenValue(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (strategy?.['type'] !== 'RollingUpdate') return [notSupported(path, strategyText('apps.DeploymentStrategy', 'apps.RollingUpdateDeployment', strategy), ['Recreate', 'RollingUpdate'])];
  if (rolling === undefined) return [required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil')];
  const { maxUnavailable, maxSurge } = rolling;
  const errors = [...positiveIntOrPercent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`), ...positiveIntOrPercent(maxSurge, `${path}.rollingUpdate.maxSurge`)];
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(invalidValue(`${path}.rollingUpdate.maxUnavailable`, intOrStringText(maxUnavailable ?? 0), MAX_UNAVAILABLE_ZERO));
  }
  return [...errors, ...notMoreThan100Percent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`)];
}

export function validateDeployment(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors = nonNegative(spec['replicas'], 'spec.replicas');
  errors.push(...validateSelector(spec, 'deployment'), ...validateReplicaTemplate(spec, true));
  errors.push(...validateDeploymentStrategy(spec['strategy'], 'spec.strategy'), ...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds'));
  errors.push(...nonNegative(spec['revisionHistoryLimit'], 'spec.revisionHistoryLimit'));
  const deadline = spec['progressDeadlineSeconds'] as number | undefined;
  if (deadline !== undefined) {
    errors.push(...nonNegative(deadline, 'spec.progressDeadlineSeconds'));
    if (deadline <= (spec['minReadySeconds'] ?? 0)) errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

const selectorIsFixed = (next: KubeObject, old: KubeObject): FieldError[] => {
  const selector = specOf(next)['selector'];
  return immutable(selector, specOf(old)['selector'], 'spec.selector', selectorText(selector));
};

/** The spec is validated only when it changed. */
const whenChanged =
  (validate: (object: KubeObject) => FieldError[], more: (next: KubeObject, old: KubeObject) => FieldError[] = () => []) =>
  (next: KubeObject, old: KubeObject): FieldError[] =>
    next['spec'] === old['spec'] ? [] : [...validate(next), ...more(next, old)];

export const validateDeploymentUpdate = whenChanged(validateDeployment, selectorIsFixed);

export function validateReplicaSet(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors = [...nonNegative(spec['replicas'], 'spec.replicas'), ...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds')];
  return [...errors, ...validateSelector(spec, 'deployment'), ...validateReplicaTemplate(spec, true)];
}

export const validateReplicaSetUpdate = whenChanged(validateReplicaSet, selectorIsFixed);

/** ReplicationController: a plain map as selector. */
export function validateController(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors = nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds');
  const selector = (spec['selector'] as Json | undefined) ?? {};
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  errors.push(...nonNegative(spec['replicas'], 'spec.replicas'));
  if (spec['template'] === undefined) return [...errors, required('spec.template')];
  const labels = spec['template']['metadata']?.['labels'] as Json | undefined;
  if (!selects({ matchLabels: selector }, labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labelsText(labels), '`selector` does not match template `labels`'));
  }
  errors.push(...validateTemplate(spec['template'], 'spec.template'));
  return [...errors, ...validateRunsForever(spec, 'ReplicationController')];
}

export const validateControllerUpdate = whenChanged(validateController);

function validateStatefulStrategy(strategy: Json | undefined): FieldError[] {
  const path = 'spec.updateStrategy';
  const type = strategy?.['type'] as string | undefined;
  if (type === undefined || type === '') return [required(path)];
  const rolling = strategy?.['rollingUpdate'] as Json | undefined;
  if (type === 'OnDelete') {
    const shown = literal(`apps.RollingUpdateStatefulSetStrategy{Partition:${rolling?.['partition'] ?? 0}, MaxUnavailable:(*intstr.IntOrString)(nil)}`);
    return rolling === undefined ? [] : [invalidValue(`${path}.rollingUpdate`, shown, `only allowed for updateStrategy 'RollingUpdate'`)];
  }
  if (type !== 'RollingUpdate') {
    const shown = strategyText('apps.StatefulSetUpdateStrategy', 'apps.RollingUpdateStatefulSetStrategy', strategy);
    return [invalidValue(path, shown, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  return nonNegative(rolling?.['partition'], `${path}.rollingUpdate.partition`);
}

/** Only metadata: the pod's spec would refer to volumes that its claims bring, so upstream looks at it when the pods are made. */
function validateStatefulTemplate(template: Json | undefined): FieldError[] {
  const { labels, annotations } = (template?.['metadata'] as Json | undefined) ?? {};
  return [...validateLabels(labels, 'spec.template.labels'), ...validateAnnotations(annotations, 'spec.template.annotations')];
}

export function validateStatefulSet(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [];
  const policy = spec['podManagementPolicy'] as string | undefined;
  if (policy === undefined) errors.push(required('spec.podManagementPolicy'));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') errors.push(invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"));
  errors.push(...validateStatefulStrategy(spec['updateStrategy']));
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const value = spec['persistentVolumeClaimRetentionPolicy']?.[name] as string | undefined;
    if (value !== undefined && value !== 'Retain' && value !== 'Delete') {
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, ['Delete', 'Retain']));
    }
  }
  errors.push(...nonNegative(spec['replicas'], 'spec.replicas'), ...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds'));
  errors.push(...nonNegative(spec['ordinals']?.['start'], 'spec.ordinals.start'));
  errors.push(...validateSelector(spec, 'statefulset'));
  const unusable = unusableSelector(spec, '');
  errors.push(...(unusable.length > 0 ? unusable : [...validateMatch(spec), ...validateStatefulTemplate(spec['template'])]), ...validateRunsForever(spec, 'StatefulSet'));
  return [...errors, ...nonNegative(spec['revisionHistoryLimit'], 'spec.revisionHistoryLimit')];
}

const STATEFUL_MUTABLE = ['replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'];
const STATEFUL_FORBIDDEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export const validateStatefulSetUpdate = whenChanged(validateStatefulSet, (next, old) => {
  const without = (spec: Json): Json => Object.fromEntries(Object.entries(spec).filter(([name]) => !STATEFUL_MUTABLE.includes(name)));
  return sameJson(without(specOf(next)), without(specOf(old))) ? [] : [forbiddenValue('spec', STATEFUL_FORBIDDEN)];
});

function validateDaemonStrategy(strategy: Json | undefined): FieldError[] {
  const path = 'spec.updateStrategy';
  if (strategy?.['type'] === 'OnDelete') return [];
  if (strategy?.['type'] !== 'RollingUpdate') return [notSupported(path, strategyText('apps.DaemonSetUpdateStrategy', 'apps.RollingUpdateDaemonSet', strategy), ['RollingUpdate', 'OnDelete'])];
  const rolling = strategy['rollingUpdate'] as Json | undefined;
  if (rolling === undefined) return [required(`${path}.rollingUpdate`)];
  const { maxUnavailable, maxSurge } = rolling;
  const here = `${path}.rollingUpdate`;
  const errors = [...positiveIntOrPercent(maxUnavailable, `${here}.maxUnavailable`), ...positiveIntOrPercent(maxSurge, `${here}.maxSurge`)];
  const hasUnavailable = intOrPercentValue(maxUnavailable) !== 0;
  const hasSurge = intOrPercentValue(maxSurge) !== 0;
  if (hasUnavailable && hasSurge) errors.push(invalidValue(`${here}.maxSurge`, intOrStringText(maxSurge), 'may not be set when maxUnavailable is non-zero'));
  else if (!hasUnavailable && !hasSurge) errors.push(invalidValue(`${here}.maxUnavailable`, intOrStringText(maxUnavailable ?? 0), 'cannot be 0 when maxSurge is 0'));
  return [...errors, ...notMoreThan100Percent(maxUnavailable, `${here}.maxUnavailable`), ...notMoreThan100Percent(maxSurge, `${here}.maxSurge`)];
}

export function validateDaemonSet(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const selector = spec['selector'] as Json | undefined;
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (errors.length === 0) errors.push(...validateMatch(spec));
  if (selector !== undefined && isEmptyLabelSelector(selector)) errors.push(invalidValue('spec.selector', selectorText(selector), 'empty selector is invalid for daemonset'));
  errors.push(...validateTemplate(spec['template'], 'spec.template'), ...validateRunsForever(spec, 'DaemonSet'));
  errors.push(...nonNegative(spec['minReadySeconds'], 'spec.minReadySeconds'), ...validateDaemonStrategy(spec['updateStrategy']));
  return [...errors, ...nonNegative(spec['revisionHistoryLimit'], 'spec.revisionHistoryLimit')];
}

export const validateDaemonSetUpdate = whenChanged(validateDaemonSet, selectorIsFixed);

const COUNTS = [
  'replicas', 'readyReplicas', 'availableReplicas', 'currentReplicas', 'updatedReplicas', 'fullyLabeledReplicas', 'observedGeneration',
  'currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'updatedNumberScheduled', 'numberAvailable',
  'numberUnavailable', 'unavailableReplicas',
] as const;

/** Counts in a status are never negative, and ready or available never exceed all. */
export function validateCounts(object: KubeObject): FieldError[] {
  const status = (object['status'] as Json | undefined) ?? {};
  const errors = COUNTS.flatMap((name) => nonNegative(status[name], `status.${name}`));
  const all = status['replicas'] as number | undefined;
  for (const name of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    if (all !== undefined && (status[name] ?? 0) > all) errors.push(invalidValue(`status.${name}`, status[name], 'cannot be greater than status.replicas'));
  }
  return errors;
}

