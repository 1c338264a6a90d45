/**
 * The scheduler's writes to a pod's status, as strategic merge patches that hold only what changes.
 *
 * Source: pkg/scheduler/schedule_one.go (updatePod), pkg/scheduler/util/utils.go, pkg/api/v1/pod/util.go.
 */
import type { core, Pod } from '../object/types.ts';

export interface ConditionChange {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

interface StatusPatch {
  readonly status: {
    readonly conditions?: readonly Readonly<Record<string, string | null>>[];
    readonly nominatedNodeName?: string | null;
  };
}

/** What must be written of the condition; undefined when it stands there already. Times move only with the status. */
const conditionPatch = (
  pod: Pod,
  change: ConditionChange,
  now: string,
): Readonly<Record<string, string | null>> | undefined => {
  const conditions = (pod.status as core.PodStatus | undefined)?.conditions ?? [];
  const old = conditions.find(({ type }) => type === change.type);
  if (old === undefined) return { ...change, lastProbeTime: null, lastTransitionTime: now };
  if (old.status !== change.status) return { ...change, lastTransitionTime: now };
  if (old.reason === change.reason && old.message === change.message) return undefined;
  return { type: change.type, reason: change.reason, message: change.message };
};

/** The patch that sets the condition and the nomination (undefined: leave it); undefined when nothing changes. */
export const statusPatch = (
  pod: Pod,
  change: ConditionChange | undefined,
  nominate: string | undefined,
  now: string,
): StatusPatch | undefined => {
  const condition = change === undefined ? undefined : conditionPatch(pod, change, now);
  const before = (pod.status as core.PodStatus | undefined)?.nominatedNodeName ?? '';
  const isNominationNew = nominate !== undefined && nominate !== before;
  if (condition === undefined && !isNominationNew) return undefined;
  return {
    status: {
      ...(condition === undefined ? {} : { conditions: [condition] }),
      ...(isNominationNew ? { nominatedNodeName: nominate === '' ? null : nominate } : {}),
    },
  };
};

/** Longest note of an event, in bytes (schedule_one.go, truncateMessage). */
const NOTE_MAX = 1024;
const NOTE_SUFFIX = ' ...';

/** The message as an event may carry it. */
export const truncatedNote = (message: string): string =>
  message.length <= NOTE_MAX ? message : message.slice(0, NOTE_MAX - NOTE_SUFFIX.length) + NOTE_SUFFIX;
