/**
 * Validation of Pods and pod templates on creation.
 *
 * Checks run in upstream's order, since messages list causes in that order; parts that a spec does not have cost one
 * comparison each. Upstream: pkg/apis/core/validation/validation.go (ValidatePodSpec, ValidatePodTemplateSpec).
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import ipaddr from 'ipaddr.js';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { nonNegative } from './check.ts';
import { validateContainers, validateEphemeralContainers, validateHostNetwork } from './container.ts';
import type { PodScope } from './container.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { labelErrors, rangeText, subdomainErrors } from './name.ts';
import { validateResourceList } from './quantity.ts';
import { validateAffinity, validateGates, validateReadinessGates, validateSpread, validateTolerations } from './scheduling.ts';
import { validatePodSecurityContext } from './security.ts';
import { validateVolumes } from './volume.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];

function scopeOf(spec: Json): PodScope {
  const volumes = (spec['volumes'] as Json[] | undefined) ?? [];
  return {
    volumes: new Set(volumes.map((volume) => volume['name'] as string)),
    devices: new Set(volumes.filter((volume) => volume['persistentVolumeClaim'] !== undefined || volume['ephemeral'] !== undefined).map((volume) => volume['name'] as string)),
    claims: ((spec['resourceClaims'] as Json[] | undefined) ?? []).map((claim) => claim['name'] as string),
    gracePeriod: spec['terminationGracePeriodSeconds'],
    hostUsers: spec['hostUsers'],
  };
}

const nameField = (value: string | undefined, path: string, rule: (value: string) => readonly string[]): FieldError[] =>
  value === undefined || value === '' ? [] : rule(value).map((text) => invalidValue(path, value, text));

function validateDns(spec: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const config = spec['dnsConfig'] as Json | undefined;
  const servers = (config?.['nameservers'] as string[] | undefined) ?? [];
  if (spec['dnsPolicy'] === 'None') {
    if (config === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (servers.length === 0) return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  if (servers.length > 3) errors.push(invalidValue(`${path}.nameservers`, servers, 'must not have more than 3 nameservers'));
  servers.forEach((server, at) => {
    if (!ipaddr.isValid(server)) errors.push(invalidValue(`${path}.nameservers[${at}]`, server, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
  });
  const searches = (config?.['searches'] as string[] | undefined) ?? [];
  if (searches.length > 32) errors.push(invalidValue(`${path}.searches`, searches, 'must not have more than 32 search paths'));
  searches.forEach((search, at) => {
    const name = search.endsWith('.') ? search.slice(0, -1) : search;
    if (name !== '') for (const text of subdomainErrors(name)) errors.push(invalidValue(`${path}.searches[${at}]`, search, text));
  });
  ((config?.['options'] as Json[] | undefined) ?? []).forEach((option, at) => {
    if ((option['name'] ?? '') === '') errors.push(required(`${path}.options[${at}]`, 'must not be empty'));
  });
  return errors;
}

function validateHostAliases(aliases: readonly Json[] | undefined, path: string): FieldError[] {
  return (aliases ?? []).flatMap((alias, at) => {
    const errors = ipaddr.isValid(alias['ip'] ?? '') ? [] : [invalidValue(`${path}[${at}].ip`, alias['ip'] ?? '', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
    return [...errors, ...((alias['hostnames'] as string[] | undefined) ?? []).flatMap((name, nameAt) => subdomainErrors(name).map((text) => invalidValue(`${path}[${at}].hostnames[${nameAt}]`, name, text)))];
  });
}

/** ValidatePodSpec. `path` is `spec` or `spec.template.spec`. */
export function validatePodSpec(spec: Json, path: string): FieldError[] {
  const scope = scopeOf(spec);
  const errors = validateVolumes(spec['volumes'], `${path}.volumes`);
  errors.push(...validateContainers(spec, scope, path));
  if (spec['ephemeralContainers'] !== undefined) errors.push(...validateEphemeralContainers(spec, scope, `${path}.ephemeralContainers`));
  const restart = spec['restartPolicy'] as string | undefined;
  if (restart === undefined) errors.push(required(`${path}.restartPolicy`));
  else if (!RESTART_POLICIES.includes(restart)) errors.push(notSupported(`${path}.restartPolicy`, restart, RESTART_POLICIES));
  const dns = spec['dnsPolicy'] as string | undefined;
  if (dns === undefined) errors.push(required(`${path}.dnsPolicy`));
  else if (!DNS_POLICIES.includes(dns)) errors.push(notSupported(`${path}.dnsPolicy`, dns, DNS_POLICIES));
  if (spec['nodeSelector'] !== undefined) errors.push(...validateLabels(spec['nodeSelector'], `${path}.nodeSelector`));
  errors.push(...validateHostNetwork(spec, path), ...validatePodSecurityContext(spec, `${path}.securityContext`));
  ((spec['imagePullSecrets'] as Json[] | undefined) ?? []).forEach((secret, at) => {
    if ((secret['name'] ?? '') === '') errors.push(invalidValue(`${path}.imagePullSecrets[${at}]`, '', 'must not be empty'));
  });
  errors.push(...validateAffinity(spec['affinity'], `${path}.affinity`));
  errors.push(...validateDns(spec, `${path}.dnsConfig`));
  errors.push(...validateReadinessGates(spec['readinessGates'], `${path}.readinessGates`));
  errors.push(...validateGates(spec['schedulingGates'], `${path}.schedulingGates`));
  errors.push(...validateSpread(spec['topologySpreadConstraints'], `${path}.topologySpreadConstraints`));
  errors.push(...nameField(spec['serviceAccountName'], `${path}.serviceAccountName`, subdomainErrors));
  errors.push(...nameField(spec['nodeName'], `${path}.nodeName`, subdomainErrors));
  const deadline = spec['activeDeadlineSeconds'] as number | undefined;
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, rangeText(1, 2147483647)));
  }
  errors.push(...nameField(spec['hostname'], `${path}.hostname`, labelErrors), ...nameField(spec['subdomain'], `${path}.subdomain`, labelErrors));
  errors.push(...validateTolerations(spec['tolerations'], `${path}.tolerations`), ...validateHostAliases(spec['hostAliases'], `${path}.hostAliases`));
  errors.push(...nameField(spec['priorityClassName'], `${path}.priorityClassName`, subdomainErrors));
  errors.push(...nameField(spec['runtimeClassName'], `${path}.runtimeClassName`, subdomainErrors));
  const preemption = spec['preemptionPolicy'] as string | undefined;
  if (preemption !== undefined && preemption !== 'PreemptLowerPriority' && preemption !== 'Never') {
    errors.push(notSupported(`${path}.preemptionPolicy`, preemption, ['Never', 'PreemptLowerPriority']));
  }
  if (spec['overhead'] !== undefined) errors.push(...validateResourceList(spec['overhead'], `${path}.overhead`));
  const os = spec['os']?.['name'] as string | undefined;
  if (spec['os'] !== undefined && os !== 'linux' && os !== 'windows') {
    errors.push(os === undefined || os === '' ? required(`${path}.os.name`) : notSupported(`${path}.os`, os, ['linux', 'windows']));
  }
  return errors;
}

