/**
 * Values as a log of level `full` holds them.
 *
 * Messages may carry objects that know more than they are (tables that are worked out when somebody asks). Such an object says by
 * `toJSON` what it amounts to. Dates have one too, and stay refused.
 */

/** The value with all such objects replaced; what has none of them is returned as it is. */
export function plain<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function' && !(value instanceof Date)) return plain((value as unknown as { toJSON(): T }).toJSON());
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => plain(item));
    return items.every((item, i) => item === value[i]) ? value : (items as T);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const changed = Object.entries(value).flatMap(([key, member]) => {
    const shown = plain<unknown>(member);
    return shown === member ? [] : [[key, shown] as const];
  });
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) };
}
