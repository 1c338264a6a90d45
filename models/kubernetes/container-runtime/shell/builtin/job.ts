/** Builtins about processes: `wait`, `jobs`, `fg`, `bg`, `kill`. */
import { kill } from '../../program/kill.ts';
import { signalText } from '../../process/signal.ts';
import type { Step } from '../../process/wait.ts';
import { collect, isRunning, type Job, statusOf } from '../job.ts';
import { interruptedStatus, type Shell } from '../shell.ts';

/** `%1`, `%%`, `%+`; undefined (and the end of the script) if there is no such job. */
function jobOf(shell: Shell, text: string): Job | undefined {
  const found = /^%[%+]?$/.test(text) ? shell.jobs.at(-1) : text === '%-' ? shell.jobs.at(-2) : shell.jobs.find(({ number }) => `%${number}` === text);
  if (found === undefined) shell.fail(`${text}: No such job`);
  return found;
}

/** Waits for the given jobs, or for all, or with `-n` for the next; a trapped signal ends the waiting at once. */
export function* wait(shell: Shell, argv: readonly string[]): Step<number> {
  const words = argv.slice(1).filter((word) => word !== '--');
  const next = words[0] === '-n';
  if (next) words.shift();
  if (words.length === 0) return yield* waitForAll(shell, next);
  let status = 0;
  for (const word of words) {
    if (!word.startsWith('%') && !/^[0-9]+$/.test(word)) {
      shell.fail(`Illegal number: ${word}`);
      return 2;
    }
    const job = word.startsWith('%') ? jobOf(shell, word) : shell.jobs.find(({ pids }) => pids.at(-1) === Number(word));
    if (shell.unwinding !== undefined) return 2;
    status = 127;
    if (job === undefined) continue;
    const wasRunning = isRunning(job);
    const interrupted = yield* until(shell, () => !isRunning(job));
    if (interrupted !== undefined) return interrupted;
    const { signal } = job.statuses.get(job.pids.at(-1) ?? 0) ?? {};
    if (wasRunning && signal !== undefined && signal !== 'INT' && signal !== 'PIPE') shell.system.writeNow(2, `${signalText(signal)}\n`);
    job.wasWaited = true;
    status = statusOf(shell, job);
  }
  return status;
}

function* waitForAll(shell: Shell, next: boolean): Step<number> {
  collect(shell);
  const running = shell.jobs.filter(isRunning);
  if (next && running.length === 0) return 127;
  const interrupted = yield* until(shell, () => (next ? running.some((job) => !isRunning(job)) : !shell.jobs.some(isRunning)));
  if (interrupted !== undefined) return interrupted;
  const ended = next ? running.find((job) => !isRunning(job)) : undefined;
  if (ended !== undefined) ended.wasWaited = true;
  if (!next) shell.jobs.length = 0;
  return ended === undefined ? 0 : statusOf(shell, ended);
}

/** Waits for children until what they are waited for holds; the status if a signal came first. */
function* until(shell: Shell, holds: () => boolean): Step<number | undefined> {
  for (;;) {
    const early = shell.system.takeSignal();
    if (early !== undefined) {
      shell.note(early);
      return interruptedStatus(early);
    }
    collect(shell);
    if (holds()) return undefined;
    const wake = yield { wait: 'child', pid: 0 };
    if (wake.kind !== 'signal') continue;
    shell.note(wake.signal);
    return interruptedStatus(wake.signal);
  }
}

/** Where a line's state ends; a script's jobs have no command to be shown after it. */
const STATE_COLUMNS = 33;

export function* jobs(shell: Shell, argv: readonly string[]): Step<number> {
  collect(shell);
  for (const [index, job] of [...shell.jobs].reverse().entries()) {
    const [first = 0] = job.pids;
    const last = job.statuses.get(job.pids.at(-1) ?? 0);
    const state = isRunning(job) ? 'Running' : last?.signal !== undefined ? signalText(last.signal) : last?.status === 0 ? 'Done' : `Done(${last?.status ?? 0})`;
    const mark = index === 0 ? '+' : index === 1 ? '-' : ' ';
    const line = argv.includes('-p') ? String(first) : `[${job.number}]${mark}  ${argv.includes('-l') ? `${first} ` : ''}${state}`.padEnd(STATE_COLUMNS);
    const members = argv.includes('-p') ? '' : job.pids.slice(1).map(() => ' | ').join('');
    yield* shell.system.write(1, `${line}${members}\n`);
  }
  const running = shell.jobs.filter(isRunning);
  shell.jobs.splice(0, shell.jobs.length, ...running);
  return 0;
}

/** `fg` and `bg`: a script has no job control. */
export function* currentJob(shell: Shell, argv: readonly string[]): Step<number> {
  const job = argv[1] === undefined ? shell.jobs.at(-1) : jobOf(shell, argv[1]);
  if (shell.unwinding !== undefined) return 2;
  if (job === undefined) shell.fail('No current job');
  else shell.fail(`job ${argv[1] ?? '(null)'} not created under job control`);
  return 2;
}

export function* killBuiltin(shell: Shell, argv: readonly string[]): Step<number> {
  const words: string[] = [];
  for (const word of argv) {
    const job = word.startsWith('%') ? jobOf(shell, word) : undefined;
    if (shell.unwinding !== undefined) return 2;
    if (job === undefined) words.push(word);
    else words.push(...job.pids.filter((pid) => !job.statuses.has(pid)).map(String));
  }
  return yield* kill(shell.system, words, shell.system.appletName);
}
