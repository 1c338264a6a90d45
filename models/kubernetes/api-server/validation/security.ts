/**
 * Validation of security contexts of pods and containers.
 * Upstream: pkg/apis/core/validation/validation.go (ValidateSecurityContext, validatePodSpecSecurityContext).
 */
import type { Json } from '../defaults/fill.ts';
import { duplicate, invalidValue, notSupported, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';
import { rangeText, SUBDOMAIN_MAX } from './name.ts';
import { descendingPath } from './path.ts';
import { validateWindowsOptions } from './windows.ts';

/** A pointer as Go prints it; addresses differ from run to run. */
const pointer = (type: string, value: unknown): string => `(*${type})(${value === undefined ? 'nil' : '0xc000000000'})`;

/** IsValidUserID and IsValidGroupID. */
const identifier = (value: number | undefined, path: string): FieldError[] =>
  value !== undefined && (value < 0 || value > 2147483647) ? [invalidValue(path, value, rangeText(0, 2147483647))] : [];

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

/** validateSeccompProfileField. */
function validateSeccomp(profile: Json | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile: local } = profile;
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, PROFILE_TYPES));
  if (type === 'Localhost') {
    if (local === undefined) return [...errors, required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')];
    return [...errors, ...descendingPath(local, `${path}.localhostProfile`)];
  }
  if (local === undefined) return errors;
  const shown = literal(`core.SeccompProfile{Type:${goQuote(type)}, LocalhostProfile:${pointer('string', local)}}`);
  return [...errors, invalidValue(`${path}.localhostProfile`, shown, 'can only be set when seccomp type is Localhost')];
}

/** Longest path of the kernel without its end. */
const PROFILE_MAX = 4095;

/** The name of a profile on the node. */
function validateLocalProfile(local: string | undefined, path: string): FieldError[] {
  if (local === undefined || local === '') return [required(path, 'must be set when AppArmor type is Localhost')];
  const errors: FieldError[] = [];
  if (local.trim() !== local) errors.push(invalidValue(path, local, 'must not be padded with whitespace'));
  if (local.length > PROFILE_MAX) errors.push(tooLong(path, PROFILE_MAX));
  return errors;
}

/** ValidateAppArmorProfileField. */
function validateAppArmor(profile: Json | undefined, path: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile: local } = profile;
  if (type === '') return [required(`${path}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILE_TYPES.includes(type)) return [notSupported(`${path}.type`, type, PROFILE_TYPES)];
  if (type === 'Localhost') return validateLocalProfile(local, `${path}.localhostProfile`);
  return local === undefined ? [] : [invalidValue(`${path}.localhostProfile`, local, 'can only be set when AppArmor type is Localhost')];
}

/** The fields of a container's security context with their Go types, in Go's order. */
const CONTEXT_FIELDS: readonly (readonly [name: string, type: string])[] = [
  ['capabilities', 'core.Capabilities'], ['privileged', 'bool'], ['seLinuxOptions', 'core.SELinuxOptions'],
  ['windowsOptions', 'core.WindowsSecurityContextOptions'], ['runAsUser', 'int64'], ['runAsGroup', 'int64'], ['runAsNonRoot', 'bool'],
  ['readOnlyRootFilesystem', 'bool'], ['allowPrivilegeEscalation', 'bool'], ['procMount', 'core.ProcMountType'],
  ['seccompProfile', 'core.SeccompProfile'], ['appArmorProfile', 'core.AppArmorProfile'],
];

/** `core.SecurityContext{...}`. */
function contextText(context: Json): Literal {
  const fields = CONTEXT_FIELDS.map(([name, type]) => {
    const goName = name === 'seLinuxOptions' ? 'SELinuxOptions' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return `${goName}:${pointer(type, context[name])}`;
  });
  return literal(`core.SecurityContext{${fields.join(', ')}}`);
}

/** A context without escalation cannot hold what escalates. */
function validateEscalation(context: Json, path: string): FieldError[] {
  if (context['allowPrivilegeEscalation'] !== false) return [];
  const added = (context['capabilities']?.['add'] as string[] | undefined) ?? [];
  const refuse = (what: string): FieldError => invalidValue(path, contextText(context), `cannot set \`allowPrivilegeEscalation\` to false and ${what}`);
  return [
    ...(context['privileged'] === true ? [refuse('`privileged` to true')] : []),
    ...added.filter((name) => name === 'CAP_SYS_ADMIN').map(() => refuse('`capabilities.Add` CAP_SYS_ADMIN')),
  ];
}

