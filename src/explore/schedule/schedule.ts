/**
 * Schedules: which of several ready events is handled next.
 *
 * A schedule is a strategy for the kernel's ready order. It never lets two messages of one link overtake each other, nor two
 * timers of one actor, because no real network or clock would; so it picks among the first of each line. Its draws come
 * from streams of its own, and each pick is recorded as a choice, so a replay needs no strategy.
 */
import { KERNEL } from '../../kernel/ledger.ts';
import type { ReadyEvent, ReadyOrder } from '../../kernel/options.ts';
import { assert } from '../../kernel/assert.ts';
import type { Sfc32 } from '../../random/sfc32.ts';
import { stream } from '../../random/stream.ts';

/** Picks one of `eligible`, which are indices into `ready`. */
export type Strategy = (ready: readonly ReadyEvent[], eligible: readonly number[]) => number;

export interface ScheduleOptions {
  /** How many µs after the head an event still counts as ready. */
  readonly window?: number;
  readonly most?: number;
}

/** How many ready events are looked at, unless a caller says otherwise. */
export const MOST = 64;

/** Makes the kernel's ready order of a strategy. */
export function schedule(strategy: Strategy, { window = 0, most = MOST }: ScheduleOptions = {}): ReadyOrder {
  return {
    window,
    most,
    pick(ready) {
      const eligible = firsts(ready);
      if (eligible.length === 1) return eligible[0] as number;
      const picked = strategy(ready, eligible);
      assert(eligible.includes(picked), 'a strategy picks an eligible event');
      return picked;
    },
  };
}

/** The order of time, except for the nth pick (from 0) where `picks` names another event that may go first. */
export function written(picks: { readonly [draw: string]: number }, { window = 0, most = MOST }: ScheduleOptions = {}): ReadyOrder {
  let at = 0;
  return {
    window,
    most,
    pick(ready) {
      const wanted = picks[at++];
      return wanted !== undefined && firsts(ready).includes(wanted) ? wanted : 0;
    },
  };
}

/** The first ready event of each line: a link, an actor's timers, the faults and inputs. */
export function firsts(ready: readonly ReadyEvent[]): number[] {
  const found: number[] = [];
  for (let i = 0; i < ready.length; i++) {
    const event = ready[i] as ReadyEvent;
    const { via, actor } = event;
    // Control and host events act for the kernel itself, and who has not started hears nothing; nothing may run before them.
    if (via === 'control' || via === 'host' || via === 'start' || actor === KERNEL) return i === 0 ? [0] : found;
    // The few events that are ready are compared one by one: it is asked at every step, and a set of names costs more.
    let isFirst = true;
    for (let k = 0; k < found.length && isFirst; k++) isFirst = !isOneLine(ready[found[k] as number] as ReadyEvent, event);
    if (isFirst) found.push(i);
  }
  return found;
}

function isOneLine(x: ReadyEvent, y: ReadyEvent): boolean {
  return x.actor === y.actor && x.via === y.via && (x.via !== 'message' || x.from === y.from);
}

/** Every ready event is equally likely. */
export function uniform(seed: string): Strategy {
  const random = stream(seed, 'schedule', 'uniform');
  return (_ready, eligible) => eligible[random.below(eligible.length)] as number;
}

/**
 * Probabilistic concurrency testing (Burckhardt and others, 2010): actors have random priorities, the highest goes first, and at
 * `depth` - 1 random steps the one that is about to go drops to the bottom. Finds a bug of depth d among n actors and k steps with
 * probability at least 1 / (n·k^(d-1)).
 */
export function pct(seed: string, options: { readonly depth: number; readonly steps: number }): Strategy {
  const random = stream(seed, 'schedule', 'pct');
  const drops = new Set(Array.from({ length: options.depth - 1 }, () => random.below(Math.max(1, options.steps))));
  const priorities = new Map<string, number>();
  let step = 0;
  let lowest = -1;
  return (ready, eligible) => {
    for (const i of eligible) draw(priorities, (ready[i] as ReadyEvent).actor, random);
    const highest = (): number => best(ready, eligible, priorities);
    const first = highest();
    if (!drops.has(step++)) return first;
    priorities.set((ready[first] as ReadyEvent).actor, lowest--);
    return highest();
  };
}

function draw(priorities: Map<string, number>, actor: string, random: Sfc32): void {
  if (!priorities.has(actor)) priorities.set(actor, random.next());
}

function best(ready: readonly ReadyEvent[], eligible: readonly number[], priorities: ReadonlyMap<string, number>): number {
  const priority = (i: number): number => priorities.get((ready[i] as ReadyEvent).actor) as number;
  return eligible.reduce((found, i) => (priority(i) > priority(found) ? i : found));
}

/**
 * Uniform random walk over interleavings: an actor is picked in proportion to the events that wait for it, so that an
 * actor with much to do does not always finish last (Zhao and others, "Selectively uniform concurrency testing", 2025).
 */
export function urw(seed: string): Strategy {
  const random = stream(seed, 'schedule', 'urw');
  return (ready, eligible) => {
    const weights = eligible.map((i) => {
      const { actor, from, via } = ready[i] as ReadyEvent;
      return ready.filter((other) => other.actor === actor && other.from === from && other.via === via).length;
    });
    let at = random.below(weights.reduce((sum, weight) => sum + weight, 0));
    return eligible.find((_, i) => (at -= weights[i] as number) < 0) as number;
  };
}

/** Starves one actor after another: for a random stretch of steps, the starved one goes only when nothing else can. */
export function starvation(seed: string, options: { readonly stretch: number }): Strategy {
  const random = stream(seed, 'schedule', 'starvation');
  let starved = '';
  let left = 0;
  return (ready, eligible) => {
    if (left-- <= 0) {
      starved = (ready[eligible[random.below(eligible.length)] as number] as ReadyEvent).actor;
      left = random.below(options.stretch) + 1;
    }
    const others = eligible.filter((i) => (ready[i] as ReadyEvent).actor !== starved);
    return others.length === 0 ? (eligible[0] as number) : (others[random.below(others.length)] as number);
  };
}

/** Actors take turns, in the order in which they first had something to do. */
export function roundRobin(): Strategy {
  const turns = new Map<string, number>();
  let turn = 0;
  return (ready, eligible) => {
    const last = (i: number): number => turns.get((ready[i] as ReadyEvent).actor) ?? -1;
    const picked = eligible.reduce((found, i) => (last(i) < last(found) ? i : found));
    turns.set((ready[picked] as ReadyEvent).actor, turn++);
    return picked;
  };
}
