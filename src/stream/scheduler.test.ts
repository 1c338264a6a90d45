import { delay, of, take, timer, debounceTime, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Kernel } from '../kernel/kernel.ts';
import { KernelScheduler } from './scheduler.ts';

describe('KernelScheduler', () => {
  it('runs RxJS operators in virtual time, in the order of the queue', () => {
    const kernel = new Kernel({ seed: 'a' });
    const scheduler = new KernelScheduler(kernel);
    const seen: string[] = [];
    timer(0, 10, scheduler).pipe(take(3)).subscribe((n) => seen.push(`tick ${n} at ${scheduler.now()}`));
    of('late').pipe(delay(15, scheduler)).subscribe((word) => seen.push(`${word} at ${scheduler.now()}`));
    expect(kernel.run()).toEqual({ kind: 'idle' });
    expect(seen).toEqual(['tick 0 at 0', 'tick 1 at 10', 'late at 15', 'tick 2 at 20']);
  });

  it('cancels what is unsubscribed and leaves nothing waiting', () => {
    const kernel = new Kernel({ seed: 'a' });
    const source = new Subject<number>();
    const seen: number[] = [];
    const subscription = source.pipe(debounceTime(5, new KernelScheduler(kernel))).subscribe((n) => seen.push(n));
    kernel.host(0, () => source.next(1));
    kernel.host(3000, () => source.next(2));
    kernel.host(20_000, () => source.next(3));
    kernel.host(21_000, () => subscription.unsubscribe());
    kernel.run();
    expect(seen).toEqual([2]);
    expect(kernel.pending).toBe(0);
  });
});
