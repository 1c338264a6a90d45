/**
 * Syntax rules for names, labels and numbers, with upstream's texts.
 *
 * Each rule returns the texts of all violations, without the field; callers wrap them into field errors. Rules are
 * tried with regular expressions on code units, and the common case (a good name) costs one test.
 * Upstream: apimachinery/pkg/util/validation/validation.go, apimachinery/pkg/api/validation/generic.go.
 */

/** Rules for `metadata.name`; `prefix` is true when the name is a generateName. */
export type NameRule = (name: string, prefix: boolean) => readonly string[];

const GOOD: readonly string[] = [];
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_PART = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/;

/** Limits of RFC 1123 and of label keys and values. */
export const LABEL_MAX = 63;
export const SUBDOMAIN_MAX = 253;

/** `must be no more than N characters`. */
export const maxLengthText = (length: number): string => `must be no more than ${length} characters`;
/** `must be between A and B, inclusive`. */
export const rangeText = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;
export const MUST_BE_NON_NEGATIVE = 'must be greater than or equal to 0';
export const FIELD_IMMUTABLE = 'field is immutable';

/** The sentence of a failed regular expression, with examples (validation.RegexError). */
export function regexText(message: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const shown = examples.map((example, at) => (at > 0 ? ' or ' : '') + `'${example}', `).join('');
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const LABEL_TEXT = regexText(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?',
  'my-name',
  '123-abc',
);
const SUBDOMAIN_TEXT = regexText(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*',
  'example.com',
);
const LABEL_1035_TEXT = regexText(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  'my-name',
  'abc-123',
);
const QUALIFIED_TEXT = regexText(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]',
  'MyName',
  'my.name',
  '123-abc',
);
const LABEL_VALUE_TEXT = regexText(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?',
  'MyValue',
  'my_value',
  '12345',
);
const CONFIG_KEY_TEXT = regexText(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  '[-._a-zA-Z0-9]+',
  'key.name',
  'KEY_NAME',
  'key-name',
);

/** IsDNS1123Label. */
export function labelErrors(value: string): readonly string[] {
  if (value.length <= LABEL_MAX && LABEL.test(value)) return GOOD;
  const errors = value.length > LABEL_MAX ? [maxLengthText(LABEL_MAX)] : [];
  if (!LABEL.test(value)) errors.push(SUBDOMAIN.test(value) ? 'must not contain dots' : LABEL_TEXT);
  return errors;
}

/** IsDNS1123Subdomain. */
export function subdomainErrors(value: string): readonly string[] {
  if (value.length <= SUBDOMAIN_MAX && SUBDOMAIN.test(value)) return GOOD;
  const errors = value.length > SUBDOMAIN_MAX ? [maxLengthText(SUBDOMAIN_MAX)] : [];
  if (!SUBDOMAIN.test(value)) errors.push(SUBDOMAIN_TEXT);
  return errors;
}

/** IsDNS1035Label. */
export function label1035Errors(value: string): readonly string[] {
  if (value.length <= LABEL_MAX && LABEL_1035.test(value)) return GOOD;
  const errors = value.length > LABEL_MAX ? [maxLengthText(LABEL_MAX)] : [];
  if (!LABEL_1035.test(value)) errors.push(LABEL_1035_TEXT);
  return errors;
}

/** IsQualifiedName: label and annotation keys, resource names, topology keys. */
export function qualifiedNameErrors(value: string): readonly string[] {
  const slash = value.indexOf('/');
  if (slash < 0 && value.length <= LABEL_MAX && QUALIFIED_PART.test(value)) return GOOD;
  const name = value.slice(slash + 1);
  if (name.includes('/')) return [`a qualified name ${QUALIFIED_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const errors: string[] = [];
  if (slash >= 0) {
    const prefix = value.slice(0, slash);
    if (prefix.length === 0) errors.push('prefix part must be non-empty');
    else errors.push(...subdomainErrors(prefix).map((text) => `prefix part ${text}`));
  }
  if (name.length === 0) errors.push('name part must be non-empty');
  else if (name.length > LABEL_MAX) errors.push(`name part ${maxLengthText(LABEL_MAX)}`);
  if (!QUALIFIED_PART.test(name)) errors.push(`name part ${QUALIFIED_TEXT}`);
  return errors.length === 0 ? GOOD : errors;
}

/** IsValidLabelValue. */
export function labelValueErrors(value: string): readonly string[] {
  if (value.length <= LABEL_MAX && LABEL_VALUE.test(value)) return GOOD;
  const errors = value.length > LABEL_MAX ? [maxLengthText(LABEL_MAX)] : [];
  if (!LABEL_VALUE.test(value)) errors.push(LABEL_VALUE_TEXT);
  return errors;
}

/** IsConfigMapKey. */
export function configKeyErrors(value: string): readonly string[] {
  const errors = value.length > SUBDOMAIN_MAX ? [maxLengthText(SUBDOMAIN_MAX)] : [];
  if (!CONFIG_KEY.test(value)) errors.push(CONFIG_KEY_TEXT);
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors.length === 0 ? GOOD : errors;
}

/** IsValidPathSegmentName: RBAC kinds and everything in the end. */
export function pathSegmentErrors(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  const errors: string[] = [];
  if (value.includes('/')) errors.push("may not contain '/'");
  if (value.includes('%')) errors.push("may not contain '%'");
  return errors.length === 0 ? GOOD : errors;
}

/** IsValidPortName. */
export function portNameErrors(value: string): readonly string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(maxLengthText(15));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.length > 0 && (value.startsWith('-') || value.endsWith('-'))) {
    errors.push('must not begin or end with a hyphen');
  }
  return errors.length === 0 ? GOOD : errors;
}

/** IsValidPortNum. */
export const portNumberErrors = (port: number): readonly string[] =>
  port >= 1 && port <= 65535 ? GOOD : [rangeText(1, 65535)];

/** IsFullyQualifiedName: a subdomain with at least two labels. */
export function fullyQualifiedNameErrors(value: string): readonly string[] {
  if (value === '') return ['Required'];
  const errors = subdomainErrors(value);
  if (errors.length > 0) return errors;
  return value.split('.').length < 3 ? ['should be a domain with at least three segments separated by dots'] : GOOD;
}

// A generateName may end in '-', because characters follow (maskTrailingDash).
const masked = (name: string): string =>
  name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;

export const nameIsSubdomain: NameRule = (name, prefix) => subdomainErrors(prefix ? masked(name) : name);
export const nameIsLabel: NameRule = (name, prefix) => labelErrors(prefix ? masked(name) : name);
export const nameIsLabel1035: NameRule = (name, prefix) => label1035Errors(prefix ? masked(name) : name);
/** IsValidPathSegmentPrefix for generateName. */
export const nameIsPathSegment: NameRule = (name, prefix) =>
  prefix ? pathSegmentErrors(name).filter((text) => text.startsWith('may not contain')) : pathSegmentErrors(name);
