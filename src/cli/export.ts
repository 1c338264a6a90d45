/**
 * `kubetwin export LOG --format …`: a log for other programs: a sequence diagram, a trace, or one JSON object a line.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { mermaid, svg, type DiagramOptions } from '../explain/diagram.ts';
import { chromeTrace, ndjson } from '../explain/trace-export.ts';
import { ancestors } from '../explain/why.ts';
import type { LogReader } from '../log/reader.ts';
import type { LogRecord } from '../log/record.ts';
import { CliError, EXIT, logError, systemReason } from './exit.ts';
import { parsePosition } from './position.ts';
import { Progress } from './progress.ts';
import { openForReading } from './replay.ts';

export interface ExportOptions {
  readonly format?: string;
  readonly from?: string;
  readonly to?: string;
  readonly actor?: readonly string[];
  readonly kind?: readonly string[];
  readonly causesOf?: string;
  readonly most?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export const FORMATS = ['mermaid', 'svg', 'trace', 'ndjson'] as const;
type Format = (typeof FORMATS)[number];

/** Writes the export to a file or to standard output. */
export function exportCommand(path: string, options: ExportOptions): number {
  const format = (options.json === true ? 'ndjson' : (options.format ?? '')) as Format;
  if (!FORMATS.includes(format)) throw new CliError(`--format must be one of ${FORMATS.join(', ')}, not "${options.format ?? ''}"`);
  const { reader, close } = openForReading(path);
  const progress = new Progress(process.stderr, options.output !== undefined);
  const target = options.output === undefined ? 1 : openOutput(options.output);
  try {
    let bytes = 0;
    for (const piece of pieces(reader, format, options)) {
      writeAll(target, piece);
      bytes += piece.length;
      progress.show(`${bytes} bytes written`);
    }
    return EXIT.ok;
  } catch (error) {
    // The reader of a pipe may have seen enough.
    if ((error as { code?: string }).code === 'EPIPE') return EXIT.ok;
    throw logError(path, error);
  } finally {
    progress.clear();
    if (target !== 1) closeSync(target);
    close();
  }
}

function* pieces(log: LogReader, format: Format, options: ExportOptions): Generator<string, void, undefined> {
  const from = options.from === undefined ? 0 : parsePosition(log, options.from, 'before');
  const to = options.to === undefined ? log.length : parsePosition(log, options.to, 'after');
  const filter = filterOf(log, options);
  switch (format) {
    case 'ndjson':
      return yield* ndjson(log, { from, to, filter });
    case 'trace':
      return yield* chromeTrace(log, { from, to, filter });
    case 'mermaid':
    case 'svg': {
      const most = options.most === undefined ? 400 : Number(options.most);
      if (!Number.isInteger(most) || most < 1) throw new CliError(`--most must be a whole number from 1 on, not "${options.most}"`);
      const diagram: DiagramOptions = { from, to, filter, most };
      yield format === 'svg' ? svg(log, diagram) : mermaid(log, diagram);
    }
  }
}

function filterOf(log: LogReader, { actor = [], kind = [], causesOf }: ExportOptions): (record: LogRecord) => boolean {
  const chain = causesOf === undefined ? undefined : chainOf(log, causesOf);
  const isNamed = (name: string, wanted: readonly string[]): boolean => wanted.length === 0 || wanted.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name));
  return (record) => isNamed(record.actor, actor) && isNamed(record.kind, kind) && (chain?.has(record.seq) ?? true);
}

function chainOf(log: LogReader, text: string): ReadonlySet<number> {
  const seq = parsePosition(log, text, 'before');
  return new Set([seq, ...ancestors(log, seq)]);
}

function openOutput(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${systemReason(error)}`);
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(file, bytes, done);
    } catch (error) {
      // A pipe that is full and does not block.
      if ((error as { code?: string }).code !== 'EAGAIN') throw error;
    }
  }
}
