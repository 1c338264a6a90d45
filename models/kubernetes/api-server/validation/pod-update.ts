/**
 * What may change in a Pod.
 *
 * Upstream copies the stored pod, carries over what may change and demands that the rest is equal; so does this.
 * Upstream: pkg/apis/core/validation/validation.go (ValidatePodUpdate, ValidatePodStatusUpdate, ...).
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote } from '../status/go-format.ts';
import { sameJson } from './check.ts';
import { validatePodAnnotationChanges, validatePodAnnotations } from './annotation.ts';
import { diffText } from './diff.ts';
import { labelErrors } from './name.ts';
import { validatePod } from './pod.ts';
import { validateTolerations } from './scheduling.ts';

const SPEC_FORBIDDEN =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const list = (value: unknown): readonly Json[] => (value as Json[] | undefined) ?? [];

/** Images come from the stored pod, so that they do not count as a change. */
function withOldImages(next: readonly Json[], old: readonly Json[]): readonly Json[] {
  return next.map((container, at) => (container['image'] === old[at]?.['image'] ? container : { ...container, image: old[at]?.['image'] }));
}

function imageErrors(spec: Json, field: string): FieldError[] {
  return list(spec[field]).flatMap((container, at) => {
    const image = (container['image'] as string | undefined) ?? '';
    if (image === '') return [required(`spec.${field}[${at}].image`)];
    return image.trim() === image ? [] : [invalidValue(`spec.${field}[${at}].image`, image, 'must not have leading or trailing whitespace')];
  });
}

function deadlineErrors(spec: Json, old: Json): FieldError[] {
  const path = 'spec.activeDeadlineSeconds';
  const next = spec['activeDeadlineSeconds'] as number | undefined;
  const before = old['activeDeadlineSeconds'] as number | undefined;
  if (next === undefined) return before === undefined ? [] : [invalidValue(path, null, 'must not update from a positive integer to nil value')];
  if (next < 0 || next > 2147483647) return [invalidValue(path, next, 'must be between 0 and 2147483647, inclusive')];
  return before !== undefined && before < next ? [invalidValue(path, next, 'must be less than or equal to previous value')] : [];
}

