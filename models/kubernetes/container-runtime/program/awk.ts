/** `awk [-F separator] [-v name=value]… [-f file]… [-e text]… [program] [file | name=value]…` */
import { Interpreter } from '../awk/interpreter.ts';
import { AwkProblem } from '../awk/lexer.ts';
import { Machine } from '../awk/machine.ts';
import { parseAwk } from '../awk/parser.ts';
import { SystemStreams } from '../awk/streams.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { RegexProblem } from '../regex/regex.ts';
import { complain } from './applet.ts';
import { FormatProblem } from './format.ts';
import { unescape } from './printf.ts';

export function* awk(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  const variables: Record<string, string> = {};
  const scripts: string[] = [];
  for (let word = words[0]; word !== undefined && /^-[Fvfe]/.test(word); word = words[0]) {
    words.shift();
    const value = word.length > 2 ? word.slice(2) : (words.shift() ?? '');
    if (word.startsWith('-F')) variables['FS'] = value === 't' ? '\t' : unescape(value);
    else if (word.startsWith('-v')) {
      if (!/^[A-Za-z_]\w*=/.test(value)) return complain(system, argv, 'usage: awk [OPTIONS] [AWK_PROGRAM] [FILE]...');
      variables[value.slice(0, value.indexOf('='))] = unescape(value.slice(value.indexOf('=') + 1));
    } else if (word.startsWith('-e')) scripts.push(value);
    else {
      const text = system.files.read(system.path(value), system.credentials);
      if (text === undefined) return complain(system, argv, `can't open '${value}': No such file or directory`);
      scripts.push(text);
    }
  }
  if (words[0] === '--') words.shift();
  if (scripts.length === 0) {
    const script = words.shift();
    if (script === undefined) {
      system.writeNow(2, 'BusyBox v1.36.1 multi-call binary.\n\nUsage: awk [OPTIONS] [AWK_PROGRAM] [FILE]...\n');
      return 1;
    }
    scripts.push(script);
  }
  const machine = new Machine(variables, system.environment, () => Math.floor((system.epochMs * 1000 + system.nowUs) / 1_000_000));
  for (const [index, word] of ['awk', ...words].entries()) machine.array('ARGV').set(String(index), { text: word });
  machine.set('ARGC', words.length + 1);
  const streams = new SystemStreams(system, argv, operandsOf(machine, words), (name) => {
    machine.set('FILENAME', name === '-' ? '' : name);
    machine.set('FNR', 0);
  });
  try {
    const status = yield* new Interpreter(parseAwk(scripts.join('\n')), machine, streams).run();
    yield* streams.closeAll();
    return streams.failed && status === 0 ? 2 : status;
  } catch (problem) {
    if (!(problem instanceof AwkProblem) && !(problem instanceof RegexProblem) && !(problem instanceof FormatProblem)) throw problem;
    yield* streams.flush();
    return complain(system, argv, problem instanceof RegexProblem ? `bad regex: ${problem.message}` : problem.message);
  }
}

/** Files one after the other; assignments between them take effect where they stand. Without any file: standard input. */
function operandsOf(machine: Machine, words: readonly string[]): () => string | undefined {
  let at = 0;
  let hasFile = false;
  return () => {
    while (at < words.length) {
      const word = words[at++] ?? '';
      const assignment = /^([A-Za-z_]\w*)=/.exec(word);
      if (assignment !== null) machine.set(assignment[1] ?? '', { text: unescape(word.slice(assignment[0].length)) });
      else if (word !== '') {
        hasFile = true;
        return word;
      }
    }
    if (hasFile) return undefined;
    hasFile = true;
    return '-';
  };
}
