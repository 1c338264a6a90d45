/**
 * The context of one actor's steps: it collects what the step wants, as data, and is closed between steps.
 *
 * One context lives as long as its actor. Opening and closing it is how a use after the step (from a promise, a captured
 * timer) is caught: the method throws and names the actor.
 */
import { assert } from '../kernel/assert.ts';
import type { Choice, Fact, Json } from '../log/record.ts';
import type { ActorSpec, Context, Effect, Message } from './actor.ts';
import { AmbientAccess } from './guard.ts';

/** What a context needs from its kernel. */
export interface ContextHost {
  readonly recording: boolean;
  choose(owner: string, kind: string, n: number, label: string | undefined): number;
  freeze<T>(value: T): T;
}

export class StepContext implements Context {
  readonly self: string;
  now = 0;
  from: string | undefined = undefined;
  effects: Effect[] = [];
  facts: Fact[] = [];
  choices: Choice[] = [];
  private isOpen = false;
  private readonly host: ContextHost;

  constructor(self: string, host: ContextHost) {
    this.self = self;
    this.host = host;
  }

  /** Called by the kernel before a step. */
  open(now: number, from: string | undefined): void {
    this.now = now;
    this.from = from;
    this.isOpen = true;
  }

  /** Called by the kernel after a step. */
  close(): void {
    this.isOpen = false;
  }

  get recording(): boolean {
    return this.host.recording;
  }

  send(to: string, message: Message): void {
    if (!this.isOpen) this.late(`send ${message.kind} to ${to}`);
    this.effects.push({ kind: 'send', to, message: this.host.freeze(message) });
  }

  setTimer(key: string, delay: number, message: Message): void {
    if (!this.isOpen) this.late(`set the timer ${key}`);
    assert(Number.isSafeInteger(delay) && delay >= 0, `the delay of timer ${key} is a whole, non-negative number of µs`);
    this.effects.push({ kind: 'timer', key, delay, message: this.host.freeze(message) });
  }

  cancelTimer(key: string): void {
    if (!this.isOpen) this.late(`cancel the timer ${key}`);
    this.effects.push({ kind: 'cancel', key });
  }

  record(kind: string, data: Json): void {
    if (!this.isOpen) this.late(`record ${kind}`);
    if (this.host.recording) this.facts.push({ kind, data: this.host.freeze(data) });
  }

  choose(kind: string, n: number, label?: string): number {
    if (!this.isOpen) this.late(`choose ${kind}`);
    return this.host.choose(this.self, kind, n, label);
  }

  spawn(actor: ActorSpec): void {
    if (!this.isOpen) this.late(`spawn ${actor.id}`);
    this.effects.push({ kind: 'spawn', actor });
  }

  stop(id: string): void {
    if (!this.isOpen) this.late(`stop ${id}`);
    this.effects.push({ kind: 'stop', id });
  }

  monitor(id: string): void {
    if (!this.isOpen) this.late(`monitor ${id}`);
    this.effects.push({ kind: 'monitor', id });
  }

  private late(what: string): never {
    throw new AmbientAccess(
      `actor ${this.self} tried to ${what} after its step had ended: a step must do all its work before it returns ` +
        '(no promises, no captured timers, no context kept for later)',
    );
  }
}
