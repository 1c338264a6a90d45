/**
 * Matching: the leftmost match, and of those that begin there the longest, as POSIX wants it.
 *
 * Expressions that can match in one way only are left to JavaScript's, which is fast and finds the same. Where JavaScript would take
 * the first branch instead of the longest, or try a number of ways that grows with the power of the text, an automaton walks the
 * text once (a Pike machine: O(expression × text)).
 */
import { type Node, parseRegex } from './parser.ts';

export { RegexProblem } from './parser.ts';

export interface Match {
  readonly index: number;
  readonly end: number;
  /** The whole match, then the groups; undefined for those that took no part. */
  readonly groups: readonly (string | undefined)[];
}

/** A text from which JavaScript's engine is not trusted with several loops. */
const LONG_TEXT = 4_096;

type Instruction =
  | { readonly op: 'character'; readonly accepts: (character: string) => boolean }
  | { readonly op: 'assertion'; readonly holds: (text: string, at: number) => boolean }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'match' };

/** An automaton's size at most. */
const INSTRUCTIONS_MAX = 50_000;

export class Regex {
  readonly #native: RegExp;
  readonly #program: readonly Instruction[] | undefined;
  readonly #groups: number;
  readonly #isAmbiguous: boolean;
  readonly #loops: number;

  constructor(pattern: string, options: { extended?: boolean; ignoreCase?: boolean } = {}) {
    const { extended = false, ignoreCase = false } = options;
    const { node, groups, isAmbiguous, hasReference, loops } = parseRegex(pattern, extended, ignoreCase);
    this.#native = new RegExp(sourceOf(node), `g${ignoreCase ? 'i' : ''}`);
    this.#groups = groups;
    this.#isAmbiguous = isAmbiguous;
    this.#loops = loops;
    if (hasReference) return;
    const program: Instruction[] = [];
    compile(node, program);
    program.push({ op: 'match' });
    if (program.length < INSTRUCTIONS_MAX) this.#program = program;
  }

  test(text: string): boolean {
    return this.exec(text) !== undefined;
  }

  /** The first match at or after `from`. */
  exec(text: string, from = 0): Match | undefined {
    if (this.#program !== undefined && (this.#isAmbiguous || (this.#loops > 1 && text.length > LONG_TEXT))) return walk(this.#program, this.#groups, text, from);
    this.#native.lastIndex = from;
    const found = this.#native.exec(text);
    return found === null ? undefined : { index: found.index, end: found.index + found[0].length, groups: [...found] };
  }

  /** Replaces the first match or all; `from` counts matches from 1, as `s///2` does. */
  replace(text: string, by: (match: Match) => string, isGlobal: boolean, from = 1): string {
    let result = '';
    let at = 0;
    let count = 0;
    for (let match = this.exec(text, 0); match !== undefined; ) {
      const isEmpty = match.end === match.index;
      count++;
      const replaces = count >= from;
      result += text.slice(at, match.index) + (replaces ? by(match) : text.slice(match.index, match.end));
      at = match.end;
      if (replaces && !isGlobal) break;
      // After an empty match, and at the end of one that is not, an empty one does not count again.
      if (isEmpty) result += text[at] ?? '';
      if (isEmpty) at++;
      if (at > text.length) return result;
      const next: Match | undefined = this.exec(text, at);
      match = next !== undefined && next.end === next.index && next.index === at && !isEmpty ? (this.#afterEmpty(text, at) as Match) : (next as Match);
      if (match === undefined) break;
    }
    return result + text.slice(at);
  }

  /** The next match when an empty one at `at` does not count. */
  #afterEmpty(text: string, at: number): Match | undefined {
    return at >= text.length ? undefined : this.exec(text, at + 1);
  }
}

function sourceOf(node: Node): string {
  switch (node.kind) {
    case 'character':
    case 'assertion':
      return node.source;
    case 'group':
      return `(${sourceOf(node.body)})`;
    case 'sequence':
      return node.parts.map(sourceOf).join('');
    case 'choice':
      return node.branches.map(sourceOf).join('|');
    case 'reference':
      return `(?:\\${node.index})`;
    case 'repeat': {
      const body = node.body.kind === 'group' || node.body.kind === 'character' ? sourceOf(node.body) : `(?:${sourceOf(node.body)})`;
      return `${body}{${node.from},${node.to === Infinity ? '' : node.to}}`;
    }
  }
}

function compile(node: Node, program: Instruction[]): void {
  if (program.length > INSTRUCTIONS_MAX) return;
  switch (node.kind) {
    case 'character':
      program.push({ op: 'character', accepts: node.accepts });
      return;
    case 'assertion':
      program.push({ op: 'assertion', holds: node.holds });
      return;
    case 'group':
      program.push({ op: 'save', slot: 2 * node.index });
      compile(node.body, program);
      program.push({ op: 'save', slot: 2 * node.index + 1 });
      return;
    case 'sequence':
      for (const part of node.parts) compile(part, program);
      return;
    case 'choice':
      return compileChoice(node.branches, program);
    case 'repeat':
      return compileRepeat(node, program);
    case 'reference':
      return;
  }
}

function compileChoice(branches: readonly Node[], program: Instruction[]): void {
  const ends: Extract<Instruction, { op: 'jump' }>[] = [];
  for (const [index, branch] of branches.entries()) {
    if (index === branches.length - 1) compile(branch, program);
    else {
      const split = { op: 'split' as const, first: program.length + 1, second: 0 };
      program.push(split);
      compile(branch, program);
      const end = { op: 'jump' as const, to: 0 };
      program.push(end);
      ends.push(end);
      split.second = program.length;
    }
  }
  for (const end of ends) end.to = program.length;
}

function compileRepeat({ body, from, to }: Extract<Node, { kind: 'repeat' }>, program: Instruction[]): void {
  for (let count = 0; count < from; count++) compile(body, program);
  if (to === Infinity) {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    const start = program.length;
    program.push(split);
    compile(body, program);
    program.push({ op: 'jump', to: start });
    split.second = program.length;
    return;
  }
  const splits: Extract<Instruction, { op: 'split' }>[] = [];
  for (let count = from; count < to; count++) {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 };
    splits.push(split);
    program.push(split);
    compile(body, program);
  }
  for (const split of splits) split.second = program.length;
}