/** Pod on creation; metadata is validated by the caller. */
export function validatePodCreate(pod: KubeObject): FieldError[] {
  const spec = (pod['spec'] as Json | undefined) ?? {};
  const errors = validatePodSpec(spec, 'spec');
  errors.push(...nonNegative(spec['terminationGracePeriodSeconds'], 'spec.terminationGracePeriodSeconds'));
  if (((spec['ephemeralContainers'] as unknown[] | undefined)?.length ?? 0) > 0) errors.push(forbiddenValue('spec.ephemeralContainers', 'cannot be set on create'));
  if ((spec['nodeName'] ?? '') !== '' && ((spec['schedulingGates'] as unknown[] | undefined)?.length ?? 0) > 0) {
    errors.push(forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  return errors;
}

/** ValidatePodTemplateSpec. */
export function validateTemplate(template: Json | undefined, path: string): FieldError[] {
  const value = template ?? {};
  const errors = validateLabels(value['metadata']?.['labels'], `${path}.labels`);
  errors.push(...validateAnnotations(value['metadata']?.['annotations'], `${path}.annotations`));
  errors.push(...validatePodSpec((value['spec'] as Json | undefined) ?? {}, `${path}.spec`));
  if (((value['spec']?.['ephemeralContainers'] as unknown[] | undefined)?.length ?? 0) > 0) {
    errors.push(forbiddenValue(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}
