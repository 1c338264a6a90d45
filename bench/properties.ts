/**
 * What runs and their properties cost: the same plans with the model's own properties and with none, in turns, by processor time.
 */
import type { CampaignModel } from '../src/campaign/model.ts';
import { runPlan } from '../src/campaign/run.ts';
import { cpuSeconds } from './machine.ts';

/** Names no property: nothing is judged. */
const NONE = 'no property has this name';
const ROUNDS = 7;

/** Runs a second of processor time. */
export function runsPerSecond(model: CampaignModel, runs: number): number {
  return (runs / millis(model, runs, undefined)) * 1000;
}

/** How much longer runs take with the model's properties than without, in percent: the median over rounds of pairs. */
export function propertyCost(model: CampaignModel, runs: number): number {
  millis(model, runs, undefined);
  const ratios = Array.from({ length: ROUNDS }, (_, round) => {
    // Which goes first changes, so that a warm cache favours neither.
    const [first, second] = round % 2 === 0 ? [undefined, NONE] : [NONE, undefined];
    const [x, y] = [millis(model, runs, first), millis(model, runs, second)];
    return round % 2 === 0 ? x / y : y / x;
  });
  return ((ratios.sort((x, y) => x - y)[ROUNDS >> 1] as number) - 1) * 100;
}

function millis(model: CampaignModel, runs: number, only: string | undefined): number {
  return 1000 * cpuSeconds(() => {
    for (let i = 0; i < runs; i++) runPlan(model, model.plan(`bench/${i}`), only === undefined ? {} : { only });
  });
}
