/**
 * Whether a text is a cron schedule, with the messages of the parser that upstream uses.
 * Upstream: robfig/cron v3 parser.go (ParseStandard): five fields or a descriptor.
 */
import { goQuote } from '../status/go-format.ts';

interface FieldRange {
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const MONTHS = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly FieldRange[] = [
  { low: 0, high: 59, names: [] },
  { low: 0, high: 23, names: [] },
  { low: 1, high: 31, names: [] },
  { low: 1, high: 12, names: MONTHS },
  { low: 0, high: 6, names: DAYS },
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

function numberOf(text: string, field: FieldRange): number | string {
  const named = field.names.indexOf(text.toLowerCase());
  if (named >= 0 && text !== '') return named;
  if (/^[+-]?\d+$/.test(text)) {
    const value = Number(text);
    return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
  }
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${goQuote(text)}: invalid syntax`;
}

function rangeError(expression: string, field: FieldRange): string | undefined {
  const parts = expression.split('/');
  const ends = (parts[0] ?? '').split('-');
  let start = field.low;
  let end = field.high;
  if (ends[0] !== '*' && ends[0] !== '?') {
    const first = numberOf(ends[0] ?? '', field);
    if (typeof first === 'string') return first;
    start = first;
    if (ends.length > 2) return `too many hyphens: ${expression}`;
    const last = ends.length === 2 ? numberOf(ends[1] ?? '', field) : parts.length === 2 ? field.high : first;
    if (typeof last === 'string') return last;
    end = last;
  }
  if (parts.length > 2) return `too many slashes: ${expression}`;
  const step = parts.length === 2 ? numberOf(parts[1] ?? '', { ...field, names: [] }) : 1;
  if (typeof step === 'string') return step;
  if (start < field.low) return `beginning of range (${start}) below minimum (${field.low}): ${expression}`;
  if (end > field.high) return `end of range (${end}) above maximum (${field.high}): ${expression}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  return step === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}

/** The parser's message, or undefined for a good schedule. */
export function cronError(schedule: string): string | undefined {
  const text = schedule.replace(/^(?:CRON_)?TZ=\S*\s*/, '').trim();
  if (text.startsWith('@')) {
    if (DESCRIPTORS.includes(text)) return undefined;
    if (text.startsWith('@every ')) return /^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text.slice(7)) ? undefined : `failed to parse duration ${text}: time: invalid duration ${goQuote(text.slice(7))}`;
    return `unrecognized descriptor: ${text}`;
  }
  const fields = text === '' ? [] : text.split(/\s+/);
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (let at = 0; at < 5; at++) {
    for (const expression of (fields[at] as string).split(',')) {
      const wrong = rangeError(expression, FIELDS[at] as FieldRange);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}
