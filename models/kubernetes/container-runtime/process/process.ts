/**
 * A process: an identity, open descriptors, an environment, signal dispositions, and a program that is somewhere.
 *
 * Process ids count from 1 in each PID namespace (one per container, or one per pod with shareProcessNamespace). PID 1 is
 * special twice: signals that it does not catch do nothing to it (except KILL from outside), and its end is the end of
 * every process of the namespace.
 */
import type { Credentials } from '../file-system/inode.ts';
import type { FileTree } from '../file-system/tree.ts';
import type { Disposition, Signal } from './signal.ts';
import type { NetworkNamespace } from './socket.ts';
import type { Descriptors } from './stream.ts';
import type { Program, Run, Wait } from './wait.ts';

export interface PidNamespace {
  readonly processes: Map<number, Process>;
  nextPid: number;
  /** False where PID 1 is none of ours: the node's own namespace. */
  readonly hasInit: boolean;
}

/** What all processes of a container have in common. */
export interface ContainerScope {
  readonly id: string;
  readonly tree: FileTree;
  readonly network: NetworkNamespace;
  readonly pids: PidNamespace;
  readonly hostname: string;
  /** Wall time at virtual time 0, in ms since 1970. */
  readonly epochMs: number;
  /** Finds what an executable does, by the name its file carries. */
  readonly programs: (name: string) => Program | undefined;
  /** Programs gain nothing by being set-user-ID. */
  readonly noNewPrivileges?: boolean;
  /** Memory limit in bytes; crossing it ends the container with an OOM kill. */
  readonly memoryLimitBytes?: number;
  /** Told when a process declares its memory: where the out-of-memory killer sits. */
  readonly onMemory?: (process: Process) => void;
  /** Processes that are alive, in order of their start. */
  readonly processes: Set<Process>;
}

export interface Process {
  /** Unique on the host; never shown to programs. */
  readonly key: number;
  readonly pid: number;
  parent: Process | undefined;
  readonly scope: ContainerScope;
  argv: readonly string[];
  /** What `ps` shows instead of the arguments, if the program has set it (`nginx: worker process`). */
  title: string | undefined;
  readonly environment: Map<string, string>;
  directory: string;
  credentials: Credentials;
  readonly descriptors: Descriptors;
  readonly dispositions: Map<Signal, Disposition>;
  readonly pendingSignals: Signal[];
  readonly startedUs: number;
  run: Run;
  /** What it waits for; undefined while it can run. */
  waiting: Wait | undefined;
  /** Grows with each wake, so that timers of earlier waits are known to be stale. */
  waitCount: number;
  stopped: boolean;
  /** Set by exec: the program that replaces the present one. */
  next: Run | undefined;
  /** Ended but not yet waited for. */
  exitStatus: number | undefined;
  /** What ended it, if a signal did. */
  exitSignal: Signal | undefined;
  /** Turns on the processor since it last waited, and when the latest of them ended: see `host.ts`. */
  turns: number;
  turnEndUs: number;
  /** Calls of `read` and `write` at one moment, and when that is; what they carry counts too. */
  calls: number;
  callsAtUs: number;
  readonly children: Set<Process>;
  /** Resident memory in bytes, as far as the program declares it. */
  memoryBytes: number;
  /** Processor use in thousandths of a core, as far as the program declares it. */
  cpuMilli: number;
  /** Called once, when the process has ended. */
  onExit: ((status: number, reason: ExitReason) => void) | undefined;
}

export type ExitReason = { readonly kind: 'exited' } | { readonly kind: 'signal'; readonly signal: Signal };

export function createPidNamespace(hasInit = true): PidNamespace {
  return { processes: new Map(), nextPid: hasInit ? 1 : 2, hasInit };
}

/** What `ps` shows that the process runs. */
export function commandOf(process: Process): string {
  return process.title ?? process.argv.join(' ');
}

/** The name of what it executes, by which `killall` and `pidof` find it. */
export function nameOf(process: Process): string {
  return (process.argv[0] ?? '').replace(/^.*\//, '');
}
