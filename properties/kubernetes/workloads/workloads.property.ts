/**
 * Each kind of workload under random users and faults: its laws at every record, convergence once the faults have stopped.
 *
 * A few worlds of each kind here; `kubetwin check --model statefulset --runs 1000` (and deployment, replicaset, daemonset, job, cronjob)
 * searches further.
 */
import { describe, expect, it } from 'vitest';
import { campaign } from '../../../src/campaign/campaign.ts';
import { describePlan } from '../../../src/campaign/describe.ts';
import { workloadCampaign } from '../../../models/kubernetes/campaign/workload/campaigns.ts';
import { KINDS, type WorkloadName } from '../../../models/kubernetes/campaign/workload/kinds.ts';

/** Worlds of a kind. A world of CronJobs lasts minutes. */
const WORLDS: Readonly<Record<WorkloadName, number>> = { deployment: 3, replicaset: 2, statefulset: 3, daemonset: 2, job: 3, cronjob: 2 };
const BASE = 'ci';

describe('workloads keep their laws and converge', () => {
  it.each(Object.keys(KINDS) as WorkloadName[])('%s', (name) => {
    const model = workloadCampaign(name);
    const report = campaign(model, BASE, WORLDS[name], { stopAtFirst: true });
    const failed = report.failures[0];
    const story = failed === undefined ? [] : [`kubetwin check --model ${name} --seed ${BASE} --runs ${WORLDS[name]}`, failed.failure?.property, failed.failure?.message, ...describePlan(model.plan(failed.seed))];
    expect(story).toEqual([]);
    expect(report.isCanaryAlive).toBe(true);
    expect(report.runs).toBe(WORLDS[name]);
  });
});
