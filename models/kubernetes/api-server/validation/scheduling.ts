/**
 * Validation of what steers scheduling: affinity, tolerations, spread constraints, gates, node selectors.
 * Upstream: pkg/apis/core/validation/validation.go (validateAffinity, ValidateTolerations, ...).
 */
import type { Json } from '../defaults/fill.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, type Literal, literal } from '../status/go-format.ts';
import { validateLabelSelector } from './check.ts';
import { labelErrors, labelValueErrors, qualifiedNameErrors, subdomainErrors } from './name.ts';

/** In upstream's order. */
export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

const keyErrors = (key: string, path: string): FieldError[] => qualifiedNameErrors(key).map((text) => invalidValue(path, key, text));

/** ValidateNodeSelectorRequirement; preferences may name values that no label can have. */
function nodeRequirement(requirement: Json, isPreference: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const values = (requirement['values'] as string[] | undefined) ?? [];
  switch (requirement['operator']) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) errors.push(forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) errors.push(required(`${path}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalidValue(`${path}.operator`, requirement['operator'] ?? '', 'not a valid selector operator'));
  }
  errors.push(...keyErrors(requirement['key'] ?? '', `${path}.key`));
  if (isPreference) return errors;
  values.forEach((value, at) => {
    for (const text of labelValueErrors(value)) errors.push(invalidValue(`${path}.values[${at}]`, value, text));
  });
  return errors;
}

/** ValidateNodeFieldSelectorRequirement: only names can be selected. */
function nodeFieldRequirement(requirement: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const values = (requirement['values'] as string[] | undefined) ?? [];
  if (requirement['operator'] !== 'In' && requirement['operator'] !== 'NotIn') {
    errors.push(invalidValue(`${path}.operator`, requirement['operator'] ?? '', 'not a valid selector operator'));
  } else if (values.length !== 1) {
    errors.push(required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  }
  if (requirement['key'] !== 'metadata.name') return [...errors, invalidValue(`${path}.key`, requirement['key'] ?? '', 'not a valid field selector key')];
  values.forEach((value, at) => {
    for (const text of subdomainErrors(value)) errors.push(invalidValue(`${path}.values[${at}]`, value, text));
  });
  return errors;
}

/** ValidateNodeSelectorTerm. */
function nodeTerm(term: Json, isPreference: boolean, path: string): FieldError[] {
  const expressions = ((term['matchExpressions'] as Json[] | undefined) ?? []).flatMap((item, at) => nodeRequirement(item, isPreference, `${path}.matchExpressions[${at}]`));
  const fields = ((term['matchFields'] as Json[] | undefined) ?? []).flatMap((item, at) => nodeFieldRequirement(item, `${path}.matchFields[${at}]`));
  return [...expressions, ...fields];
}

/** ValidateNodeSelector. */
export function validateNodeSelector(selector: Json, path: string): FieldError[] {
  const terms = (selector['nodeSelectorTerms'] as Json[] | undefined) ?? [];
  if (terms.length === 0) return [required(`${path}.nodeSelectorTerms`, 'must have at least one node selector term')];
  return terms.flatMap((term, at) => nodeTerm(term, false, `${path}.nodeSelectorTerms[${at}]`));
}

const weight = (value: number | undefined, path: string): FieldError[] =>
  (value ?? 0) < 1 || (value ?? 0) > 100 ? [invalidValue(path, value ?? 0, 'must be in the range 1-100')] : [];

const UNSELECTED = 'must not be specified when labelSelector is not set';
const BOTH_KEYS = 'exists in both matchLabelKeys and labelSelector';

/** validateLabelKeys. */
function validateLabelKeys(keys: readonly string[], selector: Json | undefined, path: string): FieldError[] {
  if (keys.length === 0) return [];
  return selector === undefined ? [forbiddenValue(path, UNSELECTED)] : keys.flatMap((key, at) => keyErrors(key, `${path}[${at}]`));
}

/** validateMatchLabelKeysAndMismatchLabelKeys; what the keys stand for has been merged into the selector before. */
function validateTermKeys(term: Json, path: string): FieldError[] {
  const keys = (term['matchLabelKeys'] as string[] | undefined) ?? [];
  const others = (term['mismatchLabelKeys'] as string[] | undefined) ?? [];
  const selector = term['labelSelector'] as Json | undefined;
  const errors = [...validateLabelKeys(keys, selector, `${path}.matchLabelKeys`), ...validateLabelKeys(others, selector, `${path}.mismatchLabelKeys`)];
  const selected = new Set(Object.keys(selector?.['matchLabels'] ?? {}));
  for (const { key = '' } of (selector?.['matchExpressions'] as Json[] | undefined) ?? []) {
    if (selected.has(key) && keys.includes(key)) errors.push(invalidValue(`${path}[${keys.lastIndexOf(key)}]`, key, BOTH_KEYS));
    selected.add(key);
  }
  keys.forEach((key, at) => {
    if (others.includes(key)) errors.push(invalidValue(`${path}.matchLabelKeys[${at}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  });
  return errors;
}

