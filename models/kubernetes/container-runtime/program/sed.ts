/** `sed`: edits streams, and with `-i` files in their places. */
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { Editor, type Line } from '../sed/editor.ts';
import { parseSed, SedProblem } from '../sed/script.ts';
import { complain, errorText, options, print } from './applet.ts';
import { closeInput, type Input, LineReader, openInput } from './line-reader.ts';

export function* sed(system: System, argv: readonly string[]): Run {
  // `-i` and `-iSUFFIX`: a suffix is never apart.
  const suffix = argv.find((word) => /^-[nErsz]*i./.test(word) && !/^-[nErsz]*i[nErsz]*e?$/.test(word));
  const words = argv.map((word) => (word === suffix ? '-i' : word === '--in-place' ? '-i' : word === '--expression' ? '-e' : word === '--quiet' || word === '--silent' ? '-n' : word === '--regexp-extended' ? '-E' : word.replace(/^--expression=/, '-e')));
  const { flags, rest } = options(words, '', 'ef');
  const pieces: string[] = [];
  for (const name of flags.has('f') ? (flags.get('f') ?? '').split('\0') : []) {
    const text = system.files.read(system.path(name), system.credentials);
    if (text === undefined) return complain(system, argv, `${name}: No such file or directory`);
    pieces.push(text.replace(/\n$/, ''));
  }
  if (flags.has('e')) pieces.unshift(...(flags.get('e') ?? '').split('\0'));
  else if (!flags.has('f')) {
    const script = rest.shift();
    if (script === undefined) return complain(system, argv, 'usage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...');
    pieces.push(script);
  }
  try {
    const commands = parseSed(pieces.join('\n'), flags.has('E') || flags.has('r'));
    const isQuiet = flags.has('n');
    if (flags.has('i')) return yield* editFiles(system, argv, rest, (write) => new Editor(system, commands, isQuiet, write), suffix?.replace(/^-[nErsz]*i/, '') ?? '');
    return yield* editStream(system, argv, rest, new Editor(system, commands, isQuiet, (text) => print(system, text)));
  } catch (problem) {
    if (!(problem instanceof SedProblem)) throw problem;
    return complain(system, argv, problem.message);
  }
}

/** All inputs are one stream; a line that is not finished is, if another follows. */
function* editStream(system: System, argv: readonly string[], names: readonly string[], editor: Editor): Run {
  const pending = names.length === 0 ? ['-'] : [...names];
  let failed = false;
  let input: Input | undefined;
  let reader: LineReader | undefined;
  const lines = function* (): Step<Line | undefined> {
    for (;;) {
      const text = reader === undefined ? undefined : yield* reader.next();
      if (text !== undefined && reader !== undefined) return { text, isFinished: !reader.isUnfinished };
      if (input !== undefined) closeInput(system, input);
      input = undefined;
      const name = pending.shift();
      if (name === undefined) return undefined;
      input = openInput(system, argv, name);
      if (input === undefined) failed = true;
      reader = input === undefined ? undefined : new LineReader(system, input.fd);
    }
  };
  yield* editor.run(lines);
  return editor.status !== undefined && editor.status > 0 ? editor.status : failed ? 1 : 0;
}

function* editFiles(system: System, argv: readonly string[], names: readonly string[], edit: (write: (text: string) => Step<void>) => Editor, suffix: string): Run {
  let status = 0;
  if (names.length === 0) return complain(system, argv, 'no input files');
  for (const name of names) {
    const path = system.path(name);
    const inode = system.files.openRead(path, system.credentials);
    if (typeof inode === 'string' || inode.kind !== 'file') {
      status = complain(system, argv, `${name}: ${errorText(typeof inode === 'string' ? inode : 'EISDIR')}`);
      continue;
    }
    const { content, mode, uid, gid } = inode;
    let result = '';
    const editor = edit(function* (text) {
      result += text;
    });
    const lines = content === '' ? [] : content.replace(/\n$/, '').split('\n');
    let at = 0;
    yield* editor.run(function* () {
      const text = lines[at++];
      return text === undefined ? undefined : { text, isFinished: at < lines.length || content.endsWith('\n') };
    });
    // What comes after the script has ended stays as it is.
    if (editor.status !== undefined && at < lines.length + 1) result += lines.slice(at - 1).map((line) => `${line}\n`).join('');
    if (suffix !== '') system.files.write(`${path}${suffix}`, content, system.nowUs, system.credentials);
    // A new file takes the old one's place, so the directory has to be writable and a mounted file cannot be edited.
    const removed = system.files.remove(path, {}, system.credentials);
    if (removed !== undefined) {
      status = complain(system, argv, `can't move '${name}': ${errorText(removed)}`);
      continue;
    }
    system.files.write(path, result, system.nowUs, system.credentials);
    system.files.change(path, { mode, uid, gid });
  }
  return status;
}
