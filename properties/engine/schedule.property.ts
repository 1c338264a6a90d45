/**
 * Laws of schedules and of guided search (docs/search.md, 42 and 44).
 */
import { describe, expect, it } from 'vitest';
import { campaign, seedAt } from '../../src/campaign/campaign.ts';
import { Coverage } from '../../src/campaign/coverage.ts';
import { GENERATION, GuidedSearch } from '../../src/campaign/guided.ts';
import type { CampaignModel } from '../../src/campaign/model.ts';
import { runPlan } from '../../src/campaign/run.ts';
import { memberOf, PORTFOLIO, type ScheduleName } from '../../src/explore/schedule/portfolio.ts';
import { pct, roundRobin, starvation, uniform, urw, type Strategy } from '../../src/explore/schedule/schedule.ts';
import { Kernel, PlainNetwork, stream, type Context, type Message, type ReadyEvent } from '../../src/index.ts';
import { always } from '../../src/property/property.ts';

/** Threads of `steps` steps each; a schedule orders them. The bug shows when the wanted steps come in the wanted order. */
interface Bug {
  readonly depth: number;
  /** Steps as `thread.step`; the bug needs each to come after the one before it. */
  readonly order: readonly string[];
}
const THREADS = 3;
const STEPS = 4;

/** Bugs of depth d need d ordering constraints beyond what the threads themselves give. */
const BUGS: readonly Bug[] = [
  { depth: 1, order: ['2.0', '0.0'] },
  { depth: 2, order: ['0.0', '1.0', '0.1'] },
  { depth: 3, order: ['0.0', '1.0', '0.1', '1.1'] },
  { depth: 4, order: ['0.0', '1.0', '0.1', '1.1', '0.2'] },
];

/** One run under a strategy: does the bug show? */
function shows(strategy: Strategy, { order }: Bug): boolean {
  const at = Array.from({ length: THREADS }, () => 0);
  let found = 0;
  const place = new Map<string, number>();
  for (let time = 0; time < THREADS * STEPS; time++) {
    const ready = at.flatMap((step, thread): ReadyEvent[] => (step < STEPS ? [{ via: 'message', actor: `${thread}`, from: 'x', kind: 'step', cause: -1 }] : []));
    const picked = ready[strategy(ready, ready.map((_, i) => i))] as ReadyEvent;
    const thread = Number(picked.actor);
    place.set(`${thread}.${(at[thread] as number)++}`, time);
  }
  for (let i = 1; i < order.length; i++) {
    // The bug is atomic: the steps of the other thread come right between.
    if ((place.get(order[i] as string) as number) > (place.get(order[i - 1] as string) as number)) found++;
  }
  return found === order.length - 1;
}

describe('probabilistic concurrency testing', () => {
  it.each(BUGS)('finds a bug of depth $depth at least as often as its bound says', (bug) => {
    const steps = THREADS * STEPS;
    const bound = 1 / (THREADS * steps ** (bug.depth - 1));
    // So many runs that the bound alone promises twenty finds (at most 110,000 tiny runs).
    const runs = Math.ceil(20 / bound);
    let found = 0;
    for (let i = 0; i < runs; i++) if (shows(pct(`pct/${i}`, { depth: bug.depth, steps }), bug)) found++;
    // Three standard deviations below what the bound promises; the seeds are fixed.
    expect(found).toBeGreaterThan(20 - 3 * Math.sqrt(20));
  });

  it('needs the depth: with too few priority changes it never finds the bug', () => {
    const [, , , deep] = BUGS as [Bug, Bug, Bug, Bug];
    for (let i = 0; i < 5_000; i++) expect(shows(pct(`shallow/${i}`, { depth: 1, steps: 12 }), deep)).toBe(false);
  });
});

