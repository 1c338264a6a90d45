/**
 * Laws of faults: rates, directions and durations on links, triggers, sites, budgets, swarms (docs/search.md, 27 and 30 to 33).
 */
import { describe, expect, it } from 'vitest';
import { campaign } from '../../src/campaign/campaign.ts';
import { runPlan } from '../../src/campaign/run.ts';
import { faultNote, overBudget, overBudgetInLog } from '../../src/fault/budget.ts';
import type { FaultNote } from '../../src/fault/injector.ts';
import type { Fault, NetworkFault } from '../../src/fault/plan.ts';
import { Sites } from '../../src/fault/site.ts';
import { swarmPlan, type FaultMaker } from '../../src/fault/swarm.ts';
import { Kernel, stream, type Context, type LogRecord, type Message } from '../../src/index.ts';
import { FAULTS, ledger } from './world/ledger.ts';
import { generations } from './world/generations.ts';
import { EVERY, LATENCY, post, type Arrival } from './world/post.ts';

const COUNT = 3_000;
const ALWAYS = { start: { at: 0 }, for: 1_000_000_000 } as const;
const TO_LEFT = { from: 'sender', to: 'left' } as const;
const of = (arrivals: readonly Arrival[], to: string, kind?: string): readonly Arrival[] => arrivals.filter((one) => one.to === to && (kind === undefined || one.kind === kind));
/** Four standard deviations of a share of COUNT draws with probability p. */
const margin = (p: number, count: number): number => 4 * Math.sqrt((p * (1 - p)) / count);

