/**
 * The safety of each kind of workload, by what a run may hold: always, where no controller is in doubt, where nothing fails at all.
 *
 * What upstream's own code promises, and what it excepts, decides which law belongs where.
 */
import type { Fault } from '../../../../../src/fault/plan.ts';
import type { Invariant } from '../../invariant.ts';
import { onceAMinute, policyKept } from './cron-job.ts';
import { onePerNode, unavailableKept } from './daemon-set.ts';
import { availabilityKept, historyEmpty, oneSetPerTemplate, recreatesInOrder, revisionsDiffer, revisionsGrow, surgeKept } from './deployment.ts';
import { countsOnce, endsOnce, finalizerKept } from './job.ts';
import { wantedPodsKept } from './replica-set.ts';
import { claimsKept, identitiesKept, rollsInOrder, startsInOrder, stopsInOrder } from './stateful-set.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each law remembers what it needs.
type Law = Invariant<any>;

const ALWAYS: readonly Law[] = [oneSetPerTemplate, revisionsGrow, identitiesKept, claimsKept, endsOnce, countsOnce, onceAMinute];
/** A controller that reads the past, or does not know what it did, may break these for a while, as upstream's does. */
const CALM: readonly Law[] = [revisionsDiffer, surgeKept, historyEmpty, recreatesInOrder, startsInOrder, stopsInOrder, rollsInOrder, onePerNode, finalizerKept, policyKept];
/** Pods that fail by themselves, or that others delete, are outside of these promises. */
const QUIET: readonly Law[] = [availabilityKept, wantedPodsKept, unavailableKept];

/** The laws for a run with these faults; `isCalm` says whether they leave controllers in no doubt. */
export function workloadLaws(faults: readonly Fault[], isCalm: (faults: readonly Fault[]) => boolean): readonly Invariant[] {
  return [...ALWAYS, ...(isCalm(faults) ? CALM : []), ...(faults.length === 0 ? QUIET : [])].map((law) => ({ ...law, mayBeVacuous: true }));
}
