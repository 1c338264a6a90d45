/**
 * The properties that every cluster is held against, and what a cluster has to reach.
 *
 * To add an invariant: write it over objects (`invariant.ts`), into the file of its subject in `invariant/`, and add it to
 * {@link INVARIANTS}. To say what a kind has to reach, add a check for it to `cluster/convergence.ts`; what concerns several kinds or the
 * nodes goes into `settled.ts`.
 */
import type { Fault } from '../../../src/fault/plan.ts';
import { modelKind } from '../../../src/fault/injector.ts';
import type { Property } from '../../../src/property/property.ts';
import type { StreamNetwork } from '../fault/network.ts';
import { invariantProperty, type Invariant } from './invariant.ts';
import { addressesUnique, identityKept, jobCounts, replicasKept } from './invariant/identity.ts';
import { apiLinearizable } from './invariant/linearizable.ts';
import { versionsGrow } from './invariant/object.ts';
import { allocatableKept, boundOnce, finishedForGood } from './invariant/pod.ts';
import { watchersSeePrefix } from './invariant/watch.ts';
import { ObjectView } from './object-view.ts';

/** Laws that hold whatever happens. */
export const INVARIANTS: readonly Invariant[] = Object.freeze([
  boundOnce, finishedForGood, allocatableKept, identityKept, jobCounts, addressesUnique,
].map((law) => ({ ...law, mayBeVacuous: true }) as Invariant));

/** Laws that hold as long as no controller is in doubt about what it has done. */
export const CALM_INVARIANTS: readonly Invariant[] = Object.freeze([replicasKept].map((law) => ({ ...law, mayBeVacuous: true }) as unknown as Invariant));

/** Faults that leave no call of a controller without an answer. */
const HARMLESS: readonly string[] = [
  'power-loss', 'kubelet-stop', 'runtime-stop', 'disk-pressure', 'memory-pressure', 'container-crash', 'container-oom', 'container-hang',
  'lagging-cache', 'skew',
];
/** Processes whose crash leaves none of its own calls under way by the time it is back. */
const CLIENTS: readonly string[] = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];

/** Does no fault of a plan leave a controller in doubt about what it has done? */
export function isCalm(faults: readonly Fault[]): boolean {
  return faults.every((fault) => HARMLESS.includes(modelKind(fault)) || (fault.kind === 'crash' && CLIENTS.includes(fault.target)));
}

export interface PropertiesOptions {
  /** The network of the run, to hold what watches deliver and what the API answers against the store. */
  readonly network?: StreamNetwork;
  /** What the store holds at the start. */
  readonly objects?: ObjectView;
  /** The faults of the run: some laws are only judged without certain faults. */
  readonly faults?: readonly Fault[];
  /** Laws of your own. */
  readonly also?: readonly Invariant[];
}

/** The default properties of one run; each run needs its own. */
export function clusterProperties(options: PropertiesOptions = {}): readonly Property[] {
  const { network, objects = new ObjectView(), faults = [], also = [] } = options;
  const laws = [...INVARIANTS, ...(isCalm(faults) ? CALM_INVARIANTS : []), ...also];
  return [
    versionsGrow,
    ...laws.map((law) => invariantProperty(law, objects)),
    ...(network === undefined ? [] : [watchersSeePrefix(network, objects), apiLinearizable(network, objects)]),
  ];
}
