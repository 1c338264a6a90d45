/** `dd`, `truncate`, `fallocate`: files of a given size. Bytes that come from a device are only counted. */
import { byteLength } from '../file-system/inode.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, errorText, isErrno, options, parseSize } from './applet.ts';

interface Request {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly count: number;
  readonly skip: number;
  readonly seek: number;
  readonly conversions: readonly string[];
  readonly status: string;
}

const KEYS = ['if', 'of', 'bs', 'ibs', 'obs', 'count', 'skip', 'seek', 'conv', 'status', 'iflag', 'oflag'];
/** What a device can be read for into memory, where it goes on to a program. */
const BLOCK_MAX = 1_048_576;

function parseDd(argv: readonly string[]): Request | string {
  const values = new Map<string, string>();
  for (const word of argv.slice(1)) {
    const cut = word.indexOf('=');
    const key = word.slice(0, cut);
    if (cut < 0 || !KEYS.includes(key)) return `invalid argument '${word}'`;
    values.set(key, word.slice(cut + 1));
  }
  for (const key of ['bs', 'ibs', 'obs', 'count', 'skip', 'seek']) {
    const text = values.get(key);
    if (text !== undefined && parseSize(text) === undefined) return `invalid number '${text}'`;
  }
  const size = (key: string, otherwise: number): number => parseSize(values.get(key) ?? '') ?? otherwise;
  const block = size('bs', 512);
  return {
    from: values.get('if'), to: values.get('of'), inputSize: size('ibs', block), outputSize: size('obs', block), count: size('count', Infinity), skip: size('skip', 0),
    seek: size('seek', 0), conversions: (values.get('conv') ?? '').split(','), status: values.get('status') ?? '',
  };
}

export function* dd(system: System, argv: readonly string[]): Run {
  const request = parseDd(argv);
  if (typeof request === 'string') return complain(system, argv, request);
  const { from, to, inputSize, count, skip, status } = request;
  const input = from === undefined ? 0 : system.open(from, 'read');
  if (typeof input === 'string') return complain(system, argv, `can't open '${from ?? ''}': ${errorText(input)}`);
  const begunUs = system.nowUs;
  const tell = (full: number, rest: number, written: number, copied: number): void => {
    if (status === 'none') return;
    system.writeNow(2, `${full}+${rest} records in\n${written}+${rest} records out\n`);
    if (status !== 'noxfer') system.writeNow(2, transferText(copied, Math.max(system.nowUs - begunUs, 1)));
  };
  const source = system.descriptors.get(input);
  if (source?.kind === 'device' && source.device !== 'null' && to !== undefined) {
    const target = openTarget(system, request, to);
    if (typeof target === 'string') return complain(system, argv, target);
    if (target !== undefined && count !== Infinity) {
      const room = system.files.hasRoom(system.path(to), inputSize * count);
      if (!room) return complain(system, argv, `error writing '${to}': No space left on device`);
      target.padding = Math.max(target.padding, request.seek * request.outputSize + inputSize * count - byteLength(target.content));
      system.files.onGrowth?.();
      tell(count, 0, count, inputSize * count);
      return 0;
    }
  }
  const output = to === undefined ? 1 : openOutput(system, request, to);
  if (typeof output === 'string') return complain(system, argv, output);
  for (let left = skip; left > 0; left--) if ((yield* readBlock(system, input, inputSize)) === '') break;
  let [full, partial, copied] = [0, 0, 0];
  for (let left = count; left > 0; left--) {
    const block = yield* readBlock(system, input, inputSize);
    if (block === '') break;
    if (byteLength(block) < inputSize) partial++;
    else full++;
    const upper = request.conversions.includes('ucase') ? block.toUpperCase() : request.conversions.includes('lcase') ? block.toLowerCase() : block;
    const errno = yield* system.write(output, upper);
    if (errno !== undefined) {
      complain(system, argv, `error writing '${to ?? 'standard output'}': ${errorText(errno)}`);
      tell(full, partial, full - 1, copied);
      return 1;
    }
    copied += byteLength(block);
  }
  tell(full, partial, full, copied);
  return 0;
}

