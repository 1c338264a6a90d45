/**
 * Failures of a reconcile, as exceptions: whoever does not catch them is called again later. Other exceptions are bugs.
 */
import type { Status } from '../client/result.ts';

/** Something is not as it has to be yet; throw it to be called again, longer and longer apart. */
export class ReconcileError extends Error {
  override readonly name: string = 'ReconcileError';
}

/** Another object controls what was to be controlled: an owner of the same name that is gone, perhaps, and whose objects are still being collected. */
export class AlreadyOwnedError extends ReconcileError {
  override readonly name = 'AlreadyOwnedError';
}

/** A call that failed. `status` is the server's `Status`; its code is 0 when no answer came and nobody knows whether the server acted. */
export class ApiError extends ReconcileError {
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
