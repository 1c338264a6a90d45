/**
 * Why nodes were refused in one cycle: a status for each node that was looked at, and one for all that were not.
 *
 * Indexed by the position of the node in the snapshot, so recording costs one store.
 * Source: pkg/scheduler/framework/types.go (NodeToStatus).
 */
import type { NodeInfo } from './node-info.ts';
import type { Snapshot } from './snapshot.ts';
import { type Status, unresolvable } from './status.ts';

const UNSEEN: Status = unresolvable(undefined);
const NO_STATUSES: (Status | undefined)[] = [];

export class NodeStatuses {
  readonly #snapshot: Snapshot;
  // As long as the list of nodes from the first entry on: an array that grows from somewhere in the middle is a slow one.
  #statuses: (Status | undefined)[] = NO_STATUSES;
  #count = 0;
  #absent: Status = UNSEEN;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  set(row: NodeInfo, status: Status): void {
    if (this.#count === 0) this.#statuses = new Array<Status | undefined>(this.#snapshot.nodes.length).fill(undefined);
    if (this.#statuses[row.index] === undefined) this.#count += 1;
    this.#statuses[row.index] = status;
  }

  /** The status for every node that has none of its own. */
  setAbsent(status: Status): void {
    this.#absent = status;
  }

  get absent(): Status {
    return this.#absent;
  }

  /** How many nodes have a status of their own. */
  get size(): number {
    return this.#count;
  }

  of(row: NodeInfo): Status {
    return this.#statuses[row.index] ?? this.#absent;
  }

  /** The status that was recorded for this very node, if any. */
  recorded(row: NodeInfo): Status | undefined {
    return this.#statuses[row.index];
  }

  /** Nodes with the code, in snapshot order. */
  nodesWith(code: Status['code']): NodeInfo[] {
    return this.#snapshot.nodes.filter((row) => this.of(row).code === code);
  }

  /** Calls back once per distinct status object with the number of nodes that share it. */
  forEachDistinct(visit: (status: Status, nodes: number) => void): void {
    const counts = new Map<Status, number>();
    for (let at = 0; at < this.#statuses.length; ) {
      const status = this.#statuses[at];
      const from = at;
      while (at < this.#statuses.length && this.#statuses[at] === status) at += 1;
      if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + at - from);
    }
    for (const [status, nodes] of counts) visit(status, nodes);
  }

  /** Node name and status of every recorded node, in snapshot order. */
  entries(): [string, Status][] {
    const entries: [string, Status][] = [];
    for (const row of this.#snapshot.nodes) {
      const status = this.#statuses[row.index];
      if (status !== undefined) entries.push([row.name, status]);
    }
    return entries;
  }
}
