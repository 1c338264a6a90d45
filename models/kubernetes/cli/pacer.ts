/**
 * Paces a simulation against the wall clock: `speed` virtual seconds for each real one, or as fast as it goes.
 *
 * When the simulation cannot keep up, virtual time falls behind; it never jumps. Between slices of work Node gets to serve its
 * sockets. All that happens in the simulation is still a function of its inputs and their virtual times.
 */
import type { Simulation } from '../cluster/simulation.ts';

/** Steps of one slice, and how long slices may go on before sockets are served, in ms. */
const SLICE_STEPS = 500;
const BUSY_MAX = 8;
/** The longest pause between looks, in ms. */
const PAUSE_MAX = 20;

export class Pacer {
  speed: number | 'max';
  isPaused = false;
  private readonly simulation: Simulation;
  private readonly afterSlice: () => void;
  private readonly failed: (error: unknown) => void;
  private anchorWall = performance.now();
  private anchorTime: number;
  private timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  /** Nothing runs any more: the log may be closed. */
  isStopped = false;
  private holders = 0;

  /** `afterSlice` is called whenever the simulation has moved; `failed` when a step threw. */
  constructor(simulation: Simulation, speed: number | 'max', afterSlice: () => void, failed: (error: unknown) => void) {
    this.simulation = simulation;
    this.speed = speed;
    this.afterSlice = afterSlice;
    this.failed = failed;
    this.anchorTime = simulation.now;
  }

  start(): void {
    this.turn();
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  /** Changes the pace from this moment on. */
  setPace(speed: number | 'max', isPaused: boolean): void {
    this.catchUp();
    this.speed = speed;
    this.isPaused = isPaused;
    this.anchor();
    this.soon();
  }

  /** Brings virtual time to where it should be now, as far as the steps of a slice allow. An input comes next. */
  catchUp(): void {
    const target = this.target();
    if (this.isStopped || target === undefined || target <= this.simulation.now) return;
    try {
      this.simulation.kernel.run({ until: target, steps: SLICE_STEPS });
    } catch (error) {
      this.stop();
      this.failed(error);
    }
  }

  /** Runs to a virtual time at full speed, giving way to sockets in between. */
  async runTo(until: number, isDone: () => boolean = () => false): Promise<void> {
    while (this.simulation.now < until && !isDone() && !this.isStopped) {
      this.simulation.kernel.run({ until: Math.min(until, this.simulation.now + 250_000), steps: 20_000 });
      this.afterSlice();
      do await new Promise((resolve) => setImmediate(resolve));
      while (this.holders > 0 && !this.isStopped);
    }
    this.anchor();
    this.soon();
  }

  /** Virtual time stands still until everybody who held it has released it. */
  hold(): void {
    this.holders++;
  }

  release(): void {
    this.holders--;
    if (this.holders > 0) return;
    this.anchor();
    this.soon();
  }

  /** Looks again at once: something came in. */
  soon(): void {
    this.cancel();
    if (!this.isStopped) this.timer = setImmediate(() => this.turn());
  }

  private turn(): void {
    try {
      const target = this.target();
      if (target !== undefined) this.work(target);
      this.afterSlice();
    } catch (error) {
      this.failed(error);
      return;
    }
    if (this.isStopped) return;
    const wait = this.wait();
    this.timer = wait === 0 ? setImmediate(() => this.turn()) : setTimeout(() => this.turn(), wait);
  }

  private work(target: number): void {
    const end = performance.now() + BUSY_MAX;
    do {
      const outcome = this.simulation.kernel.run({ until: target, steps: SLICE_STEPS });
      if (outcome.kind !== 'steps') break;
    } while (performance.now() < end);
    // What could not be done in time makes virtual time fall behind for good.
    if (this.speed !== 'max' && target - this.simulation.now > 1_000_000 * this.speed) this.anchor();
  }

  /** Where virtual time should be; undefined while it stands still. */
  private target(): number | undefined {
    if (this.isPaused || this.holders > 0) return undefined;
    if (this.speed === 'max') return this.simulation.now + 1_000_000;
    return this.anchorTime + Math.floor((performance.now() - this.anchorWall) * 1000 * this.speed);
  }

  private wait(): number {
    if (this.isPaused || this.holders > 0) return PAUSE_MAX;
    if (this.speed === 'max') return 0;
    const due = (this.simulation.kernel.nextTime - this.anchorTime) / 1000 / this.speed + this.anchorWall - performance.now();
    return due <= 0 ? 0 : Math.min(Math.ceil(due), PAUSE_MAX);
  }

  private anchor(): void {
    this.anchorWall = performance.now();
    this.anchorTime = this.simulation.now;
  }

  private cancel(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer as NodeJS.Timeout);
    clearImmediate(this.timer as NodeJS.Immediate);
    this.timer = undefined;
  }
}
