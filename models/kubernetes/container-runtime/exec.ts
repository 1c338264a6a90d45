/**
 * Commands in a running container: `kubectl exec`, exec probes and hooks.
 *
 * The command is a further process of the container. A time limit kills it; the container's end ends it too.
 */
import type { CriCalls } from '../api/cri.ts';
import { type Process as Actor, suspend, type Task } from '../client/process.ts';
import { type Container, environmentOf } from './container.ts';
import { credentialsOf, failure, textInput, workingDirectory } from './container-start.ts';
import type { Host } from './process/host.ts';
import type { ContainerScope, Process } from './process/process.ts';
import type { OpenFile } from './process/stream.ts';
import type { Program } from './process/wait.ts';
import type { Outcome } from './runtime-service.ts';

type Found = { readonly program: Program; readonly argv: readonly string[] };

/** What a command needs of its runtime. */
export interface Executor {
  readonly actor: Actor;
  readonly host: Host;
  readonly touch: (work: () => void) => void;
  /** The time that the runtime takes to start a process. */
  readonly delay: () => Task;
  /** What a command line executes, or the error text of runc. */
  readonly find: (container: Container, argv: readonly string[]) => Found | string;
  /** An id that was never given before: each exec has one. */
  readonly id: () => string;
}

export function* execSync(container: Container | undefined, params: CriCalls['ExecSync']['params'], executor: Executor): Task<Outcome<'ExecSync'>> {
  const { id, command, timeoutUs } = params;
  if (container === undefined) return failure('NotFound', `an error occurred when try to find container "${id}": not found`);
  yield* executor.delay();
  const target = targetOf(container, command, executor);
  if (typeof target === 'string') return failure('Unknown', target);
  const output = { stdout: '', stderr: '' };
  const status = yield* suspend<number | 'timeout'>((resume) => start(container, target.scope, target.found, output, params, executor, resume));
  if (status === 'timeout') return failure('DeadlineExceeded', `failed to exec in container: timeout ${timeoutUs / 1e6}s exceeded: context deadline exceeded`);
  return { result: { ...output, exitCode: status } };
}

/** What a command would run in a container, or containerd's text when it cannot. */
export function targetOf(container: Container, command: readonly string[], executor: Executor): Target | string {
  const { scope } = container;
  if (scope === undefined) return `failed to exec in container: container is in CONTAINER_${container.status.state} state`;
  const found = executor.find(container, command);
  if (typeof found !== 'string') return { container, scope, found };
  const why = found.replace('create failed: runc create failed', 'exec failed: exec failed');
  return `failed to exec in container: failed to start exec "${executor.id()}": ${why}`;
}

function start(
  container: Container,
  scope: ContainerScope,
  found: Found,
  output: { stdout: string; stderr: string },
  { stdin, timeoutUs }: CriCalls['ExecSync']['params'],
  executor: Executor,
  resume: (status: number | 'timeout') => void,
): void {
  const { actor, host, touch } = executor;
  let process: Process | undefined;
  const kill = (): void => {
    touch(() => {
      if (process === undefined) return;
      process.onExit = undefined;
      host.signal(process, 'KILL', true);
    });
    resume('timeout');
  };
  const timer = timeoutUs > 0 ? actor.after('exec.timeout', timeoutUs, kill) : undefined;
  const streams: Standard = {
    stdin: stdin === undefined ? devNull() : textInput(stdin),
    stdout: (text) => void (output.stdout += text),
    stderr: (text) => void (output.stderr += text),
  };
  touch(() => {
    process = launch(executor, { container, scope, found }, streams, (status) => {
      timer?.stop();
      actor.soon(() => resume(status));
    });
  });
}

/** A process's standard streams. */
export interface Standard {
  readonly stdin: OpenFile;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** A command in a container that runs. */
export interface Target {
  readonly container: Container;
  readonly scope: ContainerScope;
  readonly found: Found;
}

export const devNull = (): OpenFile => ({ kind: 'device', device: 'null', count: 0 });
const sink = (write: (text: string) => void): OpenFile => ({ kind: 'sink', count: 0, write });

/** Starts a process beside the container's own. Call it within `touch`. */
export function launch({ host }: Executor, { container, scope, found }: Target, streams: Standard, onExit: (status: number) => void): Process {
  return host.start({
    scope,
    program: found.program,
    argv: found.argv,
    environment: environmentOf(container),
    directory: workingDirectory(container),
    credentials: credentialsOf(container),
    descriptors: new Map([[0, streams.stdin], [1, sink(streams.stdout)], [2, sink(streams.stderr)]]),
    onExit,
  });
}
