/**
 * What a property is: a name, and a monitor that is told of each record as it is committed.
 *
 * A monitor keeps what it needs and answers each record in O(1), so properties can stay on in every run. A property counts how
 * often its antecedent held: one that never had anything to judge proves nothing, and the vacuity guard says so. Nothing here
 * throws inside the record stream (an exception in a subscriber would surface from a timer); violations are values.
 */
import type { Fact, Json, LogRecord } from '../log/record.ts';

/** A property that did not hold: where, and in words why. */
export interface Violation {
  readonly property: string;
  readonly message: string;
  /** The record at which it was noticed, and its time in µs. */
  readonly seq: number;
  readonly time: number;
  readonly actor: string;
  /** The steps that led there, the violating one first, the root last. */
  readonly causes: readonly number[];
}

/** Thrown by `expectHolds` and by generated tests; carries the violation. */
export class PropertyViolated extends Error {
  override readonly name = 'PropertyViolated';
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(describeViolation(violation));
    this.violation = violation;
  }
}

/** A violation in one line: `property X violated at #12 (t=3000µs, actor a): why; caused by #11 ← #7`. */
export function describeViolation(violation: Violation): string {
  const { property, seq, time, actor, message, causes } = violation;
  const chain = causes.length <= 1 ? '' : `; caused by ${causes.slice(1, 8).map((cause) => `#${cause}`).join(' ← ')}`;
  return `property "${property}" violated at #${seq} (t=${time}µs, actor ${actor}): ${message}${chain}`;
}

/** What a monitor uses to answer. */
export interface Verdicts {
  /** The property does not hold; says why. The first violation of a property counts. */
  violated(message: string): void;
  /** There was something to judge. */
  hit(): void;
}

/** Follows one run. */
export interface Monitor {
  /** Told of each fact whose kind the property watches, and with `undefined` of each record, when it watches records. */
  observe(record: LogRecord, fact: Fact | undefined, verdicts: Verdicts): void;
  /** Told once when the run has ended; `complete` when it ended by itself (nothing more will ever happen). */
  end?(time: number, complete: boolean, verdicts: Verdicts): void;
}

/** A law that each run is held against. */
export interface Property {
  readonly name: string;
  /** The kinds of facts it watches. Absent: it is told of every record instead (once, without a fact). */
  readonly facts?: readonly string[];
  /** True when it is fine that nothing was there to judge. */
  readonly mayBeVacuous?: boolean;
  /** Makes the monitor of one run. */
  start(): Monitor;
}

/** The data of a fact, typed by the property's author; facts are plain JSON. */
export type FactHandler<State, Data = Json> = (state: State, data: Data, record: LogRecord) => string | false | void;

/** Handlers by the kind of fact. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each kind of fact has its own data; the author says which.
export type FactHandlers<State> = Readonly<Record<string, FactHandler<State, any>>>;

/**
 * An invariant over facts. Each handler gets the property's own state, the fact's data and the record; it answers with a sentence
 * when the invariant is broken, with `false` when the fact did not concern it (no antecedent), and with nothing when all is well.
 */
export function always<State>(name: string, definition: {
  readonly state: () => State;
  readonly on: FactHandlers<State>;
  readonly mayBeVacuous?: boolean;
}): Property {
  const { on } = definition;
  return {
    name,
    facts: Object.keys(on),
    ...(definition.mayBeVacuous === undefined ? {} : { mayBeVacuous: definition.mayBeVacuous }),
    start() {
      const state = definition.state();
      return {
        observe(record, fact, verdicts) {
          if (fact === undefined) return;
          const answer = (on[fact.kind] as FactHandler<State>)(state, fact.data, record);
          if (answer === false) return;
          verdicts.hit();
          if (typeof answer === 'string') verdicts.violated(answer);
        },
      };
    },
  };
}

/** An invariant over records themselves; answers as in {@link always}. */
export function alwaysRecord(name: string, holds: (record: LogRecord) => string | false | void): Property {
  return {
    name,
    start: () => ({
      observe(record, _fact, verdicts) {
        const answer = holds(record);
        if (answer === false) return;
        verdicts.hit();
        if (typeof answer === 'string') verdicts.violated(answer);
      },
    }),
  };
}
