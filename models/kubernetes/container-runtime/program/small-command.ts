/** Small commands: which, usleep, tty, clear, logger, hostid, ipcalc, install, link, unlink, mkfifo, mknod, split, more, less, arch. */
import { device, type DeviceName, fifo, permits, withoutMask } from '../file-system/inode.ts';
import { join } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { parseIP } from '../../object/ip.ts';
import { complain, errorText, linesOf, options, parseSize, print, readInputs } from './applet.ts';
import { cat } from './cat.ts';
import { chmod, chown, cp, makePath } from './file-command.ts';

export function* which(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  let status = 0;
  for (const name of rest) {
    const places = name.includes('/') ? [name] : (system.environment.get('PATH') ?? '/sbin:/usr/sbin:/bin:/usr/bin').split(':').map((prefix) => (prefix === '' ? name : `${prefix}/${name}`));
    const found = places.filter((place) => {
      const inode = system.files.lookup(system.path(place));
      return typeof inode !== 'string' && inode.kind === 'file' && permits(inode, system.credentials, 1);
    });
    if (found.length === 0) status = 1;
    for (const place of flags.has('a') ? found : found.slice(0, 1)) yield* print(system, `${place}\n`);
  }
  return status;
}

export function* usleep(system: System, argv: readonly string[]): Run {
  if (!/^\d+$/.test(argv[1] ?? '')) return complain(system, argv, argv[1] === undefined ? 'usage: usleep N' : `invalid number '${argv[1]}'`);
  yield* system.sleep(Number(argv[1]));
  return 0;
}

export function* tty(system: System, argv: readonly string[]): Run {
  const isTerminal = system.isTerminal(0);
  if (!argv.includes('-s')) yield* print(system, isTerminal ? '/dev/pts/0\n' : 'not a tty\n');
  return isTerminal ? 0 : 1;
}

export function* clear(system: System): Run {
  yield* print(system, '\x1b[H\x1b[J');
  return 0;
}

/** To the system's log, which no container has; `-s` also to standard error. */
export function* logger(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'tp');
  const text = rest.length > 0 ? [rest.join(' ')] : linesOf((yield* readInputs(system, argv, [])).texts.join(''));
  if (flags.has('s')) for (const line of text) system.writeNow(2, `${flags.get('t') ?? 'root'}: ${line}\n`);
  return 0;
}

/** The first address of the host, its halves turned around (gethostid(3)). */
export function* hostid(system: System): Run {
  const [a = 127, b = 0, c = 0, d = 1] = (system.addresses[0] ?? '127.0.0.1').split('.').map(Number);
  yield* print(system, `${[b, a, d, c].map((part) => part.toString(16).padStart(2, '0')).join('')}\n`);
  return 0;
}

export function* ipcalc(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const [given = '', mask] = rest;
  const [address = '', bits] = given.split('/');
  if (parseIP(address) === undefined) return complain(system, argv, `bad IP address: ${address}`);
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Number(address.split('.')[0]);
  const prefix = bits !== undefined ? Number(bits) : mask !== undefined ? (number(mask).toString(2).match(/1/g)?.length ?? 0) : first < 128 ? 8 : first < 192 ? 16 : 24;
  if (!(prefix >= 0 && prefix <= 32)) return complain(system, argv, `bad prefix: ${bits ?? mask}`);
  const size = 2 ** (32 - prefix);
  const network = Math.floor(number(address) / size) * size;
  const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  const lines = { m: `NETMASK=${dotted(2 ** 32 - size)}`, b: `BROADCAST=${dotted(network + size - 1)}`, n: `NETWORK=${dotted(network)}`, p: `PREFIX=${prefix}` };
  for (const [letter, line] of Object.entries(lines)) if (flags.has(letter)) yield* print(system, `${line}\n`);
  return 0;
}

