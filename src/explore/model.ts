/**
 * What can be explored exhaustively: a transition system over plain data.
 *
 * A model says where it begins, what can happen in a state, and what then becomes of it; states are never changed in place.
 * `key` makes equal states equal, and nothing else; it is the whole of a state's identity in a search.
 */

/** A transition system. */
export interface Model<State, Action> {
  readonly name: string;
  initial(): readonly State[];
  /** Appends what can happen in `state` to `actions`, in an order that follows from the state alone. */
  actions(state: State, actions: Action[]): void;
  /** What becomes of `state`; undefined when the action changes nothing and does not count. */
  next(state: State, action: Action): State | undefined;
  /** A number or a text that is equal for equal states only. */
  key(state: State): number | string;
  /** A state that stands for all that are equal to this one up to a renaming of actors. */
  representative?(state: State): State;
  /** False for states beyond the bound of the search; they are not entered. */
  isInside?(state: State): boolean;
  /** An action in words, for paths. */
  describe(action: Action): string;
  readonly properties: readonly StateProperty<State>[];
}

/** `always`: holds in every state. `sometimes`: holds in one at least. */
export interface StateProperty<State> {
  readonly kind: 'always' | 'sometimes';
  readonly name: string;
  readonly holds: (state: State) => boolean;
}
