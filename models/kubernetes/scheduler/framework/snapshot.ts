/**
 * The view of the cluster that one scheduling cycle works on.
 *
 * A cycle's reasoning is one uninterrupted step of one actor, so the view is the cache itself rather than a copy:
 * nothing can change between its first and its last question. Rows remember when they last changed, so whoever keeps
 * derived tables looks only at rows newer than what it has seen (`changedSince`). `epoch` rises whenever the set or
 * order of nodes changes; tables keyed by it are rebuilt.
 *
 * Source: pkg/scheduler/backend/cache/snapshot.go.
 */
import type { NodeInfo } from './node-info.ts';

export interface Snapshot {
  /** All nodes, in the order of the node tree. */
  readonly nodes: readonly NodeInfo[];
  /** The slots of {@link nodes}, in the same order: tables by slot are read without reading the rows. */
  readonly slotsOfNodes: readonly number[];
  /** Nodes with at least one pod that has (anti-)affinity. */
  readonly withAffinity: ReadonlySet<NodeInfo>;
  /** Nodes with at least one pod that has required anti-affinity. */
  readonly withRequiredAntiAffinity: ReadonlySet<NodeInfo>;
  /** How many pods on known nodes use each claim; absent means none. */
  readonly claimUses: ReadonlyMap<string, number>;
  /** The latest changed row; follow `older` for the ones before it. */
  readonly newest: NodeInfo | undefined;
  /** The generation of the latest change. */
  readonly generation: number;
  readonly epoch: number;
  /** One more than the highest slot in use. */
  readonly slots: number;
  get(name: string): NodeInfo | undefined;
}
