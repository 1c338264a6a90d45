/**
 * Runs the actors of an {@link ActorModel} in the kernel: one description, searched exhaustively and simulated with faults.
 *
 * Messages travel over links with latency; what an actor sends to itself arrives after a drawn while, so that its own decisions and
 * the messages of others come in any order, as they do in a search. All local state is durable. The model's properties of states
 * become properties and marks of runs, over a state that is folded from facts.
 */
import type { Context, Message } from '../actor/actor.ts';
import { canonical, type ActorModel, type Envelope, type Reaction, type SystemState } from '../explore/actors.ts';
import { memberOf, PORTFOLIO } from '../explore/schedule/portfolio.ts';
import { swarmPlan, type FaultMaker } from '../fault/swarm.ts';
import { Kernel } from '../kernel/kernel.ts';
import { PlainNetwork } from '../kernel/network.ts';
import type { Json } from '../log/record.ts';
import { always, type Property } from '../property/property.ts';
import { sometimes, type Mark } from '../property/sometimes.ts';
import type { CampaignModel, World } from './model.ts';

export interface ActorCampaignOptions {
  /** The id of an actor; what stands before the first `/` is its type. */
  readonly idOf: (self: number) => string;
  /** Fault kinds and how to make one. Absent: no faults. */
  readonly faults?: Readonly<Record<string, FaultMaker>>;
  /** The most faults of one run. Default 3. */
  readonly faultsMax?: number;
}

/** The fact that each step of such an actor records. */
const STEP = 'system.step';
/** Latencies of links and of what an actor sends to itself, in µs; faults begin before the horizon. */
const LATENCY_MAX = 1_000;
const HORIZON = 10_000;
/** How far apart events may be that a schedule reorders. */
const WINDOW = 3000;

interface Delivery<Body> extends Message {
  readonly body: Body;
}

/** `envelope`: what arrived; null for an actor's start. */
type StepData<Local, Body> = { readonly self: number; readonly envelope: Envelope<Body> | null; readonly state: Local; readonly sends: Reaction<Local, Body>['sends'] };

/** The campaign of an actor model. */
export function actorCampaign<Local extends Json, Body extends Json, History extends Json>(
  model: ActorModel<Local, Body, History>,
  { idOf, faults = {}, faultsMax = 3 }: ActorCampaignOptions,
): CampaignModel {
  return {
    name: model.name,
    plan: (seed) => ({
      seed,
      schedule: memberOf(PORTFOLIO, seed),
      window: WINDOW,
      config: {},
      workload: [],
      faults: swarmPlan(seed, { kinds: faults, horizon: HORIZON, most: faultsMax }),
      calm: [],
    }),
    network: () => new PlainNetwork({ default: { min: 1, max: LATENCY_MAX } }),
    build: (_plan, options): World => {
      const kernel = new Kernel(options);
      const ids = model.options.actors.map((_, self) => idOf(self));
      model.options.actors.forEach((actor, self) => {
        const id = ids[self] as string;
        const react = (context: Context, envelope: Envelope<Body> | null, reaction: Reaction<Local, Body>): Local => {
          context.record(STEP, { self, envelope, state: reaction.state, sends: reaction.sends } as unknown as Json);
          reaction.sends.forEach(({ to, body }, i) => {
            const delivery: Delivery<Body> = { kind: kindOf(body), body };
            if (to === self) context.setTimer(`${delivery.kind}/${i}`, 1 + context.choose('while', LATENCY_MAX), delivery);
            else context.send(ids[to] as string, delivery);
          });
          return reaction.state;
        };
        kernel.spawn({
          id,
          type: id.split('/')[0] as string,
          behavior: {
            start: (context, durable) => (durable as { local: Local } | undefined) ?? { local: react(context, null, actor.start(self)) },
            step(cell: { local: Local }, { body }: Delivery<Body>, context) {
              const from = context.from === undefined ? self : ids.indexOf(context.from);
              const reaction = actor.receive(self, cell.local, from, body);
              if (reaction !== undefined) cell.local = react(context, { from, to: self, body }, reaction);
            },
            durable: (cell: { local: Local }) => cell,
          },
        });
      });
      const fold = new Fold(model);
      return { kernel, properties: propertiesOf(model, fold), marks: marksOf(model, fold) };
    },
  };
}

function kindOf(body: Json): string {
  const kind = (body as { readonly kind?: unknown } | null)?.kind;
  return typeof kind === 'string' ? kind : 'message';
}

function propertiesOf<Local extends Json, Body extends Json, History extends Json>(
  model: ActorModel<Local, Body, History>,
  fold: Fold<Local, Body, History>,
): readonly Property[] {
  const laws = model.properties.filter(({ kind }) => kind === 'always');
  return laws.map(({ name, holds }) =>
    always(name, {
      state: () => fold,
      on: {
        [STEP]: (_fold, step: StepData<Local, Body>) => (holds(fold.add(step)) ? undefined : `it does not hold of the actors' states ${canonical(fold.state.locals)}`),
      },
    }),
  );
}

function marksOf<Local extends Json, Body extends Json, History extends Json>(
  model: ActorModel<Local, Body, History>,
  fold: Fold<Local, Body, History>,
): readonly Mark[] {
  const wishes = model.properties.filter(({ kind }) => kind === 'sometimes');
  return wishes.map(({ name, holds }) => sometimes<StepData<Local, Body>>(name, STEP, (step) => holds(fold.add(step))));
}

/** The system's state, from the steps of its actors. All properties of a run share one. */
class Fold<Local extends Json, Body extends Json, History extends Json> {
  state: SystemState<Local, Body, History>;
  private readonly model: ActorModel<Local, Body, History>;
  private last: StepData<Local, Body> | undefined;

  constructor(model: ActorModel<Local, Body, History>) {
    this.model = model;
    this.state = { locals: model.options.actors.map((actor, self) => actor.start(self).state), flights: [], history: model.options.history };
  }

  /** The state after a step; told of one step several times, it adds it once. */
  add(step: StepData<Local, Body>): SystemState<Local, Body, History> {
    if (step === this.last) return this.state;
    this.last = step;
    const { arrived, sent } = this.model.options;
    const { self, envelope, sends } = step;
    let { flights, history } = this.state;
    if (envelope !== null) {
      const { from, body } = envelope;
      const at = flights.findIndex((flight) => flight.body === body && flight.from === from && flight.to === self);
      if (at >= 0) flights = flights.toSpliced(at, 1);
      history = arrived?.(history, envelope) ?? history;
    }
    for (const { to, body } of sends) {
      const flight = { from: self, to, body };
      flights = [...flights, flight];
      history = sent?.(history, flight) ?? history;
    }
    this.state = { locals: this.state.locals.with(self, step.state), flights, history };
    return this.state;
  }
}
