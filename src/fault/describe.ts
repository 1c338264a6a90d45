/**
 * Faults in words, for people who read a plan.
 */
import { unreachable } from '../kernel/assert.ts';
import { formatDuration } from '../cli/duration.ts';
import type { Fault, LinkPattern, Start, Trigger } from './plan.ts';

/** `from 1.2s for 0.5s: loses 30% of the messages from client* to store`. */
export function describeFault(fault: Fault): string {
  const lasts = 'for' in fault && fault.for !== undefined ? ` for ${formatDuration(fault.for)}` : '';
  const until = fault.until === undefined ? '' : `, ended ${triggered(fault.until)}`;
  return `${when(fault.start)}${lasts}${until}: ${what(fault)}`;
}

function when(start: Start): string {
  return 'at' in start ? `at ${formatDuration(start.at)}` : triggered(start.when);
}

function triggered({ fact, where, nth = 1, after = 0 }: Trigger): string {
  const fields = where === undefined ? '' : ` with ${JSON.stringify(where)}`;
  return `${after === 0 ? 'when' : `${formatDuration(after)} after`} ${fact}${fields} happened${nth === 1 ? '' : ` ${nth} times`}`;
}

function what(fault: Fault): string {
  switch (fault.kind) {
    case 'loss':
      return `loses ${percent(fault.ppm)} of ${messages(fault.link)}`;
    case 'duplicate':
      return `delivers ${percent(fault.ppm)} of ${messages(fault.link)} twice`;
    case 'delay':
      return `delays ${percent(fault.ppm)} of ${messages(fault.link)} by ${formatDuration(fault.min)} to ${formatDuration(fault.max)}`;
    case 'reorder':
      return `lets ${percent(fault.ppm)} of ${messages(fault.link)} be overtaken, by up to ${formatDuration(fault.max)}`;
    case 'partition':
      return `cuts ${messages(fault.link)}`;
    case 'crash':
      return `crashes ${target(fault)}`;
    case 'pause':
      return `pauses ${target(fault)}`;
    case 'slow':
      return `makes each step of ${target(fault)} ${formatDuration(fault.by)} late`;
    case 'skew':
    case 'jump':
      return `sets the clock of ${target(fault)} ${fault.by < 0 ? `${formatDuration(-fault.by)} back` : `${formatDuration(fault.by)} forward`}`;
    case 'model':
      return `${fault.action}${fault.args === undefined ? '' : ` ${JSON.stringify(fault.args)}`}`;
    default:
      return unreachable(fault);
  }
}

function messages({ from, to, messages: kinds, both }: LinkPattern): string {
  return `${kinds === undefined ? 'the messages' : `the ${kinds.join(', ')} messages`} ${both === true ? `between ${from} and ${to}` : `from ${from} to ${to}`}`;
}

function target({ target: pattern, each }: { readonly target: string; readonly each?: boolean }): string {
  return each === true ? `every ${pattern}` : pattern.includes('*') ? `one of ${pattern}` : pattern;
}

function percent(ppm: number): string {
  return ppm >= 1_000_000 ? 'all' : `${Number((ppm / 10_000).toPrecision(2))}%`;
}
