/** `sed`: `s///[gip]`, `d`, `p`, `q`, `a`, `i`, `c`, with addresses `N`, `$`, `/re/` and ranges; `-n`, `-e`, `-i`, `-E`. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, linesOf, options, print, readInputs } from './applet.ts';
import { translate } from './grep.ts';

type Address = { readonly line: number } | { readonly last: true } | { readonly pattern: RegExp };

interface Command {
  readonly from: Address | undefined;
  readonly to: Address | undefined;
  readonly negated: boolean;
  readonly name: string;
  readonly argument: string;
  readonly substitution: { readonly pattern: RegExp; readonly replacement: string; readonly print: boolean } | undefined;
  active: boolean;
}

export function* sed(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'e');
  const script = flags.get('e') ?? rest.shift();
  const commands = script === undefined ? undefined : parse(script, flags.has('E') || flags.has('r'));
  if (commands === undefined) return complain(system, argv, `unsupported command ${script ?? ''}`);
  const quiet = flags.has('n');
  if (flags.has('i')) {
    for (const name of rest) {
      const text = system.files.read(system.path(name), system.credentials);
      if (text === undefined) return complain(system, argv, `${name}: No such file or directory`);
      system.files.write(system.path(name), edit(linesOf(text), commands, quiet), system.nowUs, system.credentials);
    }
    return 0;
  }
  const { texts, failed } = yield* readInputs(system, argv, rest);
  yield* print(system, edit(texts.flatMap(linesOf), commands, quiet));
  return failed ? 1 : 0;
}

function parse(script: string, extended: boolean): Command[] | undefined {
  const commands: Command[] = [];
  let rest = script.trim();
  while (rest !== '') {
    const [from, afterFrom] = address(rest, extended);
    const [to, afterTo] = afterFrom.startsWith(',') ? address(afterFrom.slice(1), extended) : [undefined, afterFrom];
    const negated = afterTo.startsWith('!');
    const text = (negated ? afterTo.slice(1) : afterTo).trimStart();
    const name = text[0] ?? '';
    if (name === 's') {
      const parsed = substitution(text.slice(1), extended);
      if (parsed === undefined) return undefined;
      commands.push({ from, to, negated, name, argument: '', substitution: parsed.substitution, active: false });
      rest = parsed.rest;
    } else if ('dpq='.includes(name) && name !== '') {
      commands.push({ from, to, negated, name, argument: '', substitution: undefined, active: false });
      rest = text.slice(1);
    } else if ('aic'.includes(name) && name !== '') {
      const end = text.indexOf('\n');
      const argument = text.slice(1, end < 0 ? undefined : end).replace(/^\s*\\?\s*/, '');
      commands.push({ from, to, negated, name, argument, substitution: undefined, active: false });
      rest = end < 0 ? '' : text.slice(end);
    } else return undefined;
    rest = rest.replace(/^[\s;]+/, '');
  }
  return commands;
}

function address(text: string, extended: boolean): [Address | undefined, string] {
  const number = /^[0-9]+/.exec(text);
  if (number !== null) return [{ line: Number(number[0]) }, text.slice(number[0].length)];
  if (text.startsWith('$')) return [{ last: true }, text.slice(1)];
  const pattern = /^\/((?:[^/\\]|\\.)*)\//.exec(text);
  if (pattern !== null) return [{ pattern: new RegExp(translate(pattern[1] ?? '', extended)) }, text.slice(pattern[0].length)];
  return [undefined, text];
}

function substitution(text: string, extended: boolean): { substitution: Command['substitution']; rest: string } | undefined {
  const mark = text[0] ?? '/';
  const parts: string[] = ['', ''];
  let part = 0;
  let at = 1;
  for (; at < text.length && part < 2; at++) {
    const character = text[at] ?? '';
    if (character === '\\' && at + 1 < text.length) {
      const next = text[++at] ?? '';
      parts[part] += next === mark ? next : `\\${next}`;
    } else if (character === mark) part++;
    else parts[part] += character;
  }
  if (part < 2) return undefined;
  const letters = /^[gipI0-9]*/.exec(text.slice(at))?.[0] ?? '';
  const pattern = new RegExp(translate(parts[0] ?? '', extended), `${letters.includes('g') ? 'g' : ''}${/i/i.test(letters) ? 'i' : ''}`);
  const found = { pattern, replacement: parts[1] ?? '', print: letters.includes('p') };
  return { substitution: found, rest: text.slice(at + letters.length) };
}

function edit(lines: readonly string[], commands: readonly Command[], quiet: boolean): string {
  let output = '';
  for (const [index, original] of lines.entries()) {
    let line: string | undefined = original;
    let after = '';
    let quit = false;
    for (const command of commands) {
      if (line === undefined || selects(command, line, index + 1, index === lines.length - 1) === command.negated) continue;
      if (command.substitution !== undefined) {
        const { pattern, replacement, print: shown } = command.substitution;
        const changed: string = line.replace(pattern, (...groups: unknown[]) => replace(replacement, groups as string[]));
        if (shown && changed !== line) output += `${changed}\n`;
        line = changed;
      } else if (command.name === 'd') line = undefined;
      else if (command.name === 'p') output += `${line}\n`;
      else if (command.name === '=') output += `${index + 1}\n`;
      else if (command.name === 'q') quit = true;
      else if (command.name === 'a') after += `${command.argument}\n`;
      else if (command.name === 'i') output += `${command.argument}\n`;
      else line = command.argument;
    }
    if (line !== undefined && !quiet) output += `${line}\n`;
    output += after;
    if (quit) break;
  }
  return output;
}

function replace(replacement: string, groups: readonly string[]): string {
  return replacement.replace(/\\([0-9&n\\])|&/g, (match, escaped: string | undefined) => {
    if (escaped === undefined) return groups[0] ?? match;
    if (escaped === 'n') return '\n';
    return /[0-9]/.test(escaped) ? (groups[Number(escaped)] ?? '') : escaped;
  });
}

function selects(command: Command, line: string, number: number, last: boolean): boolean {
  const { from, to } = command;
  if (from === undefined) return true;
  if (to === undefined) return meets(from, line, number, last);
  if (command.active) {
    if (meets(to, line, number, last) || ('line' in to && number >= to.line)) command.active = false;
    return true;
  }
  if (!meets(from, line, number, last)) return false;
  command.active = !('line' in to && to.line <= number);
  return true;
}

function meets(address: Address, line: string, number: number, last: boolean): boolean {
  if ('line' in address) return address.line === number;
  if ('last' in address) return last;
  return address.pattern.test(line);
}
