/**
 * What a scheduler plugin is. Every extension point is an optional method, so a user's plugin is an object literal with
 * a name and the points it cares about.
 *
 * The state that a plugin carries from PreFilter to Filter, or from PreScore to Score, is a value that the plugin
 * returns and the framework hands back (`own`), instead of upstream's keyed CycleState: no look-ups in the inner loop
 * and no casts. `filterClass` and `scoreClass` are promises of purity that allow caching; leaving them out is always
 * correct.
 *
 * Source: pkg/scheduler/framework/interface.go.
 */
import type { Client } from '../../client/client.ts';
import type { Process, Task } from '../../client/process.ts';
import type { Pod } from '../../object/types.ts';
import type { Choose } from './choose.ts';
import type { ClusterEvent, EventRegistration } from './event.ts';
import type { Listers } from './listers.ts';
import type { NodeInfo } from './node-info.ts';
import type { Nominations } from './nominations.ts';
import type { NodeStatuses } from './node-statuses.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';
import type { Status } from './status.ts';
import type { FoldCache } from './fold.ts';

/** What is left of a cycle while the pod is being bound, and the means to write. */
export interface BindingCycle {
  readonly pod: PodInfo;
  readonly listers: Listers;
  readonly client: Client;
  readonly process: Process;
}

/** A pod that waits for a Permit plugin. */
export interface WaitingPod {
  allow(): void;
  reject(reason: string): void;
}

/** `status` undefined permits; code Wait makes the pod wait, and `onWait` gets the means to end that. */
export interface PermitResult {
  readonly status: Status | undefined;
  readonly timeoutMs: number;
  readonly onWait?: (waiting: WaitingPod) => void;
}

/** What one scheduling cycle is about, and what it may consult. */
export interface Cycle {
  readonly pod: PodInfo;
  readonly snapshot: Snapshot;
  readonly listers: Listers;
  readonly nominations: Nominations;
  readonly folds: FoldCache;
  readonly choose: Choose;
}

export type PreFilterResult<F> =
  /** The plugin has nothing to filter for this pod. */
  | { readonly kind: 'skip' }
  | { readonly kind: 'reject'; readonly status: Status }
  /** `nodes` narrows the search to these node names. */
  | { readonly kind: 'ok'; readonly own: F; readonly nodes?: ReadonlySet<string> };

export type PreScoreResult<S> =
  | { readonly kind: 'skip' }
  | { readonly kind: 'error'; readonly status: Status }
  | { readonly kind: 'ok'; readonly own: S };

/** A pod chosen for deletion, and how many disruption budgets that breaks, as the outcome of a preemption. */
export interface Preemption {
  readonly node: string;
  readonly victims: readonly PodInfo[];
  readonly pdbViolations: number;
}

export interface PostFilterResult {
  /** Undefined for success. */
  readonly status: Status | undefined;
  /** What becomes of `status.nominatedNodeName`: left alone, or set to this (perhaps '' to clear it). */
  readonly nominate: string | undefined;
  readonly preemption?: Preemption;
  /** Details for whoever asks why: what the dry run found per node. */
  readonly dryRun?: {
    readonly candidates: readonly Preemption[];
    readonly rejected: NodeStatuses;
    readonly tied: readonly string[];
  };
}

export interface PostFilterContext extends Cycle {
  readonly statuses: NodeStatuses;
  /** Runs all filters of the profile against a row that may be a copy, nominated pods included. */
  runFilters(row: NodeInfo, own: FilterStates): Status | undefined;
  /** The filters' states of this cycle, copied so that a what-if may change them. */
  copyStates(): FilterStates;
  addPod(row: NodeInfo, pod: PodInfo, own: FilterStates): void;
  removePod(row: NodeInfo, pod: PodInfo, own: FilterStates): void;
}

/** State of each filter of the profile, by position; undefined for skipped ones. */
export type FilterStates = unknown[];

/* Methods, not function-typed fields: a plugin with its own state types is then a Plugin. */
/* eslint-disable @typescript-eslint/method-signature-style */
export interface Plugin<F = unknown, S = unknown> {
  readonly name: string;

  /** Whether the pod may enter the queue of pods to try; a status keeps it out. */
  preEnqueue?(pod: Pod): Status | undefined;

  preFilter?(cycle: Cycle): PreFilterResult<F>;
  /** Updates `own` as if `other` ran on the row; the row's own sums are updated by the framework. */
  addPod?(cycle: Cycle, own: F, other: PodInfo, row: NodeInfo): void;
  removePod?(cycle: Cycle, own: F, other: PodInfo, row: NodeInfo): void;
  copyState?(own: F): F;
  filter?(cycle: Cycle, row: NodeInfo, own: F): Status | undefined;
  /**
   * A text such that the filter's answer depends on nothing but this text and the row. Undefined: do not cache.
   * Rows are re-filtered whenever their generation changes.
   */
  filterClass?(cycle: Cycle, own: F): string | undefined;

  postFilter?(context: PostFilterContext): PostFilterResult;

  preScore?(cycle: Cycle, rows: readonly NodeInfo[]): PreScoreResult<S>;
  score?(cycle: Cycle, row: NodeInfo, own: S): number;
  /** As {@link filterClass}, for the raw score. */
  scoreClass?(cycle: Cycle, own: S): string | undefined;
  /** Turns raw scores into 0..100, in place. `scores[i]` belongs to `rows[i]`; only the first `rows.length` count. */
  normalize?(cycle: Cycle, rows: readonly NodeInfo[], scores: Float64Array, own: S): void;

  /** After a node was chosen and before the pod is bound. A status undoes the reservation. */
  reserve?(cycle: Cycle, node: string): Status | undefined;
  unreserve?(cycle: Cycle, node: string): void;
  permit?(cycle: Cycle, node: string): PermitResult;

  /** Writes that must succeed before the binding. May block. */
  preBind?(cycle: BindingCycle, node: string): Task<Status | undefined>;
  /** Binds the pod instead of the default binder; `skip` leaves it to the next plugin. May block. */
  bind?(cycle: BindingCycle, node: string): Task<Status | 'skip' | undefined>;
  postBind?(cycle: BindingCycle, node: string): void;

  /** Events that may make a pod schedulable which this plugin rejected. Undefined: every event may. */
  events?(): readonly EventRegistration[];
}

/** A hint's answer: worth another try, or not. */
export type QueueingHint = 'queue' | 'skip';
export type { ClusterEvent };
