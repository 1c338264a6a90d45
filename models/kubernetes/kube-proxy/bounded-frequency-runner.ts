/**
 * Runs a function when asked, but not too often: a token bucket with a burst, and one pending run at most. A run may take
 * time; what is asked for meanwhile becomes one run afterwards.
 *
 * The real one also runs at least once in `maxInterval`; with unchanged caches such a run changes nothing, so here it is
 * left out. Upstream: pkg/util/async/bounded_frequency_runner.go.
 */
import type { Process, TimerHandle } from '../client/process.ts';

export interface RunnerOptions {
  /** Least time between runs once the burst is used up, in µs; 0 means no limit. */
  readonly minInterval: number;
  readonly burst: number;
}

export class BoundedFrequencyRunner {
  readonly #process: Process;
  readonly #name: string;
  readonly #run: () => number;
  readonly #options: RunnerOptions;
  #tokens: number;
  #filledAt: number;
  #lastRun = 0;
  #timer: TimerHandle | undefined;
  #isRunning = false;
  #isAsked = false;

  /** `run` returns how long the run takes, in µs. */
  constructor(process: Process, name: string, run: () => number, options: RunnerOptions) {
    this.#process = process;
    this.#name = name;
    this.#run = run;
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = process.now;
  }

  /** Asks for a run: now if the limit allows it, otherwise as soon as it does. */
  request(): void {
    if (this.#isRunning) {
      this.#isAsked = true;
      return;
    }
    if (this.#timer !== undefined) return;
    if (this.#accept()) {
      this.runNow();
      return;
    }
    const delay = Math.max(0, this.#options.minInterval - (this.#process.now - this.#lastRun));
    this.#timer = this.#process.after(this.#name, delay, () => {
      this.#timer = undefined;
      this.request();
    });
  }

  /** Runs at once, past the limit. */
  runNow(): void {
    const duration = this.#run();
    if (duration === 0) {
      this.#lastRun = this.#process.now;
      return;
    }
    this.#isRunning = true;
    this.#process.after(`${this.#name}.run`, duration, () => {
      this.#isRunning = false;
      this.#lastRun = this.#process.now;
      if (!this.#isAsked) return;
      this.#isAsked = false;
      this.request();
    });
  }

  /** Takes a token if there is one. */
  #accept(): boolean {
    const { minInterval, burst } = this.#options;
    if (minInterval === 0) return true;
    const { now } = this.#process;
    this.#tokens = Math.min(burst, this.#tokens + (now - this.#filledAt) / minInterval);
    this.#filledAt = now;
    // Fractions of a token add up in floating point; a hair below one counts as one.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens -= 1;
    return true;
  }
}
