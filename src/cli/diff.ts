/**
 * `kubetwin diff LOG LOG`: what is different first, and how the outcomes differ.
 */
import { diffLogs, type LogDiff } from '../explain/diff.ts';
import { seconds } from '../explain/why.ts';
import type { LogReader } from '../log/reader.ts';
import type { Choice } from '../log/record.ts';
import { oneLine } from '../replay/divergence.ts';
import type { Difference } from '../replay/compare.ts';
import type { Projection } from '../replay/projection.ts';
import { EXIT, logError } from './exit.ts';
import { openForReading } from './replay.ts';
import { shownValue } from './shown.ts';

export interface DiffCommandOptions {
  readonly json?: boolean;
}

/** What a model adds: the state that is compared, and what it says of two ends. */
export interface Comparable<State> {
  readonly projection: Projection<State>;
  /** How the states at the ends differ, in sentences. */
  outcome(left: LogReader, right: LogReader): readonly string[];
}

/** Prints the differences. The code is 0 when the logs are the same run, 1 when they differ. */
export async function diffCommand<State>(leftPath: string, rightPath: string, options: DiffCommandOptions, comparableOf: (log: LogReader) => Promise<Comparable<State> | undefined>): Promise<number> {
  const left = openForReading(leftPath);
  try {
    const right = openForReading(rightPath);
    try {
      const model = await comparableOf(left.reader);
      const diff = diffLogs(left.reader, right.reader, model?.projection);
      const outcome = diff.isSame ? [] : (model?.outcome(left.reader, right.reader) ?? []);
      if (options.json === true) process.stdout.write(`${JSON.stringify({ ...diff, outcome })}\n`);
      else process.stdout.write(`${tellDiff(left.reader, right.reader, diff, outcome).join('\n')}\n`);
      return diff.isSame ? EXIT.ok : EXIT.failed;
    } catch (error) {
      throw logError(rightPath, error);
    } finally {
      right.close();
    }
  } catch (error) {
    throw logError(leftPath, error);
  } finally {
    left.close();
  }
}

function tellDiff(left: LogReader, right: LogReader, diff: LogDiff, outcome: readonly string[]): string[] {
  const lines = headerLines(left, right, diff.header);
  if (diff.isSame) return [...lines, `the same run: ${left.length} records, log ${left.hash}`];
  const { choice, record, state } = diff;
  if (choice !== undefined) lines.push(`first different choice: #${choice.seq}.${choice.index}`, `  left   ${choiceText(choice.left)}`, `  right  ${choiceText(choice.right)}`);
  if (record !== undefined) {
    lines.push(`first different record: #${record.seq}, at ${record.difference.pointer === '' ? 'its existence' : record.difference.pointer}`);
    lines.push(`  left   ${record.left === undefined ? 'the log has ended' : oneLine(record.left)}`, `  right  ${record.right === undefined ? 'the log has ended' : oneLine(record.right)}`);
    if (record.difference.pointer !== '') lines.push(...sides(record.difference));
  }
  if (state !== undefined) lines.push(`first different state: after #${state.seq}, at ${state.difference.pointer}`, ...sides(state.difference));
  else if (record !== undefined) lines.push('the states never differ');
  lines.push(`lengths: ${left.length} records (${seconds(left.timeOf(left.length))}) and ${right.length} (${seconds(right.timeOf(right.length))})`);
  return outcome.length === 0 ? lines : [...lines, 'at the end:', ...outcome.map((line) => `  ${line}`)];
}

function headerLines(left: LogReader, right: LogReader, header: Difference | undefined): string[] {
  const lines = header === undefined ? [] : [`the headers differ first at ${header.pointer}:`, ...sides(header)];
  const { parent } = right.header;
  if (parent !== undefined && parent.seq <= left.length && left.header.level !== 'inputs' && left.hashBefore(parent.seq) === parent.hash) lines.push(`the right log is a fork of the left one at #${parent.seq}`);
  return lines;
}

const sides = ({ expected, actual }: Difference): string[] => [`  left   ${shownValue(expected)}`, `  right  ${shownValue(actual)}`];

const choiceText = (choice: Choice | undefined): string => (choice === undefined ? 'no such choice' : `${choice.kind} among ${choice.n}: ${choice.value}`);
