/**
 * Signals: their numbers and what they do to a process that neither catches nor ignores them.
 *
 * Numbers are those of Linux on x86 and arm (signal(7)); the exit status of a killed process is 128 + number, which is
 * where Kubernetes' 137 and 143 come from.
 */

export const SIGNAL_NUMBER = {
  HUP: 1, INT: 2, QUIT: 3, ILL: 4, TRAP: 5, ABRT: 6, BUS: 7, FPE: 8, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13, ALRM: 14, TERM: 15,
  STKFLT: 16, CHLD: 17, CONT: 18, STOP: 19, TSTP: 20, TTIN: 21, TTOU: 22, URG: 23, XCPU: 24, XFSZ: 25, VTALRM: 26, PROF: 27, WINCH: 28,
  POLL: 29, PWR: 30, SYS: 31,
} as const;

export type Signal = keyof typeof SIGNAL_NUMBER;

/** What strsignal(3) calls the signals that end a process. */
const SIGNAL_TEXT: Readonly<Partial<Record<Signal, string>>> = {
  HUP: 'Hangup', INT: 'Interrupt', QUIT: 'Quit', ILL: 'Illegal instruction', TRAP: 'Trace/breakpoint trap', ABRT: 'Aborted', BUS: 'Bus error',
  FPE: 'Floating point exception', KILL: 'Killed', USR1: 'User defined signal 1', SEGV: 'Segmentation fault', USR2: 'User defined signal 2',
  PIPE: 'Broken pipe', ALRM: 'Alarm clock', TERM: 'Terminated', STKFLT: 'Stack fault', XCPU: 'CPU time limit exceeded',
  XFSZ: 'File size limit exceeded', VTALRM: 'Virtual timer expired', PROF: 'Profiling timer expired', POLL: 'I/O possible', PWR: 'Power failure',
  SYS: 'Bad system call',
};

export const signalText = (signal: Signal): string => SIGNAL_TEXT[signal] ?? signal;

export type Disposition = 'default' | 'ignore' | 'catch';

export type SignalEffect = 'terminate' | 'nothing' | 'stop' | 'continue';

/** What an uncaught signal does. */
export function defaultEffect(signal: Signal): SignalEffect {
  switch (signal) {
    case 'CHLD':
    case 'URG':
    case 'WINCH':
      return 'nothing';
    case 'CONT':
      return 'continue';
    case 'STOP':
    case 'TSTP':
    case 'TTIN':
    case 'TTOU':
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
