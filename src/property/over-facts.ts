/**
 * Temporal formulas as properties of a run.
 *
 * An atom is a named condition on a fact. Each watched fact is one event of the formula's trace; `leadsToPer` keeps one obligation
 * for each key (each Pod, each request), which is what a law about objects nearly always means.
 */
import type { Fact, LogRecord } from '../log/record.ts';
import type { Property } from './property.ts';
import { monitor, type Condition, type Formula } from './temporal.ts';

/** A condition on facts of one kind. */
export interface Atom {
  readonly fact: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author of the atom knows the fact's data.
  readonly when?: (data: any, record: LogRecord) => boolean;
}

/** A temporal formula over named atoms, as a property. A hit is an event at which some atom holds. */
export function temporal(
  name: string,
  formula: Formula,
  atoms: Readonly<Record<string, Atom>>,
  options: { readonly mayBeVacuous?: boolean; readonly tooHot?: number } = {},
): Property {
  return {
    name,
    ...(options.mayBeVacuous === undefined ? {} : { mayBeVacuous: options.mayBeVacuous }),
    start() {
      const watched = monitor(formula);
      const kinds = new Set(Object.values(atoms).map((atom) => atom.fact));
      const judge = (report: (message: string) => void): void => {
        if (watched.verdict === false) report(describe(formula));
      };
      return {
        observe(record, _fact, verdicts) {
          watched.advance(record.time);
          for (const fact of record.facts) {
            if (!kinds.has(fact.kind)) continue;
            const holds = (atom: string): boolean => isTrue(atoms[atom], fact, record);
            if (Object.keys(atoms).some(holds)) verdicts.hit();
            watched.event(record.time, holds);
          }
          judge((message) => verdicts.violated(message));
        },
        end(time, complete, verdicts) {
          watched.end(time, complete);
          const open = watched.openSince;
          if (watched.verdict === 'pending' && open !== undefined && time - open > (options.tooHot ?? Infinity)) {
            verdicts.violated(`${describe(formula)}: open for ${time - open} µs, which is too hot`);
          }
          judge((message) => verdicts.violated(message));
        },
      };
    },
  };
}

function isTrue(atom: Atom | undefined, fact: Fact, record: LogRecord): boolean {
  return atom !== undefined && atom.fact === fact.kind && (atom.when === undefined || atom.when(fact.data, record));
}

/** What a law about keyed facts needs to know. */
export interface KeyedAtom extends Atom {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author of the atom knows the fact's data.
  readonly key: (data: any) => string;
}

/**
 * Each `from` fact is followed by a `to` fact of the same key within `within` µs. `unless` closes the obligation as well
 * (the object was deleted). Deadlines are kept in one queue in time order, so a record costs O(1) amortised.
 */
export function leadsToPer(name: string, from: KeyedAtom, to: KeyedAtom, within: number, unless?: KeyedAtom): Property {
  return {
    name,
    start() {
      const open = new Map<string, number>();
      const deadlines: { readonly key: string; readonly since: number }[] = [];
      let head = 0;
      const overdue = (time: number): string | undefined => {
        for (; head < deadlines.length; head++) {
          const { key, since } = deadlines[head] as { key: string; since: number };
          if (since + within >= time) return undefined;
          if (open.get(key) === since) return `${from.fact} of ${key} at ${since} µs had no ${to.fact} within ${within} µs`;
        }
        return undefined;
      };
      return {
        observe(record, _fact, verdicts) {
          const late = overdue(record.time);
          if (late !== undefined) return verdicts.violated(late);
          for (const fact of record.facts) {
            if (isTrue(to, fact, record)) open.delete(to.key(fact.data));
            if (unless !== undefined && isTrue(unless, fact, record)) open.delete(unless.key(fact.data));
            if (!isTrue(from, fact, record)) continue;
            verdicts.hit();
            const key = from.key(fact.data);
            if (to.fact === fact.kind && to.key(fact.data) === key && isTrue(to, fact, record)) continue;
            if (open.has(key)) continue;
            open.set(key, record.time);
            deadlines.push({ key, since: record.time });
          }
        },
        end(time, complete, verdicts) {
          const late = overdue(time);
          if (late !== undefined) return verdicts.violated(late);
          const [key, since] = complete ? ([...open][0] ?? []) : [];
          if (key !== undefined) verdicts.violated(`${from.fact} of ${key} at ${since} µs was never followed by ${to.fact}`);
        },
      };
    },
  };
}

/** A formula in words, for messages. */
export function describe(formula: Formula): string {
  const bound = 'within' in formula && formula.within !== undefined ? ` within ${formula.within} µs` : '';
  switch (formula.kind) {
    case 'always':
      return `always ${words(formula.that)}`;
    case 'eventually':
      return `eventually ${words(formula.that)}${bound}`;
    case 'until':
      return `${words(formula.that)} until ${words(formula.end)}${bound}`;
    case 'leads-to':
      return `${words(formula.from)} leads to ${words(formula.to)}${bound}`;
    case 'not':
      return `not (${describe(formula.formula)})`;
    case 'all':
      return formula.formulas.map((part) => `(${describe(part)})`).join(' and ');
    case 'any':
      return formula.formulas.map((part) => `(${describe(part)})`).join(' or ');
  }
}

function words(condition: Condition): string {
  if (typeof condition === 'string') return condition;
  if ('not' in condition) return `not ${words(condition.not)}`;
  if ('all' in condition) return `(${condition.all.map(words).join(' and ')})`;
  return `(${condition.any.map(words).join(' or ')})`;
}

