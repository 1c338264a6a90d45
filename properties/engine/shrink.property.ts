/**
 * Laws of shrinking (docs/search.md, 26 and 40).
 */
import { describe, expect, it } from 'vitest';
import { describePlan } from '../../src/campaign/describe.ts';
import type { CampaignModel, Plan } from '../../src/campaign/model.ts';
import { runPlan } from '../../src/campaign/run.ts';
import { ddmin, smaller } from '../../src/shrink/ddmin.ts';
import { shrink } from '../../src/shrink/shrink.ts';
import { CALIBRATION } from '../../models/calibration.ts';
import { ledger } from './world/ledger.ts';

const CAUSE = 'all entries arrive';

/** A failing run of more than 10,000 events whose cause are three restarts of the store, among forty faults. */
function large(): { readonly model: CampaignModel; readonly plan: Plan } {
  const model = ledger({ bug: 'third-restart', works: 2_500, most: 40, clients: 20 });
  for (let i = 0; ; i++) {
    const plan = model.plan(`large/${i}`);
    if (plan.faults.faults.length < 20) continue;
    const { failure, steps } = runPlan(model, plan);
    if (failure?.property === CAUSE && steps >= 10_000) return { model, plan };
  }
}

describe('shrinking', () => {
  it('makes a run of 10,000 events with a cause of three faults small: the same property, three faults, an entry or two; twice the same', () => {
    const { model, plan } = large();
    // What counts is work: a minute of one core executes more than ten times as many events.
    let events = 0;
    const counted: CampaignModel = {
      ...model,
      build(candidate, options) {
        const world = model.build(candidate, options);
        world.kernel.committed$.subscribe(() => events++);
        return world;
      },
    };
    const small = shrink(counted, plan);
    expect(small.result.failure?.property).toBe(CAUSE);
    expect(small.plan.faults.faults.map(({ kind }) => kind)).toEqual(['crash', 'crash', 'crash']);
    expect(small.plan.workload.length).toBeLessThanOrEqual(15);
    expect(events).toBeLessThan(1_000_000);
    expect(shrink(model, plan).plan).toEqual(small.plan);
  });

  it('keeps only the choices and picks that matter, and says which', () => {
    const broken = CALIBRATION.filter(({ name }) => /racy|hasty|forgetful/.test(name)).map((entry) => entry.campaign?.({}) as CampaignModel);
    expect(broken).toHaveLength(3);
    for (const model of broken) {
      let i = 0;
      while (runPlan(model, model.plan(`choices/${i}`)).failure === undefined) i++;
      const plan = model.plan(`choices/${i}`);
      const small = shrink(model, plan);
      expect(small.plan.calm).toEqual(['*']);
      expect(small.plan.faults.faults).toEqual([]);
      // Leaving out any answer that is left makes the property hold.
      const answers = Object.entries(small.plan.answers ?? {}).flatMap(([stream, draws]) => Object.keys(draws).map((draw) => [stream, draw] as const));
      expect(answers.length).toBeLessThanOrEqual(15);
      for (const [stream, draw] of answers) {
        const { [draw]: _left, ...others } = (small.plan.answers as Record<string, Record<string, number>>)[stream] as Record<string, number>;
        const without = { ...small.plan, answers: { ...small.plan.answers, [stream]: others } };
        expect(runPlan(model, without).failure?.property).not.toBe(small.result.failure?.property);
      }
      expect(describePlan(small.plan).at(-1)).toBe('nothing else is left to chance');
    }
  });

  it('leaves a plan that fails the same 100 times out of 100, also after a trip through JSON', () => {
    const model = ledger({ bug: 'double-count' });
    let i = 0;
    while (runPlan(model, model.plan(`again/${i}`)).failure === undefined) i++;
    const { plan, result } = shrink(model, model.plan(`again/${i}`));
    for (let time = 0; time < 100; time++) {
      const again = runPlan(model, JSON.parse(JSON.stringify(plan)) as Plan);
      expect(again).toEqual(result);
    }
  });

  it('refuses a plan that holds', () => {
    const model = ledger();
    expect(() => shrink(model, model.plan('1'))).toThrow('the plan of seed 1 does not fail');
  });
});

describe('delta debugging', () => {
  it('finds the one minimal set of a monotone failure, for every subset of ten', () => {
    for (let wanted = 0; wanted < 1024; wanted += 7) {
      const needed = Array.from({ length: 10 }, (_, i) => i).filter((i) => (wanted & (1 << i)) !== 0);
      const items = Array.from({ length: 10 }, (_, i) => i);
      expect(ddmin(items, (subset) => needed.every((item) => subset.includes(item)))).toEqual(needed);
    }
  });

  it('leaves no item that can go alone when failing is not monotone', () => {
    for (let mask = 1; mask < 200; mask++) {
      const fails = (subset: readonly number[]): boolean => subset.reduce((sum, item) => sum + item * mask, 0) % 7 === 3 % 7;
      const items = Array.from({ length: 12 }, (_, i) => i);
      if (!fails(items)) continue;
      const kept = ddmin(items, fails);
      expect(fails(kept)).toBe(true);
      for (const item of kept) expect(fails(kept.filter((other) => other !== item))).toBe(false);
    }
  });

  it('finds the least failing number', () => {
    for (let least = 0; least < 60; least++) expect(smaller(100, 0, (value) => value >= least)).toBe(least);
  });
});
