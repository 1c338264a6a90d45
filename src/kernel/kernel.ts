/**
 * The kernel: one flat loop that pops the next event, lets one actor make one step, and carries out what it wanted.
 *
 * Nothing else calls an actor. Effects are interpreted after the step in their order, so causality is the queue's; each
 * step leaves one record, and records are committed (logged, then shown on `committed$`) before the next event is popped.
 * A step costs about a microsecond when nobody keeps records.
 */
import type { Observable } from 'rxjs';
import type { ActorSpec, Effect, Message } from '../actor/actor.ts';
import { StepContext, type ContextHost } from '../actor/context.ts';
import { Freezer } from '../actor/freeze.ts';
import { AmbientAccess, Guard } from '../actor/guard.ts';
import type { LogRecord, Via } from '../log/record.ts';
import { Inbox } from '../stream/inbox.ts';
import { assert, isThenable } from './assert.ts';
import { BOUNDS, boundHit, type Bounds } from './bound.ts';
import { Cell, NO_SLOT } from './cell.ts';
import { RandomChooser, type Chooser } from './choice.ts';
import type { KernelOptions, ReadyOrder } from './options.ts';
import type { Control, ControlMessage } from './control.ts';
import { Digest } from './digest.ts';
import { KERNEL, Ledger } from './ledger.ts';
import { LOST, PlainNetwork, type Network, type Routing } from './network.ts';
import { EventClass, EventQueue } from './queue.ts';
import { Slots } from './slots.ts';
import { StepFailed, type Outcome, type RunLimits } from './outcome.ts';

export class Kernel implements ContextHost, Routing {
  /** Virtual time in whole µs. */
  now = 0;
  /** The sequence number of the next step. */
  seq = 0;
  private readonly cells = new Map<string, Cell>();
  private readonly slots = new Slots();
  private readonly queue: EventQueue;
  private readonly chooser: Chooser;
  private readonly network: Network;
  private readonly bounds: Bounds;
  private readonly freezer: Freezer | undefined;
  private readonly guard: Guard | undefined;
  private readonly order: ReadyOrder | undefined;
  private readonly reconfigure: KernelOptions['reconfigure'];
  private readonly digest = new Digest();
  private readonly ledger: Ledger;
  private isRunning = false;
  private stopReason: string | undefined;
  private failure: unknown = undefined;
  private current: Cell | undefined;
  private routedTo: Cell | undefined;
  private routedMessage: Message | undefined;
  private cellCount = 0;

  constructor(options: KernelOptions) {
    const { slots } = this;
    this.queue = new EventQueue(
      (slot) => slots.at(slot).via === 'dead',
      (slot) => slots.release(slot),
    );
    this.chooser = options.chooser ?? new RandomChooser(options.seed);
    this.network = options.network ?? new PlainNetwork({ default: { min: 0, max: 0 } });
    this.bounds = { ...BOUNDS, ...options.bounds };
    this.ledger = new Ledger(options.level ?? 'facts');
    this.freezer = options.freeze === false ? undefined : new Freezer();
    this.guard =
      options.guard === false ? undefined : new Guard(() => `actor ${this.current?.id ?? KERNEL} at step #${this.seq}`);
    this.order = options.order;
    this.reconfigure = options.reconfigure;
  }

  /** Records, each after it was logged. Subscribers look on; they cannot affect the run. */
  get committed$(): Observable<LogRecord> {
    return this.ledger.committed$;
  }

  /** Sends every record to `sink` (the log) before anybody else sees it. At most one. */
  setSink(sink: (record: LogRecord) => void): void {
    this.ledger.setSink(sink);
  }

  get recording(): boolean {
    return this.ledger.isKept;
  }

  /** The ids of all actors that were started, in order. */
  actors(): readonly (ActorSpec & { readonly isUp: boolean })[] {
    return [...this.cells.values()];
  }

  /** An actor's state, to look at. Undefined while it is down. */
  state(id: string): unknown {
    return this.cells.get(id)?.state;
  }

