/**
 * Everything that can be searched by name: Kubernetes, and the calibration models.
 */
import type { Searchable } from '../src/campaign/catalogue.ts';
import { Seeker } from '../src/replay/seek.ts';
import { CALIBRATION } from './calibration.ts';
import { kubernetesCampaign } from './kubernetes/campaign/campaign.ts';
import { WORKLOAD_CAMPAIGNS } from './kubernetes/campaign/workload/campaigns.ts';
import { phrasebookOf } from './kubernetes/explain/phrasebook.ts';
import { STORE_VIEW } from './kubernetes/explain/store-view.ts';

const CLUSTER = {
  nodes: { default: 3, min: 1, max: 10, about: 'the most nodes of a cluster' },
  actions: { default: 8, min: 1, max: 50, about: 'the most actions of users' },
  faults: { default: 4, min: 0, max: 10, about: 'the most faults' },
};

const kubernetes: Searchable = {
  name: 'kubernetes',
  about: 'small clusters with workloads, users and faults: the invariants of the API, and convergence once the faults have stopped',
  parameters: CLUSTER,
  phrasebook: (log, position) => phrasebookOf(new Seeker(log, STORE_VIEW).at(position)),
  campaign: ({ nodes, actions, faults }) => kubernetesCampaign({
    ...(nodes === undefined ? {} : { mostNodes: nodes }),
    ...(actions === undefined ? {} : { mostActions: actions }),
    ...(faults === undefined ? {} : { mostFaults: faults }),
  }),
};

/** In the order in which they are listed. */
export const CATALOGUE: readonly Searchable[] = [kubernetes, ...WORKLOAD_CAMPAIGNS, ...CALIBRATION];
