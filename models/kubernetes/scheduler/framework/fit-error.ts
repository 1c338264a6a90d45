/**
 * The sentence that tells why a pod fits nowhere. Users read it in events and conditions, so it is exact to the byte.
 *
 * Source: pkg/scheduler/framework/types.go (FitError).
 */
import type { NodeStatuses } from './node-statuses.ts';

export interface Diagnosis {
  readonly statuses: NodeStatuses;
  /** Plugins that refused something; an event that concerns one of them gets the pod tried again. */
  readonly unschedulablePlugins: Set<string>;
  /** Plugins that made the pod wait. */
  readonly pendingPlugins: Set<string>;
  /** What PreFilter said when it refused the pod outright; '' otherwise. */
  preFilterMessage: string;
  postFilterMessage: string;
}

/** `COUNT REASON` for every reason, as sorted byte strings. */
const histogram = (statuses: NodeStatuses, nodes: number): string[] => {
  const counts = new Map<string, number>();
  const count = (reason: string, times: number): void => {
    counts.set(reason, (counts.get(reason) ?? 0) + times);
  };
  statuses.forEachDistinct((status, times) => {
    for (const reason of status.reasons) count(reason, times);
  });
  if (statuses.size < nodes) for (const reason of statuses.absent.reasons) count(reason, nodes - statuses.size);
  const lines: string[] = [];
  for (const [reason, times] of counts) lines.push(`${times} ${reason}`);
  return lines.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
};

/** The whole sentence for `nodes` nodes. */
export const fitErrorMessage = (
  nodes: number,
  diagnosis: Pick<Diagnosis, 'statuses' | 'preFilterMessage' | 'postFilterMessage'>,
): string => {
  let message = `0/${nodes} nodes are available:`;
  if (diagnosis.preFilterMessage !== '') message += ` ${diagnosis.preFilterMessage}.`;
  else {
    const lines = histogram(diagnosis.statuses, nodes);
    if (lines.length > 0) message += ` ${lines.join(', ')}.`;
  }
  if (diagnosis.postFilterMessage !== '') message += ` ${diagnosis.postFilterMessage}`;
  return message;
};

export const NO_NODES_MESSAGE = 'no nodes available to schedule pods';

