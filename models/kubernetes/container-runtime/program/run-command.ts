/** Commands that run others: timeout, time, nohup, nice, setsid, xargs, watch. */
import { parseSignal } from '../process/signal.ts';
import type { Ended, System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, errorText, options, parseDuration, print, readAll } from './applet.ts';

/** Waits for a child until it ends; signals that are caught do not stop the waiting. */
function* waitFor(system: System, pid: number): Step<Ended> {
  for (;;) {
    const ended = yield* system.waitFor(pid);
    if (typeof ended === 'string') return { pid, status: 127, signal: undefined };
    if ('status' in ended) return ended;
  }
}

/** Becomes the command; what is wrong otherwise is told. */
function* become(system: System, argv: readonly string[], command: readonly string[]): Step<number> {
  const errno = system.exec(command, system.environment);
  if (errno === undefined) return 0;
  complain(system, argv, `can't execute '${command[0] ?? ''}': ${errorText(errno)}`);
  return errno === 'ENOENT' ? 127 : 126;
}

/** How often the watcher looks whether the command is still there. */
const WATCH_PERIOD_US = 1_000_000;

/**
 * Runs a command and signals it after a time. The process itself becomes the command, and a child of no one watches it, so the
 * status is what the command ends with: 143 by SIGTERM, as in busybox (coreutils: 124).
 */
export function* timeout(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  const values = new Map<string, string>();
  while (words[0]?.startsWith('-') === true && words[0] !== '--') {
    const word = words.shift() ?? '';
    const long = /^--(?:signal|kill-after)=(.*)$/.exec(word);
    if (long !== null) values.set(word.startsWith('--s') ? 's' : 'k', long[1] ?? '');
    else if (/^-[sk]/.test(word)) values.set(word[1] ?? '', word.length > 2 ? word.slice(2) : (words.shift() ?? ''));
    else return complain(system, argv, `unrecognized option: ${word.replace(/^-+/, '')}`);
  }
  const signal = parseSignal(values.get('s') ?? 'TERM');
  if (signal === undefined) return complain(system, argv, `unknown signal '${values.get('s')}'`);
  if (words.length < 2) return complain(system, argv, 'usage: timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS');
  const limitUs = parseDuration(words[0] ?? '');
  const killUs = values.has('k') ? parseDuration(values.get('k') ?? '') : 0;
  if (limitUs === undefined || killUs === undefined) return complain(system, argv, `invalid number '${limitUs === undefined ? words[0] : values.get('k')}'`);
  const target = system.pid;
  system.spawn({ argv, program: (child) => watchOver(child, target, limitUs, signal, killUs), descriptors: new Map() });
  return yield* become(system, argv, words.slice(1));
}

function* watchOver(system: System, target: number, limitUs: number, signal: NonNullable<ReturnType<typeof parseSignal>>, killUs: number): Run {
  for (const [waitUs, sent] of [[limitUs, signal], [killUs, 'KILL']] as const) {
    const untilUs = system.nowUs + waitUs;
    while (system.nowUs < untilUs) {
      yield* system.sleep(Math.min(WATCH_PERIOD_US, untilUs - system.nowUs));
      if (!system.processes.some(({ pid, exitStatus }) => pid === target && exitStatus === undefined)) return 0;
    }
    system.kill(target, sent);
    if (killUs === 0) return 0;
  }
  return 0;
}

/** How long the command took; processor time is not counted. */
export function* time(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv.slice(0, 2));
  const command = argv.slice(flags.size > 0 ? 2 : 1);
  if (command.length === 0) return complain(system, argv, 'usage: time [-vpa] [-o FILE] PROG ARGS');
  const beganUs = system.nowUs;
  const pid = system.spawn({ argv: command });
  if (typeof pid === 'string') {
    complain(system, argv, `can't execute '${command[0] ?? ''}': ${errorText(pid)}`);
    return pid === 'ENOENT' ? 127 : 126;
  }
  const { status, signal } = yield* waitFor(system, pid);
  if (signal !== undefined) system.writeNow(2, `Command terminated by signal ${status - 128}\n`);
  else if (status !== 0) system.writeNow(2, `Command exited with non-zero status ${status}\n`);
  const seconds = (system.nowUs - beganUs) / 1_000_000;
  const clock = `${Math.floor(seconds / 60)}m ${(seconds % 60).toFixed(2)}s`;
  system.writeNow(2, flags.has('p') ? `real ${seconds.toFixed(2)}\nuser 0.00\nsys 0.00\n` : `real\t${clock}\nuser\t0m 0.00s\nsys\t0m 0.00s\n`);
  return status;
}

/** The command outlives SIGHUP; where it would print to a terminal it prints to a file. */
export function* nohup(system: System, argv: readonly string[]): Run {
  if (argv.length < 2) return complain(system, argv, 'usage: nohup PROG ARGS');
  system.onSignal('HUP', 'ignore');
  return yield* become(system, argv, argv.slice(argv[1] === '--' ? 2 : 1));
}

/** Runs its command with another priority or in a session of its own, which mean nothing here. */
export function* runCommand(system: System, argv: readonly string[]): Run {
  const isNice = argv[0]?.endsWith('nice') === true && argv[0]?.endsWith('ionice') !== true;
  let at = 1;
  for (; argv[at]?.startsWith('-') === true; at++) if (argv[at] === '-n') at++;
  if (at >= argv.length) {
    if (!isNice) return complain(system, argv, 'usage: PROG ARGS');
    yield* print(system, '0\n');
    return 0;
  }
  return yield* become(system, argv, argv.slice(at));
}