  isUp(id: string): boolean {
    return this.cells.get(id)?.isUp ?? false;
  }

  /** How many events wait. */
  get pending(): number {
    return this.queue.size;
  }

  /** When the next event is due, in µs; Infinity when nothing waits. */
  get nextTime(): number {
    return this.queue.headTime;
  }

  /** Starts an actor at the current time. */
  spawn(spec: ActorSpec): void {
    this.addCell(spec, -1);
  }

  /** Hands a message to an actor from outside, now or at `at`. A replay repeats it from the log; not `external`: the plan does. */
  input(to: string, message: Message, at: number = this.now, external = true): void {
    const cell = this.cells.get(to);
    assert(cell !== undefined, `the receiver ${to} of an input exists`);
    const slot = this.slots.take('input', cell, this.freeze(message), external ? -1 : this.seq - 1);
    this.slots.at(slot).external = external;
    this.queue.push(Math.max(at, this.now), external ? EventClass.input : EventClass.control, slot);
  }

  /**
   * Schedules a control event. `external` is for what a person does to a running simulation: it is an input, which a replay
   * takes from the log; what the plan does is made again by the plan.
   */
  control(command: Control, at: number = this.now, external = false): void {
    const cell = this.cells.get(command.actor);
    assert(cell !== undefined || command.kind === 'note', `the actor ${command.actor} of a ${command.kind} exists`);
    const slot = this.slots.take('control', cell, this.freeze(command as ControlMessage), external ? -1 : this.seq - 1);
    this.slots.at(slot).external = external;
    this.queue.push(Math.max(at, this.now), external ? EventClass.input : EventClass.control, slot);
  }

  /** Calls `work` at a virtual time, outside all actors: for schedulers of streams. It leaves no record. */
  host(at: number, work: () => void): () => void {
    const slot = this.slots.take('host', undefined, { kind: 'host', work } as Message, -1);
    this.queue.push(Math.max(at, this.now), EventClass.host, slot);
    return () => {
      const { via, message } = this.slots.at(slot);
      if (via === 'host' && (message as { work?: unknown }).work === work) this.kill(slot);
    };
  }

  /** Ends the run after the current step. */
  stop(reason: string): void {
    this.stopReason ??= reason;
  }

  /**
   * Runs until nothing waits, a limit is reached, or somebody stops it. Can be called again to go on.
   * Throws {@link StepFailed} when a step throws: the record of that step is committed first.
   */
  run(limits: RunLimits = {}): Outcome {
    assert(!this.isRunning, 'a run is not entered twice');
    this.isRunning = true;
    this.stopReason = undefined;
    try {
      return this.guard === undefined ? this.loop(limits) : this.guard.during(() => this.loop(limits));
    } finally {
      this.isRunning = false;
    }
  }

  /** @internal Context host. */
  freeze<T>(value: T): T {
    return this.freezer === undefined ? value : this.freezer.freeze(value);
  }

  /** @internal Context host and routing: one draw. */
  choose(owner: string, kind: string, n: number): number {
    assert(Number.isInteger(n) && n >= 1, `a choice of ${kind} is among at least one`);
    if (n === 1) return 0;
    const value = this.chooser.choose(owner, kind, n);
    assert(Number.isInteger(value) && value >= 0 && value < n, `the outcome of ${kind} is in [0, ${n})`);
    if (this.ledger.isKept) this.ledger.choice(owner === this.current?.id ? kind : `${owner}:${kind}`, n, value);
    return value;
  }

  /** @internal Routing: one more copy of the message that is being routed. */
  duplicate(delay: number): void {
    assert(this.routedTo !== undefined && this.routedMessage !== undefined, 'only a message in routing is duplicated');
    this.deliver(this.current as Cell, this.routedTo, this.routedMessage, this.now + delay);
  }

