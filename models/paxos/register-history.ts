/**
 * What the clients of a register have seen: operations by client, each with what every other client had completed when it was
 * called. That is real-time order as plain data, without clocks, so it can be part of a state in a search.
 *
 * The history is linearizable when its operations can be put in one order that respects each client's own order and real time,
 * and in which each read returns what was written last. Operations that have not returned may be placed or left out.
 */

/** A completed or pending operation. `after[c]` = how many operations client c had completed at the call. */
export type RegisterOperation = {
  readonly kind: 'write' | 'read';
  /** The value written; for a completed read, the value returned. */
  readonly value: string;
  readonly after: readonly number[];
  readonly isDone: boolean;
};

/** The operations of each client, in order. At most the last one of each is pending. */
export type RegisterHistory = readonly (readonly RegisterOperation[])[];

/** A client calls an operation. */
export function called(history: RegisterHistory, client: number, kind: RegisterOperation['kind'], value: string): RegisterHistory {
  const after = history.map((operations, other) => (other === client ? 0 : operations.filter(({ isDone }) => isDone).length));
  const operation: RegisterOperation = { kind, value, after, isDone: false };
  return history.with(client, [...(history[client] as readonly RegisterOperation[]), operation]);
}

/** A client's pending operation returns; a read returns `value`. */
export function returned(history: RegisterHistory, client: number, value: string | undefined): RegisterHistory {
  const operations = history[client] as readonly RegisterOperation[];
  const last = operations[operations.length - 1] as RegisterOperation;
  return history.with(client, operations.with(-1, { ...last, value: value ?? last.value, isDone: true }));
}

/** Can the history be put in order? `initial` is the register's first value. */
export function isLinearizable(history: RegisterHistory, initial: string): boolean {
  const placed = history.map(() => 0);
  const search = (value: string): boolean => {
    if (history.every((operations, client) => operations.slice(placed[client]).every(({ isDone }) => !isDone))) return true;
    for (let client = 0; client < history.length; client++) {
      const operation = history[client]?.[placed[client] as number];
      if (operation === undefined || operation.after.some((count, other) => (placed[other] as number) < count)) continue;
      if (operation.kind === 'read' && operation.isDone && operation.value !== value) continue;
      placed[client] = (placed[client] as number) + 1;
      if (search(operation.kind === 'write' ? operation.value : value)) return true;
      placed[client] = (placed[client] as number) - 1;
    }
    return false;
  };
  return search(initial);
}
