import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSeconds, parseTime } from '../../object/time.ts';
import { formatIn, timeZone, type TimeZone } from '../../object/time-zone.ts';
import { parseSchedule, type CronSchedule } from './cron-schedule.ts';

const at = (text: string): number => (parseTime(text) as number) / 1_000_000;
const nextOf = (schedule: string, after: string): string | undefined => {
  const time = (parseSchedule(schedule) as CronSchedule).next(at(after));
  return time === undefined ? undefined : formatSeconds(time);
};

describe('cron schedule', () => {
  it('finds the next time', () => {
    expect(nextOf('*/15 * * * *', '2026-01-01T00:00:00Z')).toBe('2026-01-01T00:15:00Z');
    expect(nextOf('* * * * *', '2026-01-01T00:00:59Z')).toBe('2026-01-01T00:01:00Z');
    expect(nextOf('30 4 1,15 * 5', '2026-01-01T05:00:00Z')).toBe('2026-01-02T04:30:00Z');
    expect(nextOf('0 0 29 2 *', '2026-01-01T00:00:00Z')).toBe('2028-02-29T00:00:00Z');
    expect(nextOf('0 0 30 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
    expect(nextOf('@hourly', '2026-01-01T00:30:00Z')).toBe('2026-01-01T01:00:00Z');
    expect(nextOf('@every 1h30m', '2026-01-01T00:30:00Z')).toBe('2026-01-01T02:00:00Z');
    expect(nextOf('0 12 * JAN mon-fri', '2026-01-02T13:00:00Z')).toBe('2026-01-05T12:00:00Z');
  });

  it('follows the clocks of its zone through the nights on which they are put forward and back', () => {
    const runs = (schedule: string, zone: string, after: string, count: number): string[] => {
      const parsed = parseSchedule(schedule, timeZone(zone)) as CronSchedule;
      const times: number[] = [];
      for (let time = at(after); times.length < count; ) times.push((time = parsed.next(time) as number));
      return times.map((time) => formatIn(timeZone(zone) as TimeZone, time));
    };
    // 02:30 does not come on 8 March, 01:30 comes twice on 1 November.
    expect(runs('30 2 * * *', 'America/New_York', '2026-03-06T12:00:00Z', 3)).toEqual(['2026-03-07T02:30:00-05:00', '2026-03-09T02:30:00-04:00', '2026-03-10T02:30:00-04:00']);
    expect(runs('30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', 3)).toEqual(['2026-11-01T01:30:00-04:00', '2026-11-01T01:30:00-05:00', '2026-11-02T01:30:00-05:00']);
    expect(runs('0 */12 * * *', 'Australia/Sydney', '2026-10-03T00:00:00Z', 3)).toEqual(['2026-10-03T12:00:00+10:00', '2026-10-04T00:00:00+10:00', '2026-10-04T12:00:00+11:00']);
    // A day that begins at one o'clock.
    expect(runs('5 * 8 3 *', 'America/Havana', '2026-01-01T00:00:00Z', 2)).toEqual(['2026-03-08T01:05:00-04:00', '2026-03-08T02:05:00-04:00']);
    expect(runs('0 9 * * 1', 'Asia/Kolkata', '2026-01-01T00:00:00Z', 1)).toEqual(['2026-01-05T09:00:00+05:30']);
  });

  it('refuses what is no schedule', () => {
    for (const text of ['', '* * * *', '60 * * * *', '*/0 * * * *', 'x * * * *', '@fortnightly', '5-1 * * * *', '0 0 * * 7']) {
      expect(parseSchedule(text), text).toHaveProperty('error');
    }
  });

  it('agrees with another implementation on schedules without the either-day rule', () => {
    const field = (min: number, max: number): fc.Arbitrary<string> =>
      fc.oneof(fc.constant('*'), fc.integer({ min, max }).map(String), fc.integer({ min: 2, max: 9 }).map((step) => `*/${step}`));
    fc.assert(
      fc.property(field(0, 59), field(0, 23), field(1, 28), fc.integer({ min: 0, max: 400_000_000 }), (minute, hour, day, offset) => {
        const schedule = `${minute} ${hour} ${day} * *`;
        const after = 1_767_225_600 + offset;
        const other = new Cron(schedule, { timezone: 'UTC' }).nextRun(new Date(after * 1000));
        expect((parseSchedule(schedule) as CronSchedule).next(after)).toBe(other === null ? undefined : other.getTime() / 1000);
      }),
      { numRuns: 200 },
    );
  });
});
