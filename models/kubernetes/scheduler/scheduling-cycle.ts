/**
 * One scheduling cycle: from a pod and the state of the cluster to a node, or to the reasons why there is none.
 *
 * Pure apart from the round-robin position and the caches of its scheduler: no messages, no time. The caller assumes,
 * binds, deletes victims and reports. Source: pkg/scheduler/schedule_one.go.
 */
import { ClassCache } from './framework/class-cache.ts';
import type { Choose } from './framework/choose.ts';
import {
  changeStates,
  copyStates,
  filterWithNominated,
  type PreFiltered,
  rowFilter,
  runPreFilters,
} from './framework/filtering.ts';
import { type Diagnosis, fitErrorMessage, NO_NODES_MESSAGE } from './framework/fit-error.ts';
import { FoldCache } from './framework/fold.ts';
import type { Listers } from './framework/listers.ts';
import { type NodeInfo, slotsOf } from './framework/node-info.ts';
import { NodeStatuses } from './framework/node-statuses.ts';
import type { Nominations } from './framework/nominations.ts';
import type { Cycle, PostFilterContext, PostFilterResult } from './framework/plugin.ts';
import { nominatedNodeOf, type PodInfo } from './framework/pod-info.ts';
import type { Profile } from './framework/profile.ts';
import { bestRows, type PluginScores, scoreRows } from './framework/scoring.ts';
import type { Snapshot } from './framework/snapshot.ts';
import { isRejected, type Status, statusMessage, unresolvable } from './framework/status.ts';

/** What a scheduler knows when it decides. */
export interface SchedulingContext {
  readonly snapshot: Snapshot;
  readonly listers: Listers;
  readonly nominations: Nominations;
  readonly choose: Choose;
  /** Keep per-node and per-plugin details in the decision. */
  readonly explain: boolean;
}

export interface Placement {
  readonly kind: 'scheduled';
  readonly node: string;
  /** Nodes that were equally good. */
  readonly tied: readonly string[];
  readonly feasible: readonly NodeInfo[];
  readonly evaluated: number;
  readonly diagnosis: Diagnosis;
  /** With `explain` and more than one feasible node. */
  readonly scores: readonly PluginScores[];
  readonly totals: readonly number[] | undefined;
}

export interface Refusal {
  readonly kind: 'unschedulable';
  readonly message: string;
  readonly diagnosis: Diagnosis;
  /** Absent when PostFilter did not run. */
  readonly postFilter: PostFilterResult | undefined;
  /** True when there was no node at all, which upstream treats as an error without a rejecting plugin. */
  readonly noNodes: boolean;
}

export interface Breakdown {
  readonly kind: 'error';
  readonly message: string;
  readonly diagnosis: Diagnosis | undefined;
}

export type Decision = Placement | Refusal | Breakdown;

/** Clusters up to this size are always examined completely (schedule_one.go, minFeasibleNodesToFind). */
const FEASIBLE_NODES_MIN = 100;
const PERCENTAGE_MIN = 5;

/** How many feasible nodes suffice in a cluster of `nodes` nodes. */
export const numNodesToFind = (nodes: number, percentage: number): number => {
  if (nodes < FEASIBLE_NODES_MIN) return nodes;
  const share = percentage === 0 ? Math.max(PERCENTAGE_MIN, 50 - Math.trunc(nodes / 125)) : percentage;
  return Math.max(FEASIBLE_NODES_MIN, Math.trunc((nodes * share) / 100));
};

const emptyDiagnosis = (snapshot: Snapshot): Diagnosis => ({
  statuses: new NodeStatuses(snapshot),
  unschedulablePlugins: new Set(),
  pendingPlugins: new Set(),
  preFilterMessage: '',
  postFilterMessage: '',
});

const attribute = (diagnosis: Diagnosis, status: Status): void => {
  if (status.plugin === undefined || !isRejected(status)) return;
  if (status.code === 'Pending') diagnosis.pendingPlugins.add(status.plugin);
  else diagnosis.unschedulablePlugins.add(status.plugin);
};

interface Search {
  readonly feasible: readonly NodeInfo[];
  /** The slots of the feasible nodes. */
  readonly slots: readonly number[];
  readonly error: Status | undefined;
}

const NOWHERE: Omit<Search, 'error'> = { feasible: [], slots: [] };

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The part of a scheduler that decides. One instance per scheduler process; all its profiles share it. */
export class SchedulingCycle {
  readonly #filterCache = new Map<string, ClassCache>();
  readonly folds = new FoldCache();
  #nextStart = 0;

