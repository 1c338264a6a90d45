/** `cmp`, `comm`: files side by side. */
import { bytesOfText } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, linesOf, options, print, readInputs } from './applet.ts';

export function* cmp(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'n');
  const [first = '-', second = '-'] = rest;
  const { texts, failed } = yield* readInputs(system, argv, [first, second]);
  if (failed) return 2;
  const max = flags.has('n') ? Number(flags.get('n')) : undefined;
  const [a, b] = texts.map((text) => bytesOfText(text).subarray(0, max)) as [Uint8Array, Uint8Array];
  let line = 1;
  let status = 0;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    if (at >= a.length || at >= b.length) {
      if (!flags.has('s')) system.writeNow(2, `cmp: EOF on ${at >= a.length ? first : second}\n`);
      return 1;
    }
    if (a[at] !== b[at]) {
      status = 1;
      if (flags.has('s')) return 1;
      if (!flags.has('l')) {
        yield* print(system, `${first} ${second} differ: char ${at + 1}, line ${line}\n`);
        return 1;
      }
      yield* print(system, `${at + 1} ${(a[at] ?? 0).toString(8).padStart(3)} ${(b[at] ?? 0).toString(8).padStart(3)}\n`);
    }
    if (a[at] === 10) line++;
  }
  return status;
}

export function* comm(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  if (rest.length !== 2) return complain(system, argv, 'usage: comm [-123] FILE1 FILE2');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  if (failed) return 1;
  const [a, b] = texts.map(linesOf) as [string[], string[]];
  const tabs = (column: number): string => '\t'.repeat([1, 2].filter((each) => each < column && !flags.has(String(each))).length);
  let [x, y] = [0, 0];
  let text = '';
  while (x < a.length || y < b.length) {
    const [left, right] = [a[x], b[y]];
    const column = right === undefined || (left !== undefined && left < right) ? 1 : left === undefined || left > right ? 2 : 3;
    if (column !== 2) x++;
    if (column !== 1) y++;
    if (!flags.has(String(column))) text += `${tabs(column)}${column === 2 ? right : left}\n`;
  }
  yield* print(system, text);
  return 0;
}
