/**
 * Makers of the plain faults of links and processes, for swarms over a model that has no special wishes.
 */
import type { Sfc32 } from '../random/sfc32.ts';
import type { ActorPattern, LinkPattern } from './plan.ts';
import type { FaultMaker } from './swarm.ts';

export interface PlainTargets {
  /** Between which actors messages are disturbed. */
  readonly links: readonly LinkPattern[];
  /** Which actors are disturbed. */
  readonly actors: readonly ActorPattern[];
}

/** One maker for each kind of plain fault; durations and delays are drawn below the horizon. */
export function plainFaults({ links, actors }: PlainTargets): Readonly<Record<'loss' | 'delay' | 'reorder' | 'duplicate' | 'partition' | 'crash' | 'pause' | 'slow', FaultMaker>> {
  const link = (random: Sfc32): LinkPattern => links[random.below(links.length)] as LinkPattern;
  const target = (random: Sfc32): ActorPattern => actors[random.below(actors.length)] as ActorPattern;
  const span = (random: Sfc32, horizon: number): { readonly start: { readonly at: number }; readonly for: number } =>
    ({ start: { at: random.below(horizon) }, for: 1 + random.below(horizon) });
  const ppm = (random: Sfc32): number => 100_000 * (1 + random.below(10));
  return {
    loss: (random, name, horizon) => ({ name, kind: 'loss', ...span(random, horizon), link: link(random), ppm: ppm(random) }),
    delay: (random, name, horizon) => ({ name, kind: 'delay', ...span(random, horizon), link: link(random), ppm: ppm(random), min: 1, max: horizon }),
    reorder: (random, name, horizon) => ({ name, kind: 'reorder', ...span(random, horizon), link: link(random), ppm: ppm(random), min: 1, max: horizon }),
    duplicate: (random, name, horizon) => ({ name, kind: 'duplicate', ...span(random, horizon), link: link(random), ppm: ppm(random) }),
    partition: (random, name, horizon) => ({ name, kind: 'partition', ...span(random, horizon), link: link(random) }),
    crash: (random, name, horizon) => ({ name, kind: 'crash', ...span(random, horizon), target: target(random) }),
    pause: (random, name, horizon) => ({ name, kind: 'pause', ...span(random, horizon), target: target(random) }),
    slow: (random, name, horizon) => ({ name, kind: 'slow', ...span(random, horizon), target: target(random), by: 1 + random.below(horizon) }),
  };
}
