/**
 * PreFilter and Filter: which nodes could take the pod, and why the others could not.
 *
 * The filters that promise purity and come first in the order are answered from the class cache; the rest are asked for
 * each node. A node with nominated pods of at least the same priority must pass twice: with them and without.
 *
 * Source: pkg/scheduler/framework/runtime/framework.go, pkg/scheduler/schedule_one.go.
 */
import { type ClassCache, type FilterClass, PASSES, REFUSED, UNKNOWN } from './class-cache.ts';
import type { NodeInfo } from './node-info.ts';
import type { Cycle, FilterStates, Plugin } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import { type Status, unresolvable, withPlugin } from './status.ts';

export interface PreFiltered {
  /** Filters that apply to this pod, in order. */
  readonly active: readonly Plugin[];
  /** The state of each active filter. */
  readonly own: FilterStates;
  /** Names the search is narrowed to, and by which plugins. */
  readonly nodes: ReadonlySet<string> | undefined;
  readonly narrowedBy: readonly string[];
}

export type PreFilterOutcome =
  | { readonly kind: 'ok'; readonly preFiltered: PreFiltered }
  | { readonly kind: 'rejected'; readonly status: Status; readonly preFiltered: PreFiltered | undefined };

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** No node satisfies all the plugins that narrowed the search. */
const emptyIntersection = (plugins: readonly string[]): Status =>
  plugins.length === 1
    ? unresolvable(plugins[0], `node(s) didn't satisfy plugin ${plugins[0] ?? ''}`)
    : unresolvable(
        plugins.at(-1),
        `node(s) didn't satisfy plugin(s) [${[...plugins].sort(byName).join(' ')}] simultaneously`,
      );

const intersect = (a: ReadonlySet<string> | undefined, b: ReadonlySet<string>): ReadonlySet<string> =>
  a === undefined ? b : new Set([...a].filter((name) => b.has(name)));

/** Runs PreFilter of every plugin. */
export const runPreFilters = (
  cycle: Cycle,
  plugins: readonly Plugin[],
  filters: readonly Plugin[],
): PreFilterOutcome => {
  const states = new Map<string, unknown>();
  const skipped = new Set<string>();
  let nodes: ReadonlySet<string> | undefined;
  const narrowedBy: string[] = [];
  let rejected: Status | undefined;
  for (const plugin of plugins) {
    const result = plugin.preFilter?.(cycle);
    if (result === undefined) continue;
    if (result.kind === 'skip') {
      skipped.add(plugin.name);
      continue;
    }
    if (result.kind === 'reject') {
      rejected = withPlugin(result.status, plugin.name);
      if (rejected.code === 'Unschedulable') continue;
      return { kind: 'rejected', status: rejected, preFiltered: undefined };
    }
    states.set(plugin.name, result.own);
    if (result.nodes === undefined) continue;
    narrowedBy.push(plugin.name);
    nodes = intersect(nodes, result.nodes);
    if (nodes.size === 0) return { kind: 'rejected', status: emptyIntersection(narrowedBy), preFiltered: undefined };
  }
  const active = filters.filter(({ name }) => !skipped.has(name));
  const own = active.map(({ name }) => states.get(name));
  const preFiltered: PreFiltered = { active, own, nodes, narrowedBy };
  return rejected === undefined ? { kind: 'ok', preFiltered } : { kind: 'rejected', status: rejected, preFiltered };
};

/** Copies the filters' states so that a what-if may change them. */
export const copyStates = ({ active, own }: PreFiltered): FilterStates =>
  active.map((plugin, i) =>
    plugin.copyState !== undefined && own[i] !== undefined ? plugin.copyState(own[i]) : own[i],
  );

/** Tells the filters' states that a pod came to the row (`sign` 1) or left it. */
export const changeStates = (
  cycle: Cycle,
  active: readonly Plugin[],
  own: FilterStates,
  other: PodInfo,
  row: NodeInfo,
  sign: 1 | -1,
): void => {
  for (let i = 0; i < active.length; i += 1) {
    if (own[i] === undefined) continue;
    const plugin = active[i] as Plugin;
    if (sign === 1) plugin.addPod?.(cycle, own[i], other, row);
    else plugin.removePod?.(cycle, own[i], other, row);
  }
};

