/**
 * What the API server refused, as an exception: a reconcile that does not catch it is tried again later.
 */
import type { Status } from '../client/result.ts';

/** A call that failed. `status` is the server's `Status`; its code is 0 when no answer came and nobody knows whether the server acted. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? 'unknown');
    this.status = status;
  }

  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, …; empty when the server gave none. */
  get reason(): string {
    return this.status.reason ?? '';
  }
}

/** An error that no retry will mend: the request waits for its object's next change (controller-runtime: `reconcile.TerminalError`). */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

const hasReason = (error: unknown, reason: string): boolean => error instanceof ApiError && error.reason === reason;

export const isNotFoundError = (error: unknown): boolean => hasReason(error, 'NotFound');
export const isAlreadyExistsError = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isConflictError = (error: unknown): boolean => hasReason(error, 'Conflict');
