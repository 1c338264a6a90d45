/**
 * Rate limiters of work queues and clients.
 *
 * A limiter says how long a key has to wait before its next try; asking is what counts the failure. Times are whole µs.
 * Source: client-go/util/workqueue/default_rate_limiters.go, golang.org/x/time/rate.
 */

export interface RateLimiter {
  /** How many µs this key has to wait from now on. Counts one failure. */
  when(key: string): number;
  /** Ends the key's history of failures. */
  forget(key: string): void;
  /** Failures since the last `forget`. */
  numRequeues(key: string): number;
}

const MILLISECOND = 1_000;
const SECOND = 1_000_000;

/** `base`·2^n, at most `max`; n counts the key's failures from 0. */
export class ItemExponentialFailureRateLimiter implements RateLimiter {
  private readonly failures = new Map<string, number>();
  private readonly base: number;
  private readonly max: number;

  constructor(base: number, max: number) {
    this.base = base;
    this.max = max;
  }

  when(key: string): number {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    return failures > 40 ? this.max : Math.min(this.max, this.base * 2 ** failures);
  }

  forget(key: string): void {
    this.failures.delete(key);
  }

  numRequeues(key: string): number {
    return this.failures.get(key) ?? 0;
  }
}

/** `fast` for the first `fastAttempts` failures of a key, `slow` after that. */
export class ItemFastSlowRateLimiter implements RateLimiter {
  private readonly failures = new Map<string, number>();
  private readonly fast: number;
  private readonly slow: number;
  private readonly fastAttempts: number;

  constructor(fast: number, slow: number, fastAttempts: number) {
    this.fast = fast;
    this.slow = slow;
    this.fastAttempts = fastAttempts;
  }

  when(key: string): number {
    const failures = (this.failures.get(key) ?? 0) + 1;
    this.failures.set(key, failures);
    return failures <= this.fastAttempts ? this.fast : this.slow;
  }

  forget(key: string): void {
    this.failures.delete(key);
  }

  numRequeues(key: string): number {
    return this.failures.get(key) ?? 0;
  }
}

/** A token bucket: `perSecond` tokens, at most `burst`. Tokens may be owed, so callers queue in order. */
export class TokenBucket {
  private readonly perSecond: number;
  private readonly burst: number;
  private readonly now: () => number;
  private tokens: number;
  private at: number;

  /** `now` reads the process's clock in µs. */
  constructor(perSecond: number, burst: number, now: () => number) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.now = now;
    this.tokens = burst;
    this.at = now();
  }

  /** Takes one token; returns after how many µs it may be used. */
  reserve(): number {
    this.refill();
    this.tokens -= 1;
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens * SECOND) / this.perSecond);
  }

  /** Takes one token if there is one. */
  tryAccept(): boolean {
    this.refill();
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  private refill(): void {
    const now = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) * this.perSecond) / SECOND);
    this.at = now;
  }
}

/** A token bucket that all keys of a queue share. */
export class BucketRateLimiter implements RateLimiter {
  private readonly bucket: TokenBucket;

  constructor(bucket: TokenBucket) {
    this.bucket = bucket;
  }

  when(): number {
    return this.bucket.reserve();
  }

  forget(): void {
    // A bucket has no memory of keys.
  }

  numRequeues(): number {
    return 0;
  }
}

/** The slowest of several limiters; all of them count. */
export class MaxOfRateLimiter implements RateLimiter {
  private readonly limiters: readonly RateLimiter[];

  constructor(...limiters: readonly RateLimiter[]) {
    this.limiters = limiters;
  }

  when(key: string): number {
    let wait = 0;
    for (const limiter of this.limiters) wait = Math.max(wait, limiter.when(key));
    return wait;
  }

  forget(key: string): void {
    for (const limiter of this.limiters) limiter.forget(key);
  }

  numRequeues(key: string): number {
    let most = 0;
    for (const limiter of this.limiters) most = Math.max(most, limiter.numRequeues(key));
    return most;
  }
}

/** A rate limiter with this exponential part, and the bucket that is usual beside it (10/s, burst 100). */
export function exponentialWithBucket(base: number, max: number, now: () => number): RateLimiter {
  return new MaxOfRateLimiter(
    new ItemExponentialFailureRateLimiter(base, max),
    new BucketRateLimiter(new TokenBucket(10, 100, now)),
  );
}

/** `DefaultTypedControllerRateLimiter`: 5 ms·2^n up to 1000 s per key, and 10/s (burst 100) for the whole queue. */
export function defaultControllerRateLimiter(now: () => number): RateLimiter {
  return exponentialWithBucket(5 * MILLISECOND, 1_000 * SECOND, now);
}
