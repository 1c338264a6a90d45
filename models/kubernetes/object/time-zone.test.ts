import { describe, expect, it } from 'vitest';
import { formatIn, timeZone, type TimeZone } from './time-zone.ts';
import { ZONES } from './time-zones.ts';

const at = (text: string): number => Date.parse(text) / 1000;
const shown = (zone: string, text: string): string => formatIn(timeZone(zone) as TimeZone, at(text));

describe('time zones', () => {
  it.each([
    ['UTC', '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['Europe/London', '2026-03-29T00:59:59Z', '2026-03-29T00:59:59Z'],
    ['Europe/London', '2026-03-29T01:00:00Z', '2026-03-29T02:00:00+01:00'],
    ['America/New_York', '2026-11-01T05:59:59Z', '2026-11-01T01:59:59-04:00'],
    ['America/New_York', '2026-11-01T06:00:00Z', '2026-11-01T01:00:00-05:00'],
    ['Australia/Sydney', '2026-01-01T00:00:00Z', '2026-01-01T11:00:00+11:00'],
    ['Australia/Lord_Howe', '2026-07-01T00:00:00Z', '2026-07-01T10:30:00+10:30'],
    ['America/St_Johns', '2026-01-01T00:00:00Z', '2025-12-31T20:30:00-03:30'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00Z', '2026-01-01T05:45:00+05:45'],
    ['Etc/GMT+3', '2026-01-01T00:00:00Z', '2025-12-31T21:00:00-03:00'],
  ])('%s at %s', (zone, text, expected) => {
    expect(shown(zone, text)).toBe(expected);
  });

  it('has no zone by a name that is none', () => {
    for (const name of ['', 'Mars/Phobos', 'utc', 'constructor', 'America']) expect(timeZone(name), name).toBeUndefined();
  });

  it('names each zone once', () => {
    const names = ZONES.flatMap(([, , text]) => text.split(/\s+/));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(590);
  });
});
