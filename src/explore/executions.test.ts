import { describe, expect, it } from 'vitest';
import { actorCampaign } from '../campaign/actors.ts';
import type { CampaignModel } from '../campaign/model.ts';
import { stream } from '../random/stream.ts';
import { ActorModel, canonical, type ModelActor, type SystemState } from './actors.ts';
import { exploreExecutions } from './executions.ts';
import { search } from './search.ts';

type Local = readonly number[];
type Body = { readonly n: number };
type State = SystemState<Local, Body, null>;

/** Three actors that send each other a few messages by a random table, and remember what they heard, in order. */
function randomModel(seed: string, see: (locals: string, isEnd: boolean) => void): ActorModel<Local, Body, null> {
  const random = stream(seed, 'executions');
  const table = Array.from({ length: 12 }, () => ({ to: random.below(3), sends: random.below(2) === 1 }));
  const actor: ModelActor<Local, Body> = {
    start: (self) => {
      const to = table[self]?.to as number;
      return { state: [], sends: to === self ? [] : [{ to, body: { n: 0 } }] };
    },
    receive: (self, state, from, { n }) => {
      const { to, sends } = table[(self * 4 + n) % table.length] as { to: number; sends: boolean };
      return { state: [...state, from * 10 + n], sends: sends && n < 2 && to !== self ? [{ to, body: { n: n + 1 } }] : [] };
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
        see(canonical(locals), flights.length === 0);
        return true;
      },
    }],
  });
}

describe('executions', () => {
  it('with as many deviations as there are choices reach every state in which an exhaustive search ends, but for overtaking on a link', () => {
    let reached = 0;
    for (let i = 0; i < 25; i++) {
      const states = new Set<string>();
      search(randomModel(`${i}`, (locals, isEnd) => void (isEnd && states.add(locals))));
      const finals = new Set<string>();
      let last = '';
      const campaign: CampaignModel = actorCampaign(randomModel(`${i}`, (locals) => void (last = locals)), { idOf: (self) => `actor/${self}` });
      const report = exploreExecutions(campaign, campaign.plan('1'), { deviations: 20, window: 100_000, progress: () => finals.add(last) });
      expect(report).toMatchObject({ isComplete: true, unique: report.runs });
      // Messages of one link keep their order in the kernel; in the search they do not.
      const inOrder = [...states].filter((locals) => keepsLinks(JSON.parse(locals) as readonly Local[]));
      expect([...finals].sort()).toEqual(inOrder.sort());
      reached += finals.size;
    }
    expect(reached).toBeGreaterThan(50);
  });

  it('stay within their bounds, and say which one ended them', () => {
    const campaigns = Array.from({ length: 25 }, (_, i) => actorCampaign(randomModel(`${i}`, () => undefined), { idOf: (self) => `actor/${self}` }));
    const campaign = campaigns.find((one) => exploreExecutions(one, one.plan('1'), { window: 100_000 }).runs > 10) as CampaignModel;
    expect(exploreExecutions(campaign, campaign.plan('1'), { deviations: 0 })).toMatchObject({ runs: 1, isComplete: true });
    expect(exploreExecutions(campaign, campaign.plan('1'), { deviations: 9, window: 100_000, runsMax: 5 })).toMatchObject({ runs: 5, isComplete: false, bound: 'runs' });
    expect(exploreExecutions(campaign, campaign.plan('1'), { deviations: 9, window: 100_000, depthMax: 1 })).toMatchObject({ isComplete: false, bound: 'depth' });
  });
});

/** What an actor heard from another, by the rounds of that one: never a later round before an earlier one of the same line. */
function keepsLinks(locals: readonly Local[]): boolean {
  return locals.every((heard) => heard.every((one, i) => heard.slice(0, i).every((before) => Math.floor(before / 10) !== Math.floor(one / 10) || before <= one)));
}
