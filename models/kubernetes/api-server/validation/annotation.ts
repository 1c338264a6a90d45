/**
 * Validation of annotations that mean something for a pod, and of fields that took their place.
 * Upstream: pkg/apis/core/validation/validation.go (ValidatePodSpecificAnnotations, ValidatePodSpecificAnnotationUpdates, ...).
 */
import type { Json } from '../defaults/fill.ts';
import { forbiddenValue, invalidValue } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote } from '../status/go-format.ts';
import { descendingPath } from './path.ts';
import { visitContainers } from './windows.ts';

type Annotations = Readonly<Record<string, string>> | undefined;

const MIRROR = 'kubernetes.io/config.mirror';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const LOCALHOST = 'localhost/';
const COST_MAX = 2 ** 31;

/** GetDeletionCostFromPodAnnotations: 32 bits, without plus sign or leading zeros. */
function isDeletionCost(text: string): boolean {
  if (!/^(-\d+|0|[1-9]\d*)$/.test(text)) return false;
  return Number(text) < COST_MAX && Number(text) >= -COST_MAX;
}

/** ValidateSeccompProfile. */
function validateSeccomp(profile: string, path: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
  if (profile.startsWith(LOCALHOST)) return descendingPath(profile.slice(LOCALHOST.length), path);
  return [invalidValue(path, profile, 'must be a valid seccomp profile')];
}

/** ValidateAppArmorPodAnnotations, for one of them. */
function validateAppArmor(key: string, profile: string, spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = key.slice(APP_ARMOR.length);
  let isKnown = false;
  visitContainers(spec, '', (container) => (isKnown ||= container['name'] === name));
  if (!isKnown) errors.push(invalidValue(`${path}[${key}]`, name, 'container not found'));
  const isProfile = ['', 'runtime/default', 'unconfined'].includes(profile) || profile.startsWith(LOCALHOST);
  return isProfile ? errors : [...errors, invalidValue(`${path}[${key}]`, profile, `invalid AppArmor profile name: ${goQuote(profile)}`)];
}

/** ValidatePodSpecificAnnotations. */
export function validatePodAnnotations(annotations: Annotations, spec: Json, path: string): FieldError[] {
  if (annotations === undefined) return [];
  const { [MIRROR]: mirror, [DELETION_COST]: cost, [SECCOMP_POD]: seccomp } = annotations;
  const errors: FieldError[] = [];
  if (mirror !== undefined && (spec['nodeName'] ?? '') === '') errors.push(invalidValue(`${path}[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  if (cost !== undefined && !isDeletionCost(cost)) errors.push(invalidValue(`${path}[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
  if (seccomp !== undefined) errors.push(...validateSeccomp(seccomp, `${path}.${SECCOMP_POD}`));
  for (const key in annotations) if (key.startsWith(SECCOMP_CONTAINER)) errors.push(...validateSeccomp(annotations[key] ?? '', `${path}.${key}`));
  for (const key in annotations) if (key.startsWith(APP_ARMOR)) errors.push(...validateAppArmor(key, annotations[key] ?? '', spec, path));
  return errors;
}

/** ValidatePodSpecificAnnotationUpdates, apart from the annotations themselves: some stay as they are. */
export function validatePodAnnotationChanges(next: Annotations, old: Annotations, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in old) {
    if (next?.[key] === old[key]) continue;
    if (key.startsWith(APP_ARMOR)) errors.push(forbiddenValue(`${path}[${key}]`, 'may not remove or update AppArmor annotations'));
    if (key === MIRROR) errors.push(forbiddenValue(`${path}[${key}]`, 'may not remove or update mirror pod annotation'));
  }
  for (const key in next) {
    if (old?.[key] !== undefined) continue;
    if (key.startsWith(APP_ARMOR)) errors.push(forbiddenValue(`${path}[${key}]`, 'may not add AppArmor annotations'));
    if (key === MIRROR) errors.push(forbiddenValue(`${path}[${key}]`, 'may not add mirror pod annotation'));
  }
  return errors;
}

/** What the annotation has to say about a profile of the given type. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = { Unconfined: ['unconfined'], RuntimeDefault: ['runtime/default', 'docker/default'] };

function validateMatch(annotation: string | undefined, profile: Json | undefined, name: 'seccomp' | 'apparmor', path: string): FieldError[] {
  if (annotation === undefined || profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const differs = (field: string, what: string): FieldError[] => [forbiddenValue(`${path}.${field}`, `${name} ${what} in annotation and field must match`)];
  if (type === 'Localhost') {
    if (!annotation.startsWith(LOCALHOST)) return differs('type', 'type');
    return annotation.slice(LOCALHOST.length) === localhostProfile ? [] : differs('localhostProfile', 'profile');
  }
  const expected = EXPECTED[type];
  const isSame = expected === undefined || (expected.includes(annotation) && (name === 'seccomp' || annotation !== 'docker/default'));
  return isSame ? [] : differs('type', 'type');
}

/** validateSeccompAnnotationsAndFields. */
export function validateSeccompMatch(annotations: Annotations, spec: Json, path: string): FieldError[] {
  if (annotations === undefined) return [];
  const errors = validateMatch(annotations[SECCOMP_POD], spec['securityContext']?.['seccompProfile'], 'seccomp', `${path}.securityContext.seccompProfile`);
  visitContainers(spec, path, (container, here) => {
    const annotation = annotations[`${SECCOMP_CONTAINER}${container['name']}`];
    errors.push(...validateMatch(annotation, container['securityContext']?.['seccompProfile'], 'seccomp', `${here}.securityContext.seccompProfile`));
  });
  return errors;
}

/** validateAppArmorAnnotationsAndFieldsMatchOnCreate; a container without profile has that of its pod. */
export function validateAppArmorMatch(annotations: Annotations, spec: Json, path: string): FieldError[] {
  if (annotations === undefined || spec['os']?.['name'] === 'windows') return [];
  const errors: FieldError[] = [];
  visitContainers(spec, path, (container, here) => {
    const profile = container['securityContext']?.['appArmorProfile'] ?? spec['securityContext']?.['appArmorProfile'];
    errors.push(...validateMatch(annotations[`${APP_ARMOR}${container['name']}`], profile, 'apparmor', `${here}.securityContext.appArmorProfile`));
  });
  return errors;
}
