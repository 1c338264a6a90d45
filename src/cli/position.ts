/**
 * Positions as people write them: `#4711`, `12.5s`, `end`.
 *
 * A position lies between two records. To look at a record's moment is to look just after it; to go on differently from a
 * record is to stand just before it. Each verb says which of the two it means.
 */
import type { LogReader } from '../log/reader.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { CliError } from './exit.ts';

/** `after`: the record has happened (looking). `before`: it is the next (forking). */
export type Side = 'after' | 'before';

/** How positions are written, for help texts. */
export const POSITION_HELP = "a record (#4711), a virtual time (12.5s, 1h2m), 'start' or 'end'";

/**
 * The position that `text` names. Times stand for everything up to and including them, whatever the side; a time after the last record is
 * the end, and standard error says so.
 *
 * @throws CliError when the text is none, or names a record that there is not.
 */
export function parsePosition(log: LogReader, text: string, side: Side = 'after'): number {
  if (text === 'start') return 0;
  if (text === 'end') return log.length;
  const seq = /^#?(\d+)$/.exec(text)?.[1];
  if (seq !== undefined) {
    const at = Number(seq);
    if (at >= log.length) throw new CliError(`there is no record #${at}: the log's last is #${log.length - 1}`);
    return side === 'after' ? at + 1 : at;
  }
  const time = parseDuration(text);
  if (time === undefined) throw new CliError(`a position is ${POSITION_HELP}, not "${text}"`);
  const end = log.timeOf(log.length);
  if (time > end) process.stderr.write(`note: the last record is at ${formatDuration(end)}; ${text} is after it\n`);
  return log.positionAfter(time);
}
