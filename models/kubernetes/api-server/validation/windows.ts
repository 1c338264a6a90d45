/**
 * Validation of what belongs to one operating system: the pod's OS, and options of Windows.
 * Upstream: pkg/apis/core/validation/validation.go (validateOS, validateWindows, validateWindowsSecurityContextOptions, ...).
 */
import type { Json } from '../defaults/fill.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { subdomainErrors } from './name.ts';

const SPEC_LENGTH = 64 * 1024;
const DOMAIN_LENGTH = 256;
const USER_LENGTH = 104;
const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const DNS = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);

const UNITS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Calls `visit` with every container and its path: init containers, containers, ephemeral containers. */
export function visitContainers(spec: Json, path: string, visit: (container: Json, path: string) => void): void {
  for (const field of UNITS) (spec[field] as Json[] | undefined)?.forEach((container, at) => visit(container, `${path}.${field}[${at}]`));
}

function userNameTexts(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (/\p{Cc}/u.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? parts[0] : undefined;
  const texts: string[] = [];
  if ((domain ?? '').length >= DOMAIN_LENGTH) texts.push(`runAsUserName's Domain length must be under ${DOMAIN_LENGTH} characters`);
  if (domain !== undefined && !NET_BIOS.test(domain) && !DNS.test(domain)) texts.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') texts.push("runAsUserName's User cannot be empty");
  else if (user.length > USER_LENGTH) texts.push(`runAsUserName's User length must not be longer than ${USER_LENGTH} characters`);
  if (/^[. ]+$/.test(user)) texts.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) texts.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return texts;
}

/** validateWindowsSecurityContextOptions. */
export function validateWindowsOptions(options: Json | undefined, path: string): FieldError[] {
  if (options === undefined) return [];
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName: userName } = options;
  const errors: FieldError[] = [];
  if (specName !== undefined) for (const text of subdomainErrors(specName)) errors.push(invalidValue(`${path}.gmsaCredentialSpecName`, specName, text));
  if (spec === '') errors.push(invalidValue(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'));
  else if (spec !== undefined && spec.length > SPEC_LENGTH) errors.push(invalidValue(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec size must be under 64 KiB'));
  if (userName !== undefined) for (const text of userNameTexts(userName)) errors.push(invalidValue(`${path}.runAsUserName`, userName, text));
  return errors;
}

const hasWindowsOptions = (holder: Json): boolean => holder['securityContext']?.['windowsOptions'] !== undefined;

/** validateWindowsHostProcessPod: all containers or none, and then on the host's network. */
export function validateHostProcess(spec: Json, path: string): FieldError[] {
  if (!hasWindowsOptions(spec) && !UNITS.some((field) => (spec[field] as Json[] | undefined)?.some(hasWindowsOptions))) return [];
  const errors: FieldError[] = [];
  const ofPod = spec['securityContext']?.['windowsOptions']?.['hostProcess'] as boolean | undefined;
  let count = 0;
  let hostCount = 0;
  visitContainers(spec, path, (container, here) => {
    const own = container['securityContext']?.['windowsOptions']?.['hostProcess'] as boolean | undefined;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      errors.push(invalidValue(`${here}.securityContext.windowsOptions.hostProcess`, own, `pod hostProcess value must be identical if both are specified, was ${ofPod}`));
    }
    count++;
    if (own ?? ofPod ?? false) hostCount++;
  });
  if (hostCount === 0) return errors;
  if (hostCount !== count) errors.push(invalidValue(path, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (spec['hostNetwork'] !== true) errors.push(invalidValue(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'));
  return errors;
}

const NOT_ON_WINDOWS = 'cannot be set for a windows pod';
/** Fields of a pod that are none on Windows, with `true` where only a set flag counts; in upstream's order. */
const POD_FIELDS: readonly (readonly [field: string, isFlag?: true])[] = [
  ['securityContext.appArmorProfile'], ['securityContext.seLinuxOptions'], ['hostUsers'], ['hostPID', true], ['hostIPC', true],
  ['securityContext.seccompProfile'], ['securityContext.fsGroup'], ['securityContext.fsGroupChangePolicy'], ['securityContext.sysctls'],
  ['shareProcessNamespace'], ['securityContext.runAsUser'], ['securityContext.runAsGroup'], ['securityContext.supplementalGroups'],
  ['securityContext.supplementalGroupsPolicy'], ['securityContext.seLinuxChangePolicy'],
];
const CONTAINER_FIELDS = [
  'appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation',
  'procMount', 'runAsUser', 'runAsGroup',
];

/** validateWindows. */
function validateWindows(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [field, isFlag] of POD_FIELDS) {
    const value = field.split('.').reduce<Json | undefined>((at, name) => at?.[name], spec) as unknown;
    if (value !== undefined && (isFlag !== true || value === true)) errors.push(forbiddenValue(`${path}.${field}`, NOT_ON_WINDOWS));
  }
  visitContainers(spec, path, (container, here) => {
    for (const field of CONTAINER_FIELDS) {
      if (container['securityContext']?.[field] !== undefined) errors.push(forbiddenValue(`${here}.securityContext.${field}`, NOT_ON_WINDOWS));
    }
  });
  return errors;
}

/** validateLinux. */
function validateLinux(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const check = (holder: Json, here: string): void => {
    if (holder['securityContext']?.['windowsOptions'] === undefined) return;
    errors.push(forbiddenValue(`${here}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'));
  };
  check(spec, path);
  visitContainers(spec, path, check);
  return errors;
}

/** validateOS, and what the OS rules out. */
export function validateOS(spec: Json, path: string): FieldError[] {
  if (spec['os'] === undefined) return [];
  const name = (spec['os']['name'] as string | undefined) ?? '';
  if (name === '') return [required(`${path}.os.name`, 'cannot be empty')];
  if (name === 'linux') return validateLinux(spec, path);
  return name === 'windows' ? validateWindows(spec, path) : [notSupported(`${path}.os`, name, ['linux', 'windows'])];
}
