/**
 * What a container starts with: its credentials, working directory and standard streams; and small questions about it.
 */
import type { ContainerUsage, CriError } from '../api/cri.ts';
import { type Container, layerUsage } from './container.ts';
import { ROOT } from './file-system/inode.ts';
import type { ContainerScope } from './process/process.ts';
import type { OpenFile, PipeEnd } from './process/stream.ts';
import type { Program } from './process/wait.ts';
import type { Sandbox } from './sandbox.ts';

export function failure(code: CriError['code'], message: string): { readonly error: CriError } {
  return { error: { code, message } };
}

export function isStopped(sandbox: Sandbox): boolean {
  return sandbox.status.state === 'NOTREADY';
}

export function memoryOf(scope: ContainerScope): number {
  let bytes = 0;
  for (const process of scope.processes) bytes += process.memoryBytes;
  return bytes;
}

export function workingDirectory(container: Container): string {
  return container.config.workingDir === '' ? container.image.workingDirectory : container.config.workingDir;
}

/** Users are numbers here, `1000` or `1000:3000`; empty is root. */
export function credentialsOf(container: Container): typeof ROOT {
  const { runAsUser, runAsGroup, supplementalGroups } = container.config;
  const [user = '', group = ''] = container.image.user.split(':');
  const uid = runAsUser ?? Number(user);
  const gid = runAsGroup ?? (runAsUser === undefined ? Number(group) : 0);
  // The runtime adds the primary group to the others, and the kernel keeps them sorted (setgroups(2)).
  return { uid, gid, groups: [...new Set([gid, ...supplementalGroups])].sort((a, b) => a - b) };
}

/** Standard input of a container with `stdin: true` to which nobody is attached: it never ends. */
export function silentInput(isTerminal = false): PipeEnd {
  const pipe = { buffer: '', readers: 0, writers: 1, waiters: new Set<number>() };
  return { kind: 'pipe', pipe, end: 'read', count: 0, isTerminal };
}

export function textInput(text: string): OpenFile {
  const pipe = { buffer: text, readers: 0, writers: 0, waiters: new Set<number>() };
  return { kind: 'pipe', pipe, end: 'read', count: 0 };
}

export function* emptyRun(): ReturnType<Program> {
  return 0;
}

/** What each container uses at the moment: memory, CPU, writable layer and logs. */
export function usageOf(containers: Iterable<Container>): ContainerUsage[] {
  const usage: ContainerUsage[] = [];
  for (const container of containers) {
    const processes = container.scope === undefined ? [] : [...container.scope.processes];
    usage.push({
      id: container.status.id,
      podUid: container.sandbox.config.metadata.uid,
      name: container.config.metadata.name,
      memoryBytes: container.scope === undefined ? 0 : memoryOf(container.scope),
      cpuMilli: processes.reduce((sum, process) => sum + process.cpuMilli, 0),
      diskBytes: layerUsage(container.tree.root) + container.log.size,
      processes: processes.length,
    });
  }
  return usage;
}