interface Thread {
  readonly pc: number;
  readonly saved: readonly number[];
}

function walk(program: readonly Instruction[], groups: number, text: string, from: number): Match | undefined {
  const seen = new Int32Array(program.length).fill(-1);
  let best: readonly number[] | undefined;
  let threads: Thread[] = [];
  for (let at = from; at <= text.length; at++) {
    const next: Thread[] = [];
    const add = (start: number, begun: readonly number[], list: Thread[], position: number): void => {
      const pending: [number, readonly number[]][] = [[start, begun]];
      for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
        const [pc, saved] = entry;
        if (seen[pc] === position) continue;
        seen[pc] = position;
        const instruction = program[pc] as Instruction;
        if (instruction.op === 'jump') pending.push([instruction.to, saved]);
        else if (instruction.op === 'split') pending.push([instruction.second, saved], [instruction.first, saved]);
        else if (instruction.op === 'save') {
          const copy = [...saved];
          copy[instruction.slot] = position;
          pending.push([pc + 1, copy]);
        } else if (instruction.op === 'assertion') {
          if (instruction.holds(text, position)) pending.push([pc + 1, saved]);
        } else list.push({ pc, saved });
      }
    };
    // A later beginning counts only while there is no match, and after all that began earlier.
    if (best === undefined) {
      if (at === from) seen.fill(-1);
      add(0, [at], threads, at);
    }
    if (threads.length === 0 && best !== undefined) break;
    for (const { pc, saved } of threads) {
      const instruction = program[pc] as Instruction;
      if (instruction.op === 'match') {
        if (best === undefined || (saved[0] as number) < (best[0] as number) || (saved[0] === best[0] && at > (best[1] as number))) {
          const whole = [...saved];
          whole[1] = at;
          best = whole;
        }
      } else if (instruction.op === 'character' && at < text.length && instruction.accepts(text[at] as string)) {
        if (best === undefined || (saved[0] as number) <= (best[0] as number)) add(pc + 1, saved, next, at + 1);
      }
    }
    threads = next;
  }
  if (best === undefined) return undefined;
  const found = best;
  const part = (index: number): string | undefined => (found[2 * index] === undefined || found[2 * index + 1] === undefined ? undefined : text.slice(found[2 * index], found[2 * index + 1]));
  return { index: found[0] as number, end: found[1] as number, groups: Array.from({ length: groups + 1 }, (_, index) => part(index)) };
}
