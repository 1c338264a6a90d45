/** `stat`, `readlink`, `realpath`: what a path leads to. */
import { type Inode, sizeOf } from '../file-system/inode.ts';
import { nameOf, parentOf } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';
import { blocksOf, kindText, linksOf, modeText, nameOfId } from './attributes.ts';
import { formatDate } from './date.ts';

export function* stat(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => word.replace(/^--format=/, '-c')), 'c');
  let status = 0;
  for (const name of rest) {
    const inode = system.files.lookup(system.path(name), { follow: flags.has('L') });
    if (typeof inode === 'string') {
      status = complain(system, argv, `can't stat '${name}': ${errorText(inode)}`);
      continue;
    }
    const format = flags.get('c') ?? (flags.has('t') ? '%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o' : longForm(inode));
    const values = valuesOf(system, name, inode);
    yield* print(system, `${format.replace(/%([-0 ]*)(\d*)([a-zA-Z%])/g, (match, flag: string, width: string, letter: string) => (letter === '%' ? '%' : aligned(values[letter] ?? match, flag, Number(width))))}\n`);
  }
  return status;
}

const aligned = (text: string, flag: string, width: number): string => (flag.includes('-') ? text.padEnd(width) : text.padStart(width, flag.includes('0') ? '0' : ' '));

function longForm(inode: Inode): string {
  const title = inode.kind === 'link' ? '  File: %N' : '  File: %n';
  const device = inode.kind === 'device' ? '     Device type: %t,%T' : '';
  return `${title}\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %Dh/%dd\tInode: %-10i  Links: %-5h${device}\nAccess: (%04a/%10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z`.replace('Links: %-5h\n', 'Links: %h\n');
}

function valuesOf(system: System, name: string, inode: Inode): Readonly<Record<string, string>> {
  const micros = system.epochMs * 1000 + inode.modifiedUs;
  const seconds = String(Math.floor(micros / 1_000_000));
  const time = `${formatDate('%Y-%m-%d %H:%M:%S', micros)}.${String((micros % 1_000_000) * 1000).padStart(9, '0')} +0000`;
  return {
    n: name, N: inode.kind === 'link' ? `'${name}' -> '${inode.target}'` : name, s: String(sizeOf(inode)), a: (inode.mode & 0o7777).toString(8), A: modeText(inode), u: String(inode.uid), g: String(inode.gid),
    U: nameOfId(system, 'passwd', inode.uid), G: nameOfId(system, 'group', inode.gid), X: seconds, Y: seconds, Z: seconds, x: time, y: time, z: time, F: kindText(inode),
    b: String(blocksOf(inode) * 2), B: '512', o: '4096', h: String(linksOf(inode)), i: '1', d: '50', D: '32', t: '0', T: '0', f: kindBits(inode).toString(16),
    m: '/',
  };
}

const kindBits = (inode: Inode): number => ({ file: 0o100000, directory: 0o040000, link: 0o120000, device: 0o020000, fifo: 0o010000 })[inode.kind] | inode.mode;

export function* readlink(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const [name] = rest;
  if (name === undefined) return complain(system, argv, 'usage: readlink [-fnv] FILE');
  const path = system.path(name);
  const inode = system.files.lookup(path, { follow: false });
  const target = flags.has('f') ? realPathOf(system, name) : typeof inode !== 'string' && inode.kind === 'link' ? inode.target : undefined;
  if (target === undefined) {
    if (flags.has('v')) complain(system, argv, `${name}: ${typeof inode === 'string' ? errorText(inode) : 'Invalid argument'}`);
    return 1;
  }
  yield* print(system, flags.has('n') ? target : `${target}\n`);
  return 0;
}

/** The last part may be missing. */
function realPathOf(system: System, name: string): string | undefined {
  const path = system.path(name);
  const whole = system.files.realPath(path);
  if (whole !== undefined) return whole;
  const above = system.files.realPath(parentOf(path));
  return above === undefined ? undefined : `${above === '/' ? '' : above}/${nameOf(path)}`;
}

export function* realpath(system: System, argv: readonly string[]): Run {
  let status = 0;
  const { rest } = options(argv);
  if (rest.length === 0) return complain(system, argv, 'usage: realpath FILE...');
  for (const name of rest) {
    const path = realPathOf(system, name);
    if (path === undefined) status = complain(system, argv, `${name}: No such file or directory`);
    else yield* print(system, `${path}\n`);
  }
  return status;
}