/** busybox takes a command line no longer than this. */
const COMMAND_LINE_MAX = 32_768;

export function* xargs(system: System, argv: readonly string[]): Run {
  // Options end at the command.
  const { flags, rest } = xargsOptions(argv);
  const text = yield* readAll(system, 0);
  const end = flags.get('E') ?? flags.get('e');
  const placeholder = flags.get('I') ?? (flags.has('i') ? flags.get('i') || '{}' : undefined);
  let words = flags.has('0') ? text.split('\0').filter((word, index, all) => word !== '' || index < all.length - 1) : placeholder !== undefined ? text.split('\n').map((line) => line.trimStart()).filter((line) => line !== '') : splitWords(text);
  if (words === undefined) return complain(system, argv, 'unmatched single quote');
  if (end !== undefined && end !== '' && words.includes(end)) words = words.slice(0, words.indexOf(end));
  const command = rest.length === 0 ? ['echo'] : rest;
  if (words.length === 0 && (flags.has('r') || placeholder !== undefined)) return 0;
  const lines = flags.has('L') || flags.has('l') ? text.split('\n').filter((line) => line.trim() !== '').map((line) => splitWords(line) ?? []) : undefined;
  const groups = lines === undefined ? grouped(words, placeholder === undefined ? Number(flags.get('n') ?? Infinity) : 1, command) : chunk(lines, Number(flags.get('L') ?? flags.get('l') ?? 1)).map((each) => each.flat());
  let status = 0;
  const running: number[] = [];
  const parallel = Math.max(1, Number(flags.get('P') ?? 1) || groups.length);
  const settle = function* (pid: number): Step<boolean> {
    const ended = yield* waitFor(system, pid);
    if (ended.signal !== undefined) {
      complain(system, argv, `'${command[0] ?? ''}' terminated by signal ${ended.status - 128}`);
      status = 125;
      return false;
    }
    if (ended.status === 255) {
      complain(system, argv, `'${command[0] ?? ''}' exited with status 255; aborting`);
      status = 124;
      return false;
    }
    if (ended.status !== 0 && status === 0) status = 123;
    return true;
  };
  for (const group of groups) {
    const full = placeholder === undefined ? [...command, ...group] : command.map((word) => word.replaceAll(placeholder, group[0] ?? ''));
    if (flags.has('t')) system.writeNow(2, `${full.join(' ')}\n`);
    const pid = system.spawn({ argv: full });
    if (typeof pid === 'string') {
      complain(system, argv, `${full[0] ?? ''}: ${errorText(pid)}`);
      return pid === 'ENOENT' ? 127 : 126;
    }
    running.push(pid);
    if (running.length >= parallel && !(yield* settle(running.shift() as number))) return status;
  }
  for (const pid of running) if (!(yield* settle(pid))) return status;
  return status;
}

function xargsOptions(argv: readonly string[]): { flags: Map<string, string>; rest: string[] } {
  let at = 1;
  for (; argv[at]?.startsWith('-') === true && argv[at] !== '--'; at++) if (/^-[a-zA-Z0-9]*[nILPsE]$/.test(argv[at] ?? '')) at++;
  const { flags } = options(argv.slice(0, at).map((word) => word.replace(/^--null$/, '-0').replace(/^--max-args=/, '-n').replace(/^--no-run-if-empty$/, '-r').replace(/^--max-procs=/, '-P')), 'nILPsE');
  return { flags, rest: argv.slice(argv[at] === '--' ? at + 1 : at) };
}

function grouped(words: readonly string[], size: number, command: readonly string[]): string[][] {
  const groups: string[][] = [[]];
  const base = command.reduce((sum, word) => sum + word.length + 1, 0);
  let length = base;
  for (const word of words) {
    const group = groups.at(-1) as string[];
    if (group.length >= size || (length + word.length + 1 > COMMAND_LINE_MAX && group.length > 0)) {
      groups.push([word]);
      length = base;
    } else group.push(word);
    length += word.length + 1;
  }
  return groups;
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks.length === 0 ? [[]] : chunks;
}

/** Words between blanks, with quotes and backslashes; undefined if a quote is not closed. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const end = text.indexOf(character, at + 1);
      if (end < 0) return undefined;
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else word = (word ?? '') + (character === '\\' ? (text[++at] ?? '') : character);
  }
  return word === undefined ? words : [...words, word];
}

/** Runs a command again and again, for ever. */
export function* watch(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv.slice(0, 3), 'n');
  const at = argv.findIndex((word, index) => index > 0 && !word.startsWith('-') && argv[index - 1] !== '-n');
  if (at < 0) return complain(system, argv, 'usage: watch [-n SEC] [-t] PROG ARGS');
  const periodUs = parseDuration(flags.get('n') ?? '2') ?? 2_000_000;
  const command = argv.slice(at).join(' ');
  for (;;) {
    yield* print(system, '\x1b[H\x1b[J');
    if (!flags.has('t')) yield* print(system, `Every ${(periodUs / 1_000_000).toFixed(1)}s: ${command}\n\n`);
    const pid = system.spawn({ argv: ['/bin/sh', '-c', command] });
    if (typeof pid === 'number') yield* waitFor(system, pid);
    yield* system.sleep(periodUs);
  }
}
