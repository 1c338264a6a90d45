/** Commands about processes and identity: env, ps, id, whoami, hostname, uname, nproc, timeout, xargs, free, nice. */
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { commandOf, nameOf } from '../process/process.ts';
import { complain, errorText, options, parseDuration, print, readAll } from './applet.ts';

export function* env(system: System, argv: readonly string[]): Run {
  const environment = new Map(system.environment);
  let at = 1;
  if (argv[at] === '-i') {
    environment.clear();
    at++;
  }
  for (; argv[at]?.includes('=') === true; at++) {
    const [name = '', ...value] = (argv[at] ?? '').split('=');
    environment.set(name, value.join('='));
  }
  if (at < argv.length) {
    const errno = system.exec(argv.slice(at), environment);
    return errno === undefined ? 0 : complain(system, argv, `can't execute '${argv[at] ?? ''}': ${errorText(errno)}`) + 126;
  }
  let text = '';
  for (const [name, value] of environment) text += `${name}=${value}\n`;
  yield* print(system, text);
  return 0;
}

export function* printenv(system: System, argv: readonly string[]): Run {
  const names = argv.slice(1);
  if (names.length === 0) return yield* env(system, ['env']);
  let status = 0;
  for (const name of names) {
    const value = system.environment.get(name);
    if (value === undefined) status = 1;
    else yield* print(system, `${value}\n`);
  }
  return status;
}

export function* ps(system: System): Run {
  let text = 'PID   USER     TIME  COMMAND\n';
  for (const process of system.processes) {
    const user = process.credentials.uid === 0 ? 'root' : String(process.credentials.uid);
    const state = process.exitStatus === undefined ? commandOf(process) : `[${nameOf(process)}]`;
    text += `${String(process.pid).padStart(5)} ${user.padEnd(8)} ${' 0:00'} ${state}\n`;
  }
  yield* print(system, text);
  return 0;
}

export function* id(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv);
  const { uid, gid, groups } = system.credentials;
  const named = (value: number): string => (value === 0 ? '0(root)' : String(value));
  if (flags.has('u')) yield* print(system, flags.has('n') ? `${userName(uid)}\n` : `${uid}\n`);
  else if (flags.has('g')) yield* print(system, `${gid}\n`);
  else if (flags.has('G')) yield* print(system, `${groupsOf(gid, groups).join(' ')}\n`);
  else {
    yield* print(system, `uid=${named(uid)} gid=${named(gid)} groups=${groupsOf(gid, groups).map(named).join(',')}\n`);
  }
  return 0;
}

function groupsOf(gid: number, groups: readonly number[]): number[] {
  return [...new Set([gid, ...groups])].sort((a, b) => a - b);
}

function userName(uid: number): string {
  return uid === 0 ? 'root' : String(uid);
}

export function* whoami(system: System, argv: readonly string[]): Run {
  const { uid } = system.credentials;
  if (uid !== 0) return complain(system, argv, `unknown uid ${uid}`);
  yield* print(system, 'root\n');
  return 0;
}

export function* hostname(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv);
  const shown = flags.has('i') || flags.has('I') ? system.addresses.join(' ') : flags.has('s') ? system.hostname.split('.')[0] : system.hostname;
  yield* print(system, `${shown ?? ''}\n`);
  return 0;
}

export function* uname(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv);
  const parts = { s: 'Linux', n: system.hostname, r: '6.1.0', v: '#1 SMP', m: 'x86_64', o: 'Linux' };
  const shown = Object.entries(parts).filter(([letter]) => flags.has('a') || flags.has(letter) || (flags.size === 0 && letter === 's'));
  yield* print(system, `${shown.map(([, value]) => value).join(' ')}\n`);
  return 0;
}

/** Waits for a child until it ends; signals that are caught do not stop the waiting. */
function* waitFor(system: System, pid: number): Step<number> {
  for (;;) {
    const ended = yield* system.waitFor(pid);
    if (typeof ended === 'string') return 127;
    if ('status' in ended) return ended.status;
  }
}

/** Runs a command and kills it after a time: status 143 as busybox has it (coreutils: 124). */
export function* timeout(system: System, argv: readonly string[]): Run {
  const { rest, flags } = splitTimeout(argv);
  const limit = parseDuration(rest[0] ?? '');
  if (limit === undefined || rest.length < 2) return complain(system, argv, 'usage: timeout [-s SIG] SECS PROG ARGS');
  const pid = system.spawn({ argv: rest.slice(1) });
  if (typeof pid === 'string') return complain(system, argv, `can't execute '${rest[1] ?? ''}': ${errorText(pid)}`) + 126;
  const watcher = system.spawn({
    argv: ['timeout'],
    program: function* (child): Run {
      yield* child.sleep(limit);
      child.kill(pid, flags === 'KILL' ? 'KILL' : 'TERM');
      return 0;
    },
  });
  const status = yield* waitFor(system, pid);
  if (typeof watcher === 'number') {
    system.kill(watcher, 'KILL');
    yield* waitFor(system, watcher);
  }
  return status;
}

function splitTimeout(argv: readonly string[]): { rest: string[]; flags: string } {
  const rest = argv.slice(1);
  let flags = 'TERM';
  while (rest[0]?.startsWith('-') === true) {
    const flag = rest.shift() ?? '';
    if (flag === '-s') flags = rest.shift()?.replace(/^SIG/, '') ?? 'TERM';
    else if (flag === '-t') rest.unshift(rest.shift() ?? '');
  }
  return { rest, flags };
}

export function* xargs(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv, 'nI');
  const words = (yield* readAll(system, 0)).split(/\s+/).filter((word) => word !== '');
  const command = rest.length === 0 ? ['echo'] : rest;
  const placeholder = flags.get('I');
  const size = placeholder === undefined ? Number(flags.get('n') ?? Infinity) : 1;
  let status = 0;
  for (let at = 0; at < words.length; at += size) {
    const group = words.slice(at, at + size);
    const full = placeholder === undefined ? [...command, ...group] : command.map((word) => word.replaceAll(placeholder, group[0] ?? ''));
    const pid = system.spawn({ argv: full });
    if (typeof pid === 'string') return 127;
    if ((yield* waitFor(system, pid)) !== 0) status = 123;
  }
  return status;
}

/** Runs its command with other limits or priority, which mean nothing here. */
export function* runCommand(system: System, argv: readonly string[]): Run {
  const at = argv.findIndex((word, index) => index > 0 && !word.startsWith('-') && !/^[0-9]+$/.test(word));
  if (at < 0) return 0;
  const errno = system.exec(argv.slice(at), system.environment);
  return errno === undefined ? 0 : complain(system, argv, `can't execute '${argv[at] ?? ''}': ${errorText(errno)}`) + 126;
}

/** As many as the container may use; 1 where nobody has said. */
export function* nproc(system: System): Run {
  const ranges = system.files.read('/sys/fs/cgroup/cpuset.cpus.effective')?.trim().split(',').map((range) => range.split('-').map(Number));
  const count = (ranges ?? [[0]]).reduce((sum, [from = 0, to = from]) => sum + to - from + 1, 0);
  yield* print(system, `${count}\n`);
  return 0;
}

export function* free(system: System): Run {
  const total = Math.floor((system.memoryLimitBytes ?? 8 * 1024 ** 3) / 1024);
  yield* print(system, `              total        used        free\nMem:     ${total}           0    ${total}\n`);
  return 0;
}

