/**
 * What an API call returns: the object, or the `Status` that says why not. Refusals are values, never exceptions.
 */
import type { KubeObject } from '../object/types.ts';

/** `Status` of apimachinery/pkg/apis/meta/v1. `code` 0 means that no answer came: the connection was refused or lost. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code: number;
}

export type Result<T = KubeObject> =
  | { readonly ok: true; readonly object: T }
  | { readonly ok: false; readonly status: Status };

/** An API list as it comes back from a list call. */
export interface ObjectList<T = KubeObject> {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly T[];
}

const hasReason = (result: Result<unknown>, reason: string): boolean =>
  !result.ok && result.status.reason === reason;

export const isNotFound = (result: Result<unknown>): boolean => hasReason(result, 'NotFound');
export const isConflict = (result: Result<unknown>): boolean => hasReason(result, 'Conflict');
export const isAlreadyExists = (result: Result<unknown>): boolean => hasReason(result, 'AlreadyExists');
export const isForbidden = (result: Result<unknown>): boolean => hasReason(result, 'Forbidden');
export const isInvalid = (result: Result<unknown>): boolean => hasReason(result, 'Invalid');
export const isExpired = (result: Result<unknown>): boolean => hasReason(result, 'Expired') || hasReason(result, 'Gone');
/** Whether the connection failed, so that nobody knows if the server acted. */
export const isUnreachable = (result: Result<unknown>): boolean => !result.ok && result.status.code === 0;
