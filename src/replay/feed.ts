/**
 * Feeding: an execution receives what came from outside at the positions where the log has it.
 *
 * An input is handed over once all records before it are made, for the time at which it was handled. At one time inputs
 * come after everything else, so that is where it lands again. No input can be handed over too early, because the
 * run waits for the record before it.
 */
import type { Message } from '../actor/actor.ts';
import type { Control } from '../kernel/control.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Outcome, RunLimits } from '../kernel/outcome.ts';
import { Mark } from '../log/layout.ts';
import type { LogReader } from '../log/reader.ts';
import type { LogRecord } from '../log/record.ts';

/** The records that came from outside, in order, from `from` on. Blocks without any are skimmed. */
export function* externalsOf(log: LogReader, from = 0, to: number = log.length): Generator<LogRecord, void, undefined> {
  for (const view of log.views(from, to)) {
    for (let i = 0; i < view.count; i++) {
      const seq = view.seq + i;
      if (seq < from || seq >= to || ((view.marks[i] as number) & Mark.external) === 0) continue;
      if (view.kept(i) === 'whole') yield view.record(i);
    }
  }
}

/** Hands one logged input or control event to a kernel. */
export function feed(kernel: Kernel, record: LogRecord): void {
  if (record.via === 'control') kernel.control(record.message as unknown as Control, record.time, true);
  else kernel.input(record.actor, record.message as unknown as Message, record.time);
}

/** Runs a kernel and feeds it a log's inputs on the way. */
export class FedRun {
  readonly kernel: Kernel;
  private readonly externals: Iterator<LogRecord, void, undefined>;
  private next: LogRecord | undefined;

  constructor(kernel: Kernel, externals: Iterator<LogRecord, void, undefined>) {
    this.kernel = kernel;
    this.externals = externals;
    this.next = this.take();
  }

  /** Runs within the limits, as {@link Kernel.run} does. */
  run(limits: RunLimits = {}): Outcome {
    const { kernel } = this;
    const until = limits.until ?? Infinity;
    for (;;) {
      const next = this.next;
      if (next === undefined || next.time > until) return kernel.run(limits);
      if (kernel.seq >= next.seq) {
        this.hand(next);
        continue;
      }
      const outcome = kernel.run({
        ...limits,
        until: Math.min(until, next.time),
        while: () => kernel.seq < next.seq && (limits.while === undefined || limits.while()),
      });
      const isEarly = outcome.kind === 'time' || outcome.kind === 'idle' || (outcome.kind === 'condition' && kernel.seq >= next.seq);
      if (!isEarly || (limits.while !== undefined && !limits.while())) return outcome;
      // Nothing else happens before the input is due, though a record is missing that the log has: the comparison says so.
      this.hand(next);
    }
  }

  private hand(record: LogRecord): void {
    if (record.actor === '$kernel' || this.kernel.actors().some((actor) => actor.id === record.actor)) feed(this.kernel, record);
    this.next = this.take();
  }

  private take(): LogRecord | undefined {
    const result = this.externals.next();
    return result.done === true ? undefined : result.value;
  }
}
