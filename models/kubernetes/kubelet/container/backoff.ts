/**
 * Exponential back-off by key (client-go/util/flowcontrol/backoff.go), for restarts and image pulls.
 *
 * An entry is forgotten when nothing happened for twice the maximum; until then its delay only grows.
 */

/** kubelet.go: backOffPeriod and MaxContainerBackOff; images/image_manager.go uses the same. */
const INITIAL_US = 10_000_000;
const MAX_US = 300_000_000;

interface Entry {
  delayUs: number;
  updatedUs: number;
}

export class Backoff {
  readonly #entries = new Map<string, Entry>();

  /** The present delay of a key; 0 without an entry. */
  get(key: string): number {
    return this.#entries.get(key)?.delayUs ?? 0;
  }

  /** Notes another failure. `eventUs` is when the last one happened. */
  next(key: string, eventUs: number, nowUs: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || eventUs - entry.updatedUs > 2 * MAX_US) {
      this.#entries.set(key, { delayUs: INITIAL_US, updatedUs: nowUs });
      return;
    }
    entry.delayUs = Math.min(entry.delayUs * 2, MAX_US);
    entry.updatedUs = nowUs;
  }

  /** Is the key in back-off at `nowUs`, if its last failure was at `eventUs`? */
  isInBackoffSince(key: string, eventUs: number, nowUs: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || eventUs - entry.updatedUs > 2 * MAX_US) return false;
    return nowUs - eventUs < entry.delayUs;
  }

  /** As above, counted from the entry's own last update. */
  isInBackoffSinceUpdate(key: string, nowUs: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || nowUs - entry.updatedUs > 2 * MAX_US) return false;
    return nowUs - entry.updatedUs < entry.delayUs;
  }

  /** Housekeeping: drops what is idle for longer than twice the maximum. */
  collect(nowUs: number): void {
    for (const [key, entry] of [...this.#entries]) if (nowUs - entry.updatedUs > 2 * MAX_US) this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** `10s`, `1m20s`, `5m0s`: Go's duration text for whole seconds. */
export function goDuration(us: number): string {
  const total = Math.round(us / 1_000_000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (us < 1_000_000) return us === 0 ? '0s' : `${trim(us / 1000)}ms`;
  const fraction = us % 1_000_000;
  const text = fraction === 0 ? `${seconds}s` : `${trim((us % 60_000_000) / 1_000_000)}s`;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${text}`;
}

function trim(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
