/**
 * One container instance: a writable layer over its image, mounts, processes, a log, and the state that CRI shows.
 *
 * A new instance starts from the image's tree, so nothing that its predecessor wrote outside of volumes is there.
 */
import type { ContainerConfig, ContainerStatus } from '../api/cri.ts';
import { type DirectoryInode, directory, type FileInode, file, type Inode } from './file-system/inode.ts';
import { absolute } from './file-system/path.ts';
import { FileTree } from './file-system/tree.ts';
import type { Volume } from './file-system/volume.ts';
import { ContainerLog } from './container-log.ts';
import type { Disk } from './disk.ts';
import type { ImageDefinition } from './image/catalogue.ts';
import type { ContainerScope, Process } from './process/process.ts';
import type { Signal } from './process/signal.ts';
import type { Sandbox } from './sandbox.ts';

/** terminationMessagePath is read up to 4096 bytes (kuberuntime_container.go, MaxContainerTerminationMessageLength). */
const TERMINATION_LOG_MAX = 4096;

export interface Container {
  readonly config: ContainerConfig;
  readonly sandbox: Sandbox;
  readonly image: ImageDefinition;
  readonly stopSignal: Signal;
  readonly tree: FileTree;
  readonly log: ContainerLog;
  readonly terminationLog: FileInode;
  status: ContainerStatus;
  scope: ContainerScope | undefined;
  init: Process | undefined;
  oomKilled: boolean;
  /** Called when the container has exited. */
  readonly waiting: Set<() => void>;
}

/** Builds the container's view of its files. Fails with a text if a mount cannot be made. */
export function createContainer(
  id: string,
  config: ContainerConfig,
  sandbox: Sandbox,
  image: ImageDefinition,
  names: { readonly image: string; readonly imageRef: string },
  disk: Disk,
  nowUs: number,
): Container | string {
  const tree = new FileTree(image.tree, config.readOnlyRootFilesystem);
  const terminationLog = file('', { mode: 0o666 });
  const failure = mountAll(tree, config, sandbox, terminationLog, disk, nowUs);
  if (failure !== undefined) return failure;
  return {
    config,
    sandbox,
    image,
    stopSignal: image.stopSignal,
    tree,
    log: new ContainerLog(),
    terminationLog,
    scope: undefined,
    init: undefined,
    oomKilled: false,
    waiting: new Set(),
    status: {
      id,
      sandboxId: sandbox.status.id,
      metadata: config.metadata,
      state: 'CREATED',
      createdAt: nowUs,
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      reason: '',
      message: '',
      image: names.image,
      imageRef: names.imageRef,
      labels: config.labels,
      annotations: config.annotations,
      terminationLog: '',
      logTail: '',
    },
  };
}

/** Where programs look which CPUs and NUMA nodes they have. */
function mountCpusets({ cpusetCpus, cpusetMems }: ContainerConfig, mountFile: (path: string, content: string) => void): void {
  const lists = [['cpus', cpusetCpus], ['mems', cpusetMems]] as const;
  for (const [name, list] of lists) if (list !== undefined) mountFile(`/sys/fs/cgroup/cpuset.${name}.effective`, `${list}\n`);
  const lines = [...(cpusetCpus === undefined ? [] : [`Cpus_allowed_list:\t${cpusetCpus}\n`]), ...(cpusetMems === undefined ? [] : [`Mems_allowed_list:\t${cpusetMems}\n`])];
  if (lines.length > 0) mountFile('/proc/self/status', lines.join(''));
}

