/**
 * The meaning of temporal formulas, written down directly: looks at the whole trace, quantifies over positions, keeps no state.
 *
 * Slow and obvious on purpose. The monitors of `temporal.ts` are held against it on random formulas and traces.
 */
import { satisfies, type Condition, type Formula, type Verdict } from './temporal.ts';

/** A finite trace: events in time order, and how it ended. */
export interface Trace {
  readonly events: readonly { readonly time: number; readonly atoms: readonly string[] }[];
  /** The time at which observation ended; at least that of the last event. */
  readonly endTime: number;
  /** True when the run ended by itself, false when it was cut short. */
  readonly complete: boolean;
}

/** The verdict of `formula` on the whole of `trace`. */
export function evaluate(formula: Formula, trace: Trace): Verdict {
  switch (formula.kind) {
    case 'always':
      if (!trace.events.every((_, i) => at(formula.that, trace, i))) return false;
      return trace.complete ? true : 'pending';
    case 'eventually':
      return reached(trace, formula.that, formula.within, 0, 0);
    case 'until':
      return until(formula, trace);
    case 'leads-to': {
      const open = trace.events.flatMap(({ time }, i) =>
        at(formula.from, trace, i) ? [reached(trace, formula.to, formula.within, i, time)] : [],
      );
      if (open.includes(false)) return false;
      return trace.complete ? true : 'pending';
    }
    case 'not': {
      const verdict = evaluate(formula.formula, trace);
      return verdict === 'pending' ? verdict : !verdict;
    }
    case 'all': {
      const verdicts = formula.formulas.map((part) => evaluate(part, trace));
      return verdicts.includes(false) ? false : verdicts.every((verdict) => verdict === true) ? true : 'pending';
    }
    case 'any': {
      const verdicts = formula.formulas.map((part) => evaluate(part, trace));
      return verdicts.includes(true) ? true : verdicts.every((verdict) => verdict === false) ? false : 'pending';
    }
  }
}

function at(condition: Condition, trace: Trace, i: number): boolean {
  return satisfies(condition, (atom) => trace.events[i]?.atoms.includes(atom) === true);
}

/** Is there an event from position `from` on, not later than `since + within`, where `condition` holds? */
function reached(trace: Trace, condition: Condition, within = Infinity, from: number, since: number): Verdict {
  const isMet = trace.events.some(({ time }, i) => i >= from && time <= since + within && at(condition, trace, i));
  if (isMet) return true;
  return trace.complete || trace.endTime > since + within ? false : 'pending';
}

function until(formula: Formula & { kind: 'until' }, trace: Trace): Verdict {
  const within = formula.within ?? Infinity;
  const end = trace.events.findIndex(({ time }, i) => time <= within && at(formula.end, trace, i));
  const broken = trace.events.findIndex((_, i) => !at(formula.that, trace, i) && !at(formula.end, trace, i));
  if (end >= 0) return broken < 0 || broken > end;
  if (broken >= 0) return false;
  return trace.complete || trace.endTime > within ? false : 'pending';
}
