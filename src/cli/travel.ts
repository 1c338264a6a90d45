/**
 * `kubetwin travel LOG COMMAND…`: a debugger's commands, run forwards and backwards, usable in scripts.
 *
 * Each command is one argument: `step 5`, `back`, `at 12.5s`, `continue actor=etcd fact=etcd.put`, `reverse kind=crash`, and with a
 * model's claims `until CLAIM`, `back-until CLAIM`, `watch PART`, `watch-back PART`. Each prints where it stopped. Terminal views use
 * the same commands.
 */
import { address, seconds } from '../explain/why.ts';
import type { LogReader } from '../log/reader.ts';
import type { Json, LogRecord } from '../log/record.ts';
import type { Break, Cursor } from '../replay/travel.ts';
import { CliError, EXIT } from './exit.ts';
import { parsePosition } from './position.ts';

/** What a model adds to the commands. */
export interface TravelModel<State> {
  /** A claim about the state: what `until` and `back-until` wait for. @throws CliError when the text is none. */
  claim(text: string): (state: State) => boolean;
  /** A part of the state: what `watch` and `watch-back` look at. @throws CliError when the text names none. */
  part(text: string): (state: State) => Json | undefined;
  /** A record in plain words, if there are any for it. */
  say(record: LogRecord, log: LogReader): string | undefined;
}

/** Moves a cursor. Undefined: it ran to an end without stopping. */
export type Travel<State> = (cursor: Cursor<State>) => LogRecord | undefined;

export const COMMANDS = 'step [N], back [N], at POSITION, continue BREAK…, reverse BREAK…, until CLAIM, back-until CLAIM, watch PART, watch-back PART';

/** @throws CliError that says which commands there are. */
export function parseTravel<State>(text: string, model: TravelModel<State>): Travel<State> {
  const [verb = '', ...words] = text.trim().split(/\s+/);
  const rest = words.join(' ');
  switch (verb) {
    case 'step':
      return steps(rest, (cursor) => cursor.step());
    case 'back':
      return steps(rest, (cursor) => {
        cursor.stepBack();
        return cursor.last;
      });
    case 'at':
      return (cursor) => {
        cursor.seek(parsePosition(cursor.log, rest));
        return cursor.last;
      };
    case 'continue':
    case 'reverse': {
      const stop = breakOf<State>(words);
      return verb === 'continue' ? (cursor) => cursor.continue(stop) : (cursor) => cursor.reverseContinue(stop);
    }
    case 'until': {
      const claim = model.claim(rest);
      return (cursor) => (claim(cursor.state) ? cursor.last : cursor.runUntil(claim));
    }
    case 'back-until': {
      const claim = model.claim(rest);
      return (cursor) => cursor.reverseContinue({ when: (_, state) => claim(state) });
    }
    case 'watch': {
      const watch = model.part(rest);
      return (cursor) => cursor.continue({ watch });
    }
    case 'watch-back': {
      const watch = model.part(rest);
      return (cursor) => cursor.reverseContinue({ watch });
    }
    default:
      throw new CliError(`there is no command "${verb}"; there are ${COMMANDS}`);
  }
}

function steps<State>(text: string, step: (cursor: Cursor<State>) => LogRecord | undefined): Travel<State> {
  const count = text === '' ? 1 : Number(text);
  if (!Number.isInteger(count) || count < 1) throw new CliError(`how many steps must be a whole number from 1 on, not "${text}"`);
  return (cursor) => {
    let last: LogRecord | undefined;
    for (let i = 0; i < count; i++) last = step(cursor);
    return last;
  };
}

/** `actor=kubelet/*`, `kind=probe`, `fact=container`: all that are given must hold. */
export function breakOf<State>(words: readonly string[]): Break<State> {
  const stop: { actor?: string; kind?: string; fact?: string } = {};
  for (const word of words) {
    const [name = '', value = ''] = word.split('=');
    if ((name !== 'actor' && name !== 'kind' && name !== 'fact') || value === '') throw new CliError(`a break is actor=NAME, kind=KIND or fact=KIND, not "${word}"`);
    stop[name] = value;
  }
  if (words.length === 0) throw new CliError('say where to stop: actor=NAME, kind=KIND, fact=KIND');
  return stop;
}

export interface TravelOptions {
  readonly at?: string;
  /** Prints nothing but the address where it ended, for another verb. */
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Runs the commands and prints where each stopped. The code is 1 when one ran to an end without finding what it looked for. */
export function travel<State>(cursor: Cursor<State>, commands: readonly string[], options: TravelOptions, model: TravelModel<State>): number {
  if (options.at !== undefined) cursor.seek(parsePosition(cursor.log, options.at));
  const travels = commands.map((text) => ({ text, go: parseTravel(text, model) }));
  const stops: { command: string; position: number; time: number; record: LogRecord | null; said?: string }[] = [];
  for (const { text, go } of travels) {
    const record = go(cursor);
    const said = record === undefined ? undefined : model.say(record, cursor.log);
    const stop = { command: text, position: cursor.position, time: cursor.log.timeOf(cursor.position), record: record ?? null, ...(said === undefined ? {} : { said }) };
    stops.push(stop);
    if (options.json !== true && options.quiet !== true) process.stdout.write(`${text.padEnd(24)}  ${record === undefined ? `nothing found; now at the ${cursor.position === 0 ? 'start' : 'end'}` : `${address(record)}  ${record.actor} ← ${record.via} ${record.kind}${record.from === undefined || record.from === record.actor ? '' : ` from ${record.from}`}${said === undefined ? '' : `: ${said}`}`}\n`);
    if (record === undefined) break;
  }
  const isFound = stops.every(({ record }) => record !== null);
  if (options.json === true) process.stdout.write(`${JSON.stringify(stops)}\n`);
  else if (options.quiet === true) process.stdout.write(isFound && cursor.position > 0 ? `#${cursor.position - 1}\n` : '');
  else process.stdout.write(`now at ${cursor.position === 0 ? 'the start' : `#${cursor.position - 1}, ${seconds(cursor.log.timeOf(cursor.position))}`}\n`);
  return isFound ? EXIT.ok : EXIT.failed;
}