  private loop(limits: RunLimits): Outcome {
    const until = limits.until ?? Infinity;
    let stepsLeft = limits.steps ?? Infinity;
    for (;;) {
      if (this.stopReason !== undefined) return { kind: 'stopped', reason: this.stopReason };
      if (limits.while !== undefined && !limits.while()) return { kind: 'condition' };
      const head = this.queue.headTime;
      if (head > until) {
        this.now = Math.max(this.now, until === Infinity ? this.now : until);
        return head === Infinity ? { kind: 'idle' } : { kind: 'time' };
      }
      if (head === Infinity) return { kind: 'idle' };
      if (stepsLeft-- <= 0) return { kind: 'steps' };
      const bound = boundHit(this.bounds, this.queue.size, this.seq, this.now);
      if (bound !== undefined) return this.hitBound(bound);
      this.dispatch(this.nextSlot(head));
    }
  }

  private nextSlot(head: number): number {
    this.now = Math.max(this.now, head);
    if (this.order === undefined) return this.queue.pop();
    const ready = this.queue.ready(head + this.order.window, this.order.most);
    if (ready.length <= 1) return this.queue.pop();
    const picked = ready[this.pickNext(ready, this.order)];
    assert(picked !== undefined, 'a scheduler picks one of the ready events');
    this.now = Math.max(this.now, this.queue.take(picked)); // Those that are passed over come late; none comes early.
    return picked;
  }

  private pickNext(ready: readonly number[], order: ReadyOrder): number {
    if (order.pick === undefined) return this.choose(KERNEL, 'next', ready.length);
    const value = order.pick(ready.map((slot) => this.slots.describe(slot)));
    this.ledger.choice(`${KERNEL}:next`, ready.length, value);
    return value;
  }

  private dispatch(slot: number): void {
    const { slots } = this;
    const event = slots.at(slot);
    const via = event.via as Via | 'host';
    const { cell, message } = event;
    if (via === 'host') {
      slots.release(slot);
      (message as unknown as { work: () => void }).work();
      return;
    }
    if (via === 'control') return this.dispatchControl(slot);
    assert(cell !== undefined, 'an event has a receiver');
    if (cell.isPaused) {
      cell.backlog.push(slot);
      return;
    }
    if ((cell.slowness > 0 || this.now <= cell.slowedUntil) && event.timer !== '$slowed') return this.postpone(slot, cell);
    if (via === 'timer') {
      const key = event.timer as string;
      if (event.incarnation !== cell.incarnation) return slots.release(slot);
      if (cell.timers.get(key) === slot) cell.unset(key);
    } else if (via === 'message') {
      const { from } = event;
      if (!cell.isUp) return slots.release(slot);
      if (from !== undefined && this.network.arrives?.(from, cell, message as Message, this.now) === false) {
        return slots.release(slot);
      }
    } else if (via === 'start') {
      if (event.incarnation !== cell.incarnation) return slots.release(slot);
    } else if (!cell.isUp) return slots.release(slot);
    this.perform(slot, via, cell, message);
  }

  private postpone(slot: number, cell: Cell): void {
    const event = this.slots.at(slot);
    if (event.via === 'timer') {
      const key = event.timer as string;
      if (cell.timers.get(key) === slot) cell.unset(key);
      if (event.incarnation !== cell.incarnation) return this.slots.release(slot);
      event.via = 'message';
    }
    event.timer = '$slowed';
    cell.slowedUntil = Math.max(this.now + cell.slowness, cell.slowedUntil);
    this.queue.push(cell.slowedUntil, EventClass.normal, slot);
  }

  private perform(slot: number, via: Via, cell: Cell, message: Message | undefined): void {
    const { cause, from, external } = this.slots.at(slot);
    this.slots.release(slot);
    this.current = cell;
    this.digest.reset();
    cell.context.open(this.now + cell.skew, from?.id);
    this.guard?.beforeStep();
    if (via === 'start') this.startCell(cell);
    else cell.inbox.next(message as Message);
    this.commit(via, cell, message, cause, from, external);
    this.current = undefined;
    if (this.failure !== undefined) this.fail(cell, message?.kind ?? 'start');
  }

