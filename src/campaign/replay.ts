/**
 * Runs of campaigns as logs: what their header says, and how a replay builds them again.
 */
import { makeHeader, type LogHeader } from '../log/header.ts';
import type { Json } from '../log/record.ts';
import type { BuildRun } from '../replay/replay.ts';
import type { CampaignModel, Plan } from './model.ts';
import { replayOrder, startPlan } from './run.ts';

/** The names of models in headers of such logs begin with this. */
export const CHECK_PREFIX = 'check:';

/** The header of a plan's run. */
export function planHeader(model: CampaignModel, name: string, parameters: Json, plan: Plan): LogHeader {
  return makeHeader({
    model: { name: `${CHECK_PREFIX}${name}`, fingerprint: model.fingerprint ?? '1' },
    config: parameters,
    seed: plan.seed,
    plan: plan as unknown as Json,
  });
}

/** Builds the run of a plan's log again. Choices, the order of events among them, come from the log. */
export function buildPlanRun(model: CampaignModel): BuildRun {
  return (header, options) => {
    const plan = header.plan as unknown as Plan;
    const order = replayOrder(plan);
    return startPlan(model, plan, { kernel: { ...options, ...(order === undefined ? {} : { order }) } }).world.kernel;
  };
}
