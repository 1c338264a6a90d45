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
}

export function* execSync(container: Container | undefined, params: CriCalls['ExecSync']['params'], executor: Executor): Task<Outcome<'ExecSync'>> {
  const { id, command, timeoutUs } = params;
  if (container === undefined) return failure('NotFound', `an error occurred when try to find container "${id}": not found`);
  yield* executor.delay();
  const { scope } = container;
  if (scope === undefined) return failure('Unknown', `failed to exec in container: container is in CONTAINER_${container.status.state} state`);
  const found = executor.find(container, command);
  if (typeof found === 'string') {
    return failure('Unknown', `failed to exec in container: failed to start exec: ${found.replace('create failed: runc create failed', 'exec failed: exec failed')}`);
  }
  const output = { stdout: '', stderr: '' };
  const status = yield* suspend<number | 'timeout'>((resume) => start(container, scope, found, output, params, executor, resume));
  if (status === 'timeout') return failure('DeadlineExceeded', `failed to exec in container: timeout ${timeoutUs / 1e6}s exceeded: context deadline exceeded`);
  return { result: { ...output, exitCode: status } };
}

function start(
  container: Container,
  scope: ContainerScope,
  found: Found,
  output: { stdout: string; stderr: string },
  { stdin, timeoutUs }: CriCalls['ExecSync']['params'],
  { actor, host, touch }: Executor,
  resume: (status: number | 'timeout') => void,
): void {
  const sink = (stream: 'stdout' | 'stderr'): OpenFile => ({ kind: 'sink', count: 0, write: (text) => void (output[stream] += text) });
  const input: OpenFile = stdin === undefined ? { kind: 'device', device: 'null', count: 0 } : textInput(stdin);
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
  touch(() => {
    process = host.start({
      scope,
      program: found.program,
      argv: found.argv,
      environment: environmentOf(container),
      directory: workingDirectory(container),
      credentials: credentialsOf(container),
      descriptors: new Map([[0, input], [1, sink('stdout')], [2, sink('stderr')]]),
      onExit: (status) => {
        timer?.stop();
        actor.soon(() => resume(status));
      },
    });
  });
}
