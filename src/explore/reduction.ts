/**
 * Dynamic partial-order reduction with sleep sets (Flanagan and Godefroid, 2005; sleep sets: Godefroid, 1996) for actor systems.
 *
 * Deliveries to different actors commute: they change different local states, and what they send ends up in the same multiset. So
 * of all orders of independent deliveries one is enough. The search is stateless: it walks executions, and where two deliveries to
 * the same actor could have come in the other order, it adds the point from which that order is tried. Vector clocks over
 * deliveries tell what could; sleep sets keep it from walking an order twice. Every state in which nothing more can be
 * delivered is reached, and every local state of every actor with them.
 */
import type { Json } from '../log/record.ts';
import type { ActorModel, Envelope, SystemState } from './actors.ts';

export interface ReductionReport {
  /** Executions walked to their end (or to the bound). */
  readonly executions: number;
  /** Deliveries made. Without reduction this is the size of the tree of all executions. */
  readonly deliveries: number;
  readonly isComplete: boolean;
  readonly violations: readonly { readonly property: string; readonly path: readonly string[] }[];
}

export interface ReductionOptions {
  readonly depthMax?: number;
  readonly deliveriesMax?: number;
  /** Asked now and then: false ends the walk (a caller with a clock). */
  readonly goOn?: () => boolean;
  /** False: walks every order; to compare with. */
  readonly reduce?: boolean;
}

interface Flight<Body> {
  readonly id: string;
  readonly envelope: Envelope<Body>;
}

interface Point<Local, Body, History> {
  readonly state: SystemState<Local, Body, History>;
  readonly enabled: readonly Flight<Body>[];
  /** The flights that must be tried from here. */
  readonly todo: Set<string>;
  readonly done: Set<string>;
  readonly sleep: Map<string, Flight<Body>>;
}

interface Step<Body> {
  readonly flight: Flight<Body>;
  /** Deliveries (by position, per actor) that happened before this one, and this one itself. */
  readonly clock: readonly number[];
  /** How many messages it sent. */
  readonly sends: number;
}

/** Where a message in flight comes from: a name that is the same in all orders of a trace, and the clock of its sending. */
interface Birth {
  readonly id: string;
  readonly cause: readonly number[];
}

/** Walks all executions of `model` up to the order of independent deliveries. */
export function reduce<Local extends Json, Body extends Json, History extends Json>(
  model: ActorModel<Local, Body, History>,
  options: ReductionOptions = {},
): ReductionReport {
  return new Reduction(model, options).run();
}

class Reduction<Local extends Json, Body extends Json, History extends Json> {
  private readonly model: ActorModel<Local, Body, History>;
  private readonly options: ReductionOptions;
  private readonly points: Point<Local, Body, History>[] = [];
  private readonly steps: Step<Body>[] = [];
  private executions = 0;
  private deliveries = 0;
  private isComplete = true;
  private readonly violations = new Map<string, readonly string[]>();
  private readonly birth = new Map<Envelope<Body>, Birth>();

  constructor(model: ActorModel<Local, Body, History>, options: ReductionOptions) {
    this.model = model;
    this.options = options;
  }

  run(): ReductionReport {
    for (const state of this.model.initial()) this.walk(state);
    return {
      executions: this.executions,
      deliveries: this.deliveries,
      isComplete: this.isComplete,
      violations: [...this.violations].map(([property, path]) => ({ property, path })),
    };
  }

  private walk(initial: SystemState<Local, Body, History>): void {
    this.birth.clear();
    const nothing = initial.locals.map(() => -1);
    initial.flights.forEach((envelope, i) => this.birth.set(envelope, { id: `${i}`, cause: nothing }));
    this.points.push(this.point(initial, new Map()));
    while (this.points.length > 0) {
      const point = this.points[this.points.length - 1] as Point<Local, Body, History>;
      const flight = point.enabled.find(({ id }) => point.todo.has(id) && !point.done.has(id) && !point.sleep.has(id));
      const isCut = flight !== undefined && this.steps.length >= (this.options.depthMax ?? Infinity);
      if (flight === undefined || isCut) {
        this.leave(point, isCut);
        continue;
      }
      const isOutOfTime = (this.deliveries & 0xff) === 0 && this.options.goOn?.() === false;
      if (isOutOfTime || this.deliveries >= (this.options.deliveriesMax ?? Infinity)) {
        this.isComplete = false;
        return;
      }
      this.deliver(point, flight);
    }
  }

