/** All planted bugs of the cluster. */
import { doubleBind } from './double-bind.ts';
import { endpointStays } from './endpoint-stays.ts';
import { forgottenAssumption } from './forgotten-assumption.ts';
import { forgottenRequeue } from './forgotten-requeue.ts';
import { lostEventAfterReconnect } from './lost-event-after-reconnect.ts';
import { lostWakeup } from './lost-wakeup.ts';
import { missingExpectation } from './missing-expectation.ts';
import type { Mutant } from './mutant.ts';
import { noteBeforeWork } from './note-before-work.ts';
import { orphanedContainer } from './orphaned-container.ts';
import { staleGet } from './stale-get.ts';
import { staleLeader } from './stale-leader.ts';
import { timeTraveller } from './time-traveller.ts';
import { watchGap } from './watch-gap.ts';

export const MUTANTS: readonly Mutant[] = [
  lostEventAfterReconnect, missingExpectation, staleLeader, doubleBind, forgottenRequeue, endpointStays, noteBeforeWork, lostWakeup,
  forgottenAssumption, staleGet, watchGap, orphanedContainer, timeTraveller,
];