/** validatePodAffinityTerm. */
function podTerm(term: Json, path: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term['labelSelector'], `${path}.labelSelector`),
    ...validateLabelSelector(term['namespaceSelector'], `${path}.namespaceSelector`),
  ];
  for (const namespace of (term['namespaces'] as string[] | undefined) ?? []) {
    for (const text of labelErrors(namespace)) errors.push(invalidValue(`${path}.namespace`, namespace, text));
  }
  errors.push(...validateTermKeys(term, path));
  const key = (term['topologyKey'] as string | undefined) ?? '';
  if (key === '') errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  return [...errors, ...keyErrors(key, `${path}.topologyKey`)];
}

function podAffinity(affinity: Json | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const hard = ((affinity['requiredDuringSchedulingIgnoredDuringExecution'] as Json[] | undefined) ?? []).flatMap((term, at) =>
    podTerm(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${at}]`),
  );
  const soft = ((affinity['preferredDuringSchedulingIgnoredDuringExecution'] as Json[] | undefined) ?? []).flatMap((term, at) => {
    const here = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${at}]`;
    return [...weight(term['weight'], `${here}.weight`), ...podTerm(term['podAffinityTerm'] ?? {}, `${here}.podAffinityTerm`)];
  });
  return [...hard, ...soft];
}

/** validateAffinity. */
export function validateAffinity(affinity: Json | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const errors: FieldError[] = [];
  const node = affinity['nodeAffinity'] as Json | undefined;
  if (node !== undefined) {
    const hard = node['requiredDuringSchedulingIgnoredDuringExecution'] as Json | undefined;
    if (hard !== undefined) errors.push(...validateNodeSelector(hard, `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`));
    ((node['preferredDuringSchedulingIgnoredDuringExecution'] as Json[] | undefined) ?? []).forEach((term, at) => {
      const here = `${path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${at}]`;
      errors.push(...weight(term['weight'], `${here}.weight`), ...nodeTerm(term['preference'] ?? {}, true, `${here}.preference`));
    });
  }
  return [...errors, ...podAffinity(affinity['podAffinity'], `${path}.podAffinity`), ...podAffinity(affinity['podAntiAffinity'], `${path}.podAntiAffinity`)];
}

/** A toleration as Go prints it; where a number of seconds lies in memory nobody can know. */
const tolerationText = ({ key = '', operator = '', value = '', effect = '', tolerationSeconds }: Json): Literal => {
  const strings = { Key: key, Operator: operator, Value: value, Effect: effect };
  const fields = Object.entries(strings).map(([name, text]) => `${name}:${goQuote(text as string)}`);
  return literal(`core.Toleration{${fields.join(', ')}, TolerationSeconds:(*int64)(${tolerationSeconds === undefined ? 'nil' : '0xc000000000'})}`);
};

