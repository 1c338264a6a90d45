/**
 * `npm run mutants -- [--seed BASE] [NAME…]`: looks for each planted bug from random seeds, as `kubetwin check` does, shrinks what it
 * finds, and says what it took in CPU seconds. Exit code 1 when a bug was not found within `SECONDS` of CPU time.
 */
import { parseArgs } from 'node:util';
import { kubernetesCampaign } from '../../../models/kubernetes/campaign/campaign.ts';
import { seedAt } from '../../../src/campaign/campaign.ts';
import { runPlan } from '../../../src/campaign/run.ts';
import { shrink } from '../../../src/shrink/shrink.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

/** 60 s on two cores. */
const SECONDS = 120;

function cpu(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000_000;
}

/** One line about a bug; true when it was found and shrunk to at most ten steps. */
function hunt({ name, campaign, breaks }: Mutant, base: string): boolean {
  const model = kubernetesCampaign(campaign);
  const started = process.cpuUsage();
  for (let index = 0; cpu(started) < SECONDS; index++) {
    const seed = seedAt(base, index);
    const plan = model.plan(seed);
    const { failure } = runPlan(model, plan);
    if (failure === undefined) continue;
    const found = cpu(started);
    const { plan: least, runs } = shrink(model, plan, { goOn: () => cpu(started) < 2 * SECONDS });
    const steps = least.workload.length + least.faults.faults.length;
    console.log(`${name}: seed ${seed} after ${found.toFixed(1)} CPU s, shrunk to ${steps} steps in ${runs} runs: ${failure.property}${breaks.includes(failure.property) ? '' : ' (another property than expected)'}`);
    return steps <= 10;
  }
  console.log(`${name}: not found within ${SECONDS} CPU s`);
  return false;
}

const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string', default: 'hunt' } } });
const results = MUTANTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)).map((mutant) => hunt(mutant, values.seed));
process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