/** A container's security context. */
export function validateSecurityContext(context: Json | undefined, hostUsers: boolean | undefined, path: string): FieldError[] {
  if (context === undefined) return [];
  const errors = [...identifier(context['runAsUser'], `${path}.runAsUser`), ...identifier(context['runAsGroup'], `${path}.runAsGroup`)];
  const mount = context['procMount'] as string | undefined;
  if (mount !== undefined && mount !== 'Default' && mount !== 'Unmasked') errors.push(notSupported(`${path}.procMount`, mount, ['Default', 'Unmasked']));
  if (mount === 'Unmasked' && hostUsers !== false) errors.push(invalidValue(`${path}.procMount`, mount, '`hostUsers` must be false to use `Unmasked`'));
  errors.push(...validateSeccomp(context['seccompProfile'], `${path}.seccompProfile`), ...validateEscalation(context, path));
  errors.push(...validateWindowsOptions(context['windowsOptions'], `${path}.windowsOptions`));
  return [...errors, ...validateAppArmor(context['appArmorProfile'], `${path}.appArmorProfile`)];
}

const SYSCTL_PART = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = new RegExp(`^(${SYSCTL_PART}[\\./])*${SYSCTL_PART}$`);
const SYSCTL_TEXT = `must have at most ${SUBDOMAIN_MAX} characters and match regex ^(${SYSCTL_PART}[\\./])*${SYSCTL_PART}$`;

const IPC_SYSCTL = /^(kernel\.sem$|kernel\.shm|kernel\.msg|fs\.mqueue\.)/;

/** NormalizeName: where a slash comes first, slashes separate and dots belong to names. */
function dotted(name: string): string {
  const first = name.search(/[./]/);
  return name[first] === '/' ? name.replaceAll(/[./]/g, (char) => (char === '/' ? '.' : '/')) : name;
}

/** ValidateHostSysctl: what a pod shares with its host is the host's to set. */
function validateHostSysctl(name: string, spec: Json, path: string): FieldError[] {
  const setting = dotted(name);
  if (spec['hostNetwork'] === true && setting.startsWith('net.')) return [invalidValue(path, name, "may not be specified when 'hostNetwork' is true")];
  return spec['hostIPC'] === true && IPC_SYSCTL.test(setting) ? [invalidValue(path, name, "may not be specified when 'hostIPC' is true")] : [];
}

/** validateSysctls. */
function validateSysctls(sysctls: readonly Json[], spec: Json, path: string): FieldError[] {
  const names = new Set<string>();
  return sysctls.flatMap((sysctl, at) => {
    const here = `${path}[${at}].name`;
    const name = (sysctl['name'] as string | undefined) ?? '';
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(here));
    else if (name.length > SUBDOMAIN_MAX || !SYSCTL.test(name)) errors.push(invalidValue(here, name, SYSCTL_TEXT));
    else if (names.has(name)) errors.push(duplicate(here, name));
    names.add(name);
    return [...errors, ...validateHostSysctl(name, spec, here)];
  });
}

/** A pod's security context, with what depends on host namespaces. */
export function validatePodSecurityContext(spec: Json, path: string): FieldError[] {
  const context = (spec['securityContext'] as Json | undefined) ?? {};
  const errors: FieldError[] = [];
  for (const name of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) {
    if (context[name] !== undefined) errors.push(...identifier(context[name], `${path}.${name}`));
  }
  ((context['supplementalGroups'] as number[] | undefined) ?? []).forEach((group, at) => {
    errors.push(...identifier(group, `${path}.supplementalGroups[${at}]`));
  });
  if (spec['shareProcessNamespace'] === true && spec['hostPID'] === true) {
    errors.push(invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  if (context['sysctls'] !== undefined) errors.push(...validateSysctls(context['sysctls'], spec, `${path}.sysctls`));
  const policy = context['fsGroupChangePolicy'] as string | undefined;
  if (policy !== undefined && policy !== 'OnRootMismatch' && policy !== 'Always') {
    errors.push(notSupported(`${path}.fsGroupChangePolicy`, policy, ['Always', 'OnRootMismatch']));
  }
  errors.push(...validateSeccomp(context['seccompProfile'], `${path}.seccompProfile`), ...validateWindowsOptions(context['windowsOptions'], `${path}.windowsOptions`));
  return [...errors, ...validateAppArmor(context['appArmorProfile'], `${path}.appArmorProfile`)];
}
