/**
 * What faults a property has to survive. A plan outside the budget is refused before the run, and the log of a run is checked
 * independently of the injector: by counting what it says happened.
 */
import type { LogRecord } from '../log/record.ts';
import { modelKind, type FaultNote } from './injector.ts';
import type { FaultPlan } from './plan.ts';

/** Bounds on faults. Kinds that are not named in `kinds` are not allowed at all. */
export interface Budget {
  /** The most faults of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** The most faults in one plan. */
  readonly total: number;
  /** The most faults at the same time. */
  readonly atOnce?: number;
}

/** Why a plan is outside a budget, one sentence each; empty when it is inside. `atOnce` assumes the worst for triggered faults. */
export function overBudget(plan: FaultPlan, budget: Budget): readonly string[] {
  const found: string[] = [];
  const counts = new Map<string, number>();
  for (const fault of plan.faults) counts.set(modelKind(fault), (counts.get(modelKind(fault)) ?? 0) + 1);
  for (const [kind, count] of counts) {
    const most = budget.kinds[kind] ?? 0;
    if (count > most) found.push(`${count} faults of kind ${kind}, where at most ${most} are allowed`);
  }
  if (plan.faults.length > budget.total) found.push(`${plan.faults.length} faults, where at most ${budget.total} are allowed`);
  const spans = plan.faults.map((fault) => {
    const lasts = 'for' in fault && fault.for !== undefined ? Math.max(fault.for, ('stable' in fault && fault.stable) || 0) : Infinity;
    return 'at' in fault.start ? { from: fault.start.at, to: fault.start.at + lasts } : { from: 0, to: Infinity };
  });
  const most = Math.max(0, ...spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length));
  if (most > (budget.atOnce ?? Infinity)) found.push(`${most} faults at once, where at most ${budget.atOnce} are allowed`);
  return found;
}

/** The same judgement from a run's records alone. */
export function overBudgetInLog(records: Iterable<LogRecord>, budget: Budget): readonly string[] {
  const counts = new Map<string, number>();
  const open = new Set<string>();
  let total = 0;
  let atOnce = 0;
  for (const record of records) {
    const note = faultNote(record);
    if (note === undefined) continue;
    if (note.phase === 'end') {
      open.delete(note.fault);
      continue;
    }
    total++;
    counts.set(note.kind, (counts.get(note.kind) ?? 0) + 1);
    open.add(note.fault);
    atOnce = Math.max(atOnce, open.size);
  }
  const found: string[] = [];
  for (const [kind, count] of counts) if (count > (budget.kinds[kind] ?? 0)) found.push(`${count} faults of kind ${kind} happened`);
  if (total > budget.total) found.push(`${total} faults happened`);
  if (atOnce > (budget.atOnce ?? Infinity)) found.push(`${atOnce} faults were active at once`);
  return found;
}

/** The fault that a record notes, if it does. */
export function faultNote(record: LogRecord): FaultNote | undefined {
  if (record.via !== 'control' || record.kind !== 'note') return undefined;
  const note = (record.message as { readonly note?: FaultNote } | undefined)?.note;
  return note !== undefined && typeof note === 'object' && note !== null && 'phase' in note ? note : undefined;
}
