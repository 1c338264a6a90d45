/** `kill`, `killall` and `pkill` send signals to processes of the same PID namespace; `pidof` and `pgrep` find them. */
import { Regex } from '../regex/regex.ts';
import { parseSignal, SIGNAL_NUMBER } from '../process/signal.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { commandOf, nameOf, type Process } from '../process/process.ts';
import { complain, errorText, print } from './applet.ts';

/** `name` stands in the messages: the shell's if the shell runs it. */
export function* kill(system: System, argv: readonly string[], name?: string): Run {
  const called = name === undefined ? argv : [name];
  const words = argv.slice(1);
  if (words[0] === '-l') return yield* listSignals(system, called, words.slice(1));
  let text = 'TERM';
  if (words[0] === '-s') text = words.splice(0, 2)[1] ?? '';
  else if (/^-./.test(words[0] ?? '') && words[0] !== '--') text = words.shift()?.slice(1) ?? 'TERM';
  if (words[0] === '--') words.shift();
  const signal = text === '0' ? 0 : parseSignal(text);
  if (signal === undefined) return complain(system, called, `bad signal name '${text}'`);
  if (words.length === 0) return complain(system, called, 'you need to specify whom to kill');
  let status = 0;
  for (const word of words) {
    if (!/^-?[0-9]+$/.test(word)) {
      status = complain(system, called, `invalid number '${word}'`);
      continue;
    }
    const pid = Number(word);
    // 0 and -1 are everybody else; there are no process groups but that of all.
    const targets = pid > 0 ? [pid] : system.processes.map((process) => process.pid).filter((other) => other !== 1 && other !== system.pid);
    for (const target of targets) {
      const errno = system.kill(target, signal);
      if (errno !== undefined && pid > 0) status = complain(system, called, `can't kill pid ${pid}: ${errorText(errno)}`);
    }
    yield* system.untilEnd();
  }
  return status;
}

/** Real-time signals have numbers, which nothing here sends. */
const REAL_TIME = { RTMIN: 34, RTMAX: 64 } as const;

function* listSignals(system: System, argv: readonly string[], words: readonly string[]): Run {
  if (words.length === 0) {
    for (const [name, number] of Object.entries({ ...SIGNAL_NUMBER, ...REAL_TIME })) yield* print(system, `${String(number).padStart(2)}) ${name}\n`);
    return 0;
  }
  for (const word of words) {
    const signal = parseSignal(/^[0-9]+$/.test(word) ? String(Number(word) & 0x7f) : word);
    if (signal === undefined) return complain(system, argv, `unknown signal '${word}'`);
    yield* print(system, /^[0-9]/.test(word) ? `${signal}\n` : `${SIGNAL_NUMBER[signal]}\n`);
  }
  return 0;
}

/** Live processes other than the caller that `fits`. */
function others(system: System, fits: (process: Process) => boolean): Process[] {
  return system.processes.filter((process) => process.pid !== system.pid && process.exitStatus === undefined && fits(process));
}

/** Takes a leading `-SIGNAL` or `-s SIGNAL` off. */
function signalOption(words: string[]): string {
  if (words[0] === '-s') return words.splice(0, 2)[1] ?? 'TERM';
  return words[0]?.startsWith('-') === true && !/^-[fqvlaonx]+$/.test(words[0]) ? (words.shift() ?? '').slice(1) : 'TERM';
}

export function* killall(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  const name = signalOption(words);
  const signal = name === '0' ? 0 : parseSignal(name);
  if (signal === undefined) return complain(system, argv, `bad signal name '${name}'`);
  let status = 0;
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    const found = others(system, (process) => nameOf(process) === word);
    if (found.length === 0) status = complain(system, argv, `${word}: no process killed`);
    for (const { pid } of found) system.kill(pid, signal);
  }
  return status;
}

export function* pidof(system: System, argv: readonly string[]): Run {
  const names = argv.slice(1).filter((word) => !word.startsWith('-'));
  const found = others(system, (process) => names.includes(nameOf(process))).map(({ pid }) => pid).reverse();
  if (found.length === 0) return 1;
  yield* print(system, `${found.join(' ')}\n`);
  return 0;
}

function matching(system: System, words: readonly string[]): Process[] {
  const full = words.some((word) => /^-[a-z]*f/.test(word));
  const pattern = new Regex(words.find((word) => !word.startsWith('-')) ?? '', { extended: true });
  return others(system, (process) => pattern.test(full ? commandOf(process) : nameOf(process)));
}

export function* pgrep(system: System, argv: readonly string[]): Run {
  const found = matching(system, argv.slice(1));
  const long = argv.some((word) => /^-[a-z]*l/.test(word));
  for (const process of found) yield* print(system, `${process.pid}${long ? ` ${commandOf(process)}` : ''}\n`);
  return found.length > 0 ? 0 : 1;
}

export function* pkill(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  const signal = parseSignal(signalOption(words));
  if (signal === undefined) return complain(system, argv, 'invalid signal');
  const found = matching(system, words);
  for (const { pid } of found) system.kill(pid, signal);
  return found.length > 0 ? 0 : 1;
}
