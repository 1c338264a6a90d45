import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSeconds, parseTime } from '../../object/time.ts';
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
