/**
 * `kubetwin compare REAL [SIM]`: how true the simulation is to a recording of a real cluster.
 *
 * Without a second recording, the first one's requests are played to a simulated cluster that begins with the same nodes.
 */
import { EXIT } from '../../../../src/cli/exit.ts';
import { renderTable } from '../../../../src/cli/table.ts';
import { ASPECTS, compareRecordings } from '../../recording/compare.ts';
import type { InitialLine, Line } from '../../recording/format.ts';
import { play } from '../../recording/play.ts';
import { readRecording, writeRecording } from './file.ts';

export interface CompareOptions {
  readonly seed?: string;
  readonly differences?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function compare(real: string, simulated: string | undefined, options: CompareOptions): number {
  const recording = readRecording(real);
  const other = simulated === undefined ? play(recording, nodesOf(recording), options.seed) : readRecording(simulated);
  if (options.out !== undefined) writeRecording(options.out, other);
  const { aspects, overall } = compareRecordings(recording, other);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ overall, aspects })}\n`);
    return EXIT.ok;
  }
  process.stdout.write(`${renderTable(['Aspect', 'Score', 'Differences'], [...ASPECTS.map((aspect) => [aspect, aspects[aspect].score.toFixed(3), aspects[aspect].differences.length]), ['overall', overall.toFixed(3), '']])}\n`);
  const most = Number(options.differences ?? '5');
  for (const aspect of ASPECTS) for (const text of aspects[aspect].differences.slice(0, most)) process.stdout.write(`\n${aspect}: ${text}`);
  process.stdout.write('\n');
  return EXIT.ok;
}

const nodesOf = (recording: readonly Line[]): InitialLine['objects'] =>
  recording.find((line): line is InitialLine => line.rec === 'initial')?.objects.filter(({ kind }) => kind === 'Node') ?? [];