export function* install(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'mogt');
  const names = [...rest];
  const target = flags.get('t') ?? (flags.has('d') ? undefined : names.pop());
  const placed: string[] = [];
  for (const name of names) {
    if (target === undefined) {
      const errno = makePath(system, system.path(name));
      if (errno !== undefined) return complain(system, argv, `can't create directory '${name}': ${errorText(errno)}`);
      placed.push(name);
      continue;
    }
    const status = yield* cp(system, ['install', name, target]);
    if (status !== 0) return status;
    const found = system.files.lookup(system.path(target));
    placed.push(typeof found !== 'string' && found.kind === 'directory' ? join(target, name.replace(/^.*\//, '')) : target);
  }
  if (placed.length > 0) yield* chmod(system, ['install', flags.get('m') ?? '755', ...placed]);
  if (flags.has('o') && placed.length > 0) yield* chown(system, ['install', `${flags.get('o')}:${flags.get('g') ?? ''}`, ...placed]);
  return 0;
}

export function* link(system: System, argv: readonly string[]): Run {
  const [, from = '', to = ''] = argv;
  const inode = system.files.lookup(system.path(from), { follow: false });
  const errno = typeof inode === 'string' ? inode : system.files.add(system.path(to), inode, system.credentials);
  return errno === undefined ? 0 : complain(system, argv, `can't create link '${to}' to '${from}': ${errorText(errno)}`);
}

export function* unlink(system: System, argv: readonly string[]): Run {
  const errno = system.files.remove(system.path(argv[1] ?? ''), {}, system.credentials);
  return errno === undefined ? 0 : complain(system, argv, `can't remove file '${argv[1] ?? ''}': ${errorText(errno)}`);
}

export function* mkfifo(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'm');
  const { uid, gid } = system.credentials;
  let status = 0;
  for (const name of rest) {
    const mode = flags.has('m') ? Number.parseInt(flags.get('m') ?? '', 8) : withoutMask(0o666, system.credentials);
    const errno = system.files.add(system.path(name), fifo({ mode, uid, gid, modifiedUs: system.nowUs }), system.credentials);
    if (errno !== undefined) status = complain(system, argv, `${name}: ${errorText(errno)}`);
  }
  return status;
}

/** Devices that there are, by their numbers; the default capabilities allow to make them. */
const DEVICES: Readonly<Record<string, DeviceName>> = { '1 3': 'null', '1 5': 'zero', '1 7': 'full', '1 8': 'random', '1 9': 'random' };

export function* mknod(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'm');
  const [name = '', kind = '', major = '', minor = ''] = rest;
  if (kind === 'p') return yield* mkfifo(system, ['mknod', ...(flags.has('m') ? ['-m', flags.get('m') ?? ''] : []), name]);
  const found = DEVICES[`${major} ${minor}`];
  if (system.credentials.uid !== 0 || found === undefined || kind === 'b') return complain(system, argv, `${name}: Operation not permitted`);
  const errno = system.files.add(system.path(name), { ...device(found), modifiedUs: system.nowUs }, system.credentials);
  return errno === undefined ? 0 : complain(system, argv, `${name}: ${errorText(errno)}`);
}

/** Pieces of lines or bytes, in files `xaa`, `xab`… */
export function* split(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'lba');
  const [name = '-', prefix = 'x'] = rest;
  const { texts, failed } = yield* readInputs(system, argv, [name]);
  if (failed) return 1;
  const text = texts.join('');
  const bytes = parseSize(flags.get('b') ?? '');
  const size = Number(flags.get('l') ?? 1000);
  const pieces: string[] = [];
  if (bytes !== undefined) for (let at = 0; at < text.length; at += bytes) pieces.push(text.slice(at, at + bytes));
  else {
    const lines = text.split(/(?<=\n)/).filter((line) => line !== '');
    for (let at = 0; at < lines.length; at += size) pieces.push(lines.slice(at, at + size).join(''));
  }
  const width = Number(flags.get('a') ?? 2);
  for (const [index, piece] of pieces.entries()) {
    let suffix = '';
    for (let rest_ = index, digit = 0; digit < width; digit++, rest_ = Math.floor(rest_ / 26)) suffix = String.fromCharCode(97 + (rest_ % 26)) + suffix;
    const errno = system.files.write(system.path(prefix + suffix), piece, system.nowUs, system.credentials);
    if (errno !== undefined) return complain(system, argv, `can't open '${prefix + suffix}': ${errorText(errno)}`);
  }
  return 0;
}

/** Without a terminal a pager only passes on. */
export function* pager(system: System, argv: readonly string[]): Run {
  return yield* cat(system, ['cat', ...options(argv).rest]);
}

export function* arch(system: System): Run {
  yield* print(system, 'x86_64\n');
  return 0;
}