function tolerationErrors(next: readonly Json[], old: readonly Json[]): FieldError[] {
  const isKept = (before: Json): boolean => next.some((after) => sameJson({ ...after, tolerationSeconds: undefined }, { ...before, tolerationSeconds: undefined }));
  if (!old.every(isKept)) return [forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
  return validateTolerations(next, 'spec.tolerations');
}

function gateErrors(next: readonly Json[], old: readonly Json[]): FieldError[] {
  const known = old.map((gate) => gate['name']);
  return next.flatMap((gate, at) =>
    known.includes(gate['name']) ? [] : [forbiddenValue(`spec.schedulingGates[${at}].name`, `only deletion is allowed, but found new scheduling gate '${gate['name']}'`)],
  );
}

/** While gated, a node selector may gain entries and required node affinity may get narrower. */
function mutatedScheduling(next: Json, old: Json): { readonly spec: Json; readonly errors: FieldError[] } {
  const errors: FieldError[] = [];
  const selector = (next['nodeSelector'] ?? {}) as Json;
  for (const key in old['nodeSelector']) {
    if (selector[key] !== old['nodeSelector'][key]) {
      errors.push(invalidValue('spec.nodeSelector', selector, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'));
      break;
    }
  }
  errors.push(...affinityErrors(next['affinity']?.['nodeAffinity'], old['affinity']?.['nodeAffinity']));
  return { spec: { ...next, nodeSelector: old['nodeSelector'], affinity: sameExceptNode(next['affinity'], old['affinity']) ? old['affinity'] : next['affinity'] }, errors };
}

const sameExceptNode = (a: Json | undefined, b: Json | undefined): boolean =>
  sameJson({ ...a, nodeAffinity: undefined }, { ...b, nodeAffinity: undefined });

function affinityErrors(next: Json | undefined, old: Json | undefined): FieldError[] {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution';
  const before = list(old?.['requiredDuringSchedulingIgnoredDuringExecution']?.['nodeSelectorTerms']);
  if (before.length === 0) return [];
  const after = list(next?.['requiredDuringSchedulingIgnoredDuringExecution']?.['nodeSelectorTerms']);
  if (after.length !== before.length) {
    return [invalidValue(`${path}.nodeSelectorTerms`, after, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  const narrows = (a: readonly Json[], b: readonly Json[]): boolean => b.length > 0 && b.length <= a.length && b.every((item, at) => sameJson(a[at], item));
  return after.flatMap((term, at) => {
    const was = before[at] as Json;
    const isEmpty = list(was['matchExpressions']).length === 0 && list(was['matchFields']).length === 0;
    const isNarrower = ['matchExpressions', 'matchFields'].every((field) => list(was[field]).length === 0 || narrows(list(term[field]), list(was[field])));
    const isSame = isEmpty ? sameJson(term, was) : isNarrower;
    return isSame ? [] : [invalidValue(`${path}.nodeSelectorTerms[${at}]`, term, 'only additions are allowed (no mutations or deletions)')];
  });
}

/** ValidatePodSpecificAnnotationUpdates. */
function validateAnnotationUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const { annotations } = next.metadata;
  if (annotations === old.metadata.annotations) return [];
  const path = 'metadata.annotations';
  return [...validatePodAnnotationChanges(annotations, old.metadata.annotations, path), ...validatePodAnnotations(annotations, (next['spec'] as Json | undefined) ?? {}, path)];
}

/** ValidatePodUpdate. */
export function validatePodUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const spec = next['spec'] as Json;
  const before = old['spec'] as Json;
  const { annotations } = next.metadata;
  if (spec === before && annotations === old.metadata.annotations) return [];
  const errors = spec === before ? validatePodAnnotations(annotations, spec, 'metadata.annotations') : validatePod(next);
  errors.push(...validateAnnotationUpdate(next, old));
  if (spec === before) return errors;
  for (const field of ['containers', 'initContainers'] as const) {
    if (list(spec[field]).length !== list(before[field]).length) return [...errors, forbiddenValue(`spec.${field}`, 'pod updates may not add or remove containers')];
    errors.push(...imageErrors(spec, field));
  }
  const deadline = deadlineErrors(spec, before);
  errors.push(...deadline);
  if (deadline.length > 0 && spec['activeDeadlineSeconds'] !== undefined) return errors;
  errors.push(...tolerationErrors(list(spec['tolerations']), list(before['tolerations'])), ...gateErrors(list(spec['schedulingGates']), list(before['schedulingGates'])));
  let comparable: Json = {
    ...spec,
    containers: withOldImages(list(spec['containers']), list(before['containers'])),
    initContainers: withOldImages(list(spec['initContainers']), list(before['initContainers'])),
    activeDeadlineSeconds: before['activeDeadlineSeconds'],
    tolerations: before['tolerations'],
    schedulingGates: before['schedulingGates'],
  };
  if ((before['terminationGracePeriodSeconds'] ?? 0) < 0 && spec['terminationGracePeriodSeconds'] === 1) {
    comparable = { ...comparable, terminationGracePeriodSeconds: before['terminationGracePeriodSeconds'] };
  }
  if (list(before['schedulingGates']).length > 0) {
    const mutated = mutatedScheduling(comparable, before);
    errors.push(...mutated.errors);
    comparable = mutated.spec;
  }
  if (!sameJson(comparable, before)) errors.push(forbiddenValue('spec', `${SPEC_FORBIDDEN}\n${diffText(before, comparable)}`));
  return errors;
}

/** A terminated container stays terminated when its pod never restarts it. */
function transitionErrors(next: readonly Json[], old: readonly Json[], path: string, restartPolicy: string, sidecars: ReadonlySet<string>): FieldError[] {
  if (restartPolicy === 'Always') return [];
  return old.flatMap((before) => {
    const terminated = before['state']?.['terminated'] as Json | undefined;
    if (terminated === undefined || sidecars.has(before['name'])) return [];
    if (terminated['exitCode'] !== 0 && restartPolicy === 'OnFailure') return [];
    const at = next.findIndex((after) => after['name'] === before['name']);
    if (at < 0 || next[at]?.['state']?.['terminated'] !== undefined) return [];
    return [forbiddenValue(`${path}[${at}].state`, 'may not be transitioned to non-terminated state')];
  });
}

/** ValidatePodStatusUpdate. */
export function validatePodStatusUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const status = (next['status'] ?? {}) as Json;
  const before = (old['status'] ?? {}) as Json;
  const nominated = (status['nominatedNodeName'] as string | undefined) ?? '';
  if (nominated !== '' && labelErrors(nominated.replaceAll('.', '')).length > 0) {
    for (const text of labelErrors(nominated)) errors.push(invalidValue('status.nominatedNodeName', nominated, text));
  }
  const policy = (old['spec']?.restartPolicy as string | undefined) ?? 'Always';
  const inits = list(old['spec']?.initContainers);
  const sidecars = new Set(inits.filter((container) => container['restartPolicy'] === 'Always').map((container) => container['name'] as string));
  errors.push(...transitionErrors(list(status['containerStatuses']), list(before['containerStatuses']), 'status.containerStatuses', policy, new Set()));
  errors.push(...transitionErrors(list(status['initContainerStatuses']), list(before['initContainerStatuses']), 'status.initContainerStatuses', policy === 'Always' ? 'Always' : 'OnFailure', sidecars));
  return errors;
}

/** ValidatePodEphemeralContainersUpdate. */
export function validateEphemeralUpdate(next: KubeObject, old: KubeObject): FieldError[] {
  const path = 'spec.ephemeralContainers';
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return [forbiddenValue('', 'static pods do not support ephemeral containers')];
  const after = list(next['spec']?.ephemeralContainers);
  const errors = [...validatePod(next), ...validateAnnotationUpdate(next, old)];
  for (const before of list(old['spec']?.ephemeralContainers)) {
    const at = after.findIndex((container) => container['name'] === before['name']);
    if (at < 0) errors.push(forbiddenValue(path, `existing ephemeral containers ${goQuote(before['name'])} may not be removed\n`));
    else if (!sameJson(after[at], before)) {
      errors.push(forbiddenValue(path, `existing ephemeral containers ${goQuote(before['name'])} may not be changed\n${diffText(before, after[at] as Json)}`));
    }
  }
  return errors;
}
