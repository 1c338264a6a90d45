/** `grep`: basic and extended expressions, translated to JavaScript's. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, linesOf, options, print, readInputs } from './applet.ts';

export function* grep(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'emABC');
  const extended = flags.has('E') || argv[0]?.endsWith('egrep') === true;
  const pattern = flags.get('e') ?? rest.shift();
  if (pattern === undefined) return complain(system, argv, 'no pattern') + 1;
  const expression = new RegExp(flags.has('F') ? literal(pattern) : translate(pattern, extended), flags.has('i') ? 'i' : '');
  const whole = flags.has('x') ? new RegExp(`^(?:${expression.source})$`, expression.flags) : expression;
  const word = flags.has('w') ? new RegExp(`\\b(?:${whole.source})\\b`, whole.flags) : whole;
  const { texts, failed } = yield* readInputs(system, argv, rest);
  let found = 0;
  for (const [index, text] of texts.entries()) {
    const prefix = rest.length > 1 && !flags.has('h') ? `${rest[index] ?? ''}:` : '';
    const lines = linesOf(text);
    const hits = lines.map((line, at) => ({ line, at })).filter(({ line }) => word.test(line) !== flags.has('v'));
    found += hits.length;
    if (flags.has('q')) continue;
    if (flags.has('c')) yield* print(system, `${prefix}${hits.length}\n`);
    else if (flags.has('l')) yield* print(system, hits.length > 0 ? `${rest[index] ?? '(standard input)'}\n` : '');
    else {
      for (const { line, at } of hits.slice(0, Number(flags.get('m') ?? Infinity))) {
        const shown = flags.has('o') ? (word.exec(line)?.[0] ?? '') : line;
        yield* print(system, `${prefix}${flags.has('n') ? `${at + 1}:` : ''}${shown}\n`);
      }
    }
  }
  return found > 0 ? 0 : failed ? 2 : 1;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A POSIX expression as a JavaScript one: in basic expressions `( ) { } + ? |` are special only when escaped. */
export function translate(pattern: string, extended: boolean): string {
  const classes = pattern
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:space:]', '\\s')
    .replaceAll('[:alpha:]', 'A-Za-z')
    .replaceAll('[:alnum:]', 'A-Za-z0-9')
    .replaceAll('[:upper:]', 'A-Z')
    .replaceAll('[:lower:]', 'a-z');
  if (extended) return classes;
  return classes.replace(/\\?[(){}+?|]/g, (match) => (match.length === 2 ? match.slice(1) : `\\${match}`));
}
