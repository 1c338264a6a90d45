/**
 * PodTopologySpread: keeps matching pods evenly spread over domains, strictly (filter) or as far as possible (score).
 *
 * Source: pkg/scheduler/framework/plugins/podtopologyspread.
 */
import { type Selector, selectorMatches } from '../../object/selector.ts';
import type { core, KubeObject, Node, Pod } from '../../object/types.ts';
import { canonicalText } from '../framework/canonical.ts';
import {
  ADD,
  DELETE,
  type HintFunction,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_POD_LABEL,
  UPDATE_POD_TOLERATIONS,
} from '../framework/event.ts';
import type { Cycle, Plugin } from '../framework/plugin.ts';
import {
  defaultConstraints,
  hasAllKeys,
  ownConstraints,
  type SpreadConstraint,
  SYSTEM_DEFAULT_CONSTRAINTS,
  type WhenUnsatisfiable,
} from './spread-constraint.ts';
import { changeHardState, copyHardState, filterHard, hardState, type HardState, NAME } from './spread-filter.ts';
import { normalizeSoft, scoreSoft, softState, type SoftState } from './spread-score.ts';

export interface PodTopologySpreadArgs {
  readonly defaultingType?: 'System' | 'List';
  readonly defaultConstraints?: readonly core.TopologySpreadConstraint[];
}

type ConstraintsOf = (cycle: Cycle, kind: WhenUnsatisfiable) => SpreadConstraint[];

/** What hints need: the constraints as far as they are known without looking anything up. */
type HintConstraints = (pod: Pod) => SpreadConstraint[];

const podHint =
  (constraintsOf: HintConstraints): HintFunction =>
  (pod, old, current) => {
    const other = (current ?? old) as Pod;
    const isItself = other.metadata.uid === pod.metadata.uid;
    if (!isItself && (!other.spec.nodeName || other.metadata.namespace !== pod.metadata.namespace)) return 'skip';
    const constraints = constraintsOf(pod);
    const matches = (object: KubeObject, selector: Selector): boolean =>
      selectorMatches(selector, object.metadata.labels);
    if (old !== undefined && current !== undefined) {
      if (isItself && constraints.some((constraint) => constraint.honorsTaints)) {
        const before = canonicalText((old as Pod).spec.tolerations);
        if (before !== canonicalText((current as Pod).spec.tolerations)) return 'queue';
      }
      const flips = constraints.some(({ selector }) => matches(old, selector) !== matches(current, selector));
      return flips ? 'queue' : 'skip';
    }
    return constraints.some(({ selector }) => matches(other, selector)) ? 'queue' : 'skip';
  };

const nodeHint =
  (constraintsOf: HintConstraints): HintFunction =>
  (pod, old, current) => {
    const constraints = constraintsOf(pod);
    const had = old !== undefined && hasAllKeys(old.metadata.labels ?? {}, constraints);
    const has = current !== undefined && hasAllKeys(current.metadata.labels ?? {}, constraints);
    if (old === undefined || current === undefined) return had || has ? 'queue' : 'skip';
    if (had !== has) return 'queue';
    if (!has) return 'skip';
    const moved = constraints.some(
      ({ topologyKey }) => old.metadata.labels?.[topologyKey] !== current.metadata.labels?.[topologyKey],
    );
    if (moved) return 'queue';
    const before = canonicalText((old as Node).spec.taints);
    return before === canonicalText((current as Node).spec.taints) ? 'skip' : 'queue';
  };

export const podTopologySpread = (args: PodTopologySpreadArgs = {}): Plugin<HardState, SoftState> => {
  const isSystem = (args.defaultingType ?? 'System') === 'System';
  const defaults = isSystem ? SYSTEM_DEFAULT_CONSTRAINTS : (args.defaultConstraints ?? []);
  const constraintsOf: ConstraintsOf = (cycle, kind) => {
    const { pod } = cycle.pod;
    if ((pod.spec.topologySpreadConstraints ?? []).length > 0) return ownConstraints(pod, kind);
    return defaultConstraints(pod, kind, defaults, cycle.listers);
  };
  const hintConstraints: HintConstraints = (pod) => ownConstraints(pod, 'DoNotSchedule');
  return {
    name: NAME,
    preFilter: (cycle) => {
      const constraints = constraintsOf(cycle, 'DoNotSchedule');
      return constraints.length === 0 ? { kind: 'skip' } : { kind: 'ok', own: hardState(cycle, constraints) };
    },
    copyState: copyHardState,
    addPod: (cycle, own, other, row) => changeHardState(own, cycle, other, row, 1),
    removePod: (cycle, own, other, row) => changeHardState(own, cycle, other, row, -1),
    filter: (_cycle, row, own) => filterHard(own, row),
    preScore: (cycle, rows) => {
      const constraints = constraintsOf(cycle, 'ScheduleAnyway');
      if (constraints.length === 0) return { kind: 'skip' };
      const requireAll = (cycle.pod.pod.spec.topologySpreadConstraints ?? []).length > 0 || !isSystem;
      return { kind: 'ok', own: softState(cycle, constraints, rows, requireAll) };
    },
    score: (_cycle, row, own) => scoreSoft(own, row),
    normalize: (_cycle, rows, scores, own) => normalizeSoft(own, rows, scores),
    events: () => [
      {
        resource: 'Pod',
        action: ADD | DELETE | UPDATE_POD_LABEL | UPDATE_POD_TOLERATIONS,
        hint: podHint(hintConstraints),
      },
      {
        resource: 'Node',
        action: ADD | DELETE | UPDATE_NODE_LABEL | UPDATE_NODE_TAINT,
        hint: nodeHint(hintConstraints),
      },
    ],
  };
};
