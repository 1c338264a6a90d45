/**
 * Validation of CertificateSigningRequests: what is asked for, by which signer, and which conditions may come and go.
 * Upstream: pkg/apis/certificates/validation/validation.go. Signatures of requests are not verified.
 */
import { decodeBase64 } from '../../object/base64.ts';
import { parseCertificateRequest } from '../../object/certificate-request.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Json } from '../defaults/fill.ts';
import { duplicate, forbiddenValue, invalidValue, notSupported, required, tooLong } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { sameJson, specOf } from './check.ts';
import { labelErrors, subdomainErrors } from './name.ts';

const USAGES: readonly string[] = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only',
  'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping',
];
/** MinimumExpirationSeconds. */
const SECONDS_MIN = 600;
const DOMAIN_MAX = 253;
/** Conditions that once set stay as they are. */
const FINAL = ['Approved', 'Denied', 'Failed'] as const;

const conditionsOf = (object: KubeObject): readonly Json[] => ((object['status'] as Json | undefined)?.['conditions'] as Json[] | undefined) ?? [];

export function validateSigningRequest(object: KubeObject): FieldError[] {
  const spec = specOf(object);
  const errors: FieldError[] = [...requestErrors((spec['request'] as string | undefined) ?? '')];
  const usages = (spec['usages'] as string[] | undefined) ?? [];
  if (usages.length === 0) errors.push(required('spec.usages'));
  usages.forEach((usage, at) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${at}]`, usage, USAGES));
  });
  usages.forEach((usage, at) => {
    if (usages.indexOf(usage) < at) errors.push(duplicate(`spec.usages[${at}]`, usage));
  });
  const signer = (spec['signerName'] as string | undefined) ?? '';
  if (signer === 'kubernetes.io/legacy-unknown') errors.push(invalidValue('spec.signerName', signer, 'the legacy signerName is not allowed via this API version'));
  else errors.push(...signerErrors(signer, 'spec.signerName'));
  const seconds = spec['expirationSeconds'] as number | undefined;
  if (seconds !== undefined && seconds < SECONDS_MIN) errors.push(invalidValue('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  return [...errors, ...conditionErrors(conditionsOf(object))];
}

function requestErrors(request: string): FieldError[] {
  const bytes = decodeBase64(request);
  const shown = literal(`[]byte{${[...bytes].map((byte) => `0x${byte.toString(16)}`).join(', ')}}`);
  let pem = '';
  for (const byte of bytes) pem += String.fromCharCode(byte);
  if (!/-----BEGIN CERTIFICATE REQUEST-----[\s\S]*-----END CERTIFICATE REQUEST-----/.test(pem)) {
    return [invalidValue('spec.request', shown, 'PEM block type must be CERTIFICATE REQUEST')];
  }
  return parseCertificateRequest(request) === undefined ? [invalidValue('spec.request', shown, 'asn1: syntax error: data truncated')] : [];
}

/** `domain/path`, both of DNS names. */
export function signerErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  const segments = name.split('/');
  if (segments.length !== 2) return [invalidValue(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const [domain = '', signer = ''] = segments;
  const errors: FieldError[] = [];
  if (domain.length > DOMAIN_MAX) errors.push(tooLong(path, DOMAIN_MAX));
  const labels = domain.split('.');
  for (const label of labels) for (const text of labelErrors(label)) errors.push(invalidValue(path, domain, `validating label ${goQuote(label)}: ${text}`));
  if (labels.length < 2) errors.push(invalidValue(path, domain, 'should be a domain with at least two segments separated by dots'));
  for (const label of signer.split('.')) for (const text of subdomainErrors(label)) errors.push(invalidValue(path, signer, `validating label ${goQuote(label)}: ${text}`));
  return errors;
}

function conditionErrors(conditions: readonly Json[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditions.forEach((condition, at) => {
    const path = `status.conditions[${at}]`;
    const type = (condition['type'] as string | undefined) ?? '';
    const status = (condition['status'] as string | undefined) ?? '';
    if (type === '') errors.push(required(`${path}.type`));
    const isFinal = (FINAL as readonly string[]).includes(type);
    const allowed = isFinal ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.push(required(`${path}.status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${path}.status`, status, allowed));
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : '';
    if (other !== '' && seen.has(other)) errors.push(invalidValue(`${path}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
  });
  return errors;
}

/** Through `/approval` decisions may be added, through `/status` failures; none is ever taken back. */
export const validateSigningRequestUpdate =
  (canDecide: boolean) =>
  (next: KubeObject, old: KubeObject): FieldError[] => {
    const errors = conditionErrors(conditionsOf(next));
    for (const type of FINAL) {
      const [before, after] = [conditionsOf(old), conditionsOf(next)].map((list) => list.filter((condition) => condition['type'] === type)) as [Json[], Json[]];
      const isOwn = type === 'Failed' ? !canDecide : canDecide;
      if (before.length === 0 && after.length > 0 && !isOwn) errors.push(forbiddenValue('status.conditions', `updates may not add a condition of type ${goQuote(type)}`));
      else if (before.length > 0 && after.length === 0) errors.push(forbiddenValue('status.conditions', `updates may not remove a condition of type ${goQuote(type)}`));
      else if (before.length > 0 && !sameJson(before, after)) errors.push(forbiddenValue('status.conditions', `updates may not modify a condition of type ${goQuote(type)}`));
    }
    return errors;
  };
