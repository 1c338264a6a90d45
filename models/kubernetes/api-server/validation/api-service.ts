/**
 * Validation of APIServices.
 * Upstream: kube-aggregator/pkg/apis/apiregistration/validation/validation.go.
 */
import { decodeBase64 } from '../../object/base64.ts';
import type { KubeObject } from '../../object/types.ts';
import { invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote } from '../status/go-format.ts';
import { label1035Errors, pathSegmentErrors, portNumberErrors, subdomainErrors } from './name.ts';

const GROUP_PRIORITY_MAX = 20000;
const VERSION_PRIORITY_MAX = 1000;
const CONDITION_STATUSES: readonly string[] = ['True', 'False', 'Unknown'];

interface ServiceSpec {
  readonly group?: string;
  readonly version?: string;
  readonly groupPriorityMinimum?: number;
  readonly versionPriority?: number;
  readonly insecureSkipTLSVerify?: boolean;
  readonly caBundle?: string;
  readonly service?: { readonly namespace?: string; readonly name?: string; readonly port?: number };
}

const range = (path: string, value: number, max: number): FieldError[] =>
  value > 0 && value <= max ? [] : [invalidValue(path, value, `must be positive and less than ${max}`)];

/** The name says which version of which group it is. A name that is no path segment is refused for that alone. */
function nameErrors(name: string, { version = '', group = '' }: ServiceSpec): FieldError[] {
  const wanted = `${version}.${group}`;
  if (name === '' || name === wanted || pathSegmentErrors(name).length > 0) return [];
  return [invalidValue('metadata.name', name, `must be \`spec.version+"."+spec.group\`: ${goQuote(wanted)}`)];
}

function groupErrors(group: string, version: string): FieldError[] {
  if (group !== '') return subdomainErrors(group).map((text) => invalidValue('spec.group', group, text));
  return version === 'v1' ? [] : [required('spec.group', 'only v1 may have an empty group and it better be legacy kube')];
}

/** What this server serves itself needs no trust. */
function localErrors({ caBundle = '', insecureSkipTLSVerify: isInsecure }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const size = decodeBase64(caBundle).length;
  if (size > 0) errors.push(invalidValue('spec.caBundle', `${size} bytes`, 'local APIServices may not have a caBundle'));
  if (isInsecure === true) errors.push(invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'));
  return errors;
}

function remoteErrors({ namespace = '', name = '', port = 0 }: NonNullable<ServiceSpec['service']>, { caBundle = '', insecureSkipTLSVerify: isInsecure }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (namespace === '') errors.push(required('spec.service.namespace'));
  if (name === '') errors.push(required('spec.service.name'));
  const wrong = portNumberErrors(port);
  if (wrong.length > 0) errors.push(invalidValue('spec.service.port', port, `port is not valid: ${wrong.join(', ')}`));
  if (isInsecure === true && caBundle !== '') errors.push(invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'));
  return errors;
}

/** ValidateAPIService. */
export function validateApiService(object: KubeObject): FieldError[] {
  const spec = (object['spec'] ?? {}) as ServiceSpec;
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = spec;
  return [
    ...nameErrors(object.metadata.name ?? '', spec),
    ...groupErrors(group, version),
    ...label1035Errors(version).map((text) => invalidValue('spec.version', version, text)),
    ...range('spec.groupPriorityMinimum', groupPriorityMinimum, GROUP_PRIORITY_MAX),
    ...range('spec.versionPriority', versionPriority, VERSION_PRIORITY_MAX),
    ...(service === undefined ? localErrors(spec) : remoteErrors(service, spec)),
  ];
}

/** ValidateAPIServiceStatus. */
export function validateApiServiceStatus(object: KubeObject): FieldError[] {
  const { conditions = [] } = (object['status'] ?? {}) as { conditions?: readonly { readonly status?: string }[] };
  return conditions.flatMap(({ status = '' }, at) =>
    CONDITION_STATUSES.includes(status) ? [] : [notSupported(`status.conditions[${at}].status`, status, CONDITION_STATUSES)],
  );
}