describe('every schedule', () => {
  const strategies: readonly (readonly [string, (seed: string) => Strategy])[] = [
    ['uniform', uniform],
    ['urw', urw],
    ['pct', (seed) => pct(seed, { depth: 3, steps: 12 })],
    ['starvation', (seed) => starvation(seed, { stretch: 5 })],
    ['round-robin', roundRobin],
  ];

  it.each(strategies)('%s lets each thread finish, and makes the same run of the same seed', (_name, make) => {
    const orderOf = (seed: string): string => {
      const strategy = make(seed);
      const left = [4, 4, 4];
      let order = '';
      while (left.some((steps) => steps > 0)) {
        const ready = left.flatMap((steps, thread): ReadyEvent[] => (steps > 0 ? [{ via: 'message', actor: `${thread}`, from: 'x', kind: 'k', cause: -1 }] : []));
        const { actor } = ready[strategy(ready, ready.map((_, i) => i))] as ReadyEvent;
        left[Number(actor)] = (left[Number(actor)] as number) - 1;
        order += actor;
      }
      return order;
    };
    for (let i = 0; i < 50; i++) expect(orderOf(`${i}`)).toBe(orderOf(`${i}`));
  });

  it('starvation keeps one thread from going for long stretches', () => {
    const strategy = starvation('starve', { stretch: 50 });
    const ready: ReadyEvent[] = ['0', '1', '2'].map((actor) => ({ via: 'message', actor, from: 'x', kind: 'k', cause: -1 }));
    const picks = Array.from({ length: 2_000 }, () => strategy(ready, [0, 1, 2]));
    const longestGap = Math.max(...[0, 1, 2].map((thread) => {
      let [gap, most] = [0, 0];
      for (const pick of picks) most = Math.max(most, (gap = pick === thread ? 0 : gap + 1));
      return most;
    }));
    expect(longestGap).toBeGreaterThan(30);
  });
});

/** Threads in the kernel whose order pace and schedule decide; the property fails when the steps of a bug come in its order. */
function threads({ order }: Bug, schedule: (seed: string) => ScheduleName, count = THREADS, steps = STEPS): CampaignModel {
  return {
    name: `threads ${order.join(' ')}`,
    plan: (seed) => ({ seed, schedule: schedule(seed), window: 0, config: {}, workload: [], faults: { faults: [], healAt: 0 }, calm: [] }),
    network: () => new PlainNetwork({ default: { min: 0, max: 0 } }),
    build(_plan, options) {
      const kernel = new Kernel(options);
      for (let thread = 0; thread < count; thread++) {
        kernel.spawn({
          id: `${thread}`,
          type: 'thread',
          behavior: {
            start: (context: Context) => {
              context.setTimer('step', 1 + context.choose('pace', 4), { kind: 'step' });
              return { step: 0 };
            },
            step(state: { step: number }, message: Message, context: Context) {
              context.record('step', `${thread}.${state.step++}`);
              if (state.step < steps) context.setTimer('step', 1 + context.choose('pace', 4), message);
            },
          },
        });
      }
      return {
        kernel,
        properties: [always('the bug does not show', {
          state: () => ({ at: 0 }),
          on: { step: (seen, name: string) => (name === order[seen.at] && ++seen.at === order.length ? `the steps came in the order ${order.join(', ')}` : undefined) },
        })],
      };
    },
  };
}

describe('the portfolio', () => {
  it('is, over the planted bugs together, at most twice as slow as its best member', () => {
    // A window of all steps: a thread may run ahead of the others by as much as the schedule likes.
    const deep: readonly Bug[] = [
      { depth: 1, order: ['2.3', '0.0'] },
      { depth: 2, order: ['0.0', '1.3', '0.1'] },
      { depth: 2, order: ['1.1', '0.0', '2.0', '1.2'] },
      { depth: 3, order: ['0.1', '1.0', '0.2', '1.3'] },
    ];
    const most = 200;
    const trials = 10;
    const runsOf = (bug: Bug, schedule: (seed: string) => ScheduleName): number => {
      const model = { ...threads(bug, schedule) };
      const wide: CampaignModel = { ...model, plan: (seed) => ({ ...model.plan(seed), window: 100 }) };
      let sum = 0;
      for (let trial = 0; trial < trials; trial++) sum += campaign(wide, `portfolio/${trial}`, most, { stopAtFirst: true }).runs;
      return sum / trials;
    };
    const total = (schedule: (seed: string) => ScheduleName): number => deep.reduce((sum, bug) => sum + runsOf(bug, schedule), 0);
    const members = PORTFOLIO.map((name) => total(() => name));
    expect(total((seed) => memberOf(PORTFOLIO, seed))).toBeLessThanOrEqual(2 * Math.min(...members));
  });
});

