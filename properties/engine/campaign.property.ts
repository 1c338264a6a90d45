import { describe, expect, it } from 'vitest';
import { campaign, canarySings, isGreen, reportOf, runSeed, seedAt, SAME_AGAIN } from '../../src/campaign/campaign.ts';
import type { CampaignModel, World } from '../../src/campaign/model.ts';
import { runPlan } from '../../src/campaign/run.ts';
import { always } from '../../src/property/property.ts';
import { reach } from '../../src/property/sometimes.ts';
import { shrink } from '../../src/shrink/shrink.ts';
import { ledger, type Bug } from './world/ledger.ts';

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

  it('turn red for a mark that cannot be reached and for a property whose antecedent is impossible, unless they are waived', () => {
    const inner = ledger();
    const judged = (extra: Partial<World>): CampaignModel => ({
      ...inner,
      build(plan, options) {
        const world = inner.build(plan, options);
        return { ...world, properties: [...world.properties, ...(extra.properties ?? [])], marks: [...(world.marks ?? []), ...(extra.marks ?? [])] };
      },
    });
    const impossible = always('of impossible facts', { state: () => ({}), on: { 'ledger.impossible': () => undefined } });
    const silent = always('of facts that do not concern it', { state: () => ({}), on: { 'ledger.asked': () => false } });
    const red = campaign(judged({ properties: [impossible, silent], marks: [reach('out of reach', 'ledger.impossible')] }), 'vacuous', 20);
    expect(red.vacuous).toEqual([
      'property "of facts that do not concern it" never had anything to judge',
      'property "of impossible facts" never had anything to judge',
      'mark "out of reach" was never reached',
    ]);
    expect(isGreen(red)).toBe(false);
    const waived = campaign(judged({ properties: [impossible] }), 'vacuous', 20, { waived: ['of impossible facts'] });
    expect(isGreen(waived)).toBe(true);
    const declared = campaign(judged({ properties: [{ ...impossible, mayBeVacuous: true }] }), 'vacuous', 20);
    expect(isGreen(declared)).toBe(true);
  });

  it('turn red when their canary does not die', () => {
    const results = [runSeed(ledger(), 'a', 1)];
    expect(isGreen(reportOf('ledger', 'a', results, { isCanaryAlive: false, waived: ['a client asked again'] }))).toBe(false);
    expect(isGreen(reportOf('ledger', 'a', results, { isCanaryAlive: true, waived: ['a client asked again'] }))).toBe(true);
    expect(canarySings(ledger())).toBe(true);
  });
});