  /** The handler at the end of every inbox. Must not throw (see `stream/inbox.ts`). */
  private step(cell: Cell, message: Message): readonly Effect[] {
    try {
      const returned: unknown = cell.behavior.step(cell.state, message, cell.context);
      if (returned !== undefined) this.refuseReturn(cell, returned);
      this.guard?.afterStep();
    } catch (error) {
      this.failure = error ?? new Error('a step threw nothing');
    }
    this.guard?.endStep();
    cell.context.close();
    return cell.context.effects;
  }

  private startCell(cell: Cell): void {
    cell.isUp = true;
    cell.isStarting = false;
    try {
      cell.state = cell.behavior.start(cell.context, cell.durable);
      if (isThenable(cell.state)) this.refuseReturn(cell, cell.state);
      this.guard?.afterStep();
    } catch (error) {
      this.failure = error ?? new Error('a start threw nothing');
    }
    this.guard?.endStep();
    cell.context.close();
    this.carryOut(cell, cell.context.effects);
  }

  private refuseReturn(cell: Cell, returned: unknown): never {
    const what = isThenable(returned) ? 'a promise' : 'a value';
    throw new AmbientAccess(`a step of actor ${cell.id} returned ${what}: what a step wants, it says through its context`);
  }

  private carryOut(cell: Cell, effects: readonly Effect[]): void {
    try {
      assert(effects.length <= this.bounds.effectsPerStepMax, `a step has at most ${this.bounds.effectsPerStepMax} effects`);
      const { isKept } = this.ledger;
      for (const effect of effects) {
        if (isKept) this.digest.add(effect);
        this.carryOutOne(cell, effect);
      }
    } catch (error) {
      this.failure ??= error;
    }
  }

