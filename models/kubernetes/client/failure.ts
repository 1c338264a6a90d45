/**
 * An operation that failed, as a value: the text of Go's error and, when the API server refused, its Status.
 *
 * A sync that returns a failure is retried by its queue; `undefined` means success.
 */
import type { Result, Status } from './result.ts';

export interface Failure {
  readonly message: string;
  readonly status?: Status;
}

/** Go's `error`: undefined is success. */
export type Err = Failure | undefined;

export const failure = (message: string): Failure => ({ message });

/** The failure of a call, undefined when it succeeded. */
export function failureOf(result: Result<unknown>): Err {
  return result.ok ? undefined : { message: result.status.message ?? result.status.reason ?? 'unknown', status: result.status };
}

/** `utilerrors.NewAggregate(...).Error()`: one message as it is, several in brackets, equal ones once. */
export function aggregate(failures: readonly Err[]): Err {
  const found = failures.filter((entry): entry is Failure => entry !== undefined);
  if (found.length <= 1) return found[0];
  const messages = [...new Set(found.map((entry) => entry.message))];
  const first = found[0] as Failure;
  if (messages.length === 1) return first;
  return { message: `[${messages.join(', ')}]`, ...(first.status === undefined ? {} : { status: first.status }) };
}

/** Whether the call was refused because the namespace is being deleted (`apierrors.HasStatusCause(NamespaceTerminating)`). */
export function isNamespaceTerminating(error: Err): boolean {
  const causes = (error?.status?.details?.['causes'] ?? []) as readonly { reason?: string }[];
  return causes.some((cause) => cause.reason === 'NamespaceTerminating');
}

export const failedWith = (error: Err, reason: string): boolean => error?.status?.reason === reason;