function mountAll(tree: FileTree, config: ContainerConfig, sandbox: Sandbox, terminationLog: FileInode, disk: Disk, nowUs: number): string | undefined {
  const mountFile = (path: string, content: string): void => tree.mount({ path, volume: { root: file(content) }, readOnly: false });
  mountFile('/etc/hostname', `${sandbox.config.hostname}\n`);
  mountFile('/etc/resolv.conf', resolvConf(sandbox));
  for (const [path, content] of Object.entries(config.files)) mountFile(path, content);
  for (const [name, value] of Object.entries(sandbox.config.sysctls ?? {})) mountFile(`/proc/sys/${name.replaceAll('.', '/')}`, `${value}\n`);
  mountCpusets(config, mountFile);
  const inOrder = [...config.mounts].sort((a, b) => depth(a.containerPath) - depth(b.containerPath));
  for (const mount of inOrder) {
    const volume = disk.find(mount.hostPath);
    if (volume === undefined) return `failed to generate spec: failed to stat "${mount.hostPath}": stat ${mount.hostPath}: no such file or directory`;
    const bound = mount.subPath === undefined || mount.subPath === '' ? volume : subPathOf(volume, mount.subPath, nowUs);
    if (bound === undefined) return `failed to prepare subPath for volumeMount "${mount.containerPath}"`;
    tree.mount({ path: mount.containerPath, volume: bound, readOnly: mount.readOnly });
  }
  if (config.terminationMessagePath !== '') tree.mount({ path: config.terminationMessagePath, volume: { root: terminationLog }, readOnly: false });
  return undefined;
}

function depth(path: string): number {
  return path.split('/').length;
}

function resolvConf(sandbox: Sandbox): string {
  const { servers, searches, options } = sandbox.config.dns;
  const search = searches.length === 0 ? '' : `search ${searches.join(' ')}\n`;
  const names = servers.map((server) => `nameserver ${server}\n`).join('');
  return `${search}${names}${options.length === 0 ? '' : `options ${options.join(' ')}\n`}`;
}

/** Binds what a subPath points to at this moment; a missing one is made as a directory. */
function subPathOf(volume: Volume, subPath: string, nowUs: number): Volume | undefined {
  const view = new FileTree(directory());
  view.mount({ path: '/v', volume, readOnly: false });
  const path = absolute(subPath, '/v');
  if (!path.startsWith('/v')) return undefined;
  let at = '/v';
  for (const part of path.slice(3).split('/')) {
    at = `${at}/${part}`;
    if (view.lookup(at) === 'ENOENT') view.makeDirectory(at, nowUs);
  }
  const found = view.lookup(path);
  return typeof found === 'string' ? undefined : { root: found };
}

/** What runs: `command` replaces the image's entry point, `args` its command. */
export function commandLine(config: ContainerConfig, image: ImageDefinition): readonly string[] {
  if (config.command.length > 0) return [...config.command, ...config.args];
  return [...image.entrypoint, ...(config.args.length > 0 ? config.args : image.command)];
}

/** The environment of PID 1: the image's, then what runc sets, then the pod's. */
export function environmentOf(container: Container): Map<string, string> {
  const environment = new Map<string, string>(container.image.environment);
  environment.set('HOSTNAME', container.sandbox.config.hostname);
  for (const { key, value } of container.config.envs) environment.set(key, value);
  if (!environment.has('HOME')) environment.set('HOME', container.config.runAsUser === undefined || container.config.runAsUser === 0 ? '/root' : '/');
  return environment;
}

/** Notes that the container's main process has ended. */
export function noteExit(container: Container, code: number, nowUs: number, runtime: 'containerd' | 'cri-o' | 'docker'): void {
  container.log.close(nowUs);
  const reason = container.oomKilled ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error';
  container.status = {
    ...container.status,
    state: 'EXITED',
    finishedAt: nowUs,
    exitCode: runtime === 'docker' && container.oomKilled ? 0 : code,
    reason,
    terminationLog: container.terminationLog.content.slice(-TERMINATION_LOG_MAX),
    logTail: container.log.tail(),
  };
  container.scope = undefined;
  container.init = undefined;
  for (const resume of container.waiting) resume();
  container.waiting.clear();
}

/** Bytes in a container's own layer: what was copied out of or added to the image. */
export function layerUsage(inode: Inode | DirectoryInode): number {
  if (inode.shared) return 0;
  if (inode.kind !== 'directory') return inode.kind === 'file' ? inode.content.length + inode.padding : 0;
  let bytes = 0;
  for (const entry of inode.entries.values()) bytes += layerUsage(entry);
  return bytes;
}
