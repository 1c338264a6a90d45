/**
 * Actor systems as explorable models: actors with plain states, and a network that is a multiset of messages in flight.
 *
 * The one thing that can happen is that a message in flight reaches its receiver. Messages overtake each other freely and none
 * is delivered twice; losing a message is the same as never delivering it, so losses need no action. A delivery that
 * neither changes its receiver nor sends anything is not a transition (the message stays in flight), as in Stateright.
 */
import type { Json } from '../log/record.ts';
import type { Model, StateProperty } from './model.ts';

/** A message in flight. */
export interface Envelope<Body> {
  readonly from: number;
  readonly to: number;
  readonly body: Body;
}

/** What an actor does on a message. `undefined`: nothing at all. */
export interface Reaction<Local, Body> {
  readonly state: Local;
  readonly sends: readonly { readonly to: number; readonly body: Body }[];
}

/** An actor with a number. */
export interface ModelActor<Local, Body> {
  start(self: number): Reaction<Local, Body>;
  receive(self: number, state: Local, from: number, body: Body): Reaction<Local, Body> | undefined;
}

/** The state of a system: one local state an actor, what is in flight, and a history that properties look at. */
export interface SystemState<Local, Body, History> {
  readonly locals: readonly Local[];
  /** Sorted by key; equal messages stand next to each other. */
  readonly flights: readonly Envelope<Body>[];
  readonly history: History;
}

export interface ActorModelOptions<Local, Body, History> {
  readonly name: string;
  readonly actors: readonly ModelActor<Local, Body>[];
  readonly history: History;
  /** Follows what is sent and what arrives; returns the history itself when nothing is to be noted. */
  readonly sent?: (history: History, envelope: Envelope<Body>) => History;
  readonly arrived?: (history: History, envelope: Envelope<Body>) => History;
  readonly properties: readonly StateProperty<SystemState<Local, Body, History>>[];
  readonly describe?: (envelope: Envelope<Body>) => string;
}

/** Makes the model. Local states, bodies and histories must be plain JSON. */
export class ActorModel<Local extends Json, Body extends Json, History extends Json>
  implements Model<SystemState<Local, Body, History>, Envelope<Body>>
{
  readonly name: string;
  readonly properties: readonly StateProperty<SystemState<Local, Body, History>>[];
  /** What the model was made of; for others who run its actors (`src/campaign/actors.ts`). */
  readonly options: ActorModelOptions<Local, Body, History>;
  /** Keys of values that are shared between states, made once. */
  private readonly keys = new WeakMap<object, string>();

  constructor(options: ActorModelOptions<Local, Body, History>) {
    this.name = options.name;
    this.options = options;
    this.properties = options.properties;
  }

  initial(): readonly SystemState<Local, Body, History>[] {
    const started = this.options.actors.map((actor, self) => actor.start(self));
    let state: SystemState<Local, Body, History> = { locals: started.map((one) => one.state), flights: [], history: this.options.history };
    started.forEach((reaction, self) => (state = this.send(state, self, reaction.sends)));
    return [state];
  }

  actions(state: SystemState<Local, Body, History>, actions: Envelope<Body>[]): void {
    let previous = '';
    for (const envelope of state.flights) {
      const key = this.keyOf(envelope);
      if (key !== previous) actions.push(envelope);
      previous = key;
    }
  }

  next(state: SystemState<Local, Body, History>, envelope: Envelope<Body>): SystemState<Local, Body, History> | undefined {
    const { from, to, body } = envelope;
    const local = state.locals[to] as Local;
    const reaction = this.options.actors[to]?.receive(to, local, from, body);
    if (reaction === undefined) return undefined;
    const flights = state.flights.filter((other) => other !== envelope);
    const locals = reaction.state === local ? state.locals : state.locals.with(to, reaction.state);
    const history = this.options.arrived?.(state.history, envelope) ?? state.history;
    return this.send({ locals, flights, history }, to, reaction.sends);
  }

  key(state: SystemState<Local, Body, History>): string {
    let key = this.keyOf(state.history);
    for (const local of state.locals) key += `|${this.keyOf(local)}`;
    for (const envelope of state.flights) key += `~${this.keyOf(envelope)}`;
    return key;
  }

  describe(envelope: Envelope<Body>): string {
    return this.options.describe?.(envelope) ?? `${envelope.from}→${envelope.to} ${canonical(envelope.body)}`;
  }

  private send(
    state: SystemState<Local, Body, History>,
    from: number,
    sends: Reaction<Local, Body>['sends'],
  ): SystemState<Local, Body, History> {
    if (sends.length === 0) return state;
    const flights = [...state.flights];
    let { history } = state;
    for (const { to, body } of sends) {
      const envelope = { from, to, body };
      history = this.options.sent?.(history, envelope) ?? history;
      const key = this.keyOf(envelope);
      let at = flights.length;
      while (at > 0 && this.keyOf(flights[at - 1] as Envelope<Body>) > key) at--;
      flights.splice(at, 0, envelope);
    }
    return { locals: state.locals, flights, history };
  }

  private keyOf(value: Json | Envelope<Body>): string {
    if (typeof value !== 'object' || value === null) return canonical(value);
    let key = this.keys.get(value);
    if (key === undefined) this.keys.set(value, (key = canonical(value as Json)));
    return key;
  }
}

/** A text that is equal for equal plain data only, whatever the order in which fields were added. */
export function canonical(value: Json | undefined): string {
  if (typeof value === 'string') return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`;
  const fields = value as { readonly [key: string]: Json | undefined };
  return `{${Object.keys(fields).sort((x, y) => (x < y ? -1 : 1)).map((key) => `${canonical(key)}:${canonical(fields[key])}`).join(',')}}`;
}
