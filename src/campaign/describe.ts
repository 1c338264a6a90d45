/**
 * A plan in words: what users do, which faults happen, what is left to chance.
 */
import { describeFault } from '../fault/describe.ts';
import type { Json } from '../log/record.ts';
import type { Plan } from './model.ts';
import { PICKS } from './run.ts';

/** How long a line about one user action may be. */
const LINE_MAX = 160;
/** A plan that shrinking has not come to the end of may fix thousands of draws: so many are told one by one. */
const DRAWS_MAX = 40;

/** One sentence a line. */
export function describePlan(plan: Plan): readonly string[] {
  const lines = [`seed ${plan.seed}${configWords(plan.config)}`];
  plan.workload.forEach((action, i) => lines.push(`action ${i + 1}: ${shortly(action)}`));
  for (const fault of plan.faults.faults) lines.push(`fault ${fault.name}, ${describeFault(fault)}`);
  if (plan.faults.faults.length === 0) lines.push('no faults');
  return [...lines, ...chanceWords(plan)];
}

function configWords(config: Plan['config']): string {
  const words = Object.entries(config).map(([name, value]) => `${name} ${shortly(value)}`);
  return words.length === 0 ? '' : `; ${words.join(', ')}`;
}

function chanceWords(plan: Plan): readonly string[] {
  const lines: string[] = [];
  const picks = Object.keys(plan.answers?.[PICKS] ?? {}).length;
  if (plan.schedule === 'written' && picks === 0) lines.push('events in the order of time');
  else if (plan.schedule === 'written') lines.push(`events in the order of time but for ${picks === 1 ? 'one' : picks} that ${picks === 1 ? 'goes' : 'go'} first`);
  else if (plan.schedule !== 'time') lines.push(`events within ${plan.window} µs in the order of the schedule ${plan.schedule}`);
  lines.push(...drawWords(Object.entries(plan.answers ?? {}).filter(([stream]) => stream !== PICKS)));
  if (plan.calm.includes('*')) lines.push('nothing else is left to chance');
  else if (plan.calm.length > 0) lines.push(`without chance: ${plan.calm.join(', ')}`);
  return lines;
}

function drawWords(answers: readonly (readonly [stream: string, draws: Readonly<Record<string, number>>])[]): readonly string[] {
  const count = answers.reduce((sum, [, draws]) => sum + Object.keys(draws).length, 0);
  if (count > DRAWS_MAX) return [`${count} draws of ${answers.length} streams as the plan has them`];
  return answers.map(([stream, draws]) => `chosen for ${stream}: ${Object.entries(draws).map(([draw, value]) => `${value} as draw ${draw}`).join(', ')}`);
}

function shortly(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LINE_MAX ? `${text.slice(0, LINE_MAX - 1)}…` : text;
}