  private leave(point: Point<Local, Body, History>, isCut: boolean): void {
    if (isCut) this.isComplete = false;
    if (isCut || point.enabled.length === 0) this.executions++;
    this.points.pop();
    const step = this.steps.pop();
    const parent = this.points[this.points.length - 1];
    if (step !== undefined && parent !== undefined) parent.sleep.set(step.flight.id, step.flight);
  }

  private deliver(point: Point<Local, Body, History>, flight: Flight<Body>): void {
    point.done.add(flight.id);
    this.deliveries++;
    const { envelope } = flight;
    const clock = this.clockOf(envelope);
    const next = this.model.next(point.state, envelope) as SystemState<Local, Body, History>;
    // The nth message that its sender sends: the same in all orders of one trace, and different for equal messages.
    let sent = this.steps.reduce((count, step) => count + (step.flight.envelope.to === envelope.to ? step.sends : 0), 0);
    let sends = 0;
    for (const other of next.flights) {
      if (point.state.flights.includes(other)) continue;
      this.birth.set(other, { id: `${envelope.to}.${sent++}`, cause: clock });
      sends++;
    }
    this.steps.push({ flight, clock, sends });
    const sleep = new Map<string, Flight<Body>>();
    if (this.options.reduce !== false) {
      for (const [id, other] of point.sleep) if (other.envelope.to !== envelope.to) sleep.set(id, other);
    }
    this.points.push(this.point(next, sleep));
  }

  /** The deliveries that happen before the next one of `envelope`, and that one itself. */
  private clockOf(envelope: Envelope<Body>): readonly number[] {
    const clock = [...(this.birth.get(envelope) as Birth).cause];
    for (const step of this.steps) {
      if (step.flight.envelope.to !== envelope.to) continue;
      step.clock.forEach((at, actor) => (clock[actor] = Math.max(clock[actor] as number, at)));
    }
    clock[envelope.to] = this.steps.length;
    return clock;
  }

  /**
   * For a message in flight: makes sure that it is tried before the last delivery to the same actor, if it could have come
   * first. What has to be tried there is any first step of a continuation in which it does (Abdulla and others, "Optimal
   * dynamic partial order reduction", 2014: source sets); a step that others must precede would do without sleep sets only.
   */
  private addBacktracking(envelope: Envelope<Body>): void {
    const { id, cause } = this.birth.get(envelope) as Birth;
    const i = this.steps.findLastIndex((step) => step.flight.envelope.to === envelope.to);
    if (i < 0 || i <= (cause[envelope.to] as number)) return;
    const happensBefore = (k: number, clock: readonly number[]): boolean =>
      (clock[this.steps[k]?.flight.envelope.to as number] as number) >= k;
    const others: number[] = [];
    const firsts: string[] = [];
    for (let j = i + 1; j < this.steps.length; j++) {
      const { flight, clock } = this.steps[j] as Step<Body>;
      if (happensBefore(i, clock)) continue;
      if (!others.some((k) => happensBefore(k, clock))) firsts.push(flight.id);
      others.push(j);
    }
    if (!others.some((k) => happensBefore(k, cause))) firsts.unshift(id);
    const point = this.points[i] as Point<Local, Body, History>;
    if (firsts.some((first) => point.todo.has(first))) return;
    const first = firsts.find((one) => point.enabled.some((flight) => flight.id === one));
    if (first !== undefined) point.todo.add(first);
  }

  private point(state: SystemState<Local, Body, History>, sleep: Map<string, Flight<Body>>): Point<Local, Body, History> {
    this.judge(state);
    if (this.options.reduce !== false) for (const envelope of state.flights) this.addBacktracking(envelope);
    const enabled = state.flights
      .filter((envelope) => this.model.next(state, envelope) !== undefined)
      .map((envelope) => ({ id: (this.birth.get(envelope) as Birth).id, envelope }));
    const first = enabled.find(({ id }) => !sleep.has(id));
    const begin = this.options.reduce === false ? enabled : first === undefined ? [] : [first];
    return { state, enabled, todo: new Set(begin.map(({ id }) => id)), done: new Set(), sleep };
  }

  private judge(state: SystemState<Local, Body, History>): void {
    for (const { kind, name, holds } of this.model.properties) {
      if (kind !== 'always' || this.violations.has(name) || holds(state)) continue;
      this.violations.set(name, this.steps.map(({ flight }) => this.model.describe(flight.envelope)));
    }
  }
}
