/**
 * Validation of a CustomResourceDefinition outside of its schemas.
 *
 * Paths are those of the internal type, as the real server prints them: what all versions share (always so for a single
 * version) is found under `spec.validation`, `spec.subresources` and `spec.additionalPrinterColumns`.
 * Source: apiextensions-apiserver/pkg/apis/apiextensions/{validation/validation.go,v1/conversion.go}.
 */
import { jsonEqual } from '../patch/json-value.ts';
import { forbiddenValue, index, invalidValue, notSupported, required, type FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { immutable, sameJson } from '../validation/check.ts';
import { validateServiceOrUrl } from '../validation/client-config.ts';
import { label1035Errors, subdomainErrors } from '../validation/name.ts';
import { isConditionTrue, type DefinedVersion, type Definition, type JsonSchema, type Names, type ScalePaths } from './definition.ts';
import { validateSchema } from './schema-validation.ts';
import { validateSelectableFields } from './selectable-validation.ts';

const CONVERSION_VERSIONS: readonly string[] = ['v1', 'v1beta1'];
const COLUMN_TYPES: readonly string[] = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS: readonly string[] = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

export function validateDefinition(definition: Definition): FieldError[] {
  const { names, group } = definition.spec;
  const { name = '' } = definition.metadata;
  const errors: FieldError[] = [];
  if (name !== '' && name !== `${names?.plural ?? ''}.${group ?? ''}`) errors.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  return [...errors, ...validateSpec(definition, undefined), ...afterSpec(definition, undefined)];
}

export function validateDefinitionUpdate(next: Definition, old: Definition): FieldError[] {
  const errors = sameJson(next.spec, old.spec) ? [] : validateSpec(next, old);
  if (isConditionTrue(old, 'Established')) {
    errors.push(...immutable(next.spec.scope, old.spec.scope, 'spec.scope'), ...immutable(next.spec.names?.kind, old.spec.names.kind, 'spec.names.kind'));
  }
  errors.push(...immutable(next.spec.group, old.spec.group, 'spec.group'), ...immutable(next.spec.names?.plural, old.spec.names.plural, 'spec.names.plural'));
  return [...errors, ...afterSpec(next, old)];
}

/** What every write checks once the spec is done. */
const afterSpec = (definition: Definition, old: Definition | undefined): FieldError[] => [
  ...validateDefinitionNames(definition.status.acceptedNames, 'status.acceptedNames'),
  ...storedVersionErrors(definition),
  ...preserveUnknownErrors(definition, old),
];

/** ValidateCustomResourceDefinitionStoredVersions. */
function storedVersionErrors({ spec, status }: Definition): FieldError[] {
  const path = 'status.storedVersions';
  const stored = status.storedVersions ?? [];
  if (stored.length === 0) return [invalidValue(path, literal('[]string(nil)'), 'must have at least one stored version')];
  const versions = spec.versions ?? [];
  const errors = versions
    .filter(({ storage, name }) => storage && !stored.includes(name))
    .map(({ name }) => invalidValue(path, stored, `must have the storage version ${name}`));
  stored.forEach((version, at) => {
    if (versions.some(({ name }) => name === version)) return;
    const text = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(invalidValue(index(path, at), version, text));
  });
  return errors;
}

/** validatePreserveUnknownFields. */
function preserveUnknownErrors({ spec }: Definition, old: Definition | undefined): FieldError[] {
  if (spec.preserveUnknownFields !== true || old?.spec.preserveUnknownFields === true) return [];
  return [invalidValue('spec.preserveUnknownFields', true, 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead')];
}

/** Whether a schema has a default anywhere. */
function hasDefaults(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { default: own, properties, additionalProperties, items, allOf, anyOf, oneOf, not } = schema as JsonSchema;
  return own !== undefined || [...Object.values(properties ?? {}), additionalProperties, items, ...(allOf ?? []), ...(anyOf ?? []), ...(oneOf ?? []), not].some(hasDefaults);
}

/** Whether all versions say the same in a field; then the internal type holds it once. */
const shared = (versions: readonly DefinedVersion[], field: 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'): boolean =>
  versions.every((version) => jsonEqual(version[field] ?? null, versions[0]?.[field] ?? null));

function validateSpec(definition: Definition, old: Definition | undefined): FieldError[] {
  const { spec } = definition;
  const { group = '', names, conversion } = spec;
  const versions = spec.versions ?? [];
  const errors: FieldError[] = [];
  if (group === '') errors.push(required('spec.group'));
  else if (subdomainErrors(group).length > 0) errors.push(invalidValue('spec.group', group, subdomainErrors(group).join(',')));
  else if (!group.includes('.')) errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  if (!spec.scope) errors.push(required('spec.scope'));
  else if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') errors.push(notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']));
  const hadSchemas = old === undefined || (old.spec.versions ?? []).every((version) => version.schema?.openAPIV3Schema !== undefined);
  if (hadSchemas) {
    versions.forEach((version, at) => {
      if (version.schema?.openAPIV3Schema === undefined) errors.push(required(`spec.versions[${at}].schema.openAPIV3Schema`, 'schemas are required'));
    });
  }
  if (spec.preserveUnknownFields === true && versions.some(({ schema }) => hasDefaults(schema?.openAPIV3Schema))) {
    errors.push(invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'));
  }
  versions.forEach((version, at) => errors.push(...validateVersion(version, at, versions)));
  const dump = literal('[]apiextensions.CustomResourceDefinitionVersion{...}');
  if (new Set(versions.map(({ name }) => name)).size !== versions.length) errors.push(invalidValue('spec.versions', dump, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1) errors.push(invalidValue('spec.versions', versions.length === 0 ? literal('[]apiextensions.CustomResourceDefinitionVersion(nil)') : dump, 'must have exactly one version marked as storage version'));
  // The internal type has a version of its own, which is the first of the list.
  const first = versions[0]?.name ?? '';
  if (first !== '' && label1035Errors(first).length > 0) errors.push(invalidValue('spec.version', first, label1035Errors(first).join(',')));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) if (!names?.[field]) errors.push(required(`spec.names.${field}`));
  errors.push(...validateDefinitionNames(names, 'spec.names'));
  errors.push(...validateShared(versions));
  if (spec.preserveUnknownFields === true && conversion !== undefined && conversion.strategy !== 'None') {
    errors.push(invalidValue('spec.conversion.strategy', conversion.strategy, 'must be None if spec.preserveUnknownFields is true'));
  }
  errors.push(...validateConversion(conversion));
  return errors;
}

function validateVersion(version: DefinedVersion, at: number, versions: readonly DefinedVersion[]): FieldError[] {
  const path = `spec.versions[${at}]`;
  const errors: FieldError[] = [];
  const nameErrors = label1035Errors(version.name ?? '');
  if (nameErrors.length > 0) errors.push(invalidValue(`${path}.name`, version.name ?? '', nameErrors.join(',')));
  errors.push(...deprecationErrors(version, path));
  const hasStatus = version.subresources?.status !== undefined && version.subresources.status !== null;
  if (!shared(versions, 'schema')) errors.push(...schemaErrors(version, hasStatus, `${path}.schema`));
  if (!shared(versions, 'subresources')) errors.push(...scalePathErrors(version.subresources?.scale, `${path}.subresources`));
  if (!shared(versions, 'additionalPrinterColumns')) errors.push(...columnErrors(version, `${path}.additionalPrinterColumns`));
  if (!shared(versions, 'selectableFields')) errors.push(...validateSelectableFields(version, `${path}.selectableFields`));
  return errors;
}

function validateShared(versions: readonly DefinedVersion[]): FieldError[] {
  const [first] = versions;
  if (first === undefined) return [];
  const errors: FieldError[] = [];
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined && subresources.status !== null);
  if (shared(versions, 'schema')) errors.push(...schemaErrors(first, hasStatus, 'spec.validation'));
  if (shared(versions, 'subresources')) errors.push(...scalePathErrors(first.subresources?.scale, 'spec.subresources'));
  if (shared(versions, 'additionalPrinterColumns')) errors.push(...columnErrors(first, 'spec.additionalPrinterColumns'));
  if (shared(versions, 'selectableFields')) errors.push(...validateSelectableFields(first, 'spec.selectableFields'));
  return errors;
}

function schemaErrors(version: DefinedVersion, hasStatus: boolean, path: string): FieldError[] {
  const schema = version.schema?.openAPIV3Schema;
  return schema === undefined ? [] : validateSchema(schema, hasStatus, `${path}.openAPIV3Schema`);
}

function deprecationErrors({ deprecated, deprecationWarning }: DefinedVersion, path: string): FieldError[] {
  if (deprecationWarning === undefined) return [];
  const fail = (text: string): FieldError => invalidValue(`${path}.deprecationWarning`, deprecationWarning, text);
  if (deprecated !== true) return [fail('can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (deprecationWarning.length > 256) errors.push(fail('must be <= 256 characters long'));
  if (deprecationWarning === '') errors.push(fail('must not be an empty string'));
  const odd = [...deprecationWarning].findIndex((letter) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(letter));
  if (odd >= 0) errors.push(fail(`must only contain printable UTF-8 characters; non-printable character found at index ${odd}`));
  return errors;
}

/** ValidateCustomResourceDefinitionNames. Of the names in a status, and of the four that a spec must have, only what is there is checked. */
export function validateDefinitionNames(names: Names | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names ?? ({} as Partial<Names>);
  const check = (field: string, value: string): void => {
    const found = label1035Errors(value);
    if (found.length > 0) errors.push(invalidValue(`${path}.${field}`, value, found.join(',')));
  };
  if (plural !== '') check('plural', plural);
  if (singular !== '') check('singular', singular);
  for (const [field, value] of [['kind', kind], ['listKind', listKind]] as const) {
    const found = value === '' ? [] : label1035Errors(value.toLowerCase());
    if (found.length > 0) errors.push(invalidValue(`${path}.${field}`, value, `may have mixed case, but should otherwise match: ${found.join(',')}`));
  }
  shortNames.forEach((name, at) => check(`shortNames[${at}]`, name));
  if (kind !== '' && kind === listKind) errors.push(invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same'));
  categories.forEach((name, at) => check(`categories[${at}]`, name));
  return errors;
}

function jsonPathErrors(text: string, path: string): FieldError[] {
  return text.startsWith('.') ? [] : [invalidValue(path, text, 'must be a simple json path starting with .')];
}

function scalePathErrors(scale: ScalePaths | undefined, path: string): FieldError[] {
  if (scale === undefined || scale === null) return [];
  const errors: FieldError[] = [];
  for (const [field, root] of [['specReplicasPath', '.spec'], ['statusReplicasPath', '.status']] as const) {
    const text = scale[field] ?? '';
    const at = `${path}.scale.${field}`;
    if (text === '') errors.push(required(at));
    else if (jsonPathErrors(text, at).length > 0) errors.push(...jsonPathErrors(text, at));
    else if (!text.startsWith(`${root}.`)) errors.push(invalidValue(at, text, `should be a json path under ${root}`));
  }
  const selector = scale.labelSelectorPath;
  if (selector) {
    const at = `${path}.scale.labelSelectorPath`;
    if (jsonPathErrors(selector, at).length > 0) errors.push(...jsonPathErrors(selector, at));
    else if (!selector.startsWith('.spec.') && !selector.startsWith('.status.')) errors.push(invalidValue(at, selector, 'should be a json path under either .spec or .status'));
  }
  return errors;
}

function columnErrors({ additionalPrinterColumns = [] }: DefinedVersion, path: string): FieldError[] {
  return additionalPrinterColumns.flatMap(({ name, type, format, jsonPath }, at) => {
    const here = index(path, at);
    const errors: FieldError[] = [];
    if (!name) errors.push(required(`${here}.name`));
    if (!type) errors.push(required(`${here}.type`, `must be one of ${COLUMN_TYPES.join(',')}`));
    else if (!COLUMN_TYPES.includes(type)) errors.push(invalidValue(`${here}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`));
    if (format && !COLUMN_FORMATS.includes(format)) errors.push(invalidValue(`${here}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    if (!jsonPath) errors.push(required(`${here}.JSONPath`));
    else errors.push(...jsonPathErrors(jsonPath, `${here}.JSONPath`));
    return errors;
  });
}

function validateConversion(conversion: Definition['spec']['conversion']): FieldError[] {
  const path = 'spec.conversion';
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  const errors: FieldError[] = [];
  if (!strategy) errors.push(required(`${path}.strategy`));
  else if (strategy !== 'None' && strategy !== 'Webhook') errors.push(notSupported(`${path}.strategy`, strategy, ['None', 'Webhook']));
  const config = webhook?.['clientConfig'] as Readonly<Record<string, unknown>> | undefined;
  const versions = (webhook?.['conversionReviewVersions'] ?? []) as readonly string[];
  if (strategy !== 'Webhook') {
    if (config !== undefined) errors.push(forbiddenValue(`${path}.webhookClientConfig`, 'should not be set when strategy is not set to Webhook'));
    if (versions.length > 0) errors.push(forbiddenValue(`${path}.conversionReviewVersions`, 'should not be set when strategy is not set to Webhook'));
    return errors;
  }
  if (config === undefined) errors.push(required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook'));
  else errors.push(...validateServiceOrUrl(config, `${path}.webhookClientConfig`));
  if (versions.length === 0) errors.push(required(`${path}.conversionReviewVersions`));
  versions.forEach((version, at) => {
    if (versions.indexOf(version) < at) errors.push(invalidValue(index(`${path}.conversionReviewVersions`, at), version, 'duplicate version'));
    else for (const text of label1035Errors(version)) errors.push(invalidValue(index(`${path}.conversionReviewVersions`, at), version, text));
  });
  if (versions.length > 0 && !versions.some((version) => CONVERSION_VERSIONS.includes(version))) {
    errors.push(invalidValue(`${path}.conversionReviewVersions`, versions, `must include at least one of ${CONVERSION_VERSIONS.join(', ')}`));
  }
  return errors;
}