describe('network faults', () => {
  it.each([50_000, 300_000, 900_000])('lose %i of a million messages, on their link only', (ppm) => {
    const { arrivals } = post('loss', COUNT, { faults: [{ name: 'f', kind: 'loss', ...ALWAYS, link: TO_LEFT, ppm }] });
    const p = ppm / 1_000_000;
    expect(Math.abs(1 - of(arrivals, 'left').length / (2 * COUNT) - p)).toBeLessThan(margin(p, 2 * COUNT));
    expect(of(arrivals, 'right')).toHaveLength(2 * COUNT);
  });

  it('touch only the kinds of messages that they name', () => {
    const { arrivals } = post('kind', COUNT, { faults: [{ name: 'f', kind: 'loss', ...ALWAYS, link: { ...TO_LEFT, messages: ['par*'] }, ppm: 500_000 }] });
    expect(of(arrivals, 'left', 'letter')).toHaveLength(COUNT);
    expect(Math.abs(of(arrivals, 'left', 'parcel').length / COUNT - 0.5)).toBeLessThan(margin(0.5, COUNT));
  });

  it('deliver twice at their rate', () => {
    const { arrivals } = post('dup', COUNT, { faults: [{ name: 'f', kind: 'duplicate', ...ALWAYS, link: TO_LEFT, ppm: 200_000 }] });
    expect(Math.abs(of(arrivals, 'left').length / (2 * COUNT) - 1.2)).toBeLessThan(margin(0.2, 2 * COUNT));
  });

  it('delay by an amount that is uniform between its bounds, and keep the order', () => {
    const [min, max] = [1_000, 1_999];
    const { arrivals } = post('delay', COUNT, { faults: [{ name: 'f', kind: 'delay', ...ALWAYS, link: TO_LEFT, ppm: 1_000_000, min, max }] });
    // The order of a link hides most draws behind the slowest before them; a slow sender shows each draw itself.
    const delays = of(arrivals, 'left').map(({ sent, at }) => at - sent - LATENCY);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(min);
    expect(Math.max(...delays)).toBeLessThanOrEqual(max);
    expect(of(arrivals, 'left', 'letter').map(({ n }) => n)).toEqual(Array.from({ length: COUNT }, (_, n) => n));
    const free = post('free', COUNT, { faults: [{ name: 'f', kind: 'reorder', ...ALWAYS, link: TO_LEFT, ppm: 1_000_000, min, max }] });
    const draws = of(free.arrivals, 'left').map(({ sent, at }) => at - sent - LATENCY - min);
    const buckets = Array.from({ length: 10 }, (_, i) => draws.filter((draw) => Math.floor(draw / 100) === i).length);
    const expected = draws.length / 10;
    // Chi-square with 9 degrees of freedom: 33.7 is passed once in 10,000 seeds; this seed is fixed.
    expect(buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(33.7);
  });

  it('let messages overtake each other only when they reorder', () => {
    const inversions = (faults: readonly Fault[]): number => {
      const letters = of(post('order', 500, { faults }).arrivals, 'left', 'letter');
      return letters.filter(({ n }, i) => i > 0 && n < (letters[i - 1] as Arrival).n).length;
    };
    const slowly = { ...ALWAYS, name: 'f', link: TO_LEFT, ppm: 300_000, min: 1, max: 50 * EVERY } as const;
    expect(inversions([])).toBe(0);
    expect(inversions([{ ...slowly, kind: 'delay' }])).toBe(0);
    expect(inversions([{ ...slowly, kind: 'reorder' }])).toBeGreaterThan(50);
  });

  it('cut one direction or both, and swallow what is in flight', () => {
    const [from, lasts] = [1_000, 2_000];
    const cut = (both: boolean): ReturnType<typeof post> =>
      post('cut', 500, { faults: [{ name: 'f', kind: 'partition', start: { at: from }, for: lasts, link: { ...TO_LEFT, ...(both ? { both } : {}) } }] });
    const one = cut(false);
    // Nothing arrives while it lasts, not even what was sent before.
    expect(of(one.arrivals, 'left').filter(({ at }) => at > from && at < from + lasts)).toEqual([]);
    expect(of(one.arrivals, 'left').some(({ at }) => at > from + lasts)).toBe(true);
    // What was sent before is gone for good: it is not among the later arrivals.
    expect(of(one.arrivals, 'left').filter(({ sent }) => sent > from - LATENCY && sent < from + lasts)).toEqual([]);
    expect(of(one.arrivals, 'right')).toHaveLength(1000);
    // One way: what left answered before the cut still arrives at the sender; both ways: it does not.
    const answered = (run: ReturnType<typeof post>): number => run.echoes.filter(({ at }) => at > from && at < from + LATENCY).length;
    expect(answered(one)).toBeGreaterThan(answered(cut(true)));
  });

  it('last at least as long as they are stable, in random plans', () => {
    for (let i = 0; i < 300; i++) {
      const random = stream('stable', `${i}`);
      const fault: NetworkFault = { name: 'f', kind: 'partition', start: { at: random.below(2_000) }, for: random.below(1_000), stable: random.below(2_000), link: TO_LEFT };
      const { records } = post(`${i}`, 20, { faults: [fault], healAt: 10_000 });
      const notes = notesOf(records);
      const [begin, end] = ['begin', 'end'].map((phase) => notes.find(({ note }) => note.phase === phase)?.time as number);
      expect((end as number) - (begin as number)).toBe(Math.max(fault.for, fault.stable as number));
    }
  });
});

function notesOf(records: readonly LogRecord[]): readonly { readonly note: FaultNote; readonly seq: number; readonly time: number }[] {
  return records.flatMap((record) => {
    const note = faultNote(record);
    return note === undefined ? [] : [{ note, seq: record.seq, time: record.time }];
  });
}

describe('a budget', () => {
  it('is never exceeded by 10,000 random plans, as the plan says and as the log alone shows', () => {
    const budget = { kinds: { loss: 2, duplicate: 1, partition: 2, crash: 1, pause: 1 }, total: 3, atOnce: 2 };
    const model = ledger({ budget, works: 2 });
    const seen = new Map<string, number>();
    for (let i = 0; i < 10_000; i++) {
      const plan = model.plan(`budget/${i}`);
      const over = overBudget(plan.faults, budget);
      if (over.length > 0) expect({ i, over }).toEqual({ i, over: [] });
      for (const { kind } of plan.faults.faults) seen.set(kind, (seen.get(kind) ?? 0) + 1);
      if (i % 20 !== 0) continue;
      const records: LogRecord[] = [];
      runPlan(model, plan, { onRecord: (record) => records.push(record) });
      expect(overBudgetInLog(records, budget)).toEqual([]);
      expect(notesOf(records).filter(({ note }) => note.phase === 'begin').map(({ note }) => note.fault).sort()).toEqual(plan.faults.faults.map(({ name }) => name).sort());
    }
    for (const kind of Object.keys(budget.kinds)) expect(seen.get(kind)).toBeGreaterThan(100);
  });

  it('is noticed when a plan or a log is outside of it', () => {
    const crash: Fault = { name: 'c', kind: 'crash', start: { at: 0 }, target: 'store' };
    expect(overBudget({ faults: [crash] }, { kinds: {}, total: 1 })).toEqual(['1 faults of kind crash, where at most 0 are allowed']);
    const records: LogRecord[] = [];
    const model = ledger({ faults: {} });
    runPlan(model, { ...model.plan('1'), faults: { faults: [crash], healAt: 1000 } }, { onRecord: (record) => records.push(record) });
    expect(overBudgetInLog(records, { kinds: {}, total: 1 })).toEqual(['1 faults of kind crash happened']);
  });
});

describe('a trigger', () => {
  it('fires exactly once, at the event that it names, in 1,000 plans', () => {
    const model = ledger({ faults: FAULTS, most: 2, works: 4 });
    let fired = 0;
    for (let i = 0; i < 1_000; i++) {
      const random = stream('trigger', `${i}`);
      const when = { fact: 'ledger.added', nth: 1 + random.below(5), after: random.below(3) * 500 };
      const plan = model.plan(`trigger/${i}`);
      const scripted: Fault = { name: 'scripted', kind: 'pause', target: 'client-0', start: { when }, for: 10 };
      const records: LogRecord[] = [];
      runPlan(model, { ...plan, faults: { ...plan.faults, faults: [...plan.faults.faults, scripted], healAt: 2_000_000 } }, { onRecord: (record) => records.push(record) });
      const events = records.flatMap((record) => record.facts.filter(({ kind }) => kind === when.fact).map(() => record));
      const begins = notesOf(records).filter(({ note }) => note.fault === 'scripted' && note.phase === 'begin');
      const event = events[when.nth - 1];
      expect(begins.map(({ time }) => time)).toEqual(event === undefined ? [] : [event.time + when.after]);
      if (event !== undefined) fired++;
    }
    expect(fired).toBeGreaterThan(500);
  });

  it('ends what holds until a milestone', () => {
    const model = ledger({ faults: {} });
    const plan = model.plan('until');
    const cut: Fault = { name: 'cut', kind: 'partition', start: { at: 0 }, for: 1_000_000, until: { fact: 'ledger.retried', nth: 2 }, link: { from: 'client*', to: 'store' } };
    const records: LogRecord[] = [];
    runPlan(model, { ...plan, faults: { faults: [cut], healAt: 2_000_000 } }, { onRecord: (record) => records.push(record) });
    const second = records.filter(({ facts }) => facts.some(({ kind }) => kind === 'ledger.retried'))[1] as LogRecord;
    expect(notesOf(records).map(({ note, time }) => [note.phase, time])).toEqual([['begin', 0], ['end', second.time]]);
  });
});

describe('buggify sites', () => {
  /** An actor with places A and C, and with B in between when `inserted`. */
  function run(seed: string, inserted: boolean): readonly LogRecord[] {
    const sites = new Sites(seed);
    const kernel = new Kernel({ seed });
    const records: LogRecord[] = [];
    kernel.setSink((record) => records.push(record));
    kernel.spawn({
      id: 'actor',
      type: 'actor',
      behavior: {
        start: (context: Context) => {
          context.setTimer('tick', 10, { kind: 'tick' });
          return { n: 0 };
        },
        step(state: { n: number }, message: Message, context: Context) {
          state.n += context.choose('work', 10);
          if (sites.fires(context, 'A')) state.n += 100;
          if (inserted && sites.fires(context, 'B')) state.n += 10_000;
          if (sites.fires(context, 'C')) state.n += 1_000;
          context.record('n', { n: state.n });
          if (context.now < 300) context.setTimer('tick', 10, message);
        },
      },
    });
    kernel.run();
    return records;
  }

  it('leave the run as it was until an inserted site first fires, and all other sites for good', () => {
    const ownDraws = (record: LogRecord): LogRecord => ({ ...record, choices: record.choices.filter(({ kind }) => kind !== 'site/B') });
    const firing = (records: readonly LogRecord[], site: string): readonly number[] =>
      records.flatMap(({ seq, facts }) => (facts.some(({ kind, data }) => kind === 'fault.site' && (data as { site: string }).site === site) ? [seq] : []));
    const counts = { fired: 0, silent: 0 };
    for (let i = 0; i < 300; i++) {
      const [before, after] = [run(`site/${i}`, false), run(`site/${i}`, true)];
      const first = firing(after, 'B')[0] ?? Infinity;
      expect(after.slice(0, first).map(ownDraws)).toEqual(before.slice(0, first));
      for (const site of ['A', 'C']) expect(firing(after, site)).toEqual(firing(before, site));
      counts[first === Infinity ? 'silent' : 'fired']++;
    }
    expect(Math.min(counts.fired, counts.silent)).toBeGreaterThan(30);
  });
});

describe('swarm testing', () => {
  it('finds a bug that needs one fault and the absence of two others in at most a fifth of the runs, over 30 campaigns', () => {
    const median = (all: boolean): number => {
      const model = generations(all);
      const runs = Array.from({ length: 30 }, (_, i) => campaign(model, `hidden/${i}`, 1_500, { stopAtFirst: true }).runs);
      return runs.toSorted((x, y) => x - y)[15] as number;
    };
    expect(median(false) * 5).toBeLessThanOrEqual(median(true));
  });

  const HORIZON = 100_000;
  const crash: FaultMaker = (random, name) => ({ name, kind: 'crash', target: '*', start: { at: random.below(HORIZON) }, for: 1_000 });
  const triggered: FaultMaker = (_random, name) => ({ name, kind: 'crash', target: '*', start: { when: { fact: 'made' } }, for: 1_000 });
  const plans = (kinds: Readonly<Record<string, FaultMaker>>, weights = {}): readonly (readonly Fault[])[] =>
    Array.from({ length: COUNT }, (_, i) => swarmPlan(`wake/${i}`, { kinds, horizon: HORIZON, most: 2, weights, all: true }).faults);

  it('lets every other fault begin while the one before it lasts, but none that waits for an event of its own', () => {
    const pairs = plans({ crash }).filter(({ length }) => length === 2);
    const meet = pairs.filter(([first, second]) => {
      const [from, at] = [first, second].map((fault) => (fault as Fault).start as { at: number }).map(({ at: time }) => time) as [number, number];
      return at >= from && at < from + 1_000;
    });
    // Two that are drawn independently meet once in a hundred times.
    expect(Math.abs(meet.length / pairs.length - 0.505)).toBeLessThan(margin(0.505, pairs.length));
    expect(plans({ triggered }).flat().every(({ start }) => 'when' in start && start.when.after === undefined)).toBe(true);
  });

  it('draws kinds by their weights', () => {
    const drawn = plans({ crash, triggered }, { triggered: 3 }).flat();
    const share = drawn.filter(({ name }) => name.startsWith('triggered')).length / drawn.length;
    expect(Math.abs(share - 0.75)).toBeLessThan(margin(0.75, drawn.length));
  });
});
