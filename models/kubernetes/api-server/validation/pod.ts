/**
 * Validation of Pods and pod templates on creation.
 *
 * Checks run in upstream's order, since messages list causes in that order; parts that a spec does not have cost one
 * comparison each. Upstream: pkg/apis/core/validation/validation.go (ValidatePodSpec, ValidatePodTemplateSpec).
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { validateAppArmorMatch, validatePodAnnotations, validateSeccompMatch } from './annotation.ts';
import { validateContainers, validateEphemeralContainers, hasImageSpace, validateHostNetwork, validateImageSpace } from './container.ts';
import type { PodScope } from './container.ts';
import { validateDns, validateHostAliases } from './dns.ts';
import { validateAnnotations, validateLabels } from './metadata.ts';
import { labelErrors, rangeText, subdomainErrors } from './name.ts';
import { validateRequirements } from './quantity.ts';
import { validateAffinity, validateGates, validateReadinessGates, validateSpread, validateTolerations } from './scheduling.ts';
import { validatePodSecurityContext } from './security.ts';
import { validateVolumes } from './volume.ts';
import { validateHostProcess, validateOS } from './windows.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
/** In upstream's order. */
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

const list = (value: unknown): readonly Json[] => (value as Json[] | undefined) ?? [];

const nameField = (value: string | undefined, path: string, rule: (value: string) => readonly string[]): FieldError[] =>
  value === undefined || value === '' ? [] : rule(value).map((text) => invalidValue(path, value, text));

