/** `gzip`, `gunzip`, `zcat`: single files, or standard input. */
import { bytesOfText, textOfBytes } from '../../object/text-bytes.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, errorText, options, print, readAll } from './applet.ts';
import { gunzipOf, gzipOf } from './gzip-format.ts';

export function* gzip(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  return yield* eachFile(system, argv, rest, flags, flags.has('d'));
}

export function* gunzip(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  return yield* eachFile(system, argv, rest, flags, true);
}

export function* zcat(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  return yield* eachFile(system, argv, rest, new Map([...flags, ['c', '']]), true);
}

function* eachFile(system: System, argv: readonly string[], names: readonly string[], flags: ReadonlyMap<string, string>, unpacks: boolean): Run {
  let status = 0;
  for (const name of names.length === 0 ? ['-'] : names) {
    const problem = yield* one(system, name, flags, unpacks);
    if (problem !== undefined) status = complain(system, argv, problem);
  }
  return status;
}

function* one(system: System, name: string, flags: ReadonlyMap<string, string>, unpacks: boolean): Step<string | undefined> {
  const isStream = name === '-' || flags.has('c') || flags.has('t');
  const target = unpacks ? unpackedName(name) : `${name}.gz`;
  if (!isStream && target === undefined) return `${name}: unknown suffix - ignored`;
  const fd = name === '-' ? 0 : system.open(name, 'read');
  if (typeof fd === 'string') return `${name}: ${errorText(fd)}`;
  const bytes = bytesOfText(yield* readAll(system, fd));
  if (fd !== 0) system.close(fd);
  const result = unpacks ? gunzipOf(bytes) : gzipOf(bytes);
  if (typeof result === 'string') return result;
  if (flags.has('t')) return undefined;
  if (isStream || target === undefined) {
    yield* print(system, textOfBytes(result));
    return undefined;
  }
  if (!flags.has('f') && typeof system.files.lookup(system.path(target)) !== 'string') return `can't open '${target}': File exists`;
  const errno = system.files.write(system.path(target), textOfBytes(result), system.nowUs, system.credentials);
  if (errno !== undefined) return `can't open '${target}': ${errorText(errno)}`;
  if (!flags.has('k')) system.files.remove(system.path(name), {}, system.credentials);
  return undefined;
}

function unpackedName(name: string): string | undefined {
  if (name.endsWith('.tgz')) return `${name.slice(0, -4)}.tar`;
  return name.endsWith('.gz') ? name.slice(0, -3) : undefined;
}
