/**
 * Deep freezing of what crosses an actor's border.
 *
 * In development every message and fact is frozen when it is handed over, so that a later change of it throws at the line
 * that makes it. What was frozen once is remembered, because a shallowly frozen object says nothing about its parts.
 */
export class Freezer {
  private readonly done = new WeakSet<object>();

  /** Freezes `value` and all that it reaches. Returns `value`. Costs nothing for what was frozen here before. */
  freeze<T>(value: T): T {
    if (typeof value !== 'object' || value === null || this.done.has(value)) return value;
    this.done.add(value);
    if (ArrayBuffer.isView(value)) return value;
    Object.freeze(value);
    if (Array.isArray(value)) for (const item of value) this.freeze(item);
    else for (const key of Object.keys(value)) this.freeze((value as Record<string, unknown>)[key]);
    return value;
  }
}
