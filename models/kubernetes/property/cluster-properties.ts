/**
 * The properties that every cluster is held against, and what a cluster has to reach.
 *
 * To add an invariant: write it over objects (`invariant.ts`), into the file of its subject in `invariant/`, and add it to
 * {@link INVARIANTS}. To say what a kind has to reach, add a check for it to `cluster/convergence.ts`; what concerns several kinds or the
 * nodes goes into `settled.ts`.
 */
import { modelKind } from '../../../src/fault/injector.ts';
import type { Fault } from '../../../src/fault/plan.ts';
import type { Property } from '../../../src/property/property.ts';
import type { StreamNetwork } from '../fault/network.ts';
import { Doubt, ownerOf } from './doubt.ts';
import { invariantProperty, type AnyInvariant } from './invariant.ts';
import { addressesUnique, identityKept, jobCounts, replicasKept } from './invariant/identity.ts';
import { apiLinearizable } from './invariant/linearizable.ts';
import { parallelismKept } from './invariant/workload/job.ts';
import { versionsGrow } from './invariant/object.ts';
import { allocatableKept, boundOnce, finishedForGood } from './invariant/pod.ts';
import { watchersSeePrefix } from './invariant/watch.ts';
import { BindingDoubt } from './binding-doubt.ts';
import { ObjectView } from './object-view.ts';

/** Laws that hold whatever happens. */
export const INVARIANTS: readonly AnyInvariant[] = Object.freeze([
  boundOnce, finishedForGood, identityKept, jobCounts, addressesUnique,
].map((law) => ({ ...law, mayBeVacuous: true })));

/** Laws that hold as long as no scheduler is in doubt about a binding; without a network nobody can tell, and they are judged always. */
const BINDING_INVARIANTS: readonly AnyInvariant[] = Object.freeze([{ ...allocatableKept, mayBeVacuous: true }]);

/** Laws that hold as long as no controller is in doubt about what it has done. */
export const CERTAIN_INVARIANTS: readonly AnyInvariant[] = Object.freeze([replicasKept, parallelismKept].map((law) => ({ ...law, mayBeVacuous: true })));

/** Faults that leave no call of a controller without an answer. */
const HARMLESS: readonly string[] = [
  'power-loss', 'kubelet-stop', 'runtime-stop', 'disk-pressure', 'memory-pressure', 'container-crash', 'container-oom', 'container-hang',
  'lagging-cache', 'skew',
];
/** Processes whose crash leaves none of its own calls under way by the time it is back. */
const CLIENTS: readonly string[] = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];

/** Does no fault of a plan leave a controller in doubt about what it has done? `doubt.ts` judges the run itself, which allows more. */
export function isCalm(faults: readonly Fault[]): boolean {
  return faults.every((fault) => HARMLESS.includes(modelKind(fault)) || (fault.kind === 'crash' && CLIENTS.includes(fault.target)));
}

export interface PropertiesOptions {
  /** The network of the run, to hold what watches deliver and what the API answers against the store. */
  readonly network?: StreamNetwork;
  /** What the store holds at the start. */
  readonly objects?: ObjectView;
  /** The faults of the run: without a network, laws about what controllers know are judged where these leave no doubt. */
  readonly faults?: readonly Fault[];
  /** Laws of your own. */
  readonly also?: readonly AnyInvariant[];
}

/** The doubt, told of every message when it is sent and when it arrives. */
function listening<D extends Doubt | BindingDoubt>(doubt: D, network: StreamNetwork): D {
  network.tap((from, _to, message) => doubt.sent(from, message));
  network.tapArrivals((_from, to, message) => doubt.arrived(to, message));
  return doubt;
}

/** A law that is judged of an owner's objects until a controller is in doubt about them. */
function whileCertain(law: Property, network: StreamNetwork, objects: ObjectView): Property {
  const { facts = [] } = law;
  return {
    name: law.name,
    mayBeVacuous: true,
    start() {
      const [monitor, doubt] = [law.start(), listening(new Doubt(), network)];
      return {
        observe(record, _fact, verdicts) {
          doubt.observe(record);
          for (const fact of record.facts) {
            if (!facts.includes(fact.kind)) continue;
            const change = objects.take(fact);
            const owner = change === undefined ? undefined : ownerOf(change.object);
            if (owner === undefined || !doubt.concerns(owner)) monitor.observe(record, fact, verdicts);
          }
        },
      };
    },
  };
}

/** A law that is judged until a scheduler is in doubt about a binding. */
function whileBound(law: Property, network: StreamNetwork): Property {
  const { facts = [] } = law;
  return {
    name: law.name,
    mayBeVacuous: true,
    start() {
      const [monitor, doubt] = [law.start(), listening(new BindingDoubt(), network)];
      return {
        observe(record, _fact, verdicts) {
          doubt.observe(record);
          if (doubt.isRaised) return;
          for (const fact of record.facts) if (facts.includes(fact.kind)) monitor.observe(record, fact, verdicts);
        },
      };
    },
  };
}

/** The default properties of one run; each run needs its own. */
export function clusterProperties(options: PropertiesOptions = {}): readonly Property[] {
  const { network, objects = new ObjectView(), faults = [], also = [] } = options;
  return [
    versionsGrow,
    ...[...INVARIANTS, ...also].map((law) => invariantProperty(law, objects)),
    ...BINDING_INVARIANTS.map((law) => (network === undefined ? invariantProperty(law, objects) : whileBound(invariantProperty(law, objects), network))),
    ...CERTAIN_INVARIANTS.flatMap((law) => (network !== undefined ? whileCertain(invariantProperty(law, objects), network, objects) : isCalm(faults) ? invariantProperty(law, objects) : [])),
    ...(network === undefined ? [] : [watchersSeePrefix(network, objects), apiLinearizable(network, objects)]),
  ];
}
