/**
 * Validation of volumes whose files come from other objects: secrets, config maps, the downward API, and all of them.
 * Upstream: pkg/apis/core/validation/validation.go (validateKeyToPath, validateProjectionSources, ...).
 */
import type { Json } from '../defaults/fill.ts';
import { forbiddenValue, invalidValue, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goSyntax, literal } from '../status/go-format.ts';
import { validateLabelSelector } from './check.ts';
import { validateDownwardFile } from './downward.ts';
import { nameIsSubdomain } from './name.ts';
import { fileMode, nonReservedPath } from './path.ts';

const MINIMUM_SECONDS = 600;
const MAXIMUM_SECONDS = 2 ** 32;

const list = (value: unknown): readonly Json[] => (value as Json[] | undefined) ?? [];

/** validateKeyToPath. */
function validateKeyToPath(item: Json, path: string): FieldError[] {
  const { key = '', path: target = '', mode } = item;
  const errors = key === '' ? [required(`${path}.key`)] : [];
  errors.push(...(target === '' ? [required(`${path}.path`)] : nonReservedPath(target, `${path}.path`)));
  return [...errors, ...fileMode(mode, `${path}.mode`)];
}

/** A whole secret or config map as a volume; `nameField` is where its name is. */
export function validateKeyed(source: Json, nameField: string, path: string): FieldError[] {
  const errors = (source[nameField] ?? '') === '' ? [required(`${path}.${nameField}`)] : [];
  errors.push(...fileMode(source['defaultMode'], `${path}.defaultMode`));
  return [...errors, ...list(source['items']).flatMap((item, at) => validateKeyToPath(item, `${path}.items[${at}]`))];
}

/** validateDownwardAPIVolumeSource. */
export const validateDownward = (source: Json, path: string): FieldError[] => [
  ...fileMode(source['defaultMode'], `${path}.defaultMode`),
  ...list(source['items']).flatMap((item) => validateDownwardFile(item, path)),
];

function validateToken(token: Json, path: string, volumePath: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = (token['expirationSeconds'] as number | undefined) ?? 0;
  if (seconds < MINIMUM_SECONDS) errors.push(invalidValue(`${path}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > MAXIMUM_SECONDS) errors.push(invalidValue(`${path}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
  const target = (token['path'] as string | undefined) ?? '';
  return [...errors, ...(target === '' ? [required(`${volumePath}.path`)] : nonReservedPath(target, `${volumePath}.path`))];
}

function validateTrustBundle(bundle: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { name, signerName, labelSelector, path: target = '' } = bundle;
  if (name !== undefined && signerName !== undefined) errors.push(invalidValue(path, literal(goSyntax(bundle)), 'only one of name and signerName may be used'));
  else if (name !== undefined) {
    if (name === '') errors.push(required(`${path}.name`, 'must be a valid object name'));
    for (const text of nameIsSubdomain(name, false)) errors.push(invalidValue(`${path}.name`, name, `not a valid clustertrustbundlename: ${text}`));
    if (labelSelector !== undefined) errors.push(invalidValue(`${path}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'));
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(`${path}.signerName`, 'must be a valid signer name'));
    errors.push(...validateLabelSelector(labelSelector, `${path}.labelSelector`));
  } else errors.push(required(path, 'either name or signerName must be specified'));
  if (target === '') errors.push(required(`${path}.path`));
  return [...errors, ...nonReservedPath(target, `${path}.path`)];
}

/** validateProjectedVolumeSource; no two sources may write the same file. */
export function validateProjected(source: Json, path: string): FieldError[] {
  const errors = fileMode(source['defaultMode'], `${path}.defaultMode`);
  const paths = new Set<string>();
  const claim = (target: string | undefined, shown: string): void => {
    if (target === undefined || target === '') return;
    if (paths.has(target)) errors.push(invalidValue(path, shown, 'conflicting duplicate paths'));
    paths.add(target);
  };
  list(source['sources']).forEach((part, at) => {
    const here = `${path}.sources[${at}]`;
    const { downwardAPI, serviceAccountToken, clusterTrustBundle } = part;
    for (const kind of ['secret', 'configMap'] as const) {
      const ref = part[kind] as Json | undefined;
      if (ref === undefined) continue;
      if ((ref['name'] ?? '') === '') errors.push(required(`${here}.${kind}.name`));
      list(ref['items']).forEach((item, itemAt) => {
        errors.push(...validateKeyToPath(item, `${here}.${kind}.items[${itemAt}]`));
        claim(item['path'], ref['name'] ?? '');
      });
    }
    for (const file of list(downwardAPI?.['items'])) {
      errors.push(...validateDownwardFile(file, `${here}.downwardAPI`));
      claim(file['path'], file['path']);
    }
    if (serviceAccountToken !== undefined) errors.push(...validateToken(serviceAccountToken, `${here}.serviceAccountToken`, path));
    if (clusterTrustBundle !== undefined) {
      errors.push(...validateTrustBundle(clusterTrustBundle, `${here}.clusterTrustBundle`));
      claim(clusterTrustBundle['path'], clusterTrustBundle['path']);
    }
    if (Object.keys(part).length > 1) errors.push(forbiddenValue(here, 'may not specify more than 1 volume type per source'));
  });
  return errors;
}
