/**
 * Validation of security contexts of pods and containers.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateSecurityContext, ValidatePodSecurityContext).
 */
import type { Json } from '../defaults/fill.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goSyntax, literal } from '../status/go-format.ts';
import { rangeText } from './name.ts';
import { descendingPath } from './volume.ts';

/** IsValidUserID and IsValidGroupID. */
const identifier = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && (value < 0 || value > 2147483647) ? [invalidValue(path, value, rangeText(0, 2147483647))] : [];

function validateSeccomp(profile: Json | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: local } = profile;
  if (type === undefined || type === '') return [required(`${path}.type`, 'type is required when seccompProfile is set')];
  if (type === 'Localhost') {
    return local === undefined
      ? [required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')]
      : descendingPath(local, `${path}.localhostProfile`);
  }
  if (local !== undefined) return [invalidValue(`${path}.localhostProfile`, local, 'can only be set when seccomp type is Localhost')];
  const supported = ['Localhost', 'RuntimeDefault', 'Unconfined'];
  return supported.includes(type) ? [] : [notSupported(`${path}.type`, type, supported)];
}

function validateAppArmor(profile: Json | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: local } = profile;
  if (type === 'Localhost') return local === undefined ? [required(`${path}.localhostProfile`, 'must be set when AppArmor type is Localhost')] : [];
  if (local !== undefined) return [invalidValue(`${path}.localhostProfile`, local, 'can only be set when AppArmor type is Localhost')];
  if (type === undefined || type === '') return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  const supported = ['Localhost', 'RuntimeDefault', 'Unconfined'];
  return supported.includes(type) ? [] : [notSupported(`${path}.type`, type, supported)];
}

/** A container's security context. */
export function validateSecurityContext(context: Json | undefined, hostUsers: boolean | undefined, path: string): FieldError[] {
  if (context === undefined) return [];
  const errors: FieldError[] = [];
  errors.push(...identifier(context['runAsUser'], `${path}.runAsUser`), ...identifier(context['runAsGroup'], `${path}.runAsGroup`));
  const mount = context['procMount'] as string | undefined;
  if (mount !== undefined && mount !== 'Default' && mount !== 'Unmasked') {
    errors.push(notSupported(`${path}.procMount`, mount, ['Default', 'Unmasked']));
  }
  if (mount === 'Unmasked' && hostUsers !== false) {
    errors.push(invalidValue(`${path}.procMount`, mount, '`hostUsers` must be false to use `Unmasked`'));
  }
  errors.push(...validateSeccomp(context['seccompProfile'], `${path}.seccompProfile`));
  if (context['allowPrivilegeEscalation'] === false) {
    if (context['privileged'] === true) {
      errors.push(invalidValue(path, literal(goSyntax(context)), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    }
    const added = (context['capabilities']?.['add'] as string[] | undefined) ?? [];
    if (added.includes('CAP_SYS_ADMIN') || added.includes('SYS_ADMIN')) {
      errors.push(invalidValue(path, literal(goSyntax(context)), 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
    }
  }
  return [...errors, ...validateAppArmor(context['appArmorProfile'], `${path}.appArmorProfile`)];
}

const SYSCTL = /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/;

/** A pod's security context, with what depends on host namespaces. */
export function validatePodSecurityContext(spec: Json, path: string): FieldError[] {
  const context = spec['securityContext'] as Json | undefined;
  if (context === undefined) return [];
  const errors: FieldError[] = [];
  for (const name of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) errors.push(...identifier(context[name], `${path}.${name}`));
  ((context['supplementalGroups'] as number[] | undefined) ?? []).forEach((group, at) => {
    errors.push(...identifier(group, `${path}.supplementalGroups[${at}]`));
  });
  if (spec['shareProcessNamespace'] === true && spec['hostPID'] === true) {
    errors.push(invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  const names = new Set<string>();
  ((context['sysctls'] as Json[] | undefined) ?? []).forEach((sysctl, at) => {
    const here = `${path}.sysctls[${at}].name`;
    const name = (sysctl['name'] as string | undefined) ?? '';
    if (name === '') errors.push(required(here));
    else if (!SYSCTL.test(name)) errors.push(invalidValue(here, name, `must have at most 253 characters and match regex ${SYSCTL.source}`));
    else if (names.has(name)) errors.push({ type: 'FieldValueDuplicate', field: here, value: name, detail: '' });
    names.add(name);
  });
  const policy = context['fsGroupChangePolicy'] as string | undefined;
  if (policy !== undefined && policy !== 'OnRootMismatch' && policy !== 'Always') {
    errors.push(notSupported(`${path}.fsGroupChangePolicy`, policy, ['Always', 'OnRootMismatch']));
  }
  errors.push(...validateSeccomp(context['seccompProfile'], `${path}.seccompProfile`));
  if (spec['os']?.['name'] === 'windows') {
    for (const name of ['runAsUser', 'runAsGroup', 'fsGroup', 'seLinuxOptions', 'sysctls', 'seccompProfile'] as const) {
      if (context[name] !== undefined) errors.push(forbiddenValue(`${path}.${name}`, 'cannot be set for a windows pod'));
    }
  }
  return [...errors, ...validateAppArmor(context['appArmorProfile'], `${path}.appArmorProfile`)];
}
