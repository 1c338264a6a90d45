/**
 * Plan files: a plan with the model that it is for and the property that it violates, as JSON that a person may edit.
 */
import { SCHEDULES } from '../explore/schedule/portfolio.ts';
import type { Json } from '../log/record.ts';
import type { Plan } from './model.ts';

export interface PlanFile {
  readonly kubetwin: 'plan';
  readonly version: 1;
  /** A name of the catalogue, or the path of a module. */
  readonly model: string;
  readonly parameters: { readonly [name: string]: number };
  /** What the plan is known to violate. */
  readonly property: string;
  readonly message: string;
  /** Only these properties were judged. */
  readonly only?: string;
  readonly plan: Plan;
}

/** Reads a plan file. Throws an Error with a sentence that says what is wrong with it. */
export function parsePlanFile(text: string): PlanFile {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON: ${(error as Error).message}`);
  }
  const found = record(file, 'a plan file');
  if (found['kubetwin'] !== 'plan') throw new Error('its member "kubetwin" is not "plan": it is no plan file');
  if (found['version'] !== 1) throw new Error(`its version is ${JSON.stringify(found['version'])}, and this kubetwin reads version 1`);
  string(found['model'], 'model');
  checkPlan(found['plan']);
  return { property: '', message: '', parameters: {}, ...found } as unknown as PlanFile;
}

function checkPlan(value: unknown): void {
  const plan = record(value, 'plan');
  string(plan['seed'], 'plan.seed');
  if (!SCHEDULES.includes(plan['schedule'] as 'time')) throw new Error(`plan.schedule is ${JSON.stringify(plan['schedule'])}; there are ${SCHEDULES.join(', ')}`);
  if (typeof plan['window'] !== 'number') throw new Error('plan.window is not a number of µs');
  record(plan['config'], 'plan.config');
  list(plan['workload'], 'plan.workload');
  list(plan['calm'], 'plan.calm');
  if (plan['distinct'] !== undefined) list(plan['distinct'], 'plan.distinct');
  const faults = list(record(plan['faults'], 'plan.faults')['faults'], 'plan.faults.faults');
  faults.forEach((fault, i) => {
    const { name, kind, start } = record(fault, `plan.faults.faults[${i}]`);
    string(name, `plan.faults.faults[${i}].name`);
    string(kind, `plan.faults.faults[${i}].kind`);
    record(start, `plan.faults.faults[${i}].start`);
  });
}

function record(value: unknown, what: string): { readonly [name: string]: Json | undefined } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as { readonly [name: string]: Json };
  throw new Error(`${what} is not an object`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} is not a list`);
}

function string(value: unknown, what: string): void {
  if (typeof value !== 'string' || value === '') throw new Error(`${what} is not a text`);
}

/** What stands before a plan that is written into a command line instead of a file. */
export const INLINE = 'plan:';
