import { describe, expect, it } from 'vitest';
import { stream } from '../random/stream.ts';
import { ActorModel, canonical, type ModelActor, type SystemState } from './actors.ts';
import { reduce } from './reduction.ts';
import { search } from './search.ts';

type Local = readonly number[];
type Body = { readonly n: number };
type State = SystemState<Local, Body, null>;

/** Three actors that ping each other; each remembers what it heard, in order. */
function pingModel(rounds: number, forbidden?: (locals: readonly Local[]) => boolean): ActorModel<Local, Body, null> {
  const actor: ModelActor<Local, Body> = {
    start: (self) => ({ state: [], sends: [{ to: (self + 1) % 3, body: { n: 0 } }] }),
    receive: (self, state, from, { n }) => ({
      state: [...state, from * 10 + n],
      sends: n + 1 < rounds ? [{ to: (self + 1) % 3, body: { n: n + 1 } }] : [],
    }),
  };
  return new ActorModel({
    name: 'ping',
    actors: [actor, actor, actor],
    history: null,
    properties: [{ kind: 'always', name: 'no forbidden order', holds: ({ locals }: State) => forbidden?.(locals) !== true }],
  });
}

/** Random actor systems: who sends what to whom on which message follows from the seed. */
function randomModel(seed: string, finals: Set<string>): ActorModel<Local, Body, null> {
  const random = stream(seed, 'model');
  const table = Array.from({ length: 3 * 4 }, () => ({ to: random.below(3), sends: random.below(2) === 1 }));
  const actor: ModelActor<Local, Body> = {
    start: (self) => ({ state: [], sends: [{ to: table[self]?.to as number, body: { n: 0 } }] }),
    receive: (self, state, from, { n }) => {
      const rule = table[(self * 4 + n) % table.length] as { to: number; sends: boolean };
      return { state: [...state, from * 10 + n], sends: rule.sends && n < 3 ? [{ to: rule.to, body: { n: n + 1 } }] : [] };
    },
  };
  return new ActorModel({
    name: 'random',
    actors: [actor, actor, actor],
    history: null,
    properties: [{
      kind: 'always',
      name: 'collect',
      holds: ({ locals, flights }: State) => {
        if (flights.length === 0) finals.add(canonical(locals));
        return true;
      },
    }],
  });
}

describe('partial-order reduction', () => {
  it('walks at least 5 times fewer deliveries of a 3-actor ping model than all orders have', () => {
    const all = reduce(pingModel(3), { reduce: false });
    const fewer = reduce(pingModel(3));
    expect(all.isComplete && fewer.isComplete).toBe(true);
    expect(all.deliveries).toBeGreaterThanOrEqual(5 * fewer.deliveries);
  });

  it('reaches every final state of random systems', () => {
    for (let i = 0; i < 300; i++) {
      const [all, fewer] = [new Set<string>(), new Set<string>()];
      search(randomModel(`${i}`, all));
      reduce(randomModel(`${i}`, fewer));
      expect([...fewer].sort()).toEqual([...all].sort());
    }
  });

  it('misses none of the orders that an exhaustive search finds at an actor', () => {
    const seen = new Set<string>();
    search(pingModel(3, (locals) => (seen.add(canonical(locals[0] ?? [])), false)));
    for (const order of seen) {
      const planted = pingModel(3, (locals) => canonical(locals[0] ?? []) === order);
      expect(reduce(planted).violations).toHaveLength(1);
    }
  });
});
