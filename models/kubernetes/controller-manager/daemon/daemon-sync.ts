/**
 * One sync of one DaemonSet: its nodes, and its pods by the node that each is meant for.
 */
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { ControllerExpectations } from '../../client/expectations.ts';
import type { PodControl } from '../../client/pod-template.ts';
import type { Process } from '../../client/process.ts';
import type { WallClock } from '../../client/wall-clock.ts';
import type { RateLimitingQueue } from '../../client/workqueue.ts';
import { isTerminating } from '../../object/meta.ts';
import type { DaemonSet, Node, Pod } from '../../object/types.ts';
import { isPodTerminal } from '../pod/pod-state.ts';
import { nodeEligibility, targetNode, type Eligibility } from './node-eligibility.ts';

/** apps/v1: DefaultDaemonSetUniqueLabelKey, DeprecatedTemplateGeneration. */
export const HASH_LABEL = 'controller-revision-hash';
export const GENERATION_LABEL = 'pod-template-generation';
export const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';

export interface DaemonTools {
  readonly process: Process;
  readonly client: Client;
  readonly clock: WallClock;
  readonly queue: RateLimitingQueue;
  readonly recorder: EventRecorder;
  readonly podControl: PodControl;
  readonly expectations: ControllerExpectations;
  readonly failedPods: FailedPodBackoff;
}

export interface DaemonSync extends DaemonTools {
  readonly key: string;
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  /** Pods by node, those that are both terminal and being deleted left out. */
  readonly podsByNode: ReadonlyMap<string, readonly Pod[]>;
  /** The hash of the current template. */
  readonly hash: string;
  eligibility(node: Node): Eligibility;
}

/** Whether the DaemonSet replaces pods by making the new one first (AllowsSurge). */
export function allowsSurge({ spec }: DaemonSet): boolean {
  const { maxSurge } = spec.updateStrategy?.rollingUpdate ?? {};
  return spec.updateStrategy?.type !== 'OnDelete' && maxSurge !== undefined && (maxSurge as unknown) !== 0 && (maxSurge as unknown) !== '0%';
}

export function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (isPodTerminal(pod) && isTerminating(pod)) continue;
    const node = targetNode(pod);
    if (node !== '') byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  return byNode;
}

/** Each node is judged once per sync. */
export function eligibilityOf(daemonSet: DaemonSet): (node: Node) => Eligibility {
  const known = new Map<Node, Eligibility>();
  return (node) => {
    const cached = known.get(node) ?? nodeEligibility(node, daemonSet);
    known.set(node, cached);
    return cached;
  };
}

/** Whether the pod was made from the current template. */
export function isUpdated({ metadata: { labels } }: Pod, hash: string, daemonSet: DaemonSet): boolean {
  const generation = daemonSet.metadata.annotations?.[GENERATION_ANNOTATION];
  return (generation !== undefined && labels?.[GENERATION_LABEL] === generation) || (hash !== '' && labels?.[HASH_LABEL] === hash);
}

/** Assigned pods first, then the oldest, then by name. */
export function byCreationAndPhase(a: Pod, b: Pod): number {
  const assigned = Number(Boolean(b.spec.nodeName)) - Number(Boolean(a.spec.nodeName));
  if (assigned !== 0) return assigned;
  const [timeA, timeB] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

/** app/apps.go: NewBackOff(1 s, 15 min) for failed daemon pods; a quiet period of twice the maximum resets an entry. */
const BACKOFF = 1_000_000;
const BACKOFF_MAX = 15 * 60 * 1_000_000;

/** Keeps the controller from fighting with a kubelet that refuses its pods. */
export class FailedPodBackoff {
  private readonly process: Process;
  private readonly entries = new Map<string, { delay: number; at: number }>();

  constructor(process: Process) {
    this.process = process;
  }

  /** How long to wait yet, as upstream: the whole delay while it lasts. */
  waiting(key: string): number {
    const entry = this.entries.get(key);
    if (entry === undefined || this.process.now - entry.at >= 2 * BACKOFF_MAX) return 0;
    return this.process.now - entry.at < entry.delay ? entry.delay : 0;
  }

  next(key: string): void {
    const entry = this.entries.get(key);
    const isFresh = entry === undefined || this.process.now - entry.at >= 2 * BACKOFF_MAX;
    this.entries.set(key, { delay: isFresh ? BACKOFF : Math.min(BACKOFF_MAX, entry.delay * 2), at: this.process.now });
  }

  /** Forgets what has been quiet for long. */
  collect(): void {
    for (const [key, { at }] of this.entries) if (this.process.now - at > 2 * BACKOFF_MAX) this.entries.delete(key);
  }
}
