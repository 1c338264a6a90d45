/** Builtins about what a word stands for: `command`, `type`, `alias`, `unalias`, `hash`. */
import { permits } from '../../file-system/inode.ts';
import type { Step } from '../../process/wait.ts';
import { findBuiltin, SPECIAL_BUILTINS } from '../builtin.ts';
import type { Shell } from '../shell.ts';
import { runCommand } from '../interpreter.ts';
import { quoted } from '../variable.ts';

const KEYWORDS: readonly string[] = ['!', 'case', 'do', 'done', 'elif', 'else', 'esac', 'fi', 'for', 'function', 'if', 'in', 'then', 'until', 'while', '{', '}'];

/** `command`: runs a builtin or program, no function; `-v` and `-V` say what the name is. */
export function* commandBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  let at = 1;
  let describes = '';
  for (; /^-[pvV]+$/.test(argv[at] ?? ''); at++) describes += argv[at]?.replace(/[-p]/g, '') ?? '';
  if (argv[at] === '--') at++;
  const words = argv.slice(at);
  const [name] = words;
  if (name === undefined) return 0;
  if (describes !== '') return yield* describe(shell, words.slice(0, 1), describes.includes('v') ? 'brief' : 'long');
  const builtin = findBuiltin(name);
  if (builtin !== undefined) {
    const { commandName } = shell;
    shell.commandName = name;
    const status = yield* builtin(shell, words);
    shell.commandName = commandName;
    return status;
  }
  const { commandName } = shell;
  shell.commandName = undefined;
  const own = shell.functions.get(name);
  if (own !== undefined) shell.functions.delete(name);
  const text = (word: string) => [{ kind: 'text' as const, text: word, quoted: true }];
  yield* runCommand(shell, { kind: 'simple', line: shell.line, assignments: [], words: words.map(text), redirects: [] }, false);
  if (own !== undefined) shell.functions.set(name, own);
  shell.commandName = commandName;
  return shell.status;
}

export function* typeBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  return yield* describe(shell, argv.slice(1), 'long');
}

function* describe(shell: Shell, names: readonly string[], form: 'brief' | 'long'): Step<number> {
  let status = 0;
  for (const name of names) {
    const [text, brief] = meaningOf(shell, name);
    if (text === undefined) {
      status = 127;
      if (form === 'long') yield* shell.system.write(1, `${name}: not found\n`);
    } else yield* shell.system.write(1, `${form === 'brief' ? brief : name + text}\n`);
  }
  return status;
}

/** What follows the name in `type`, and what `command -v` says. */
function meaningOf(shell: Shell, name: string): readonly [long: string | undefined, brief: string] {
  const alias_ = shell.aliases.get(name);
  if (KEYWORDS.includes(name)) return [' is a shell keyword', name];
  if (alias_ !== undefined) return [` is an alias for ${alias_}`, `alias ${name}=${quoted(alias_)}`];
  if (shell.functions.has(name)) return [' is a function', name];
  if (findBuiltin(name) !== undefined) return [` is a ${SPECIAL_BUILTINS.has(name) ? 'special ' : ''}shell builtin`, name];
  const path = pathOf(shell, name);
  return [path === undefined ? undefined : ` is ${path}`, path ?? ''];
}

/** Where a program is. */
function pathOf(shell: Shell, name: string): string | undefined {
  const { files, credentials } = shell.system;
  const places = name.includes('/') ? [name] : (shell.get('PATH') ?? '').split(':').map((prefix) => (prefix === '' ? name : `${prefix}/${name}`));
  return places.find((place) => {
    const inode = files.lookup(shell.system.path(place));
    return typeof inode !== 'string' && (name.includes('/') || (inode.kind === 'file' && permits(inode, credentials, 1)));
  });
}

export function* alias(shell: Shell, argv: readonly string[]): Step<number> {
  let status = 0;
  const show = (name: string): string => `${name}=${quoted(shell.aliases.get(name) ?? '')}\n`;
  if (argv.length === 1) for (const name of shell.aliases.keys()) yield* shell.system.write(1, show(name));
  for (const word of argv.slice(1)) {
    const cut = word.indexOf('=', 1);
    if (cut > 0) shell.aliases.set(word.slice(0, cut), word.slice(cut + 1));
    else if (shell.aliases.has(word)) yield* shell.system.write(1, show(word));
    else {
      shell.system.writeNow(2, `alias: ${word} not found\n`);
      status = 1;
    }
  }
  return status;
}

export function* unalias(shell: Shell, argv: readonly string[]): Step<number> {
  if (argv[1] === '-a') {
    shell.aliases.clear();
    return 0;
  }
  let status = 0;
  for (const name of argv.slice(1)) {
    if (shell.aliases.delete(name)) continue;
    shell.system.writeNow(2, `unalias: ${name} not found\n`);
    status = 1;
  }
  return status;
}

/** Remembers where programs are, which makes no difference; says which are not there. */
export function* hash(shell: Shell, argv: readonly string[]): Step<number> {
  let status = 0;
  for (const name of argv.slice(1)) {
    if (name === '-r' || findBuiltin(name) !== undefined || shell.functions.has(name) || pathOf(shell, name) !== undefined) continue;
    shell.complain(`${name}: not found`);
    status = 1;
  }
  return status;
}
