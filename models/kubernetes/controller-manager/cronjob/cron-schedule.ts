/**
 * Cron schedules: five fields or a descriptor, and the next time that fits.
 *
 * Day of month and day of week must both fit if either is `*`, else one is enough. A schedule that has no time within five years has
 * none. Times are in whole seconds since 1970. Where clocks are put forward a time may be missing, and where they are put back it comes
 * twice: both as upstream does it, which looks at each moment's own clock.
 * Source: github.com/robfig/cron v3: parser.go, spec.go, constantdelay.go.
 */
import { civil, daysFromCivil } from '../../object/time.ts';
import { UTC, type TimeZone } from '../../object/time-zone.ts';

export interface CronSchedule {
  /** The first fitting time after `after` (seconds since 1970), undefined when there is none within five years. */
  next(after: number): number | undefined;
}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MINUTE: Field = { min: 0, max: 59, names: [] };
const HOUR: Field = { min: 0, max: 23, names: [] };
const DAY: Field = { min: 1, max: 31, names: [] };
const MONTH: Field = { min: 1, max: 12, names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] };
const WEEKDAY: Field = { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

const DESCRIPTORS: Readonly<Record<string, string>> = Object.freeze({
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@hourly': '0 * * * *',
});

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;
const YEARS_MAX = 5;

/** A set of values, and whether it was written as `*` (or `?`). */
interface Values {
  readonly set: ReadonlySet<number>;
  readonly isStar: boolean;
}

/** Parses a schedule; the error is a text as upstream's. */
export function parseSchedule(text: string, zone: TimeZone = UTC): CronSchedule | { readonly error: string } {
  const trimmed = text.trim();
  if (trimmed === '') return { error: 'empty spec string' };
  if (trimmed.startsWith('@every ')) return everySchedule(trimmed.slice('@every '.length));
  const expanded = trimmed.startsWith('@') ? DESCRIPTORS[trimmed] : trimmed;
  if (expanded === undefined) return { error: `unrecognized descriptor: ${trimmed}` };
  const fields = expanded.split(/\s+/);
  if (fields.length !== 5) return { error: `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]` };
  const bounds = [MINUTE, HOUR, DAY, MONTH, WEEKDAY];
  const parsed: Values[] = [];
  for (const [at, field] of fields.entries()) {
    const values = parseField(field, bounds[at] as Field);
    if ('error' in values) return values;
    parsed.push(values);
  }
  const [minute, hour, day, month, weekday] = parsed as [Values, Values, Values, Values, Values];
  return new FieldSchedule(minute, hour, day, month, weekday, zone);
}

function parseField(text: string, field: Field): Values | { readonly error: string } {
  const set = new Set<number>();
  let isStar = false;
  for (const part of text.split(',')) {
    const range = parseRange(part, field);
    if ('error' in range) return range;
    isStar ||= range.isStar;
    for (let value = range.from; value <= range.to; value += range.step) set.add(value);
  }
  return { set, isStar };
}

function parseRange(text: string, field: Field): { from: number; to: number; step: number; isStar: boolean } | { readonly error: string } {
  const [range = '', stepText, tooMany] = text.split('/');
  if (tooMany !== undefined) return { error: `too many slashes: ${text}` };
  const [low = '', high, extra] = range.split('-');
  if (extra !== undefined) return { error: `too many hyphens: ${text}` };
  const step = stepText === undefined ? 1 : numberOf(stepText);
  if (step === undefined) return { error: `failed to parse int from ${stepText}: strconv.Atoi: parsing "${stepText}": invalid syntax` };
  let [from, to] = [field.min, field.max];
  const isAll = low === '*' || low === '?';
  if (!isAll) {
    const start = valueOf(low, field);
    if (start === undefined) return { error: `failed to parse int from ${low}: strconv.Atoi: parsing "${low}": invalid syntax` };
    const end = high === undefined ? (stepText === undefined ? start : field.max) : valueOf(high, field);
    if (end === undefined) return { error: `failed to parse int from ${high}: strconv.Atoi: parsing "${high}": invalid syntax` };
    [from, to] = [start, end];
  }
  if (from < field.min) return { error: `beginning of range (${from}) below minimum (${field.min}): ${text}` };
  if (to > field.max) return { error: `end of range (${to}) above maximum (${field.max}): ${text}` };
  if (from > to) return { error: `beginning of range (${from}) beyond end of range (${to}): ${text}` };
  if (step === 0) return { error: `step of range should be a positive number: ${text}` };
  return { from, to, step, isStar: isAll && step === 1 };
}

function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function valueOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase());
  return named >= field.min && text !== '' ? named : numberOf(text);
}

const UNITS: Readonly<Record<string, number>> = Object.freeze({ h: 3600, m: 60, s: 1, ms: 0.001, us: 0.000_001, ns: 0.000_000_001 });

function everySchedule(text: string): CronSchedule | { readonly error: string } {
  let rest = text;
  let seconds = 0;
  while (rest !== '') {
    const match = /^(\d+(?:\.\d*)?|\.\d+)(h|ms|us|ns|m|s)/.exec(rest);
    if (match === null) return { error: `failed to parse duration @every ${text}: time: invalid duration "${text}"` };
    seconds += Number(match[1]) * (UNITS[match[2] as string] as number);
    rest = rest.slice(match[0].length);
  }
  const delay = Math.max(1, Math.floor(seconds));
  return { next: (after) => Math.floor(after) + delay };
}

class FieldSchedule implements CronSchedule {
  private readonly minute: Values;
  private readonly hour: Values;
  private readonly day: Values;
  private readonly month: Values;
  private readonly weekday: Values;
  private readonly zone: TimeZone;

  constructor(minute: Values, hour: Values, day: Values, month: Values, weekday: Values, zone: TimeZone) {
    this.minute = minute;
    this.hour = hour;
    this.day = day;
    this.month = month;
    this.weekday = weekday;
    this.zone = zone;
  }

  next(after: number): number | undefined {
    let time = Math.floor(Math.floor(after) / 60) * 60 + 60;
    const firstYear = civil(Math.floor((time + this.zone.offsetAt(time)) / DAY_SECONDS)).year;
    for (;;) {
      const local = time + this.zone.offsetAt(time);
      const days = Math.floor(local / DAY_SECONDS);
      const { year, month, day } = civil(days);
      if (year > firstYear + YEARS_MAX) return undefined;
      const inDay = local - days * DAY_SECONDS;
      const inHour = inDay % HOUR_SECONDS;
      if (!this.month.set.has(month)) time = this.midnight(month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1));
      else if (!this.dayFits(day, days)) time = this.midnight(days + 1);
      else if (!this.hour.set.has(Math.floor(inDay / HOUR_SECONDS))) time += HOUR_SECONDS - inHour;
      else if (!this.minute.set.has(Math.floor(inHour / 60))) time += 60 - (inHour % 60);
      else return time;
    }
  }

  /** The first moment of a local day, which where clocks are put forward at midnight is no midnight. */
  private midnight(days: number): number {
    const local = days * DAY_SECONDS;
    let time = local - this.zone.offsetAt(local - this.zone.offsetAt(local));
    while (time + this.zone.offsetAt(time) < local) time += 60;
    return time;
  }

  private dayFits(day: number, days: number): boolean {
    const fitsDay = this.day.set.has(day);
    const fitsWeekday = this.weekday.set.has((((days + 4) % 7) + 7) % 7);
    return this.day.isStar || this.weekday.isStar ? fitsDay && fitsWeekday : fitsDay || fitsWeekday;
  }
}
