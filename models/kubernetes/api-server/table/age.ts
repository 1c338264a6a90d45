/**
 * How long ago, in the few characters that a table column has.
 *
 * Upstream: apimachinery/pkg/util/duration/duration.go (HumanDuration), pkg/printers/internalversion/printers.go
 * (translateTimestampSince).
 */
import { parseTime } from '../../object/time.ts';

/** Microseconds. */
const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A duration in microseconds with at most two units; the larger it is, the coarser. */
export function humanDuration(duration: number): string {
  const seconds = Math.trunc(duration / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.trunc(duration / MINUTE);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.trunc(duration / HOUR);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return two(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return hours < 24 * 365 * 8 ? two(years, 'y', days % 365, 'd') : `${years}y`;
}

const two = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;

/** Microseconds since 1970 of a timestamp that the server itself has written; 0 for what is none. */
export const instant = (timestamp: string): number => parseTime(timestamp) ?? 0;

/** Time since an RFC 3339 timestamp, `<unknown>` when there is none. */
export const since = (timestamp: string | null | undefined, now: number): string =>
  timestamp === undefined || timestamp === null || timestamp === '' ? '<unknown>' : humanDuration(now - instant(timestamp));