/** The first refusal among filters `from`.. , or undefined when all pass. */
const firstRefusal = (
  cycle: Cycle,
  active: readonly Plugin[],
  own: FilterStates,
  row: NodeInfo,
  from: number,
  to: number,
): Status | undefined => {
  for (let i = from; i < to; i += 1) {
    const plugin = active[i] as Plugin;
    const status = plugin.filter?.(cycle, row, own[i]);
    if (status !== undefined) return withPlugin(status, plugin.name);
  }
  return undefined;
};

/** Nominated pods on the node that must be counted as if they ran there. */
const nominatedRivals = (cycle: Cycle, row: NodeInfo): readonly PodInfo[] => {
  const nominated = cycle.nominations.on(row.name);
  if (nominated.length === 0) return nominated;
  return nominated.filter((rival) => rival.priority >= cycle.pod.priority && rival.uid !== cycle.pod.uid);
};

/** All filters against one row, which may be a what-if copy; with nominated pods first when there are any. */
export const filterWithNominated = (
  cycle: Cycle,
  preFiltered: PreFiltered,
  own: FilterStates,
  row: NodeInfo,
): Status | undefined => {
  const { active } = preFiltered;
  const rivals = nominatedRivals(cycle, row);
  if (rivals.length > 0) {
    const copy = row.copy();
    const states = copyStates({ ...preFiltered, own });
    for (const rival of rivals) {
      copy.addPod(rival);
      changeStates(cycle, active, states, rival, copy, 1);
    }
    const status = firstRefusal(cycle, active, states, copy, 0, active.length);
    if (status !== undefined) return status;
  }
  return firstRefusal(cycle, active, own, row, 0, active.length);
};

/** Below this many nodes looking a class up costs more than it saves. */
const CACHE_NODES_MIN = 8;

/** Asks about live rows, many of them, for one pod. `slot` is the row's: whoever has it at hand saves reading the row. */
export interface RowFilter {
  (row: NodeInfo, slot: number): Status | undefined;
}

const cachedPrefix = (cycle: Cycle, { active, own }: PreFiltered): { length: number; key: string } => {
  let key = '';
  let length = 0;
  for (; length < active.length; length += 1) {
    const plugin = active[length] as Plugin;
    const text = plugin.filterClass?.(cycle, own[length]);
    if (text === undefined) break;
    key += `${plugin.name}=${text}\n`;
  }
  return { length, key };
};

/** Makes the filter for the live rows of this cycle; answers equal those of {@link filterWithNominated}. */
export const rowFilter = (cycle: Cycle, preFiltered: PreFiltered, cache: ClassCache, rows: number): RowFilter => {
  const { active, own } = preFiltered;
  const hasNominations = cycle.nominations.size > 0;
  const prefix = rows < CACHE_NODES_MIN ? { length: 0, key: '' } : cachedPrefix(cycle, preFiltered);
  const isAllCached = prefix.length === active.length;
  const known = prefix.length === 0 ? undefined : cache.filterClass(prefix.key, cycle.snapshot);
  const ask = (row: NodeInfo, slot: number, { known: states, statuses }: FilterClass): Status | undefined => {
    const status = firstRefusal(cycle, active, own, row, 0, prefix.length);
    states[slot] = status === undefined ? PASSES : REFUSED;
    statuses[slot] = status;
    return status;
  };
  return (row, slot) => {
    if (hasNominations && cycle.nominations.on(row.name).length > 0) {
      return filterWithNominated(cycle, preFiltered, own, row);
    }
    if (known === undefined) return firstRefusal(cycle, active, own, row, 0, active.length);
    const state = known.known[slot];
    const status = state === PASSES ? undefined : state === UNKNOWN ? ask(row, slot, known) : known.statuses[slot];
    if (status !== undefined || isAllCached) return status;
    return firstRefusal(cycle, active, own, row, prefix.length, active.length);
  };
};
