/**
 * Replaying actors alone: each gets the starts, messages, timers, inputs and control events that the log has for it, and everybody
 * else is silent. Every step has to want what it wanted in the run.
 *
 * That works because a step uses nothing but its state, its message and its context. The log must keep messages and effects
 * (level `full`).
 */
import type { Behavior, Message } from '../actor/actor.ts';
import { StepContext } from '../actor/context.ts';
import { assert } from '../kernel/assert.ts';
import type { Control } from '../kernel/control.ts';
import { Digest, noteOf } from '../kernel/digest.ts';
import type { LogReader } from '../log/reader.ts';
import type { Json, LogRecord } from '../log/record.ts';
import { difference, type Difference } from './compare.ts';
import { diverged, type Divergence } from './divergence.ts';
import type { BuildRun } from './replay.ts';

/** What came of one actor. */
export type AloneResult =
  /** `state` is the actor's at the end; undefined when it was down. */
  | { readonly kind: 'same'; readonly steps: number; readonly state: unknown }
  | { readonly kind: 'divergence'; readonly divergence: Divergence };

export interface AloneOptions {
  /** Only the records before this one. */
  readonly to?: number;
  /** A message as an actor receives it, from what the log says; for those that are more than what is written. */
  readonly read?: (message: Message) => Message;
}

/**
 * Executes the steps of these actors again, each by itself; one that does something else goes no further. Actors are those with which
 * the run begins.
 */
export function replayAlone(log: LogReader, build: BuildRun, actors: readonly string[], { to = log.length, read = (message) => message }: AloneOptions = {}): ReadonlyMap<string, AloneResult> {
  assert(log.header.level === 'full', 'an actor is replayed alone from a log of level full');
  const behaviors = new Map(build(log.header, { seed: log.header.seed, level: 'full' }).actors().map(({ id, behavior }) => [id, behavior]));
  const lone = new Map(actors.map((id) => {
    const behavior = behaviors.get(id);
    assert(behavior !== undefined, `the run begins with an actor ${id}`);
    return [id, new Lone(id, behavior, read)];
  }));
  const results = new Map<string, AloneResult>();
  for (const record of recordsOf(log, lone, to)) {
    if (results.has(record.actor)) continue;
    const found = lone.get(record.actor)?.step(record);
    if (found !== undefined) results.set(record.actor, { kind: 'divergence', divergence: diverged(log, record.seq, found.difference, record, found.made) });
  }
  for (const [id, { steps, state }] of lone) if (!results.has(id)) results.set(id, { kind: 'same', steps, state });
  return results;
}

/** The records of these actors, in order; nobody else's is parsed. */
function* recordsOf(log: LogReader, actors: ReadonlyMap<string, unknown>, to: number): Generator<LogRecord, void, undefined> {
  for (const block of log.views(0, to)) {
    const end = Math.min(block.count, to - block.seq);
    for (let i = 0; i < end; i++) if (actors.has(block.actorOf(i))) yield block.record(i);
  }
}

/** What a step wanted, as far as a lone actor shows it. */
type Wanted = Pick<LogRecord, 'facts' | 'effects' | 'digest' | 'choices'>;

class Lone {
  state: unknown = undefined;
  steps = 0;
  private readonly behavior: Behavior;
  private readonly read: (message: Message) => Message;
  private readonly context: StepContext;
  private readonly digest = new Digest();
  private durable: unknown = undefined;
  private skew = 0;
  private record: LogRecord | undefined;
  private choices = 0;
  /** The first question that the log does not answer. */
  private unanswered: Difference | undefined;

  constructor(id: string, behavior: Behavior, read: (message: Message) => Message) {
    this.behavior = behavior;
    this.read = read;
    this.context = new StepContext(id, { recording: true, freeze: (value) => value, choose: (_owner, kind, n) => this.choose(kind, n) });
  }

  /** Makes a step as the log has it; the first difference, and the record as it would be. */
  step(record: LogRecord): { readonly difference: Difference; readonly made: LogRecord } | undefined {
    this.steps++;
    if (record.via === 'control') {
      this.control(record.message as unknown as Control);
      return undefined;
    }
    const { context } = this;
    this.record = record;
    this.choices = 0;
    context.open(record.time + this.skew, record.from);
    if (record.via === 'start') this.state = this.behavior.start(context, this.durable);
    else this.behavior.step(this.state, this.read(record.message as unknown as Message), context);
    context.close();
    const wanted = this.wanted(record);
    if (this.unanswered !== undefined) return { difference: this.unanswered, made: { ...record, ...wanted } };
    for (const field of ['facts', 'effects', 'digest', 'choices'] as const) {
      const found = difference(record[field] as unknown as Json, wanted[field] as unknown as Json, `/${field}`);
      if (found !== undefined) return { difference: found, made: { ...record, ...wanted } };
    }
    return undefined;
  }

  private wanted(record: LogRecord): Wanted {
    const { context, digest } = this;
    digest.reset();
    for (const effect of context.effects) digest.add(effect);
    // The draws after the step's own are those of the network, which carries its messages.
    const wanted = { facts: context.facts, effects: context.effects.map((effect) => JSON.parse(JSON.stringify(noteOf(effect)))), digest: digest.value, choices: record.choices };
    context.facts = [];
    context.effects = [];
    return wanted;
  }

  private choose(kind: string, n: number): number {
    if (n === 1) return 0;
    const { choices = [] } = this.record ?? {};
    const index = this.choices++;
    const choice = choices[index];
    if (choice?.kind === kind && choice.n === n) return choice.value;
    const expected = choice as unknown as Json | undefined;
    this.unanswered ??= { pointer: `/choices/${index}`, expected, actual: { kind, n }, change: choice === undefined ? 'extra' : 'changed' };
    return Math.min(choice?.value ?? 0, n - 1);
  }

  private control(command: Control): void {
    if (command.kind === 'skew') this.skew = command.by;
    assert(command.kind !== 'restart' || command.with === undefined, 'an actor that was restarted with other flags is not replayed alone');
    if (command.kind !== 'crash' || this.state === undefined) return;
    this.durable = this.behavior.durable?.(this.state);
    this.state = undefined;
  }
}
