/**
 * Validation of ConfigMaps, Secrets, ServiceAccounts and Events.
 * Upstream: pkg/apis/core/validation/{validation,events}.go.
 */
import type { Json } from '../defaults/fill.ts';
import { decodeBase64 } from '../../object/base64.ts';
import { scanJson } from '../../object/go-json.ts';
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { literal } from '../status/go-format.ts';
import { immutable, sameJson } from './check.ts';
import { byteLength } from './metadata.ts';
import { configKeyErrors, pathSegmentErrors, qualifiedNameErrors, subdomainErrors } from './name.ts';

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

/** Upstream's path of some keys: a format that nobody filled in. */
const UNFORMATTED = 'data[%s]';

/** A value that must be an object in JSON. What it is instead is told without its content. */
function validateJson(data: Json, key: string): FieldError[] {
  const path = `data[${key}]`;
  if (data[key] === undefined) return [required(path)];
  const text = latin1(decodeBase64(data[key]));
  const problem = scanJson(text).error ?? notObject(text.trim());
  return problem === undefined ? [] : [invalidValue(path, '<secret contents redacted>', problem)];
}

const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** Go's complaint about JSON that is neither object nor null. */
function notObject(text: string): string | undefined {
  const first = text.charAt(0);
  if (first === '{' || first === 'n') return undefined;
  const kind = first === '[' ? 'array' : first === '"' ? 'string' : first === 't' || first === 'f' ? 'bool' : 'number';
  return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
}

const needs = (data: Json, key: string): FieldError[] => (data[key] === undefined ? [required(`data[${key}]`)] : []);

/** What a type demands of data and annotations. */
function validateSecretType(secret: KubeObject, data: Json): FieldError[] {
  switch (secret['type']) {
    case 'kubernetes.io/service-account-token': {
      const account = secret.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '';
      return account === '' ? [required('metadata.annotations[kubernetes.io/service-account.name]')] : [];
    }
    case 'kubernetes.io/dockercfg':
      return validateJson(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return validateJson(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      if (data['username'] !== undefined || data['password'] !== undefined) return [];
      return [required(`${UNFORMATTED}[username]`), required(`${UNFORMATTED}[password]`)];
    case 'kubernetes.io/ssh-auth':
      return (data['ssh-privatekey'] ?? '') === '' ? [required(`${UNFORMATTED}[ssh-privatekey]`)] : [];
    case 'kubernetes.io/tls':
      return [...needs(data, 'tls.crt'), ...needs(data, 'tls.key')];
    default:
      return [];
  }
}

export function validateSecret(object: KubeObject): FieldError[] {
  const data = (object['data'] as Json | undefined) ?? {};
  const errors = keyErrors(data, 'data');
  let size = 0;
  for (const key in data) size += decodedLength(data[key]);
  if (size > DATA_MAX) errors.push(tooLong('data', DATA_MAX));
  return [...errors, ...validateSecretType(object, data)];
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

const SHORT_TEXTS = ['reportingInstance', 'action', 'reason'] as const;
const textOf = (event: KubeObject, field: string): string => (event[field] as string | undefined) ?? '';
/** Whether a text has more bytes in UTF-8; no letter has more than three for each of its units. */
const isLongerThan = (text: string, max: number): boolean => text.length * 3 > max && byteLength(text) > max;

/** What an event of the newer form must say. */
function validateNewForm(event: KubeObject, isNewApi: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const controller = textOf(event, 'reportingComponent');
  const controllerField = isNewApi ? 'reportingController' : 'reportingComponent';
  if (controller === '') errors.push(required(controllerField));
  for (const problem of qualifiedNameErrors(controller)) errors.push(invalidValue(controllerField, controller, problem));
  for (const field of SHORT_TEXTS) {
    const text = textOf(event, field);
    if (text === '') errors.push(required(field));
    else if (isLongerThan(text, TEXT_MAX)) errors.push(invalidValue(field, '', tooManyCharacters(TEXT_MAX)));
  }
  if (isLongerThan(textOf(event, 'message'), NOTE_MAX)) errors.push(invalidValue('message', '', tooManyCharacters(NOTE_MAX)));
  return errors;
}

/** legacyValidateEvent: an event lives with its object; those of cluster-scoped objects in `default`, newer ones in `kube-system` too. */
function validateAnyEvent(event: KubeObject, isNewApi: boolean): FieldError[] {
  const of = (event['involvedObject']?.namespace as string | undefined) ?? '';
  const own = event.metadata.namespace ?? '';
  const isNewForm = hasTime(event);
  const isHome = own === 'default' || own === (isNewForm ? 'kube-system' : '');
  const isFine = of === '' ? isHome : isNewForm || of === own;
  const errors = isNewForm ? validateNewForm(event, isNewApi) : [];
  if (!isFine) errors.unshift(invalidValue('involvedObject.namespace', of, 'does not match event.namespace'));
  for (const text of subdomainErrors(own)) errors.push(invalidValue('namespace', own, text));
  return errors;
}

const hasTime = (event: KubeObject): boolean => typeof event['eventTime'] === 'string';

/** validateV1EventSeries. */
function validateSeries(series: Json | undefined): FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series['count'] ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(typeof series['lastObservedTime'] === 'string' ? [] : [required('series.lastObservedTime')]),
  ];
}

/** ValidateEventCreate of an event in its stored (core) form; `isNewApi` for requests through events.k8s.io. */
export function validateEvent(event: KubeObject, isNewApi: boolean): FieldError[] {
  const errors = validateAnyEvent(event, isNewApi);
  if (!isNewApi) return errors;
  const { name = '' } = event.metadata;
  if (name !== '' && pathSegmentErrors(name).length === 0) for (const text of subdomainErrors(name)) errors.push(invalidValue('metadata.name', name, text));
  errors.push(...validateSeries(event['series']));
  if (!hasTime(event)) errors.push(required('eventTime'));
  if (event['type'] !== 'Normal' && event['type'] !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${event['type'] ?? ''}`));
  for (const field of ['firstTimestamp', 'lastTimestamp'] as const) if (typeof event[field] === 'string') errors.push(invalidValue(field, '', 'needs to be unset'));
  if ((event['count'] ?? 0) !== 0) errors.push(invalidValue('count', '', 'needs to be unset'));
  if ((event['source']?.component ?? '') !== '' || (event['source']?.host ?? '') !== '') errors.push(invalidValue('source', '', 'needs to be unset'));
  return errors;
}

/** Fields of an event that stay when it is updated through events.k8s.io. */
const EVENT_FIXED = [
  'involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'reason', 'type', 'eventTime', 'action', 'related', 'reportingComponent', 'reportingInstance',
] as const;

/** ValidateEventUpdate: through events.k8s.io only the series may change. */
export function validateEventUpdate(next: KubeObject, old: KubeObject, isNewApi: boolean): FieldError[] {
  const errors = validateAnyEvent(next, isNewApi);
  if (!isNewApi) return errors;
  if (!sameJson(next['series'], old['series'])) errors.push(...validateSeries(next['series']));
  const shown = (field: string): string => (field === 'reportingComponent' ? 'reportingController' : field);
  return [...errors, ...EVENT_FIXED.flatMap((field) => immutable(next[field], old[field], shown(field), literal('"null"')))];
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

