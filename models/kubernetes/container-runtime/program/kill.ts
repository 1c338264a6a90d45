/** `kill`: sends a signal to processes of the same PID namespace. */
import { parseSignal, SIGNAL_NUMBER } from '../process/signal.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, print } from './applet.ts';

export function* kill(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  if (words[0] === '-l') {
    yield* print(system, `${Object.keys(SIGNAL_NUMBER).join(' ')}\n`);
    return 0;
  }
  let name = 'TERM';
  if (words[0] === '-s') name = words.splice(0, 2)[1] ?? 'TERM';
  else if (words[0]?.startsWith('-') === true && words.length > 1) name = words.shift()?.slice(1) ?? 'TERM';
  const signal = name === '0' ? 0 : parseSignal(name);
  if (signal === undefined) return complain(system, argv, `invalid signal name '${name}'`);
  let status = 0;
  for (const word of words) {
    if (!/^-?[0-9]+$/.test(word)) {
      status = complain(system, argv, `invalid number '${word}'`);
      continue;
    }
    const pid = Number(word);
    const targets = pid > 0 ? [pid] : system.processes.map((process) => process.pid).filter((other) => other !== 1 && other !== system.pid);
    for (const target of targets) {
      const errno = system.kill(target, signal);
      if (errno !== undefined && pid > 0) status = complain(system, argv, `can't kill pid ${pid}: ${errorText(errno)}`);
    }
  }
  return status;
}
