/**
 * Scripted triggers: "when the third Pod is bound".
 *
 * A trigger watches facts as plain data and fires exactly once, at the record of its event. A caller with a function at hand
 * (a test) may give a predicate instead of fields.
 */
import type { Fact, Json, LogRecord } from '../log/record.ts';
import type { Trigger } from './plan.ts';

/** Watches for one trigger. */
export class TriggerWatch {
  private readonly trigger: Trigger;
  private readonly predicate: ((fact: Fact, record: LogRecord) => boolean) | undefined;
  private left: number;

  constructor(trigger: Trigger, predicate?: (fact: Fact, record: LogRecord) => boolean) {
    this.trigger = trigger;
    this.predicate = predicate;
    this.left = trigger.nth ?? 1;
  }

  /** True once: for the record that has the event. */
  fires(record: LogRecord): boolean {
    if (this.left === 0) return false;
    for (const fact of record.facts) {
      if (fact.kind !== this.trigger.fact || !contains(fact.data, this.trigger.where ?? {})) continue;
      if (this.predicate !== undefined && !this.predicate(fact, record)) continue;
      if (--this.left === 0) return true;
    }
    return false;
  }
}

/** Are all fields of `where` in `data`, with equal plain values? A dotted name looks deeper. */
export function contains(data: Json, where: { readonly [field: string]: Json }): boolean {
  return Object.entries(where).every(([field, value]) => equal(fieldOf(data, field), value));
}

function fieldOf(data: Json | undefined, path: string): Json | undefined {
  let at: Json | undefined = data;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as { readonly [key: string]: Json | undefined })[name];
  }
  return at;
}

function equal(x: Json | undefined, y: Json | undefined): boolean {
  if (x === y) return true;
  if (typeof x !== 'object' || typeof y !== 'object' || x === null || y === null) return false;
  const [fields, others] = [x as Record<string, Json>, y as Record<string, Json>];
  const keys = Object.keys(fields);
  return keys.length === Object.keys(others).length && keys.every((key) => equal(fields[key], others[key]));
}
