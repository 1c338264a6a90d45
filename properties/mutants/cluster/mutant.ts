/**
 * What a planted bug is: a component that is wrong in one way, made from the component as it is.
 */
import type { Plan } from '../../../src/campaign/model.ts';
import type { CampaignOptions } from '../../../models/kubernetes/campaign/campaign.ts';

export interface Mutant {
  readonly name: string;
  /** What it does wrong, and where the like was seen. */
  readonly story: string;
  /** The campaign that it runs in: the general one, with the wrong component in it. */
  readonly campaign: CampaignOptions;
  /** The smallest plan that shows it: at most ten steps of users and faults. A correct cluster gets over it. */
  readonly plan: Plan;
  /** Properties one of which has to fail. */
  readonly breaks: readonly string[];
}

export const CONVERGES = 'the cluster converges once the faults have stopped';
