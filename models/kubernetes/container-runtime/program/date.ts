/** `date`: virtual time, in UTC, with the usual conversions. */
import { civil } from '../../object/time.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December',
];

export function* date(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => word.replace(/^--date=/, '-d').replace(/^--utc$/, '-u').replace(/^--iso-8601(?:=(.*))?$/, '-I$1').replace(/^--rfc-2822$/, '-R').replace(/^-I$/, '-I\0')), 'dDrIs');
  const micros = system.epochMs * 1000 + system.nowUs;
  let shown = micros;
  const given = flags.get('d');
  if (given !== undefined) {
    const seconds = flags.has('D') ? parseBy(flags.get('D') ?? '', given, micros) : parseDate(given, micros);
    if (seconds === undefined) return complain(system, argv, `invalid date '${given}'`);
    shown = seconds * 1_000_000;
  }
  if (flags.has('r')) {
    const inode = system.files.lookup(system.path(flags.get('r') ?? ''));
    if (typeof inode === 'string') return complain(system, argv, `${flags.get('r')}: ${errorText(inode)}`);
    shown = system.epochMs * 1000 + inode.modifiedUs;
  }
  if (flags.has('s') || (rest[0] !== undefined && !rest[0].startsWith('+'))) {
    const text = flags.get('s') ?? rest[0] ?? '';
    if (parseDate(text, micros) === undefined) return complain(system, argv, `invalid date '${text}'`);
    return complain(system, argv, "can't set date: Operation not permitted");
  }
  const format = rest[0]?.slice(1) ?? isoFormat(flags.get('I')) ?? (flags.has('R') ? '%a, %d %b %Y %H:%M:%S %z' : '%a %b %e %H:%M:%S %Z %Y');
  yield* print(system, `${formatDate(format, shown)}\n`);
  return 0;
}

function isoFormat(precision: string | undefined): string | undefined {
  if (precision === undefined) return undefined;
  const times: Readonly<Record<string, string>> = { hours: 'T%H+00:00', minutes: 'T%H:%M+00:00', seconds: 'T%H:%M:%S+00:00' };
  const name = Object.keys(times).find((each) => precision !== '' && each.startsWith(precision));
  return `%Y-%m-%d${name === undefined ? '' : times[name]}`;
}

function secondsOf(year: number, month: number, day: number, hour: number, minute: number, second: number, offset = 0): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 61) return undefined;
  // Days since 1970 of a civil date (Howard Hinnant's days_from_civil).
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second + offset;
}

/** A date as busybox reads it (libbb/time.c): seconds since 1970, or undefined for what is none. */
export function parseDate(text: string, nowMicros: number): number | undefined {
  const stamp = /^@(-?\d+)$/.exec(text);
  if (stamp !== null) return Number(stamp[1]);
  const now = { ...civil(Math.floor(nowMicros / 86_400_000_000)) };
  const full = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?(?:\s*(?:Z|UTC|([-+])(\d{2}):?(\d{2})))?$/.exec(text);
  if (full !== null) return secondsOf(Number(full[1]), Number(full[2]), Number(full[3]), Number(full[4] ?? 0), Number(full[5] ?? 0), Number(full[6] ?? 0), (full[7] === '-' ? 1 : -1) * (Number(full[8] ?? 0) * 3600 + Number(full[9] ?? 0) * 60));
  const clock = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?$/.exec(text);
  if (clock !== null) return secondsOf(now.year, now.month, now.day, Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0));
  const dotted = /^(?:(?:(\d{4})\.)?(\d{1,2})\.(\d{1,2})-)(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?$/.exec(text);
  if (dotted !== null) return secondsOf(Number(dotted[1] ?? now.year), Number(dotted[2]), Number(dotted[3]), Number(dotted[4]), Number(dotted[5]), Number(dotted[6] ?? 0));
  const packed = /^(\d{4})?(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{2}))?$/.exec(text);
  if (packed !== null) return secondsOf(Number(packed[1] ?? now.year), Number(packed[2]), Number(packed[3]), Number(packed[4]), Number(packed[5]), Number(packed[6] ?? 0));
  const named = /^(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2})\s+(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (?:[A-Z]{3} )?(\d{4})$/.exec(text);
  const month = MONTHS.findIndex((name) => name.startsWith(named?.[1] ?? '-')) + 1;
  return named === null || month === 0 ? undefined : secondsOf(Number(named[6]), month, Number(named[2]), Number(named[3]), Number(named[4]), Number(named[5]));
}

