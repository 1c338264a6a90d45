/**
 * Validation of probes and lifecycle handlers.
 * Upstream: pkg/apis/core/validation/validation.go (validateProbe, validateHandler, validateLifecycle).
 */
import type { Json } from '../defaults/fill.ts';
import { forbiddenValue, invalidValue, notSupported, required } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { nonNegative } from './check.ts';
import { portNameErrors, portNumberErrors } from './name.ts';

/** A port given by number or by name. */
export function portOrName(port: number | string | undefined, path: string): FieldError[] {
  const errors = typeof port === 'string' ? portNameErrors(port) : portNumberErrors(port ?? 0);
  return errors.map((text) => invalidValue(path, port ?? 0, text));
}

function httpGet(action: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if ((action['path'] ?? '') === '') errors.push(required(`${path}.path`));
  errors.push(...portOrName(action['port'], `${path}.port`));
  if (!['HTTP', 'HTTPS'].includes(action['scheme'])) errors.push(notSupported(`${path}.scheme`, action['scheme'] ?? '', ['HTTP', 'HTTPS']));
  for (const header of (action['httpHeaders'] as Json[] | undefined) ?? []) {
    if (!/^[-A-Za-z0-9]+$/.test(header['name'] ?? '')) {
      const text = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
      errors.push(invalidValue(`${path}.httpHeaders`, header['name'] ?? '', text));
    }
  }
  return errors;
}

/** Exactly one handler. `gracePeriod` bounds `sleep`. */
export function validateHandler(holder: Json, path: string, gracePeriod?: number): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  const isFirst = (name: string): boolean => {
    if (holder[name] === undefined) return false;
    count++;
    if (count > 1) errors.push(forbiddenValue(`${path}.${name}`, 'may not specify more than 1 handler type'));
    return count === 1;
  };
  if (isFirst('exec') && ((holder['exec']['command'] as unknown[] | undefined)?.length ?? 0) === 0) errors.push(required(`${path}.exec.command`));
  if (isFirst('httpGet')) errors.push(...httpGet(holder['httpGet'], `${path}.httpGet`));
  if (isFirst('tcpSocket')) errors.push(...portOrName(holder['tcpSocket']['port'], `${path}.tcpSocket.port`));
  if (isFirst('grpc')) {
    errors.push(...portNumberErrors(holder['grpc']['port'] ?? 0).map((text) => invalidValue(`${path}.grpc.port`, holder['grpc']['port'] ?? 0, text)));
  }
  if (isFirst('sleep')) {
    const seconds = (holder['sleep']['seconds'] as number | undefined) ?? 0;
    if (gracePeriod !== undefined && (seconds <= 0 || seconds > gracePeriod)) {
      const text = `must be greater than 0 and less than terminationGracePeriodSeconds (${gracePeriod}). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.`;
      errors.push(invalidValue(`${path}.sleep`, seconds, text));
    }
  }
  if (count === 0) errors.push(required(path, 'must specify a handler type'));
  return errors;
}

const COUNTS = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

function validateProbe(probe: Json, path: string): FieldError[] {
  const errors = validateHandler(probe, path);
  for (const name of COUNTS) errors.push(...nonNegative(probe[name], `${path}.${name}`));
  const grace = probe['terminationGracePeriodSeconds'];
  if (typeof grace === 'number' && grace <= 0) errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  return errors;
}

/** livenessProbe, readinessProbe and startupProbe of a container that may have them. */
export function validateProbes(container: Json, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { livenessProbe: liveness, readinessProbe: readiness, startupProbe: startup } = container;
  if (liveness !== undefined) errors.push(...validateProbe(liveness, `${path}.livenessProbe`), ...mustBeOne(liveness, `${path}.livenessProbe`));
  if (readiness !== undefined) {
    errors.push(...validateProbe(readiness, `${path}.readinessProbe`));
    const grace = readiness['terminationGracePeriodSeconds'];
    if (grace !== undefined) errors.push(invalidValue(`${path}.readinessProbe.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'));
  }
  if (startup !== undefined) errors.push(...validateProbe(startup, `${path}.startupProbe`), ...mustBeOne(startup, `${path}.startupProbe`));
  return errors;
}

const mustBeOne = (probe: Json, path: string): FieldError[] =>
  probe['successThreshold'] !== undefined && probe['successThreshold'] !== 1
    ? [invalidValue(`${path}.successThreshold`, probe['successThreshold'], 'must be 1')]
    : [];

/** postStart and preStop. */
export function validateLifecycle(lifecycle: Json | undefined, path: string, gracePeriod?: number): FieldError[] {
  if (lifecycle === undefined) return [];
  const errors: FieldError[] = [];
  if (lifecycle['postStart'] !== undefined) errors.push(...validateHandler(lifecycle['postStart'], `${path}.postStart`, gracePeriod));
  if (lifecycle['preStop'] !== undefined) errors.push(...validateHandler(lifecycle['preStop'], `${path}.preStop`, gracePeriod));
  return errors;
}
