/**
 * Is a concurrent history linearizable: can its operations be ordered, each at one moment between its call and its return,
 * so that a sequential object would have given the same answers?
 *
 * The search is Wing and Gong's with Lowe's memory of (operations done, state), as Porcupine does it. Histories are split by
 * key first, since an object is linearizable when each of its keys is. A failing history is cut down to a minimal one, and the
 * explanation says in words which operation contradicts which.
 */

/** One operation. Times are any non-decreasing numbers (records' sequence numbers do well). */
export interface Operation<In, Out> {
  readonly key: string;
  readonly client: string;
  readonly input: In;
  /** What it returned; undefined while it has not returned (it may have had its effect, or may yet have it). */
  readonly output: Out | undefined;
  readonly called: number;
  /** Infinity when it has not returned. */
  readonly returned: number;
}

/** The object that the history claims to be. States must be plain values; `encode` makes equal states equal strings. */
export interface SequentialObject<State, In, Out> {
  initial(key: string): State;
  /** All outcomes that the operation may have on `state`. Empty when `output` cannot have been returned. */
  apply(state: State, input: In, output: Out | undefined): readonly State[];
  encode(state: State): string;
  describe(operation: Operation<In, Out>): string;
}

export type Linearizability<In, Out> =
  | { readonly kind: 'linearizable' }
  | { readonly kind: 'violated'; readonly key: string; readonly minimal: readonly Operation<In, Out>[]; readonly explanation: string };

/** Checks each key of a history. */
export function linearizable<State, In, Out>(
  history: readonly Operation<In, Out>[],
  object: SequentialObject<State, In, Out>,
): Linearizability<In, Out> {
  const keys = new Map<string, Operation<In, Out>[]>();
  for (const operation of history) {
    const list = keys.get(operation.key);
    if (list === undefined) keys.set(operation.key, [operation]);
    else list.push(operation);
  }
  for (const [key, operations] of keys) {
    if (isLinearizable(operations, object, key)) continue;
    const minimal = minimise(operations, object, key);
    return { kind: 'violated', key, minimal, explanation: explain(minimal, object) };
  }
  return { kind: 'linearizable' };
}

function isLinearizable<State, In, Out>(
  operations: readonly Operation<In, Out>[],
  object: SequentialObject<State, In, Out>,
  key: string,
): boolean {
  const byCall = [...operations].sort((x, y) => x.called - y.called || x.returned - y.returned);
  const done = new Uint8Array(byCall.length);
  const seen = new Set<string>();
  const mustReturn = byCall.filter((operation) => operation.returned !== Infinity).length;
  const search = (state: State, left: number): boolean => {
    if (left === 0) return true;
    const memory = `${done.join('')}|${object.encode(state)}`;
    if (seen.has(memory)) return false;
    seen.add(memory);
    let firstReturn = Infinity;
    for (let i = 0; i < byCall.length; i++) {
      if (done[i] === 0) firstReturn = Math.min(firstReturn, (byCall[i] as Operation<In, Out>).returned);
    }
    for (let i = 0; i < byCall.length; i++) {
      const operation = byCall[i] as Operation<In, Out>;
      if (done[i] === 1) continue;
      if (operation.called > firstReturn) break;
      done[i] = 1;
      for (const next of object.apply(state, operation.input, operation.output)) {
        if (search(next, operation.returned === Infinity ? left : left - 1)) return true;
      }
      done[i] = 0;
    }
    return false;
  };
  return search(object.initial(key), mustReturn);
}

/** Leaves out operations one by one while the rest is still not linearizable. Only reads-like removals that keep it illegal stay out. */
function minimise<State, In, Out>(
  operations: readonly Operation<In, Out>[],
  object: SequentialObject<State, In, Out>,
  key: string,
): readonly Operation<In, Out>[] {
  let kept = operations;
  for (let size = Math.max(1, kept.length >> 1); ; size = size >> 1) {
    for (let start = 0; start < kept.length; ) {
      const shorter = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (shorter.length > 0 && !isLinearizable(shorter, object, key)) kept = shorter;
      else start += size;
    }
    if (size <= 1) return kept;
  }
}

function explain<State, In, Out>(operations: readonly Operation<In, Out>[], object: SequentialObject<State, In, Out>): string {
  const byCall = [...operations].sort((x, y) => x.called - y.called || x.returned - y.returned);
  const lines = byCall.map((operation, i) => `${letter(i)}: ${object.describe(operation)}`);
  const orders: string[] = [];
  for (let i = 0; i < byCall.length; i++) {
    for (let j = 0; j < byCall.length; j++) {
      const [x, y] = [byCall[i] as Operation<In, Out>, byCall[j] as Operation<In, Out>];
      if (x.returned < y.called && j === firstAfter(byCall, x)) orders.push(`${letter(i)} had returned before ${letter(j)} was called`);
    }
  }
  const order = orders.length === 0 ? 'whatever the order' : orders.join(', ');
  return `no order of these operations explains their results: ${lines.join('; ')}. But ${order}.`;
}

function firstAfter<In, Out>(byCall: readonly Operation<In, Out>[], earlier: Operation<In, Out>): number {
  return byCall.findIndex((later) => later.called > earlier.returned);
}

function letter(i: number): string {
  return i < 26 ? String.fromCharCode(65 + i) : `X${i}`;
}
