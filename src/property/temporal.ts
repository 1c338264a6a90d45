/**
 * Temporal properties as monitors that cost O(1) an event.
 *
 * A formula is plain data over atoms (named conditions of one event). Its verdict is `true` or `false` once no continuation can
 * change it, and `pending` until then; a run that has ended for good settles what is pending, a run that was cut short does
 * not. Unbounded obligations have a temperature, the time they have been open: a campaign calls too hot a failure.
 */
import { unreachable } from '../kernel/assert.ts';

/** A condition of one event: an atom's name, or a combination. */
export type Condition =
  | string
  | { readonly not: Condition }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] };

/** A temporal formula. Times are µs; `within` counts from the start of the run, for leads-to from the antecedent. */
export type Formula =
  | { readonly kind: 'always'; readonly that: Condition }
  | { readonly kind: 'eventually'; readonly that: Condition; readonly within?: number }
  | { readonly kind: 'until'; readonly that: Condition; readonly end: Condition; readonly within?: number }
  | { readonly kind: 'leads-to'; readonly from: Condition; readonly to: Condition; readonly within?: number }
  | { readonly kind: 'not'; readonly formula: Formula }
  | { readonly kind: 'all' | 'any'; readonly formulas: readonly Formula[] };

export type Verdict = boolean | 'pending';

/** Follows one trace. Times must not decrease. */
export interface TraceMonitor {
  /** One event: its time and the atoms that hold of it. */
  event(time: number, holds: (atom: string) => boolean): Verdict;
  /** Time has passed: events strictly before `time` can no longer come. */
  advance(time: number): Verdict;
  /** The run has ended: `complete` settles what is pending. */
  end(time: number, complete: boolean): Verdict;
  readonly verdict: Verdict;
  /** Since when, in µs, an obligation without a bound has been open; undefined when none is. */
  readonly openSince: number | undefined;
}

/** Evaluates a condition on one event. */
export function satisfies(condition: Condition, holds: (atom: string) => boolean): boolean {
  if (typeof condition === 'string') return holds(condition);
  if ('not' in condition) return !satisfies(condition.not, holds);
  if ('all' in condition) return condition.all.every((part) => satisfies(part, holds));
  return condition.any.some((part) => satisfies(part, holds));
}

/** Makes the monitor of a formula. */
export function monitor(formula: Formula): TraceMonitor {
  switch (formula.kind) {
    case 'always':
      return new Obligation((holds) => (satisfies(formula.that, holds) ? 'keep' : 'broken'), true, undefined);
    case 'eventually':
      return new Obligation((holds) => (satisfies(formula.that, holds) ? 'met' : 'keep'), false, formula.within);
    case 'until':
      return new Obligation(
        (holds) => (satisfies(formula.end, holds) ? 'met' : satisfies(formula.that, holds) ? 'keep' : 'broken'),
        false,
        formula.within,
      );
    case 'leads-to':
      return new LeadsTo(formula.from, formula.to, formula.within);
    case 'not':
      return new Combined([monitor(formula.formula)], ([only]) => (only === 'pending' ? 'pending' : !only));
    case 'all':
      return new Combined(formula.formulas.map(monitor), conjunction);
    case 'any':
      return new Combined(formula.formulas.map(monitor), (verdicts) => negate(conjunction(verdicts.map(negate))));
    default:
      return unreachable(formula);
  }
}

function negate(verdict: Verdict): Verdict {
  return verdict === 'pending' ? 'pending' : !verdict;
}

function conjunction(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes('pending') ? 'pending' : true;
}

/** Always, eventually and until: one obligation from the start, met, broken or kept by each event. */
class Obligation implements TraceMonitor {
  verdict: Verdict = 'pending';
  private readonly judge: (holds: (atom: string) => boolean) => 'keep' | 'met' | 'broken';
  private readonly atEnd: boolean;
  private readonly within: number | undefined;

  constructor(judge: (holds: (atom: string) => boolean) => 'keep' | 'met' | 'broken', atEnd: boolean, within: number | undefined) {
    this.judge = judge;
    this.atEnd = atEnd;
    this.within = within;
  }

  get openSince(): number | undefined {
    return this.verdict === 'pending' && !this.atEnd && this.within === undefined ? 0 : undefined;
  }

  event(time: number, holds: (atom: string) => boolean): Verdict {
    if (this.advance(time) !== 'pending') return this.verdict;
    const judgement = this.judge(holds);
    if (judgement !== 'keep') this.verdict = judgement === 'met';
    return this.verdict;
  }

  advance(time: number): Verdict {
    if (this.verdict === 'pending' && this.within !== undefined && time > this.within) this.verdict = false;
    return this.verdict;
  }

  end(time: number, complete: boolean): Verdict {
    if (this.advance(time) === 'pending' && complete) this.verdict = this.atEnd;
    return this.verdict;
  }
}

/** Each `from` is followed by a `to` in time. One `to` discharges all that are open, so only the oldest is kept. */
class LeadsTo implements TraceMonitor {
  verdict: Verdict = 'pending';
  openSince: number | undefined = undefined;
  private readonly from: Condition;
  private readonly to: Condition;
  private readonly within: number | undefined;

  constructor(from: Condition, to: Condition, within: number | undefined) {
    this.from = from;
    this.to = to;
    this.within = within;
  }

  event(time: number, holds: (atom: string) => boolean): Verdict {
    if (this.advance(time) === false) return false;
    if (satisfies(this.to, holds)) this.openSince = undefined;
    else if (this.openSince === undefined && satisfies(this.from, holds)) this.openSince = time;
    return this.verdict;
  }

  advance(time: number): Verdict {
    if (this.within !== undefined && this.openSince !== undefined && time > this.openSince + this.within) this.verdict = false;
    return this.verdict;
  }

  end(time: number, complete: boolean): Verdict {
    if (this.advance(time) === 'pending' && complete) this.verdict = this.openSince === undefined;
    return this.verdict;
  }
}

class Combined implements TraceMonitor {
  verdict: Verdict = 'pending';
  private readonly parts: readonly TraceMonitor[];
  private readonly combine: (verdicts: readonly Verdict[]) => Verdict;

  constructor(parts: readonly TraceMonitor[], combine: (verdicts: readonly Verdict[]) => Verdict) {
    this.parts = parts;
    this.combine = combine;
    this.verdict = combine(parts.map((part) => part.verdict));
  }

  get openSince(): number | undefined {
    if (this.verdict !== 'pending') return undefined;
    const open = this.parts.flatMap((part) => part.openSince ?? []);
    return open.length === 0 ? undefined : Math.min(...open);
  }

  event(time: number, holds: (atom: string) => boolean): Verdict {
    return this.settle((part) => part.event(time, holds));
  }

  advance(time: number): Verdict {
    return this.settle((part) => part.advance(time));
  }

  end(time: number, complete: boolean): Verdict {
    return this.settle((part) => part.end(time, complete));
  }

  private settle(tell: (part: TraceMonitor) => Verdict): Verdict {
    if (this.verdict === 'pending') this.verdict = this.combine(this.parts.map(tell));
    return this.verdict;
  }
}