  /** Where the next search begins; visible for tests. */
  get nextStart(): number {
    return this.#nextStart;
  }

  /** Decides about one pod. */
  run(context: SchedulingContext, profile: Profile, pod: PodInfo): Decision {
    const { snapshot } = context;
    const diagnosis = emptyDiagnosis(snapshot);
    if (snapshot.nodes.length === 0) {
      return { kind: 'unschedulable', message: NO_NODES_MESSAGE, diagnosis, postFilter: undefined, noNodes: true };
    }
    const cycle: Cycle = { ...context, pod, folds: this.folds };
    const outcome = runPreFilters(cycle, profile.preFilter, profile.filter);
    if (outcome.kind === 'rejected') {
      if (!isRejected(outcome.status)) return this.#breakdown('PreFilter', outcome.status, diagnosis);
      diagnosis.statuses.setAbsent(outcome.status);
      diagnosis.preFilterMessage = statusMessage(outcome.status);
      attribute(diagnosis, outcome.status);
      return this.#refuse(cycle, profile, outcome.preFiltered, diagnosis);
    }
    const { preFiltered } = outcome;
    const search = this.#findFeasible(cycle, profile, preFiltered, diagnosis);
    if (search.error !== undefined) return this.#breakdown('Filter', search.error, diagnosis);
    if (search.feasible.length === 0) return this.#refuse(cycle, profile, preFiltered, diagnosis);
    return this.#place(cycle, profile, search, diagnosis, context.explain);
  }