const KEYS = 5;
/** A lock of six wheels: each step one of five keys is tried; the right one turns the lock on, a wrong one back to the start. */
function lock(): CampaignModel {
  const combination = [2, 0, 4, 1, 1, 3];
  return {
    name: 'lock',
    plan: (seed) => ({ seed, schedule: 'time', window: 0, config: {}, workload: [], faults: { faults: [], healAt: 0 }, calm: [] }),
    network: () => new PlainNetwork({ default: { min: 0, max: 0 } }),
    build(_plan, options) {
      const kernel = new Kernel(options);
      kernel.spawn({
        id: 'lock',
        type: 'lock',
        behavior: {
          start: (context: Context) => {
            context.setTimer('try', 1, { kind: 'try' });
            return { turned: 0, tries: 0 };
          },
          step(state: { turned: number; tries: number }, message: Message, context: Context) {
            state.turned = context.choose('key', KEYS) === combination[state.turned] ? state.turned + 1 : 0;
            context.record(`turned-${state.turned}`, state.turned);
            if (state.turned < combination.length && ++state.tries < 24) context.setTimer('try', 1, message);
          },
        },
      });
      return { kernel, properties: [always('the lock stays shut', { state: () => ({}), on: { 'turned-6': () => 'it opened', 'turned-0': () => undefined } })] };
    },
  };
}

describe('guided search', () => {
  const MOST = 4_000;
  function guidedRuns(model: CampaignModel, base: string): number {
    const search = new GuidedSearch(model, base);
    for (let begin = 0; begin < MOST; begin += GENERATION) {
      const generation = Array.from({ length: GENERATION }, (_, i) => search.plan(begin + i));
      const covered = generation.map((plan) => {
        const coverage = new Coverage();
        const { failure } = runPlan(model, plan, { onDraw: coverage.onDraw, onWorld: coverage.onWorld });
        return { failure, all: coverage.all() };
      });
      const found = covered.findIndex(({ failure }) => failure !== undefined);
      if (found >= 0) return begin + found + 1;
      generation.forEach((plan, i) => search.learn(plan, covered[i]?.all ?? []));
    }
    return MOST;
  }

  it('reaches a state of six right steps in at most a third of the runs of random search, over ten searches', () => {
    const model = lock();
    let [guided, random] = [0, 0];
    for (let trial = 0; trial < 10; trial++) {
      guided += guidedRuns(model, `guided/${trial}`);
      random += campaign(model, `guided/${trial}`, MOST, { stopAtFirst: true }).runs;
    }
    expect(guided * 3).toBeLessThanOrEqual(random);
  });

  it('makes plans that repeat: a plan with other seeds from some choice on is data like any other', () => {
    const model = lock();
    const plan = { ...model.plan('a'), reseeds: [{ at: 5, seed: 'b' }, { at: 9, seed: 'c' }] };
    const keys = (one: typeof plan | ReturnType<CampaignModel['plan']>): readonly number[] => {
      const values: number[] = [];
      runPlan(model, one, { onDraw: ({ value }) => values.push(value) });
      return values;
    };
    expect(keys(JSON.parse(JSON.stringify(plan)))).toEqual(keys(plan));
    expect(keys(plan).slice(0, 5)).toEqual(keys(model.plan('a')).slice(0, 5));
    expect(seedAt('a', 1)).toBe('a/1');
    expect(stream('b', 'lock', 'key').below(KEYS)).toBe(keys(plan)[5]);
  });
});