  private carryOutOne(cell: Cell, effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        return this.send(cell, effect.to, effect.message);
      case 'timer':
        return this.setTimer(cell, effect.key, effect.delay, effect.message);
      case 'cancel':
        return this.cancelTimer(cell, effect.key);
      case 'spawn':
        return this.addCell(effect.actor, this.seq);
      case 'stop':
        return this.stopCell(effect.id);
      case 'monitor':
        return this.monitor(cell, this.cells.get(effect.id));
    }
  }

  private send(cell: Cell, to: string, message: Message): void {
    const target = this.cells.get(to);
    if (target === undefined) return; // Nobody listens at that address; as on a network, the sender is not told.
    if (target === cell) return this.deliver(cell, cell, message, this.now);
    this.routedTo = target;
    this.routedMessage = message;
    const delay = this.network.delay(cell, target, message, this);
    this.routedTo = undefined;
    if (delay === LOST) return;
    let at = this.now + delay;
    if (this.network.ordered?.(cell, target, message) !== false) {
      at = Math.max(at, cell.lastArrival.get(target.index) ?? 0);
      cell.lastArrival.set(target.index, at);
    }
    this.deliver(cell, target, message, at);
  }

  private deliver(from: Cell, to: Cell, message: Message, at: number): void {
    const slot = this.slots.take('message', to, message, this.seq);
    this.slots.at(slot).from = from;
    this.queue.push(at, EventClass.normal, slot);
  }

  private setTimer(cell: Cell, key: string, delay: number, message: Message): void {
    this.cancelTimer(cell, key);
    const slot = this.slots.take('timer', cell, message, this.seq);
    this.slots.at(slot).timer = key;
    cell.timers.set(key, slot);
    this.queue.push(this.now + delay, EventClass.normal, slot);
  }

  private cancelTimer(cell: Cell, key: string): void {
    const slot = cell.timers.get(key);
    if (slot === undefined || slot === NO_SLOT) return;
    cell.unset(key);
    const waits = cell.backlog.indexOf(slot);
    if (waits >= 0) {
      cell.backlog.splice(waits, 1);
      this.slots.release(slot);
    } else this.kill(slot);
  }

  private kill(slot: number): void {
    const event = this.slots.at(slot);
    event.via = 'dead';
    event.message = undefined;
    this.queue.noteDead();
  }

  private addCell(spec: ActorSpec, cause: number): void {
    assert(!this.cells.has(spec.id), `the actor id ${spec.id} is not in use`);
    const cell = new Cell(spec, this.cellCount++, new StepContext(spec.id, this));
    cell.inbox = new Inbox<Message, readonly Effect[]>((message) => this.step(cell, message), (effects) => this.carryOut(cell, effects));
    this.cells.set(spec.id, cell);
    this.queue.push(this.now, EventClass.normal, this.slots.take('start', cell, undefined, cause));
  }

  private stopCell(id: string): void {
    const cell = this.cells.get(id);
    if (cell === undefined) return;
    this.takeDown(cell);
    this.cells.delete(id);
  }

  private takeDown(cell: Cell): void {
    for (const key of [...cell.timers.keys()]) this.cancelTimer(cell, key);
    cell.timers.clear();
    for (const slot of cell.backlog) this.slots.release(slot);
    cell.backlog = [];
    cell.durable = cell.isUp ? cell.behavior.durable?.(cell.state) : cell.durable;
    cell.state = undefined;
    cell.isUp = false;
    cell.isStarting = false;
    cell.isPaused = false;
    cell.incarnation++;
  }

  private dispatchControl(slot: number): void {
    const { message, cell, cause, external } = this.slots.at(slot);
    const command = message as ControlMessage;
    this.slots.release(slot);
    this.digest.reset();
    this.current = cell;
    if (cell !== undefined) this.applyControl(cell, command);
    this.commit('control', cell, command, cause, undefined, external);
    this.current = undefined;
  }

  private applyControl(cell: Cell, command: Control): void {
    switch (command.kind) {
      case 'crash':
        if (!cell.isUp && !cell.isStarting) return;
        this.takeDown(cell);
        return this.tellMonitors(cell, 'down');
      case 'restart':
        if (cell.isUp || cell.isStarting) return;
        cell.isStarting = true;
        if (command.with !== undefined) cell.behavior = this.reconfigure?.(cell.id, command.with) ?? cell.behavior;
        this.queue.push(this.now, EventClass.normal, this.slots.take('start', cell, undefined, this.seq));
        return this.tellMonitors(cell, 'up');
      case 'pause':
        cell.isPaused = true;
        return;
      case 'resume':
        cell.isPaused = false;
        // What waited comes before all that arrives at this moment.
        for (const slot of cell.backlog) this.queue.push(this.now, EventClass.waited, slot);
        cell.backlog = [];
        return;
      case 'slow':
        cell.slowness = command.by;
        return;
      case 'skew':
        cell.skew = command.by;
        return;
      case 'note':
    }
  }

  private monitor(watcher: Cell, cell: Cell | undefined): void {
    cell?.monitors.add(watcher);
    if (cell?.isUp === false && !cell.isStarting && cell.incarnation > 0) this.send(cell, watcher.id, this.freeze({ kind: 'down', actor: cell.id } as Message));
  }

  private tellMonitors(cell: Cell, kind: 'down' | 'up'): void {
    for (const watcher of cell.monitors) this.send(cell, watcher.id, this.freeze({ kind, actor: cell.id } as Message));
  }

  private commit(via: Via, cell: Cell | undefined, message: Message | undefined, cause: number, from: Cell | undefined, external: boolean): void {
    const seq = this.seq++;
    if (this.ledger.isKept) this.ledger.commit({ seq, time: this.now, via, cell, message, cause, from, external, digest: this.digest.value });
    if (cell !== undefined && cell.context.effects.length > 0) cell.context.effects = [];
  }

  private hitBound(bound: string): Outcome {
    this.digest.reset();
    this.commit('bound', undefined, { kind: 'bound', bound } as Message, this.seq - 1, undefined, false);
    return { kind: 'bound', bound };
  }

  private fail(cell: Cell, kind: string): never {
    const error = this.failure;
    this.failure = undefined;
    throw new StepFailed(cell.id, kind, this.seq - 1, this.now, error);
  }
}
