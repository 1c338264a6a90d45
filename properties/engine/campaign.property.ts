import { describe, expect, it } from 'vitest';
import { campaign, canarySings, isGreen, reportOf, runSeed, seedAt, SAME_AGAIN } from '../../src/campaign/campaign.ts';
import type { CampaignModel } from '../../src/campaign/model.ts';
import { runPlan } from '../../src/campaign/run.ts';
import { overBudget, overBudgetInLog } from '../../src/fault/budget.ts';
import type { LogRecord } from '../../src/log/record.ts';
import { shrink } from '../../src/shrink/shrink.ts';
import { FAULTS, ledger, type Bug } from './world/ledger.ts';

describe('campaigns', () => {
  it('pass without a bug, with every property judged, every mark reached, and the canary alive', () => {
    const report = campaign(ledger(), 'clean', 300);
    expect(report.failures.map((run) => run.failure)).toEqual([]);
    expect(report).toMatchObject({ runs: 300, vacuous: [], isCanaryAlive: true });
    expect(isGreen(report)).toBe(true);
  });

  const planted: readonly (readonly [Bug, readonly string[]])[] = [
    ['no-retry', ['all entries arrive']],
    ['double-count', ['each entry is counted once']],
    ['volatile-store', ['all entries arrive', 'what was acknowledged stays']],
    ['lost-wakeup', ['all entries arrive']],
    ['flapping', ['all entries arrive', 'what was acknowledged stays']],
    ['livelock', ['all entries arrive']],
  ];
  it.each(planted)('find the planted bug %s and shrink it', (bug, properties) => {
    const model = ledger({ bug });
    const [failing] = campaign(model, 'hunt', 100, { stopAtFirst: true }).failures;
    expect(properties).toContain(failing?.failure?.property);
    const { plan, result } = shrink(model, model.plan(failing?.seed as string), { runsMax: 400 });
    expect(result.failure?.property).toBe(failing?.failure?.property);
    expect(plan.faults.faults.length + plan.workload.length).toBeLessThanOrEqual(4);
    // The shrunk plan is data: it fails the same after a round trip, and shrinking again gives the same.
    expect(runPlan(model, JSON.parse(JSON.stringify(plan))).failure).toEqual(result.failure);
    expect(shrink(model, model.plan(failing?.seed as string), { runsMax: 400 }).plan).toEqual(plan);
  });

  it('say what is pending, what did not stay, and why', () => {
    const messageOf = (bug: Bug): string =>
      campaign(ledger({ bug }), 'words', 100, { stopAtFirst: true }).failures[0]?.failure?.message ?? '';
    expect(messageOf('lost-wakeup')).toMatch(/not reached within 1000000 µs; pending: entry client-\d:\d is not in the store/);
    expect(messageOf('flapping')).toMatch(/did not stay; at \d+ µs: entry/);
    expect(messageOf('livelock')).toMatch(/clients still ask/);
  });

  it('notice what outlives a run', () => {
    const kept: number[] = [];
    const inner = ledger();
    const leaky: CampaignModel = {
      ...inner,
      build(plan, options) {
        kept.push(1);
        return inner.build({ ...plan, workload: plan.workload.slice(0, kept.length % 2 === 0 ? 3 : 6) }, options);
      },
    };
    const report = campaign(leaky, 'leak', 20, { stopAtFirst: true });
    expect(report.failures[0]?.failure?.property).toBe(SAME_AGAIN);
  });

  it('give the same report whatever the order in which seeds are run', () => {
    const model = ledger({ bug: 'double-count' });
    const run = (indices: readonly number[]): unknown => {
      const results: ReturnType<typeof runSeed>[] = [];
      for (const i of indices) results[i] = runSeed(model, seedAt('order', i), i);
      return reportOf(model.name, 'order', results, { stopAtFirst: true, isCanaryAlive: canarySings(model) });
    };
    const forward = Array.from({ length: 40 }, (_, i) => i);
    expect(run(forward.toReversed())).toEqual(run(forward));
  });

  it('turn red when a property had nothing to judge or a mark was not reached', () => {
    const report = campaign(ledger({ faults: {}, works: 0 }), 'empty', 3);
    expect(report.vacuous).toEqual([
      'property "each entry is counted once" never had anything to judge',
      'property "what was acknowledged stays" never had anything to judge',
      'mark "a client asked again" was never reached',
    ]);
    expect(isGreen(report)).toBe(false);
  });
});

describe('swarm', () => {
  it('keeps plans inside the budget, as the log alone shows', () => {
    const budget = { kinds: { loss: 2, duplicate: 1, partition: 2, crash: 1, pause: 1 }, total: 3 };
    const model = ledger();
    for (let i = 0; i < 2_000; i++) {
      const plan = model.plan(`budget/${i}`);
      if (overBudget(plan.faults, budget).length > 0 || i % 10 !== 0) continue;
      const records: LogRecord[] = [];
      runPlan(model, plan, { onRecord: (record) => records.push(record) });
      expect(overBudgetInLog(records, budget)).toEqual([]);
    }
  });

  it('gives plans with one fault and without all others at least five times as often', () => {
    // Such plans are what a bug needs that one fault shows and any other hides.
    const hidden = (all: boolean): number[] => Array.from({ length: 10 }, (_, trial) => {
      const model = ledger({ all, most: 8, faults: FAULTS });
      for (let i = 0; i < 200; i++) {
        const { faults } = model.plan(`hide/${trial}/${i}`).faults;
        const kinds = new Set(faults.map(({ kind }) => kind));
        if (faults.length >= 3 && kinds.has('crash') && ['loss', 'duplicate', 'pause', 'partition'].every((kind) => !kinds.has(kind as 'loss'))) return i + 1;
      }
      return 200;
    });
    const median = (values: readonly number[]): number => values.toSorted((x, y) => x - y)[values.length >> 1] as number;
    expect(median(hidden(false)) * 5).toBeLessThanOrEqual(median(hidden(true)));
  });
});
