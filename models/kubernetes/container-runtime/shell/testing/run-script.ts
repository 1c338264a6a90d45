/** Runs a script as PID 1 of a container of its own: what the tests of the shell and of its commands begin with. */
import { directory, file } from '../../file-system/inode.ts';
import { FileTree } from '../../file-system/tree.ts';
import { programOf, standardTree } from '../../image/layout.ts';
import { Host } from '../../process/host.ts';
import { type ContainerScope, createPidNamespace } from '../../process/process.ts';
import { createNetworkNamespace, type Outside } from '../../process/socket.ts';
import type { OpenFile } from '../../process/stream.ts';
import { BUSYBOX_NAMES } from '../../program/busybox.ts';

const NO_OUTSIDE: Outside = { request: () => {}, respond: () => {}, listening: () => {}, resolve: () => {} };

export interface Outcome {
  out: string;
  err: string;
  /** Undefined while the script runs. */
  status: number | undefined;
  isOomKilled: boolean;
  endedUs: number;
}

/** The outcome after at most `forSeconds`; `memoryBytes` is the container's limit. */
export function runScript(script: string, options: { forSeconds?: number; memoryBytes?: number } = {}): Outcome {
  const host = new Host(NO_OUTSIDE);
  const outcome: Outcome = { out: '', err: '', status: undefined, isOomKilled: false, endedUs: -1 };
  const tree = new FileTree(standardTree(BUSYBOX_NAMES, { '/etc/hostname': file('pod\n'), '/sys': directory() }));
  const scope: ContainerScope = {
    id: 'c', tree, network: createNetworkNamespace('s', ['10.0.0.1']), pids: createPidNamespace(), hostname: 'pod', epochMs: 0, programs: programOf, processes: new Set(),
    onMemory: () => {
      const used = [...scope.processes].reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
      if (options.memoryBytes === undefined || used <= options.memoryBytes || outcome.isOomKilled) return;
      outcome.isOomKilled = true;
      host.killAll(scope);
    },
  };
  const sink = (name: 'out' | 'err'): OpenFile => ({ kind: 'sink', count: 0, write: (text) => void (outcome[name] += text) });
  const shell = programOf('sh');
  if (shell === undefined) throw new Error('there is no shell');
  host.start({
    scope, program: shell, argv: ['sh', '-c', script], environment: new Map([['PATH', '/bin'], ['HOME', '/root']]), directory: '/',
    descriptors: new Map<number, OpenFile>([[0, { kind: 'device', device: 'null', count: 0 }], [1, sink('out')], [2, sink('err')]]),
    onExit: (status) => {
      outcome.status = status;
      outcome.endedUs = host.nowUs;
    },
  });
  host.run((options.forSeconds ?? 3600) * 1e6);
  return outcome;
}
