/**
 * Commands that run as processes of their own: pipelines, subshells, what stands before `&`; and how the shell waits for them.
 *
 * Each command of a pipeline is a child of the shell, in the background too. A shell that waits for one child takes note of the
 * others that have ended meanwhile, so that `wait` knows their status later.
 */
import { createPipe, hold, pipeEnd } from '../process/stream.ts';
import { signalText } from '../process/signal.ts';
import type { Ended, System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { finish, runAndOr, runCommand } from './interpreter.ts';
import { COMMANDS_PER_PROCESS, type Shell } from './shell.ts';
import type { AndOr, Command } from './syntax.ts';

/** What one `&` started. */
export interface Job {
  readonly number: number;
  readonly pids: readonly number[];
  /** Of those that have ended, by pid. */
  readonly statuses: Map<number, Ended>;
  /** `wait` has told its status: its place is free for another. */
  wasWaited: boolean;
}

export const isRunning = (job: Job): boolean => job.statuses.size < job.pids.length;

/** The status of a job that has ended: its last command's, with pipefail that of the last that failed. */
export function statusOf(shell: Shell, job: Job): number {
  const statuses = job.pids.map((pid) => job.statuses.get(pid)?.status ?? 0);
  const failed = shell.options.has('pipefail') ? statuses.findLast((status) => status !== 0) : undefined;
  return failed ?? statuses.at(-1) ?? 0;
}

/** Takes note of the jobs' processes that have ended. */
export function collect(shell: Shell): void {
  if (shell.isSubshell && shell.inheritedJobs === shell.jobs.length) return;
  for (const job of shell.jobs.slice(shell.inheritedJobs)) {
    if (!isRunning(job)) continue;
    for (const pid of job.pids) {
      if (job.statuses.has(pid)) continue;
      const ended = shell.system.reap(pid);
      if (typeof ended === 'object') job.statuses.set(pid, ended);
      else if (ended === 'ESRCH') job.statuses.set(pid, { pid, status: 127, signal: undefined });
    }
  }
}

/** A program that runs a part of the script in a subshell. */
export function subshell(shell: Shell, run: (forked: Shell) => Step<void>): (child: System) => Run {
  return (child) => {
    // What the shell does after this is no concern of the child's.
    const forked = shell.fork(child);
    return (function* (): Run {
      yield* run(forked);
      return yield* finish(forked);
    })();
  };
}

/** fork(2): the answer is the child's pid. A shell that cannot fork ends. */
export function fork(shell: Shell, program: (child: System) => Run, descriptors = shell.system.descriptors): number | undefined {
  shell.commands += COMMANDS_PER_PROCESS;
  const pid = shell.system.spawn({ argv: shell.system.argv, program, descriptors, environment: shell.environment() });
  if (typeof pid === 'number') return pid;
  shell.fail("can't fork: Resource temporarily unavailable");
  return undefined;
}

/** `command &`: the shell goes on at once. What reads standard input there finds nothing. */
export function runInBackground(shell: Shell, item: AndOr): void {
  const { system } = shell;
  const silent = system.openFile('/dev/null', 'read');
  const descriptors = new Map(system.descriptors);
  if (typeof silent !== 'string') descriptors.set(0, silent);
  const { first, rest } = item;
  const isPipeline = rest.length === 0 && !first.negated && first.commands.length > 1;
  const single = fork.bind(undefined, shell, subshell(shell, (forked) => runAndOr(forked, { ...item, background: false }, true)));
  const pids = isPipeline ? startPipeline(shell, first.commands, descriptors) : [single(descriptors)].filter((pid) => pid !== undefined);
  const last = pids.at(-1);
  if (last === undefined) return;
  collect(shell);
  shell.jobs.splice(0, shell.jobs.length, ...shell.jobs.filter((job) => isRunning(job) || !job.wasWaited));
  let number = 1;
  const taken = new Set(shell.jobs.map((job) => job.number));
  while (taken.has(number)) number++;
  shell.jobs.push({ number, pids, statuses: new Map(), wasWaited: false });
  shell.lastBackground = last;
  shell.status = 0;
}

/** Starts the commands of a pipeline, each with its output in the input of the next. */
function startPipeline(shell: Shell, commands: readonly Command[], outer: System['descriptors']): number[] {
  const { system } = shell;
  const pids: number[] = [];
  let input = outer.get(0);
  for (const [index, command] of commands.entries()) {
    const descriptors = new Map(outer);
    if (input !== undefined) descriptors.set(0, input);
    const pipe = index === commands.length - 1 ? undefined : createPipe();
    if (pipe !== undefined) descriptors.set(1, pipeEnd(pipe, 'write'));
    const reader = pipe === undefined ? undefined : hold(pipeEnd(pipe, 'read'));
    const pid = fork(shell, subshell(shell, (forked) => runCommand(forked, command, true)), descriptors);
    if (pid !== undefined) pids.push(pid);
    if (index > 0 && input !== undefined) system.release(input);
    input = reader;
    if (pid === undefined) break;
  }
  if (pids.length < commands.length && input !== undefined) system.release(input);
  return pids;
}

/** A pipeline in the foreground: the status is the last command's, or the last failure's with pipefail. */
export function* runPipes(shell: Shell, commands: readonly Command[]): Step<void> {
  const pids = startPipeline(shell, commands, shell.system.descriptors);
  let failed = 0;
  let status = shell.status;
  for (const pid of pids) {
    status = yield* waitForeground(shell, pid);
    if (status !== 0) failed = status;
  }
  if (shell.unwinding === undefined) shell.status = shell.options.has('pipefail') ? failed : status;
}

/**
 * Waits for a foreground child. Signals with a trap are noted and handled when the child has ended. The end by a signal is told,
 * but for those of a person at the keyboard and of pipes.
 */
export function* waitForeground(shell: Shell, pid: number): Step<number> {
  for (;;) {
    const ended = yield* shell.system.waitFor(pid);
    if (typeof ended === 'string') return 127;
    if ('status' in ended) {
      collect(shell);
      const { signal } = ended;
      if (signal !== undefined && signal !== 'INT' && signal !== 'PIPE') shell.system.writeNow(2, `${signalText(signal)}\n`);
      return ended.status;
    }
    shell.note(ended.interrupted);
  }
}