/** validatePodResourceClaims. */
function validateResourceClaims(claims: readonly Json[], path: string): FieldError[] {
  if (claims.length === 0) return [];
  const names = new Set<string>();
  return claims.flatMap((claim, at) => {
    const here = `${path}[${at}]`;
    const { name = '', resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${here}.name`));
    else if (names.has(name)) errors.push(duplicate(`${here}.name`, name));
    else errors.push(...nameField(name, `${here}.name`, labelErrors));
    names.add(name);
    const shown = literal(`core.PodResourceClaim{Name:${goQuote(name)}, ResourceClaimName:${stringPointer(own)}, ResourceClaimTemplateName:${stringPointer(template)}}`);
    if (own !== undefined && template !== undefined) errors.push(invalidValue(here, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    if (own === undefined && template === undefined) errors.push(invalidValue(here, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    for (const [field, value] of [['resourceClaimName', own], ['resourceClaimTemplateName', template]] as const) {
      if (value !== undefined) errors.push(...subdomainErrors(value).map((text) => invalidValue(`${here}.${field}`, value, text)));
    }
    return errors;
  });
}

const stringPointer = (value: unknown): string => `(*string)(${value === undefined ? 'nil' : '0xc000000000'})`;

/** One of some words, which is needed. */
function validateWord(value: string | undefined, supported: readonly string[], path: string): FieldError[] {
  if (value === undefined || value === '') return [required(path)];
  return supported.includes(value) ? [] : [notSupported(path, value, supported)];
}

/** Containers against the volumes and claims of the pod. */
function validateUnits(spec: Json, podName: string | undefined, path: string): FieldError[] {
  const volumes = validateVolumes(spec['volumes'], podName ?? '', `${path}.volumes`);
  const claims = list(spec['resourceClaims']);
  const scope: PodScope = {
    volumes: volumes.usable,
    claims: claims.map((claim) => (claim['name'] as string | undefined) ?? '').filter((name) => name !== ''),
    gracePeriod: spec['terminationGracePeriodSeconds'],
    hostUsers: spec['hostUsers'],
  };
  const { errors } = volumes;
  errors.push(...validateResourceClaims(claims, `${path}.resourceClaims`), ...validateContainers(spec, scope, path));
  if (spec['ephemeralContainers'] !== undefined) errors.push(...validateEphemeralContainers(spec, scope, `${path}.ephemeralContainers`));
  if (spec['hostNetwork'] === true) errors.push(...validateHostNetwork(spec, podName !== undefined, path));
  return errors;
}

/** ValidatePodSpec. `path` is `spec` or `spec.template.spec`; `podName` is there where the spec is that of a Pod. */
export function validatePodSpec(spec: Json, podName: string | undefined, path: string): FieldError[] {
  const errors = validateUnits(spec, podName, path);
  errors.push(...validateWord(spec['restartPolicy'], RESTART_POLICIES, `${path}.restartPolicy`), ...validateWord(spec['dnsPolicy'], DNS_POLICIES, `${path}.dnsPolicy`));
  if (spec['nodeSelector'] !== undefined) errors.push(...validateLabels(spec['nodeSelector'], `${path}.nodeSelector`));
  errors.push(...validatePodSecurityContext(spec, `${path}.securityContext`));
  if (spec['affinity'] !== undefined) errors.push(...validateAffinity(spec['affinity'], `${path}.affinity`));
  errors.push(...validateDns(spec, `${path}.dnsConfig`));
  if (spec['readinessGates'] !== undefined) errors.push(...validateReadinessGates(spec['readinessGates'], `${path}.readinessGates`));
  if (spec['schedulingGates'] !== undefined) errors.push(...validateGates(spec['schedulingGates'], `${path}.schedulingGates`));
  if (spec['topologySpreadConstraints'] !== undefined) errors.push(...validateSpread(spec['topologySpreadConstraints'], `${path}.topologySpreadConstraints`));
  errors.push(...validateHostProcess(spec, path));
  errors.push(...nameField(spec['serviceAccountName'], `${path}.serviceAccountName`, subdomainErrors));
  errors.push(...nameField(spec['nodeName'], `${path}.nodeName`, subdomainErrors));
  const deadline = spec['activeDeadlineSeconds'] as number | undefined;
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, rangeText(1, 2147483647)));
  }
  errors.push(...nameField(spec['hostname'], `${path}.hostname`, labelErrors), ...nameField(spec['subdomain'], `${path}.subdomain`, labelErrors));
  errors.push(...validateTolerations(spec['tolerations'], `${path}.tolerations`));
  if (spec['hostAliases'] !== undefined) errors.push(...validateHostAliases(spec['hostAliases'], `${path}.hostAliases`));
  errors.push(...nameField(spec['priorityClassName'], `${path}.priorityClassName`, subdomainErrors));
  const runtime = spec['runtimeClassName'] as string | undefined;
  if (runtime !== undefined) errors.push(...subdomainErrors(runtime).map((text) => invalidValue(`${path}.runtimeClassName`, runtime, text)));
  if (spec['preemptionPolicy'] !== undefined) errors.push(...validateWord(spec['preemptionPolicy'], PREEMPTION_POLICIES, `${path}.preemptionPolicy`));
  if (spec['overhead'] !== undefined) errors.push(...validateRequirements({ limits: spec['overhead'] }, [], `${path}.overhead`));
  if (spec['os'] !== undefined) errors.push(...validateOS(spec, path));
  return errors;
}

/** A token needs an account. */
function validateTokens(spec: Json): FieldError[] {
  if ((spec['serviceAccountName'] ?? '') !== '') return [];
  return list(spec['volumes']).flatMap((volume, at) =>
    list(volume['projected']?.['sources']).flatMap((source, sourceAt) =>
      source['serviceAccountToken'] === undefined
        ? []
        : [forbiddenValue(`spec.volumes[${at}].projected.sources[${sourceAt}].serviceAccountToken`, 'must not be specified when serviceAccountName is not set')],
    ),
  );
}

const UNITS = ['containers', 'initContainers'] as const;

/** validatePodMetadataAndSpec, without the metadata that all kinds have. */
export function validatePod(pod: KubeObject): FieldError[] {
  const spec = (pod['spec'] as Json | undefined) ?? {};
  const errors = validatePodAnnotations(pod.metadata.annotations, spec, 'metadata.annotations');
  errors.push(...validatePodSpec(spec, pod.metadata.name ?? '', 'spec'), ...validateTokens(spec));
  for (const field of UNITS) {
    list(spec[field]).forEach((container, at) => {
      if (hasImageSpace(container)) errors.push(...validateImageSpace(container, `spec.${field}[${at}]`));
    });
  }
  return errors;
}

/** Pod on creation; metadata is validated by the caller. */
export function validatePodCreate(pod: KubeObject): FieldError[] {
  const spec = (pod['spec'] as Json | undefined) ?? {};
  const errors = validatePod(pod);
  if (list(spec['ephemeralContainers']).length > 0) errors.push(forbiddenValue('spec.ephemeralContainers', 'cannot be set on create'));
  if ((spec['nodeName'] ?? '') !== '' && list(spec['schedulingGates']).length > 0) {
    errors.push(forbiddenValue('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  const { annotations } = pod.metadata;
  if (annotations !== undefined) errors.push(...validateSeccompMatch(annotations, spec, 'spec'), ...validateAppArmorMatch(annotations, spec, 'spec'));
  return errors;
}

/** ValidatePodTemplateSpec. */
export function validateTemplate(template: Json | undefined, path: string): FieldError[] {
  const spec = (template?.['spec'] as Json | undefined) ?? {};
  const { labels, annotations } = (template?.['metadata'] as Json | undefined) ?? {};
  const errors = [...validateLabels(labels, `${path}.labels`), ...validateAnnotations(annotations, `${path}.annotations`)];
  errors.push(...validatePodAnnotations(annotations, spec, `${path}.annotations`), ...validatePodSpec(spec, undefined, `${path}.spec`));
  errors.push(...validateSeccompMatch(annotations, spec, `${path}.spec`));
  if (list(spec['ephemeralContainers']).length > 0) errors.push(forbiddenValue(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'));
  return errors;
}
