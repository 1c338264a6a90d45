/** `tr`: translates, deletes and squeezes characters as they come. Source: busybox coreutils/tr.c. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, isErrno, options, print } from './applet.ts';
import { unescape } from './printf.ts';

const range = (from: number, to: number): string => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => String.fromCharCode(from + index)).join('');
const ALL = range(0, 255);
const [DIGITS, UPPER, LOWER] = [range(48, 57), range(65, 90), range(97, 122)];
const CLASSES: Readonly<Record<string, string>> = {
  alpha: UPPER + LOWER, alnum: DIGITS + UPPER + LOWER, digit: DIGITS, lower: LOWER, upper: UPPER, space: '\t\n\v\f\r ', blank: '\t ', punct: [...range(33, 126)].filter((each) => !/\w/.test(each) || each === '_').join(''),
  cntrl: range(0, 31) + '\x7f', xdigit: `${DIGITS}ABCDEFabcdef`, print: range(32, 126), graph: range(33, 126),
};

export function* tr(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const [first, second] = rest;
  if (first === undefined || (second === undefined && !flags.has('d') && !flags.has('s'))) return complain(system, argv, 'usage: tr [-cds] STRING1 [STRING2]');
  const isComplement = flags.has('c') || flags.has('C');
  const given = expandSet(first);
  const source = isComplement ? [...ALL].filter((character) => !given.includes(character)).join('') : given;
  const target = second === undefined ? '' : expandSet(second);
  const isMember = (character: string): boolean => (isComplement ? !given.includes(character) : given.includes(character));
  const squeezed = flags.has('s') ? (second === undefined ? undefined : target) : '';
  const squeezes = (character: string): boolean => (squeezed === undefined ? isMember(character) : squeezed.includes(character));
  const mapped = (character: string): string => {
    if (second === undefined || flags.has('d') || target === '' || !isMember(character)) return character;
    const index = source.indexOf(character);
    return target[index < 0 ? target.length - 1 : Math.min(index, target.length - 1)] ?? character;
  };
  let last = '';
  for (;;) {
    const text = yield* system.read(0);
    if (typeof text === 'object') continue;
    if (text === '' || isErrno(text)) return 0;
    let result = '';
    for (const character of text) {
      if (flags.has('d') && isMember(character)) continue;
      const next = mapped(character);
      if (flags.has('s') && next === last && squeezes(next)) continue;
      last = next;
      result += next;
    }
    yield* print(system, result);
  }
}

/** A set with its ranges, classes and repetitions written out. */
function expandSet(text: string): string {
  let set = '';
  let rest = unescape(text.replaceAll('\\-', '\\055'));
  while (rest !== '') {
    const named = /^\[:([a-z]+):\]/.exec(rest);
    const equivalent = /^\[=(.)=\]/s.exec(rest);
    const span = /^(.)-(.)/s.exec(rest);
    if (named !== null && CLASSES[named[1] ?? ''] !== undefined) {
      set += CLASSES[named[1] ?? ''];
      rest = rest.slice(named[0].length);
    } else if (equivalent !== null) {
      set += equivalent[1];
      rest = rest.slice(equivalent[0].length);
    } else if (span !== null) {
      set += range((span[1] ?? '').charCodeAt(0), (span[2] ?? '').charCodeAt(0));
      rest = rest.slice(3);
    } else {
      set += rest[0];
      rest = rest.slice(1);
    }
  }
  return set;
}
