/**
 * Delays that grow: a start, a factor, a cap, and jitter drawn from the process's choices.
 *
 * Source: apimachinery/pkg/util/wait/backoff.go.
 */
import type { Process, Task } from './process.ts';

export interface BackoffOptions {
  /** The first delay, µs. */
  readonly initial: number;
  readonly factor: number;
  /** No delay is longer, before jitter; µs. */
  readonly cap: number;
  /** Each delay is uniform in [d, d·(1 + jitter)). */
  readonly jitter: number;
  /** Starts over when this long, µs, has passed since the previous delay began. */
  readonly resetAfter?: number;
}

/** `wait.Jitter`: uniform in [delay, delay·(1 + factor)), whole µs. */
export function jittered(process: Process, name: string, delay: number, factor: number): number {
  const spread = Math.floor(delay * factor);
  return spread <= 0 ? delay : delay + process.choose(`jitter.${name}`, spread);
}

export class Backoff {
  private readonly process: Process;
  private readonly name: string;
  private readonly options: BackoffOptions;
  private delay: number;
  private lastAt = -Infinity;

  constructor(process: Process, name: string, options: BackoffOptions) {
    this.process = process;
    this.name = name;
    this.options = options;
    this.delay = options.initial;
  }

  /** The next delay, µs. */
  next(): number {
    const { initial, factor, cap, jitter, resetAfter = Infinity } = this.options;
    if (this.process.now - this.lastAt > resetAfter) this.delay = initial;
    this.lastAt = this.process.now;
    const delay = this.delay;
    this.delay = Math.min(cap, Math.round(delay * factor));
    return jittered(this.process, this.name, delay, jitter);
  }

  /** Waits for the next delay. */
  *wait(): Task {
    yield* this.process.sleep(this.name, this.next());
  }
}
