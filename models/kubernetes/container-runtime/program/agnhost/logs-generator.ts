/** `agnhost logs-generator`: so many lines within so long, each with its number. */
import { parseDuration } from '../../../../../src/cli/duration.ts';
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { flagOf, logLine, numberFlag } from './flag.ts';

const METHODS = ['GET', 'POST', 'PUT'];
const NAMESPACES = ['kube-system', 'default', 'ns'];

export function* logsGenerator(system: System, words: readonly string[]): Run {
  const lines = numberFlag(words, 'log-lines-total', 0, 't');
  const durationUs = parseDuration(flagOf(words, 'run-duration', 'd') ?? '') ?? 0;
  if (!(lines > 0)) {
    logLine(system, `Invalid total number of lines: ${lines}`);
    return 255;
  }
  if (durationUs <= 0) {
    logLine(system, 'Invalid duration: 0s');
    return 255;
  }
  const pauseUs = Math.floor(durationUs / lines);
  for (let line = 0; line < lines; line++) {
    // Upstream draws these; here they follow from the number.
    const [method, namespace] = [METHODS[line % METHODS.length] ?? '', NAMESPACES[line % NAMESPACES.length] ?? ''];
    logLine(system, `${line} ${method} /api/v1/namespaces/${namespace}/pods/${(line * 7919).toString(36).padStart(4, 'x')} ${200 + ((line * 31) % 400)}`);
    yield* system.sleep(pauseUs);
  }
  return 0;
}
