/**
 * A campaign for each kind of workload: random users and faults, held against the kind's own laws at every record, and against
 * convergence once the faults have stopped. `kubetwin check statefulset --runs 1000`.
 */
import type { CampaignModel } from '../../../../src/campaign/model.ts';
import type { Searchable } from '../../../../src/campaign/catalogue.ts';
import { isCalm } from '../../property/cluster-properties.ts';
import { workloadLaws } from '../../property/invariant/workload/laws.ts';
import { kubernetesCampaign } from '../campaign.ts';
import { KINDS, type WorkloadName } from './kinds.ts';

const SECOND = 1_000_000;
/** Schedules are of minutes: some have to pass. */
const CRON_HORIZON = 240 * SECOND;

/** The campaign of one kind. */
export function workloadCampaign(name: WorkloadName, options: { readonly mostFaults?: number } = {}): CampaignModel {
  return kubernetesCampaign({
    name,
    kinds: [KINDS[name]],
    mostFaults: options.mostFaults ?? 3,
    mostActions: 8,
    also: (faults) => workloadLaws(faults, isCalm),
    ...(name === 'cronjob' ? { horizon: CRON_HORIZON } : {}),
  });
}

const ABOUT: Readonly<Record<WorkloadName, string>> = {
  deployment: 'Kubernetes: Deployments that users change, under faults; surge, availability, revisions',
  replicaset: 'Kubernetes: ReplicaSets that users change, under faults; as many pods as wanted',
  statefulset: 'Kubernetes: StatefulSets that users change, under faults; identities and order',
  daemonset: 'Kubernetes: DaemonSets that users change, under faults; one pod a node',
  job: 'Kubernetes: Jobs that users change, under faults; each pod counted once',
  cronjob: 'Kubernetes: CronJobs that users change, under faults; one Job a minute',
};

/** For the catalogue. */
export const WORKLOAD_CAMPAIGNS: readonly Searchable[] = (Object.keys(KINDS) as WorkloadName[]).map((name) => ({
  name,
  about: ABOUT[name],
  parameters: { faults: { default: 3, min: 0, max: 6, about: 'the most faults of a run' } },
  campaign: ({ faults }) => workloadCampaign(name, faults === undefined ? {} : { mostFaults: faults }),
}));
