/**
 * Signals: their numbers and what they do to a process that neither catches nor ignores them.
 *
 * Numbers are those of Linux on x86 and arm (signal(7)); the exit status of a killed process is 128 + number, which is
 * where Kubernetes' 137 and 143 come from.
 */

export type Signal =
  | 'HUP' | 'INT' | 'QUIT' | 'ABRT' | 'KILL' | 'USR1' | 'SEGV' | 'USR2' | 'PIPE' | 'ALRM' | 'TERM' | 'CHLD' | 'CONT'
  | 'STOP' | 'TSTP' | 'WINCH';

export const SIGNAL_NUMBER: Readonly<Record<Signal, number>> = {
  HUP: 1, INT: 2, QUIT: 3, ABRT: 6, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13, ALRM: 14, TERM: 15, CHLD: 17,
  CONT: 18, STOP: 19, TSTP: 20, WINCH: 28,
};

export type Disposition = 'default' | 'ignore' | 'catch';

export type SignalEffect = 'terminate' | 'nothing' | 'stop' | 'continue';

/** What an uncaught signal does. */
export function defaultEffect(signal: Signal): SignalEffect {
  switch (signal) {
    case 'CHLD':
    case 'WINCH':
      return 'nothing';
    case 'CONT':
      return 'continue';
    case 'STOP':
    case 'TSTP':
      return 'stop';
    default:
      return 'terminate';
  }
}

/** Reads `TERM`, `SIGTERM`, `sigterm` or `15`. Undefined if there is no such signal. */
export function parseSignal(text: string): Signal | undefined {
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper.slice(3) : upper;
  if (Object.hasOwn(SIGNAL_NUMBER, name)) return name as Signal;
  if (!/^[0-9]+$/.test(text)) return undefined;
  const number = Number(text);
  for (const [signal, value] of Object.entries(SIGNAL_NUMBER)) if (value === number) return signal as Signal;
  return undefined;
}

/** Exit status of a process that was ended by a signal. */
export function statusOfSignal(signal: Signal): number {
  return 128 + SIGNAL_NUMBER[signal];
}