/** ValidateTolerations. */
export function validateTolerations(tolerations: readonly Json[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  tolerations?.forEach((toleration, at) => {
    const here = `${path}[${at}]`;
    const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
    if (key !== '') errors.push(...keyErrors(key, `${here}.key`));
    if (key === '' && operator !== 'Exists') {
      errors.push(invalidValue(`${here}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      errors.push(invalidValue(`${here}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (operator === '' || operator === 'Equal') {
      const texts = labelValueErrors(value);
      if (texts.length > 0) errors.push(invalidValue(`${here}.operator`, value, texts.join(';')));
    } else if (operator === 'Exists') {
      if (value !== '') errors.push(invalidValue(`${here}.operator`, tolerationText(toleration), "value must be empty when `operator` is 'Exists'"));
    } else errors.push(notSupported(`${here}.operator`, operator, ['Equal', 'Exists']));
    if (effect !== '' && !TAINT_EFFECTS.includes(effect)) errors.push(notSupported(`${here}.effect`, effect, TAINT_EFFECTS));
  });
  return errors;
}

/** validateMatchLabelKeysInTopologySpread. */
function validateSpreadKeys(constraint: Json, path: string): FieldError[] {
  const keys = (constraint['matchLabelKeys'] as string[] | undefined) ?? [];
  if (keys.length === 0) return [];
  const selector = constraint['labelSelector'] as Json | undefined;
  const selected = [...Object.keys(selector?.['matchLabels'] ?? {}), ...((selector?.['matchExpressions'] as Json[] | undefined) ?? []).map((item) => item['key'] as string)];
  const errors = selector === undefined ? [forbiddenValue(path, UNSELECTED)] : [];
  keys.forEach((key, at) => {
    errors.push(...keyErrors(key, `${path}[${at}]`));
    if (selected.includes(key)) errors.push(invalidValue(`${path}[${at}]`, key, BOTH_KEYS));
  });
  return errors;
}

const SPREAD_POLICIES = ['Honor', 'Ignore'];

/** validateTopologySpreadConstraints. */
export function validateSpread(constraints: readonly Json[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  constraints?.forEach((constraint, at) => {
    const here = `${path}[${at}]`;
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint;
    if (maxSkew <= 0) errors.push(invalidValue(`${here}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (topologyKey === '') errors.push(required(`${here}.topologyKey`, 'can not be empty'));
    const supported = ['DoNotSchedule', 'ScheduleAnyway'];
    if (!supported.includes(whenUnsatisfiable)) errors.push(notSupported(`${here}.whenUnsatisfiable`, whenUnsatisfiable, supported));
    const isRepeated = constraints.slice(at + 1).some((other) => other['topologyKey'] === topologyKey && other['whenUnsatisfiable'] === whenUnsatisfiable);
    if (isRepeated) errors.push(duplicate(`${here}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalidValue(`${here}.minDomains`, minDomains, 'must be greater than zero'));
      if (whenUnsatisfiable !== 'DoNotSchedule') {
        errors.push(invalidValue(`${here}.minDomains`, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`));
      }
    }
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[name] as string | undefined;
      if (policy !== undefined && !SPREAD_POLICIES.includes(policy)) errors.push(notSupported(`${here}.${name}`, policy, SPREAD_POLICIES));
    }
    errors.push(...validateSpreadKeys(constraint, `${here}.matchLabelKeys`), ...validateLabelSelector(constraint['labelSelector'], `${here}.labelSelector`));
  });
  return errors;
}

/** Gates and readiness gates are label keys. */
export function validateGates(gates: readonly Json[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  return (gates ?? []).flatMap((gate, at) => {
    const here = `${path}[${at}]`;
    const name = (gate['name'] as string | undefined) ?? '';
    const errors = keyErrors(name, here);
    if (seen.has(name)) errors.push(duplicate(here, name));
    seen.add(name);
    return errors;
  });
}

export const validateReadinessGates = (gates: readonly Json[] | undefined, path: string): FieldError[] =>
  (gates ?? []).flatMap((gate, at) => keyErrors(gate['conditionType'] ?? '', `${path}[${at}].conditionType`));
