/**
 * Travelling through a cluster's run: its claims, its parts, its sentences.
 */
import type { TravelModel } from '../../../src/cli/travel.ts';
import { parseClaim, parsePart } from '../explain/claim.ts';
import { sayRecord } from '../explain/phrasebook.ts';
import type { StoreView } from '../explain/store-view.ts';

export const CLUSTER_TRAVEL: TravelModel<StoreView> = { claim: parseClaim, part: parsePart, say: sayRecord };
