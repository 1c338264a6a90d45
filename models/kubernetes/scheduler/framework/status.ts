/**
 * What a plugin answers about a pod or a node. Success is `undefined`, so that the common answer costs nothing; failure
 * statuses that never vary are shared constants, so that rejecting thousands of nodes allocates nothing either.
 *
 * Source: pkg/scheduler/framework/interface.go.
 */

export type Code = 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Error' | 'Skip' | 'Pending' | 'Wait';

export interface Status {
  readonly code: Code;
  readonly reasons: readonly string[];
  /** The plugin that said so; the framework fills it in for plugins that leave it out. */
  readonly plugin?: string;
}

/** Rejected for now; removing pods from the node might help. */
export const unschedulable = (plugin: string | undefined, ...reasons: string[]): Status =>
  plugin === undefined ? { code: 'Unschedulable', reasons } : { code: 'Unschedulable', reasons, plugin };

/** Rejected, and no preemption on that node can help. */
export const unresolvable = (plugin: string | undefined, ...reasons: string[]): Status =>
  plugin === undefined
    ? { code: 'UnschedulableAndUnresolvable', reasons }
    : { code: 'UnschedulableAndUnresolvable', reasons, plugin };

/** Something went wrong that says nothing about the pod; the attempt is repeated after a backoff. */
export const failure = (plugin: string | undefined, ...reasons: string[]): Status =>
  plugin === undefined ? { code: 'Error', reasons } : { code: 'Error', reasons, plugin };

/** Whether the status says no, as opposed to having failed to say anything (`Status.IsRejected`). */
export const isRejected = (status: Status): boolean =>
  status.code === 'Unschedulable' || status.code === 'UnschedulableAndUnresolvable' || status.code === 'Pending';

export const statusMessage = (status: Status): string => status.reasons.join(', ');

/** The same status in the name of a plugin, unless it has one. */
export const withPlugin = (status: Status, plugin: string): Status =>
  status.plugin === undefined ? { ...status, plugin } : status;