/** strptime(3), for the numbers. */
function parseBy(format: string, text: string, nowMicros: number): number | undefined {
  const letters: string[] = [];
  const pattern = format.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/%([YmdHMSsyjeT])/g, (_, letter: string) => {
    letters.push(letter);
    return letter === 's' ? '(\\d+)' : letter === 'T' ? '(\\d+:\\d+:\\d+)' : letter === 'Y' ? '(\\d{4})' : '\\s*(\\d{1,2})';
  });
  const match = new RegExp(`^${pattern}`).exec(text);
  if (match === null) return undefined;
  const now = civil(Math.floor(nowMicros / 86_400_000_000));
  const value = (letter: string): number | undefined => (letters.includes(letter) ? Number(match[letters.indexOf(letter) + 1]) : undefined);
  const seconds = value('s');
  if (seconds !== undefined) return seconds;
  const clock = letters.includes('T') ? (match[letters.indexOf('T') + 1] ?? '').split(':').map(Number) : [];
  return secondsOf(value('Y') ?? now.year, value('m') ?? now.month, value('d') ?? value('e') ?? now.day, value('H') ?? clock[0] ?? 0, value('M') ?? clock[1] ?? 0, value('S') ?? clock[2] ?? 0);
}

/** strftime(3) in UTC, for microseconds since 1970. */
export function formatDate(format: string, micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const days = Math.floor(seconds / 86_400);
  const clock = seconds - days * 86_400;
  const { year, month, day } = civil(days);
  const weekday = (((days + 4) % 7) + 7) % 7;
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hour, minute, second] = [Math.floor(clock / 3600), Math.floor(clock / 60) % 60, clock % 60];
  const name = { day: DAYS[weekday] ?? '', month: MONTHS[month - 1] ?? '' };
  const values: Readonly<Record<string, string>> = {
    Y: String(year), m: two(month), d: two(day), e: String(day).padStart(2), H: two(hour), M: two(minute), S: two(second),
    I: two(hour % 12 === 0 ? 12 : hour % 12), p: hour < 12 ? 'AM' : 'PM', a: name.day.slice(0, 3), A: name.day,
    b: name.month.slice(0, 3), h: name.month.slice(0, 3), B: name.month, y: two(year % 100), Z: 'UTC', z: '+0000',
    s: String(seconds), k: String(hour).padStart(2), l: String(hour % 12 === 0 ? 12 : hour % 12).padStart(2), P: hour < 12 ? 'am' : 'pm', C: two(Math.floor(year / 100)), u: String(weekday === 0 ? 7 : weekday),
    w: String(weekday), n: '\n', t: '\t', '%': '%', j: String(dayOfYear(year, days)).padStart(3, '0'),
    F: `${year}-${two(month)}-${two(day)}`, T: `${two(hour)}:${two(minute)}:${two(second)}`, R: `${two(hour)}:${two(minute)}`,
    r: `${two(hour % 12 === 0 ? 12 : hour % 12)}:${two(minute)}:${two(second)} ${hour < 12 ? 'AM' : 'PM'}`, x: `${two(month)}/${two(day)}/${two(year % 100)}`, X: `${two(hour)}:${two(minute)}:${two(second)}`,
    U: two(Math.floor((dayOfYear(year, days) + 6 - weekday) / 7)), W: two(Math.floor((dayOfYear(year, days) + 6 - ((weekday + 6) % 7)) / 7)), V: two(isoWeek(days, year)[0]), G: String(isoWeek(days, year)[1]), g: two(isoWeek(days, year)[1] % 100),
    D: `${two(month)}/${two(day)}/${two(year % 100)}`,
    c: `${name.day.slice(0, 3)} ${name.month.slice(0, 3)} ${String(day).padStart(2)} ${two(hour)}:${two(minute)}:${two(second)} ${year}`,
  };
  return format.replace(/%([-_0^#]?)(.)/g, (match, flag: string, letter: string) => {
    const value = values[letter] ?? match;
    if (flag === '-') return value.replace(/^[0 ]+(?=.)/, '');
    if (flag === '_') return value.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length));
    return flag === '^' ? value.toUpperCase() : value;
  });
}

/** The week of the year by ISO 8601, and the year to which it belongs. */
function isoWeek(days: number, year: number): [week: number, year: number] {
  const weekday = (((days + 3) % 7) + 7) % 7;
  const thursday = days - weekday + 3;
  const own = civil(thursday).year;
  return [Math.floor((dayOfYear(own, thursday) - 1) / 7) + 1, own === year ? year : own];
}

function dayOfYear(year: number, days: number): number {
  let first = days;
  while (civil(first).year === year) first--;
  return days - first;
}
