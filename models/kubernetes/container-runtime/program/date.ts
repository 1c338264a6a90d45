/** `date`: virtual time, in UTC, with the usual conversions. */
import { civil, formatSeconds } from '../../object/time.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { print } from './applet.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December',
];

export function* date(system: System, argv: readonly string[]): Run {
  const format = argv.find((argument) => argument.startsWith('+'))?.slice(1);
  const given = argv.indexOf('-d');
  const micros = system.epochMs * 1000 + system.nowUs;
  const at = given > 0 ? /^@([0-9]+)$/.exec(argv[given + 1] ?? '')?.[1] : undefined;
  const shown = at === undefined ? micros : Number(at) * 1_000_000;
  const iso = argv.some((argument) => argument.startsWith('-I'));
  const text = iso ? isoText(shown, argv) : formatDate(format ?? '%a %b %e %H:%M:%S %Z %Y', shown);
  yield* print(system, `${text}\n`);
  return 0;
}

function isoText(micros: number, argv: readonly string[]): string {
  const text = formatSeconds(Math.floor(micros / 1_000_000));
  return argv.includes('-Iseconds') ? `${text.slice(0, -1)}+00:00` : text.slice(0, 10);
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
    s: String(seconds), N: String((micros - seconds * 1_000_000) * 1000).padStart(9, '0'), u: String(weekday === 0 ? 7 : weekday),
    w: String(weekday), n: '\n', t: '\t', '%': '%', j: String(dayOfYear(year, days)).padStart(3, '0'),
    F: `${year}-${two(month)}-${two(day)}`, T: `${two(hour)}:${two(minute)}:${two(second)}`, R: `${two(hour)}:${two(minute)}`,
    D: `${two(month)}/${two(day)}/${two(year % 100)}`,
    c: `${name.day.slice(0, 3)} ${name.month.slice(0, 3)} ${String(day).padStart(2)} ${two(hour)}:${two(minute)}:${two(second)} ${year}`,
  };
  return format.replace(/%-?(.)/g, (match, letter: string) => {
    const value = values[letter] ?? match;
    return match.startsWith('%-') ? value.replace(/^[0 ]+(?=.)/, '') : value;
  });
}

function dayOfYear(year: number, days: number): number {
  let first = days;
  while (civil(first).year === year) first--;
  return days - first;
}
