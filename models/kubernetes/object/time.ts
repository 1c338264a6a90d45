/**
 * Calendar arithmetic without a clock: virtual time to RFC 3339 and back.
 *
 * A cluster has an epoch (milliseconds since 1970, part of its configuration); wall time is that epoch plus virtual time.
 * The calendar is computed with integers (Howard Hinnant's civil-from-days), so no time zone or library is involved.
 */

const DAY_SECONDS = 86_400;

/** Seconds since 1970 of a virtual time. `epoch` is in ms, `now` in µs. */
export function unixSeconds(epoch: number, now: number): number {
  return Math.floor((epoch * 1000 + now) / 1_000_000);
}

/** `2025-01-31T12:00:00Z`: metav1.Time, whole seconds. */
export function rfc3339(epoch: number, now: number): string {
  return formatSeconds(unixSeconds(epoch, now));
}

/** `2025-01-31T12:00:00.000042Z`: metav1.MicroTime, always six digits. */
export function rfc3339Micro(epoch: number, now: number): string {
  const micros = epoch * 1000 + now;
  const seconds = Math.floor(micros / 1_000_000);
  return `${formatSeconds(seconds).slice(0, -1)}.${pad(micros - seconds * 1_000_000, 6)}Z`;
}

/** `2025-01-31T12:00:00.000042001Z`-like with trailing zeros dropped, as Go's RFC3339Nano prints. */
export function rfc3339Nano(epoch: number, now: number): string {
  return rfc3339Micro(epoch, now).replace(/\.?0+Z$/, 'Z');
}

/** RFC 3339 of whole seconds since 1970. */
export function formatSeconds(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  const rest = seconds - days * DAY_SECONDS;
  const { year, month, day } = civil(days);
  const hour = Math.floor(rest / 3600);
  return `${pad(year, 4)}-${two(month)}-${two(day)}T${two(hour)}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}Z`;
}

/** Microseconds since 1970 of an RFC 3339 text, or undefined when it is none. Offsets are honoured. */
export function parseTime(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text);
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [month, day, hour, minute, second] = [part(2), part(3), part(4), part(5), part(6)] as const;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(part(1), month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = (match[8] === '-' ? -1 : 1) * (part(9) * 3600 + part(10) * 60);
  const seconds = daysFromCivil(part(1), month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
  return seconds * 1_000_000 + Number((match[7] ?? '').padEnd(6, '0').slice(0, 6));
}

/** The virtual time in µs of an RFC 3339 text, for a cluster with `epoch` (ms); undefined when the text is none. */
export function virtualTime(epoch: number, text: string): number | undefined {
  const micros = parseTime(text);
  return micros === undefined ? undefined : micros - epoch * 1000;
}

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date of a day counted since 1970-01-01. */
export function civil(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function daysIn(year: number, month: number): number {
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1);
  return next - daysFromCivil(year, month, 1);
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
