/**
 * Durations as people write them: `250ms`, `12.5s`, `10m`, `1h30m`, `2d`.
 */
const UNITS: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000, d: 86_400_000_000 };

/** Whole µs of a duration, or undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(us|µs|ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)/g)) total += Number(amount) * (UNITS[unit as string] as number);
  return Math.round(total);
}

/** `12.345s` of µs; minutes and hours where they read better. */
export function formatDuration(micros: number): string {
  if (micros > 0 && micros < 1000) return `${micros}µs`;
  const seconds = micros / 1_000_000;
  if (seconds < 120) return `${Number(seconds.toFixed(3))}s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 120) return `${minutes}m${whole % 60}s`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