  #cacheOf(profile: Profile): ClassCache {
    let cache = this.#filterCache.get(profile.schedulerName);
    if (cache === undefined) {
      cache = new ClassCache();
      this.#filterCache.set(profile.schedulerName, cache);
    }
    return cache;
  }

  #breakdown(point: 'PreFilter' | 'Filter', status: Status, diagnosis: Diagnosis): Breakdown {
    const plugin = status.plugin ?? '';
    const where = point === 'Filter' ? `running "${plugin}" filter plugin` : `running PreFilter plugin "${plugin}"`;
    const message = `${where}: ${statusMessage(status)}`;
    return { kind: 'error', message, diagnosis };
  }

  #findFeasible(cycle: Cycle, profile: Profile, preFiltered: PreFiltered, diagnosis: Diagnosis): Search {
    const { snapshot } = cycle;
    for (const plugin of preFiltered.narrowedBy) diagnosis.unschedulablePlugins.add(plugin);
    const nominated = snapshot.get(nominatedNodeOf(cycle.pod.pod));
    if (nominated !== undefined) {
      const only = this.#search(cycle, profile, preFiltered, [nominated], diagnosis, 0);
      if (only.error === undefined && only.feasible.length > 0) return only;
    }
    let nodes = snapshot.nodes;
    if (preFiltered.nodes !== undefined) {
      nodes = this.#named(snapshot, preFiltered.nodes);
      const plugins = [...preFiltered.narrowedBy].sort(byName).join(' ');
      diagnosis.statuses.setAbsent(unresolvable(undefined, `node(s) didn't satisfy plugin(s) [${plugins}]`));
    }
    const search = this.#search(cycle, profile, preFiltered, nodes, diagnosis, this.#nextStart);
    const processed = search.feasible.length + diagnosis.statuses.size;
    this.#nextStart = (this.#nextStart + processed) % snapshot.nodes.length;
    return search;
  }

  /** The named nodes that exist, in snapshot order. */
  #named(snapshot: Snapshot, names: ReadonlySet<string>): NodeInfo[] {
    const rows: NodeInfo[] = [];
    for (const name of names) {
      const row = snapshot.get(name);
      if (row !== undefined) rows.push(row);
    }
    return rows.sort((a, b) => a.index - b.index);
  }

  #search(
    cycle: Cycle,
    profile: Profile,
    preFiltered: PreFiltered,
    nodes: readonly NodeInfo[],
    diagnosis: Diagnosis,
    start: number,
  ): Search {
    if (nodes.length === 0) return { ...NOWHERE, error: undefined };
    const feasible: NodeInfo[] = [];
    const wanted = profile.score.length === 0 ? 1 : numNodesToFind(nodes.length, profile.percentageOfNodesToScore);
    const filter = rowFilter(cycle, preFiltered, this.#cacheOf(profile), nodes.length);
    const slots = nodes === cycle.snapshot.nodes ? cycle.snapshot.slotsOfNodes : slotsOf(nodes);
    const feasibleSlots: number[] = [];
    const { statuses } = diagnosis;
    let last: Status | undefined;
    let at = start % nodes.length;
    for (let visited = 0; visited < nodes.length; visited += 1) {
      const row = nodes[at] as NodeInfo;
      const slot = slots[at] as number;
      const status = filter(row, slot);
      at = at + 1 === nodes.length ? 0 : at + 1;
      if (status === undefined) {
        // The first feasible node beyond the quota ends the search; refusals until then are recorded.
        if (feasible.length === wanted) break;
        feasible.push(row);
        feasibleSlots.push(slot);
        continue;
      }
      if (!isRejected(status)) return { ...NOWHERE, error: status };
      statuses.set(row, status);
      if (status !== last) attribute(diagnosis, status);
      last = status;
    }
    return { feasible, slots: feasibleSlots, error: undefined };
  }

  #place(
    cycle: Cycle,
    profile: Profile,
    { feasible, slots }: Search,
    diagnosis: Diagnosis,
    explain: boolean,
  ): Decision {
    const evaluated = feasible.length + diagnosis.statuses.size;
    const only = feasible.length === 1 ? feasible[0] : undefined;
    if (only !== undefined) {
      const tied = [only.name];
      return {
        kind: 'scheduled',
        node: only.name,
        tied,
        feasible,
        evaluated,
        diagnosis,
        scores: [],
        totals: undefined,
      };
    }
    const outcome = scoreRows(cycle, profile, this.#cacheOf(profile), feasible, slots, explain);
    if (outcome.kind === 'error') return { kind: 'error', message: statusMessage(outcome.status), diagnosis };
    const { totals, plugins } = outcome.scored;
    const best = bestRows(totals);
    const drawn = best.length === 1 ? 0 : cycle.choose('scheduler.host', best.length, cycle.pod.key);
    const node = (feasible[best[drawn] as number] as NodeInfo).name;
    const tied = explain ? best.map((i) => (feasible[i] as NodeInfo).name) : [];
    return { kind: 'scheduled', node, tied, feasible, evaluated, diagnosis, scores: plugins, totals };
  }

  #refuse(cycle: Cycle, profile: Profile, preFiltered: PreFiltered | undefined, diagnosis: Diagnosis): Decision {
    const nodes = cycle.snapshot.nodes.length;
    const postFilter = this.#postFilter(cycle, profile, preFiltered, diagnosis);
    // A PostFilter that failed only adds its error to the sentence; the pod is unschedulable all the same.
    if (postFilter?.status !== undefined) diagnosis.postFilterMessage = statusMessage(postFilter.status);
    const message = fitErrorMessage(nodes, diagnosis);
    return { kind: 'unschedulable', message, diagnosis, postFilter, noNodes: false };
  }

  /** Runs PostFilter plugins until one succeeds or declares the case hopeless; otherwise joins what they say. */
  #postFilter(
    cycle: Cycle,
    profile: Profile,
    preFiltered: PreFiltered | undefined,
    diagnosis: Diagnosis,
  ): PostFilterResult | undefined {
    if (profile.postFilter.length === 0) return undefined;
    const state = preFiltered ?? { active: [], own: [], nodes: undefined, narrowedBy: [] };
    const context: PostFilterContext = {
      ...cycle,
      statuses: diagnosis.statuses,
      runFilters: (row, own) => filterWithNominated(cycle, state, own, row),
      copyStates: () => copyStates(state),
      addPod: (row, pod, own) => {
        row.addPod(pod);
        changeStates(cycle, state.active, own, pod, row, 1);
      },
      removePod: (row, pod, own) => {
        row.removePod(pod.uid);
        changeStates(cycle, state.active, own, pod, row, -1);
      },
    };
    const reasons: string[] = [];
    let merged: PostFilterResult | undefined;
    for (const plugin of profile.postFilter) {
      const result = plugin.postFilter?.(context);
      if (result === undefined) continue;
      const code = result.status?.code;
      if (code === undefined || code === 'UnschedulableAndUnresolvable' || code === 'Error') return result;
      reasons.push(...(result.status?.reasons ?? []));
      if (merged?.nominate === undefined) merged = result;
    }
    if (merged === undefined) return undefined;
    return { ...merged, status: { code: 'Unschedulable', reasons } };
  }
}