function openTarget(system: System, { conversions }: Request, to: string) {
  const inode = system.files.openWrite(system.path(to), !conversions.includes('notrunc'), system.nowUs, system.credentials);
  if (typeof inode === 'string') return `can't open '${to}': ${errorText(inode)}`;
  return inode.kind === 'file' ? inode : undefined;
}

function openOutput(system: System, { conversions, seek, outputSize }: Request, to: string): number | string {
  const fd = system.open(to, conversions.includes('notrunc') || seek > 0 ? 'both' : 'write');
  if (typeof fd === 'string') return `can't open '${to}': ${errorText(fd)}`;
  const open = system.descriptors.get(fd);
  if (open?.kind === 'file' && seek > 0) {
    open.position = seek * outputSize;
    if (open.inode.content.length < open.position) open.inode.content = open.inode.content.padEnd(open.position, '\0');
    else if (!conversions.includes('notrunc')) open.inode.content = open.inode.content.slice(0, open.position);
  }
  return fd;
}

/** One read(2) of a pipe may bring less than a block. */
function* readBlock(system: System, fd: number, size: number): Step<string> {
  for (;;) {
    const text = yield* system.read(fd, Math.min(size, BLOCK_MAX));
    if (typeof text === 'object') continue;
    return isErrno(text) ? '' : text;
  }
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

function transferText(bytes: number, durationUs: number): string {
  const scaled = (value: number): string => {
    let [shown, unit] = [value, 0];
    for (; shown >= 1024 && unit < UNITS.length - 1; unit++) shown /= 1024;
    return unit === 0 ? `${Math.floor(shown)}${UNITS[unit]}` : `${shown.toFixed(1)}${UNITS[unit]}`;
  };
  const seconds = durationUs / 1_000_000;
  return `${bytes} bytes (${scaled(bytes)}) copied, ${seconds.toFixed(6)} seconds, ${scaled(bytes / seconds)}/s\n`;
}

export function* fallocate(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'lo');
  const [name = ''] = rest;
  const path = system.path(name);
  const size = parseSize(flags.get('l') ?? '');
  if (size === undefined) return complain(system, argv, `invalid number '${flags.get('l') ?? ''}'`);
  const target = system.files.openWrite(path, false, system.nowUs, system.credentials);
  if (typeof target === 'string') return complain(system, argv, `can't open '${name}': ${errorText(target)}`);
  if (!system.files.hasRoom(path, size)) return complain(system, argv, `fallocate '${name}': No space left on device`);
  if (target.kind === 'file') target.padding = Math.max(target.padding, size - byteLength(target.content));
  system.files.onGrowth?.();
  return 0;
}

/** `truncate -s SIZE`. */
export function* truncate(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 's');
  const size = parseSize(flags.get('s') ?? '');
  if (size === undefined) return complain(system, argv, flags.has('s') ? `invalid number '${flags.get('s')}'` : 'usage: truncate [-c] -s SIZE FILE...');
  let status = 0;
  for (const name of rest) {
    const path = system.path(name);
    if (flags.has('c') && typeof system.files.lookup(path) === 'string') continue;
    const target = system.files.openWrite(path, false, system.nowUs, system.credentials);
    if (typeof target === 'string' || target.kind !== 'file') {
      status = complain(system, argv, `${name}: open: ${typeof target === 'string' ? errorText(target) : 'Invalid argument'}`);
      continue;
    }
    const before = byteLength(target.content) + target.padding;
    if (!system.files.hasRoom(path, size - before)) status = complain(system, argv, `${name}: truncate: No space left on device`);
    else {
      if (size < byteLength(target.content)) target.content = target.content.slice(0, size);
      target.padding = Math.max(0, size - byteLength(target.content));
      system.files.onGrowth?.();
    }
  }
  return status;
}

