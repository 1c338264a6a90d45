/**
 * Time zones: how far their clocks are from UTC at a moment, daylight saving time included.
 *
 * The host's zone database is not asked, because it differs from host to host.
 */
import { civil, daysFromCivil, formatSeconds } from './time.ts';
import { RULES, ZONES, type SavingRule, type Turn } from './time-zones.ts';

export interface TimeZone {
  /** Seconds east of UTC at this moment (seconds since 1970). */
  offsetAt(seconds: number): number;
}

const DAY = 86_400;

export const UTC: TimeZone = Object.freeze({ offsetAt: () => 0 });

const BY_NAME: Readonly<Record<string, TimeZone>> = Object.freeze(
  Object.fromEntries(
    ZONES.flatMap(([rule, hours, names]) => {
      const zone = rule === undefined ? { offsetAt: () => hours * 3600 } : ruled(RULES[rule], hours * 3600);
      return names.split(/\s+/).map((name) => [name, Object.freeze(zone)]);
    }),
  ),
);

/** The zone of this name; undefined for a name that the time zone database does not have. */
export function timeZone(name: string): TimeZone | undefined {
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

/** RFC 3339, as the zone's clocks show it. */
export function formatIn(zone: TimeZone, seconds: number): string {
  const offset = zone.offsetAt(seconds);
  if (offset === 0) return formatSeconds(seconds);
  const minutes = Math.abs(offset) / 60;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${formatSeconds(seconds + offset).slice(0, -1)}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function ruled({ saving, forward, back, inUtc }: SavingRule, standard: number): TimeZone {
  return {
    offsetAt: (seconds) => {
      const { year } = civil(Math.floor(seconds / DAY));
      const begins = momentOf(forward, year) - (inUtc === true ? 0 : standard);
      const ends = momentOf(back, year) - (inUtc === true ? 0 : standard + saving);
      // In the south the year begins in summer.
      const isSaving = begins < ends ? seconds >= begins && seconds < ends : seconds >= begins || seconds < ends;
      return standard + (isSaving ? saving : 0);
    },
  };
}

function momentOf([month, fromDay, weekday, seconds]: Turn, year: number): number {
  const day = daysFromCivil(year, month, fromDay);
  // 1970 began on a Thursday.
  const wait = (weekday - ((day + 4) % 7) + 7) % 7;
  return (day + wait) * DAY + seconds;
}
