/**
 * `Status` objects: what the API server answers when the answer is not an object.
 *
 * One constructor for each error that upstream has, with upstream's code, reason and message format, so that no other
 * module spells a message of its own. A Status is a value and travels in the left side of an Either; nothing throws it.
 * Upstream: apimachinery/pkg/api/errors/errors.go, apimachinery/pkg/apis/meta/v1/types.go.
 */
import { NEW } from '../../object/new.ts';
import { aggregate, errorBody, errorText } from './field-error.ts';
import type { FieldError } from './field-error.ts';
import { goQuote } from './go-format.ts';

/** One cause inside `details`. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** `kind` is a resource plural for most errors and a Kind for Invalid. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A `meta/v1` Status as it appears in a response body. Property order is the order on the wire. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly continue?: string };
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

/** A resource with its group; `group` is `''` for core. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** A kind with its group. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** `deployments.apps`, or `pods` for core. */
export const groupResourceText = ({ group, resource }: GroupResource): string =>
  group === '' ? resource : `${resource}.${group}`;
/** `Deployment.apps`, or `Pod` for core. */
export const groupKindText = ({ group, kind }: GroupKind): string => (group === '' ? kind : `${kind}.${group}`);

/** Whether a response body is a Status. */
export const isStatus = (value: unknown): value is Status =>
  typeof value === 'object' && value !== null && (value as Status).kind === 'Status' && 'code' in value;

/** A failure with everything given by the caller; the constructors below are preferred. */
export function failure(code: number, reason: string, message: string, details?: StatusDetails): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

function detailsOf(name: string, group: string, kind: string, more: Partial<StatusDetails> = {}): StatusDetails {
  return {
    ...NEW,
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    ...more,
  };
}

const ofResource = (target: GroupResource, name: string, more?: Partial<StatusDetails>): StatusDetails =>
  detailsOf(name, target.group, target.resource, more);

/** 200 with the identity of what was deleted. */
export const success = (details?: StatusDetails): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details === undefined ? {} : { details }),
  code: 200,
});

/** 201 `Success` without details: the answer to a pod binding or an eviction. */
export const created = (): Status => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });

/** 404 for a named object. */
export const notFound = (target: GroupResource, name: string): Status =>
  failure(404, 'NotFound', `${groupResourceText(target)} ${goQuote(name)} not found`, ofResource(target, name));

/** 404 for a path below a known group and version that names no resource. */
export const unknownResource = (): Status =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {});

/** 409: the name is taken. */
export const alreadyExists = (target: GroupResource, name: string): Status =>
  failure(409, 'AlreadyExists', `${groupResourceText(target)} ${goQuote(name)} already exists`, ofResource(target, name));

/** 409 after eight generated names that were all taken. */
export const generateNameConflict = (target: GroupResource, name: string): Status =>
  failure(
    409,
    'AlreadyExists',
    `${groupResourceText(target)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`,
    ofResource(target, name, { retryAfterSeconds: 1 }),
  );

/** The `error` of a conflict over a stale resourceVersion (apiserver/pkg/registry/generic/registry/store.go). */
export const OPTIMISTIC_LOCK_MESSAGE =
  'the object has been modified; please apply your changes to the latest version and try again';

