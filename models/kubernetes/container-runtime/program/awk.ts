/** `awk [-F separator] [-v name=value] [-f file | program] [file…]`: reads all of its input before it prints. */
import { runAwk } from '../awk/interpreter.ts';
import { AwkProblem } from '../awk/lexer.ts';
import { parseAwk } from '../awk/parser.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, print, readInputs } from './applet.ts';
import { unescape } from './printf.ts';

export function* awk(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  const variables: Record<string, string> = {};
  let script: string | undefined;
  for (let word = words[0]; word !== undefined && /^-[Fvf]/.test(word); word = words[0]) {
    words.shift();
    const value = word.length > 2 ? word.slice(2) : (words.shift() ?? '');
    if (word.startsWith('-F')) variables['FS'] = value === 't' ? '\t' : unescape(value);
    else if (word.startsWith('-v')) variables[value.slice(0, value.indexOf('='))] = unescape(value.slice(value.indexOf('=') + 1));
    else script = system.files.read(system.path(value), system.credentials) ?? '';
  }
  if (words[0] === '--') words.shift();
  script ??= words.shift();
  if (script === undefined) return complain(system, argv, 'usage: awk [-F sep] [-v var=value] program [file...]');
  try {
    const rules = parseAwk(script);
    const reads = rules.some(({ when }) => when !== 'BEGIN');
    const { texts, failed } = reads ? yield* readInputs(system, argv, words) : { texts: [], failed: false };
    const { output, status } = runAwk(rules, { variables, environment: system.environment, text: texts.join('') });
    yield* print(system, output);
    return failed ? 2 : status;
  } catch (problem) {
    if (!(problem instanceof AwkProblem)) throw problem;
    return complain(system, argv, problem.message);
  }
}
