/**
 * Validity of label keys and values, with upstream's error texts.
 *
 * The texts are part of what users see (selectors that do not parse, objects that are refused), so they live in one
 * place. Source: apimachinery/pkg/util/validation/validation.go.
 */

const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const LABEL_LENGTH_MAX = 63;
const SUBDOMAIN_LENGTH_MAX = 253;

const QUALIFIED_NAME_ERROR =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_ERROR =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const SUBDOMAIN_ERROR =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** What is wrong with a DNS subdomain (`IsDNS1123Subdomain`); empty when it is valid. */
export const subdomainErrors = (value: string): string[] => {
  const errors: string[] = [];
  if (value.length > SUBDOMAIN_LENGTH_MAX) errors.push(`must be no more than ${SUBDOMAIN_LENGTH_MAX} characters`);
  if (!DNS_SUBDOMAIN.test(value)) errors.push(SUBDOMAIN_ERROR);
  return errors;
};

/** What is wrong with a label key (`IsQualifiedName`); empty when it is valid. */
export const labelKeyErrors = (key: string): string[] => {
  const parts = key.split('/');
  const errors: string[] = [];
  let name = parts[0] ?? '';
  if (parts.length === 2) {
    const prefix = name;
    name = parts[1] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...subdomainErrors(prefix).map((error) => `prefix part ${error}`));
  } else if (parts.length > 2) {
    return [
      `a qualified name ${QUALIFIED_NAME_ERROR} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > LABEL_LENGTH_MAX) errors.push(`name part must be no more than ${LABEL_LENGTH_MAX} characters`);
  if (!QUALIFIED_NAME.test(name)) errors.push(`name part ${QUALIFIED_NAME_ERROR}`);
  return errors;
};

/** What is wrong with a label value (`IsValidLabelValue`); empty when it is valid. */
export const labelValueErrors = (value: string): string[] => {
  const errors: string[] = [];
  if (value.length > LABEL_LENGTH_MAX) errors.push(`must be no more than ${LABEL_LENGTH_MAX} characters`);
  if (!LABEL_VALUE.test(value)) errors.push(LABEL_VALUE_ERROR);
  return errors;
};