/** 409 with a reason in words. */
export const conflict = (target: GroupResource, name: string, error: string = OPTIMISTIC_LOCK_MESSAGE): Status =>
  failure(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${groupResourceText(target)} ${goQuote(name)}: ${error}`,
    ofResource(target, name),
  );

/** 409 of server-side apply; see patch/conflict.ts for the message. */
export const applyConflict = (causes: readonly StatusCause[], message: string): Status =>
  failure(409, 'Conflict', message, { causes });

const causeOf = (error: FieldError): StatusCause => ({
  reason: error.type,
  message: errorBody(error),
  ...(error.field === '' ? {} : { field: error.field }),
});

/** 422 with all causes. An empty list gives the bare sentence, as upstream. */
export function invalid(target: GroupKind, name: string, errors: readonly FieldError[]): Status {
  const text = errors.length === 0 ? '' : `: ${aggregate(errors.map(errorText))}`;
  return failure(
    422,
    'Invalid',
    `${groupKindText(target)} ${goQuote(name)} is invalid${text}`,
    detailsOf(name, target.group, target.kind, errors.length === 0 ? {} : { causes: errors.map(causeOf) }),
  );
}

/** 403. Without a name or resource the sentence gets shorter. */
export function forbidden(target: GroupResource, name: string, error: string): Status {
  const resource = groupResourceText(target);
  const subject = resource === '' ? '' : name === '' ? `${resource} is ` : `${resource} ${goQuote(name)} is `;
  return failure(403, 'Forbidden', `${subject}forbidden: ${error}`, ofResource(target, name));
}

/** 400 with free text. */
export const badRequest = (message: string): Status => failure(400, 'BadRequest', message);

/** 401. */
export const unauthorized = (): Status => failure(401, 'Unauthorized', 'Unauthorized');

/** 405 with the verb and the resource. */
export const methodNotSupported = (target: GroupResource, verb: string): Status =>
  failure(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind ${goQuote(groupResourceText(target))}`,
    detailsOf('', target.group, target.resource),
  );

/** 405 for an HTTP method that no handler is installed for. */
export const methodNotAllowed = (): Status =>
  failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/** 406 with the media types that would do. */
export const notAcceptable = (accepted: readonly string[]): Status =>
  failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);

/** 415 with the media types that would do. */
export const unsupportedMediaType = (accepted: readonly string[]): Status =>
  failure(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

/** 413. */
export const requestEntityTooLarge = (message: string): Status =>
  failure(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`);

/** 410 for a resourceVersion that is gone. */
export const expired = (message: string): Status => failure(410, 'Expired', message);

/** 410 `too old resource version: asked (oldest)`, the ERROR event of a watch. */
export const tooOldResourceVersion = (asked: number, oldest: number): Status =>
  expired(`too old resource version: ${asked} (${oldest})`);

/** 410 of a continue token; `next` is a token that continues inconsistently at the newest state. */
export const continueExpired = (next: string): Status => ({
  ...expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
  ),
  metadata: { continue: next },
});

/** 429. */
export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: readonly StatusCause[]): Status =>
  failure(429, 'TooManyRequests', message, {
    ...(causes === undefined ? {} : { causes }),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });

/** 500 (not 504): a lock or name could not be had in time. */
export const serverTimeout = (target: GroupResource, operation: string, retryAfterSeconds: number): Status =>
  failure(
    500,
    'ServerTimeout',
    `The ${operation} operation against ${groupResourceText(target)} could not be completed at this time, please try again.`,
    ofResource(target, '', retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  );

/** 500 with a cause. */
export const internalError = (error: string): Status =>
  failure(500, 'InternalError', `Internal error occurred: ${error}`, { causes: [{ message: error }] });

/** 500 without reason: an error of the server that is no Status, printed verbatim. */
export const plainError = (message: string): Status => failure(500, '', message);

/** 503. */
export const serviceUnavailable = (message: string): Status => failure(503, 'ServiceUnavailable', message);

/** 504. */
export const timeout = (message: string, retryAfterSeconds = 0): Status =>
  failure(504, 'Timeout', `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});

/** 504 for a resourceVersion in the future. */
export const tooLargeResourceVersion = (asked: number, current: number): Status =>
  failure(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

/** 422 of a JSON patch that parses and cannot be applied; the real server says no more than this. */
export const rejectedPatch = (): Status =>
  failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

/** 415 for a Content-Type that no decoder of the server knows (apiserver/pkg/endpoints/handlers/negotiation). */
export const unknownContentType = (): Status =>
  failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});

/** 406 from the router for an Accept header that matches nothing; the second part lists what there is. */
export const noRepresentation = (available: readonly string[]): Status =>
  failure(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`, {});
