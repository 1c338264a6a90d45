/** `tail`, also `-f`, which looks at the file once a second (busybox does the same) and never ends on /dev/null. */
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, isErrno, options, parseSize, print } from './applet.ts';
import { withCount } from './head.ts';
import { type Input, openInput } from './line-reader.ts';

const FOLLOW_PERIOD_US = 1_000_000;

export function* tail(system: System, argv: readonly string[]): Run {
  const words = withCount(argv).map((word, index) => (index > 0 && !/^-[a-z]*[nc]$/.test(argv[index - 1] ?? '') ? word.replace(/^\+([0-9]+)$/, '-n+$1').replace(/^--lines=/, '-n').replace(/^--bytes=/, '-c').replace(/^--follow(=.*)?$/, '-f').replace(/^--retry$/, '-F') : word));
  const { flags, rest } = options(words, 'ncs');
  const follow = flags.has('f') || flags.has('F');
  const amount = flags.get('c') ?? flags.get('n') ?? '10';
  const count = parseSize(amount.replace(/^[-+]/, ''));
  if (count === undefined) return complain(system, argv, `invalid number '${amount}'`);
  const names = rest.length === 0 ? ['-'] : rest;
  const hasTitles = (names.length > 1 && !flags.has('q')) || flags.has('v');
  const inputs: Input[] = [];
  let status = 0;
  let shown = '';
  const missing: string[] = [];
  for (const name of names) {
    const input = openInput(system, argv, name);
    if (input === undefined) {
      status = 1;
      if (flags.has('F')) missing.push(name);
      continue;
    }
    if (hasTitles) yield* print(system, `${inputs.length > 0 ? '\n' : ''}==> ${name === '-' ? 'standard input' : name} <==\n`);
    shown = name;
    inputs.push(input);
    yield* lastPart(system, input.fd, amount.startsWith('+'), count, flags.has('c'));
  }
  if (!follow) return status;
  if (inputs.length === 0 && missing.length === 0) return complain(system, argv, 'no files');
  const periodUs = flags.has('s') ? Number(flags.get('s')) * 1_000_000 : FOLLOW_PERIOD_US;
  for (;;) {
    if (inputs.every(({ name, fd }) => isSilent(system, name, fd)) && missing.length === 0) yield* system.pause();
    yield* system.sleep(periodUs);
    for (const input of inputs) {
      const text = yield* available(system, input, flags.has('F'));
      if (text === '') continue;
      if (hasTitles && shown !== input.name) yield* print(system, `\n==> ${input.name} <==\n`);
      shown = input.name;
      yield* print(system, text);
    }
    for (const name of [...missing]) {
      const fd = system.open(name, 'read');
      if (typeof fd === 'string') continue;
      complain(system, argv, `${name} has appeared; following end of new file`);
      missing.splice(missing.indexOf(name), 1);
      inputs.push({ name, fd });
    }
  }
}

/** A device from which nothing ever comes. */
function isSilent(system: System, name: string, fd: number): boolean {
  const open = system.descriptors.get(fd);
  return name !== '-' && open?.kind === 'device';
}

/** What has been added to a file; with `-F` one that was replaced is opened anew, and one that was cut is read from its start. */
function* available(system: System, input: Input, retries: boolean): Step<string> {
  const open = system.descriptors.get(input.fd);
  if (open?.kind !== 'file') return '';
  if (retries) {
    const inode = system.files.lookup(system.path(input.name));
    if (typeof inode !== 'string' && inode.kind === 'file' && inode !== open.inode) {
      const fd = system.open(input.name, 'read');
      if (typeof fd === 'number') {
        const replaced = system.descriptors.get(fd);
        if (replaced !== undefined) system.place(input.fd, replaced);
        system.close(fd);
      }
    }
  }
  const now = system.descriptors.get(input.fd);
  if (now?.kind === 'file' && now.inode.content.length < now.position) now.position = 0;
  let text = '';
  for (;;) {
    const more = yield* system.read(input.fd);
    if (typeof more !== 'string' || more === '' || isErrno(more)) return text;
    text += more;
  }
}

/** What is wanted of the end is all that is kept: an input without line ends is kept whole. */
function* lastPart(system: System, fd: number, isFromStart: boolean, count: number, isBytes: boolean): Step<void> {
  let text = '';
  let skipped = 0;
  let bound = 1_048_576;
  for (;;) {
    const more = yield* system.read(fd);
    if (typeof more === 'object') continue;
    if (more === '' || isErrno(more)) break;
    if (isFromStart && isBytes) {
      const from = Math.max(0, count - 1 - skipped);
      skipped += more.length;
      yield* print(system, more.slice(from));
      continue;
    }
    text += more;
    if (!isFromStart && text.length > bound) {
      text = kept(text, count, isBytes);
      bound = Math.max(1_048_576, 2 * text.length);
    }
    yield* system.holdMemory(text.length);
  }
  if (isFromStart && isBytes) return;
  const lines = isFromStart ? text.split(/(?<=\n)/).slice(Math.max(0, count - 1)).join('') : kept(text, count, isBytes);
  yield* print(system, lines);
}

function kept(text: string, count: number, isBytes: boolean): string {
  if (count === 0) return '';
  if (isBytes) return text.slice(-count);
  let at = text.endsWith('\n') ? text.length - 1 : text.length;
  for (let left = count; left > 0 && at >= 0; left--) at = at === 0 ? -1 : text.lastIndexOf('\n', at - 1);
  return text.slice(at + 1);
}

