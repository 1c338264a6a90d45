/**
 * Validation of ConfigMaps, Secrets, ServiceAccounts and Events.
 * Upstream: pkg/apis/core/validation/{validation,events}.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { immutable, sameJson } from './check.ts';
import { byteLength } from './metadata.ts';
import { configKeyErrors, qualifiedNameErrors } from './name.ts';

/** MaxSecretSize: of ConfigMaps and Secrets. */
const DATA_MAX = 1024 * 1024;
const IMMUTABLE_TEXT = 'field is immutable when `immutable` is set';

const decodedLength = (base64: string): number => Math.floor((base64.length * 3) / 4) - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);

function keyErrors(data: Json | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in data) for (const text of configKeyErrors(key)) errors.push(invalidValue(`${field}[${key}]`, key, text));
  return errors;
}

export function validateConfigMap(object: KubeObject): FieldError[] {
  const { data, binaryData } = object as Json;
  const errors = keyErrors(data, 'data');
  let size = 0;
  for (const key in data) {
    size += byteLength(data[key]);
    if (binaryData?.[key] !== undefined) errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  errors.push(...keyErrors(binaryData, 'binaryData'));
  for (const key in binaryData) size += decodedLength(binaryData[key]);
  if (size > DATA_MAX) errors.push(tooLong('', DATA_MAX));
  return errors;
}

/** What `immutable: true` locks. */
function lockedErrors(next: KubeObject, old: KubeObject, fields: readonly string[]): FieldError[] {
  if (old['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  if (next['immutable'] !== true) errors.push(forbiddenValue('immutable', IMMUTABLE_TEXT));
  for (const field of fields) if (!sameJson(next[field], old[field])) errors.push(forbiddenValue(field, IMMUTABLE_TEXT));
  return errors;
}

export const validateConfigMapUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...lockedErrors(next, old, ['data', 'binaryData']),
  ...(next['data'] === old['data'] && next['binaryData'] === old['binaryData'] ? [] : validateConfigMap(next)),
];

/** Keys that a type demands. */
const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export function validateSecret(object: KubeObject): FieldError[] {
  const data = (object['data'] as Json | undefined) ?? {};
  const type = (object['type'] as string | undefined) ?? '';
  const errors = keyErrors(data, 'data');
  let size = 0;
  for (const key in data) size += decodedLength(data[key]);
  if (size > DATA_MAX) errors.push(tooLong('data', DATA_MAX));
  if (type === 'kubernetes.io/service-account-token' && (object.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '') === '') {
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  for (const key of REQUIRED_KEYS[type] ?? []) if (data[key] === undefined) errors.push(required(`data[${key}]`));
  return errors;
}

export const validateSecretUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...immutable(next['type'], old['type'], 'type'),
  ...lockedErrors(next, old, ['data']),
  ...(next['data'] === old['data'] ? [] : validateSecret(next)),
];

/** Limits of an Event's texts. */
const TEXT_MAX = 128;
const NOTE_MAX = 1024;
const tooManyCharacters = (max: number): string => `can have at most ${max} characters`;

function validateNewEvent(event: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const text = (field: string): string => (event[field] as string | undefined) ?? '';
  if (text('reportingComponent') === '') errors.push(required('reportingController'));
  for (const problem of text('reportingComponent') === '' ? [] : qualifiedNameErrors(text('reportingComponent'))) {
    errors.push(invalidValue('reportingController', text('reportingComponent'), problem));
  }
  for (const [field, shown] of [['reportingInstance', 'reportingInstance'], ['action', 'action'], ['reason', 'reason']] as const) {
    if (text(field) === '') errors.push(required(shown));
    else if (text(field).length > TEXT_MAX) errors.push(invalidValue(shown, '', tooManyCharacters(TEXT_MAX)));
  }
  if (text('message').length > NOTE_MAX) errors.push(invalidValue('message', '', tooManyCharacters(NOTE_MAX)));
  return errors;
}

/** An event lives with its object; cluster-scoped objects' events in `default` or `kube-system`. */
function namespaceErrors(event: KubeObject): FieldError[] {
  const of = (event['involvedObject']?.namespace as string | undefined) ?? '';
  const own = event.metadata.namespace ?? '';
  const isFine = of === '' ? own === '' || own === 'default' || own === 'kube-system' : of === own;
  return isFine ? [] : [invalidValue('involvedObject.namespace', of, 'does not match event.namespace')];
}

/** Event in its stored (core) form; `isNewApi` for requests through events.k8s.io. */
export function validateEvent(event: KubeObject, isNewApi: boolean): FieldError[] {
  const hasTime = typeof event['eventTime'] === 'string';
  if (!isNewApi) return [...namespaceErrors(event), ...(hasTime ? validateNewEvent(event) : [])];
  const errors: FieldError[] = hasTime ? [] : [required('eventTime')];
  const series = event['series'] as Json | undefined;
  if (series !== undefined && (series['count'] ?? 0) < 2) errors.push(invalidValue('series.count', '', 'should be at least 2'));
  if (series !== undefined && typeof series['lastObservedTime'] !== 'string') errors.push(required('series.lastObservedTime'));
  errors.push(...validateNewEvent(event).map((error) => (error.field === 'message' ? { ...error, field: 'note' } : error)));
  if (event['type'] !== 'Normal' && event['type'] !== 'Warning') errors.push(invalidValue('type', '', 'has invalid value: ' + String(event['type'] ?? '')));
  for (const field of ['firstTimestamp', 'lastTimestamp'] as const) if (typeof event[field] === 'string') errors.push(invalidValue(field, '', 'needs to be unset'));
  if ((event['count'] ?? 0) !== 0) errors.push(invalidValue('count', '', 'needs to be unset'));
  if ((event['source']?.component ?? '') !== '' || (event['source']?.host ?? '') !== '') errors.push(invalidValue('source', '', 'needs to be unset'));
  return [...errors, ...namespaceErrors(event)];
}

const EVENT_FIXED = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'reportingComponent', 'reportingInstance', 'action', 'related', 'type'] as const;

/** Through events.k8s.io only the series may change. */
export function validateEventUpdate(next: KubeObject, old: KubeObject, isNewApi: boolean): FieldError[] {
  if (!isNewApi) return validateEvent(next, false);
  return [...validateEvent(next, true), ...EVENT_FIXED.flatMap((field) => immutable(next[field], old[field], field, literal('"null"')))];
}

/** ControllerRevision: data is there and stays, revision is not negative. */
export const validateRevision = (object: KubeObject): FieldError[] => [
  ...((object['data'] ?? undefined) === undefined ? [required('data', 'data is mandatory')] : []),
  ...((object['revision'] ?? 0) < 0 ? [invalidValue('revision', object['revision'], 'must be greater than or equal to 0')] : []),
];
export const validateRevisionUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...validateRevision(next),
  ...immutable(next['data'], old['data'], 'data'),
];

