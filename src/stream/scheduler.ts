/**
 * RxJS time on the kernel's queue: a `SchedulerLike` for operators such as `delay`, `debounceTime` or `timer`.
 *
 * RxJS's own virtual scheduler sorts its whole queue at each insertion and stops the whole run at an exception; this one is a thin
 * layer over host events of the kernel's heap. For read-side projections and tools; actors use timers, which are in the log.
 */
import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import type { Kernel } from '../kernel/kernel.ts';

/** RxJS counts time in milliseconds; the kernel in whole µs. */
const US_PER_MS = 1000;

export class KernelScheduler implements SchedulerLike {
  private readonly kernel: Pick<Kernel, 'now' | 'host'>;

  constructor(kernel: Pick<Kernel, 'now' | 'host'>) {
    this.kernel = kernel;
  }

  /** Virtual time in ms. */
  now(): number {
    return this.kernel.now / US_PER_MS;
  }

  /** Calls `work` after `delay` ms of virtual time; `work` may call `this.schedule` to go on. */
  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    return new KernelAction(this.kernel, work).schedule(state, delay);
  }
}

class KernelAction<T> extends Subscription implements SchedulerAction<T> {
  private readonly kernel: Pick<Kernel, 'now' | 'host'>;
  private readonly work: (this: SchedulerAction<T>, state?: T) => void;
  private cancel: (() => void) | undefined;

  constructor(kernel: Pick<Kernel, 'now' | 'host'>, work: (this: SchedulerAction<T>, state?: T) => void) {
    super(() => this.drop());
    this.kernel = kernel;
    this.work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    this.drop();
    this.cancel = this.kernel.host(this.kernel.now + Math.max(0, Math.round(delay * US_PER_MS)), () => {
      this.cancel = undefined;
      this.work.call(this, state);
      // Work that did not ask to go on is done.
      if (this.cancel === undefined) this.unsubscribe();
    });
    return this;
  }

  private drop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}
