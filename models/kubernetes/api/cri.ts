/**
 * What a kubelet and its container runtime say to each other: the calls of the Container Runtime Interface as data.
 *
 * Names and meanings are those of k8s.io/cri-api runtime/v1 (api.proto). Times are µs of virtual time, `0` where upstream
 * has a zero time. Beside CRI there are the few things that the kubelet does to its node's file system (`Mount…`), because
 * here the disks of a node belong to its runtime's actor.
 */

import type { HostPort } from './net.ts';

/** One call. `id` is chosen by the kubelet and is unique among its open calls. */
export interface CriRequest<M extends CriMethod = CriMethod> {
  readonly kind: 'cri.request';
  readonly id: number;
  readonly method: M;
  readonly params: CriCalls[M]['params'];
}

export interface CriResponse<M extends CriMethod = CriMethod> {
  readonly kind: 'cri.response';
  readonly id: number;
  readonly ok: boolean;
  readonly result?: CriCalls[M]['result'];
  readonly error?: CriError;
}

/** A gRPC status. `code` is its name, as in `rpc error: code = NotFound desc = …`. */
export interface CriError {
  readonly code: 'Unknown' | 'NotFound' | 'DeadlineExceeded' | 'AlreadyExists' | 'Unavailable' | 'InvalidArgument' | 'ResourceExhausted';
  readonly message: string;
}

/**
 * Opens a stream (api/stream.ts). CRI answers Exec, Attach and PortForward with the address of a streaming server; here the
 * kubelet speaks to that server at once. Logs that are followed come the same way: upstream's kubelet tails the file.
 */
export interface CriStreamRequest {
  readonly kind: 'cri.stream';
  readonly id: number;
  readonly call: CriStream;
}

export type CriStream =
  | { readonly method: 'Exec'; readonly id: string; readonly command: readonly string[]; readonly stdin: boolean; readonly tty: boolean }
  | { readonly method: 'Attach'; readonly id: string; readonly stdin: boolean; readonly tty: boolean }
  | { readonly method: 'FollowLogs'; readonly id: string; readonly query: LogQuery }
  | { readonly method: 'PortForward'; readonly sandboxId: string; readonly port: number };

/**
 * Runtime -> kubelet: something changed. It carries the pod only, as the generic PLEG looks for itself; `type` is what
 * the evented PLEG needs (api.proto ContainerEventType).
 */
export interface CriEvent {
  readonly kind: 'cri.event';
  readonly podUid: string;
  readonly containerId: string;
  readonly type: 'CREATED' | 'STARTED' | 'STOPPED' | 'DELETED';
}

/** Runtime -> kubelet: what containers use has changed since the last `NodeStats`. Sent once; stands for the polling of statistics. */
export interface CriUsage {
  readonly kind: 'cri.usage';
}

/**
 * Runtime -> kubelet: something is wrong with the runtime, look at its `Status`. Stands for the kubelet's poll of every five
 * seconds, which goes on from here until the runtime is well.
 */
export interface CriDoubt {
  readonly kind: 'cri.doubt';
}

/** Runtime -> kubelet: the kernel ran out of memory and killed a process (what the kubelet's oomWatcher reads). */
export interface SystemOom {
  readonly kind: 'node.oom';
  readonly process: string;
  readonly pid: number;
}

export interface PodSandboxMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  /** Empty for a pod with the host's network: it has the node's name. */
  readonly hostname: string;
  readonly dns: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] };
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  readonly sharedPids: boolean;
  /** Ports of the node that lead to ports of the pod; left out when there are none. */
  readonly portMappings?: readonly HostPort[];
  /** Kernel settings of the pod, by their names with dots; left out when there are none. */
  readonly sysctls?: Readonly<Record<string, string>>;
}

export interface SandboxStatus {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: 'READY' | 'NOTREADY';
  readonly createdAt: number;
  /** Empty for host network and for sandboxes that are not ready. */
  readonly ips: readonly string[];
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export type ContainerState = 'CREATED' | 'RUNNING' | 'EXITED' | 'UNKNOWN';

export interface CriMount {
  readonly containerPath: string;
  /** The volume's path on the node, such as `/var/lib/kubelet/pods/<uid>/volumes/kubernetes.io~empty-dir/<name>`. */
  readonly hostPath: string;
  /** Below `hostPath`; made as a directory when missing. */
  readonly subPath?: string;
  readonly readOnly: boolean;
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  /** The image as the user wrote it. */
  readonly image: string;
  readonly imageRef: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly CriMount[];
  /** Files that the kubelet writes for this container: /etc/hosts. */
  readonly files: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly terminationMessagePath: string;
  readonly memoryLimitBytes?: number;
  /** The CPUs and NUMA nodes that it may use, as Linux writes lists; all if there are none (LinuxContainerResources). */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** How willingly the kernel kills it when the node has no memory left: -997 to 1000 (qos/policy.go). */
  readonly oomScoreAdj?: number;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly supplementalGroups: readonly number[];
  readonly readOnlyRootFilesystem: boolean;
  /** Programs gain nothing by being set-user-ID (prctl PR_SET_NO_NEW_PRIVS). */
  readonly noNewPrivileges?: boolean;
}

export interface ContainerStatus {
  readonly id: string;
  readonly sandboxId: string;
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** The image's name as the runtime knows it, fully qualified. */
  readonly image: string;
  /** `imageID` of the container's status. */
  readonly imageRef: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The end of the termination message file, at most 4096 bytes. */
  readonly terminationLog: string;
  /** The end of the log: at most 80 lines and 2048 bytes, for FallbackToLogsOnError. Only of exited containers. */
  readonly logTail: string;
}

export interface ImageInfo {
  readonly id: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
  readonly pinned: boolean;
  /** The user that the image asks for; empty for root. */
  readonly user: string;
}

/** What a volume on the node's disk consists of. */
export type VolumeContent =
  | { readonly kind: 'empty'; readonly memory: boolean; readonly capacityBytes?: number; readonly fsGroup?: number }
  /** Written through a symlink swap, so that readers see all files change at once. `memory`: on a tmpfs. */
  | { readonly kind: 'files'; readonly memory: boolean; readonly files: Readonly<Record<string, { readonly content: string; readonly mode: number; readonly uid?: number }>>; readonly fsGroup?: number }
  | { readonly kind: 'host'; readonly type: string }
  | { readonly kind: 'persistent'; readonly name: string; readonly fsGroup?: number };

export interface LogQuery {
  readonly tailLines?: number;
  readonly sinceUs?: number;
  readonly timestamps?: boolean;
  readonly limitBytes?: number;
}

export interface ContainerUsage {
  readonly id: string;
  readonly podUid: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly cpuMilli: number;
  /** Writable layer and logs. */
  readonly diskBytes: number;
  readonly processes: number;
}

/** The node as its kubelet's statistics see it (pkg/kubelet/server/stats). One disk serves as nodefs and imagefs. */
export interface NodeStats {
  readonly memory: { readonly capacityBytes: number; readonly usedBytes: number };
  readonly disk: { readonly capacityBytes: number; readonly usedBytes: number; readonly inodes: number; readonly inodesUsed: number };
  readonly pids: { readonly max: number; readonly running: number };
  readonly containers: readonly ContainerUsage[];
  /** Bytes in each emptyDir, by its path. */
  readonly volumes: Readonly<Record<string, number>>;
}

/** Parameters and results of each call. */
export interface CriCalls {
  Version: { params: Record<string, never>; result: { readonly runtimeName: string; readonly runtimeVersion: string } };
  /** `boots` counts how often the machine has been started before; not CRI, the kubelet reads the boot id from /proc. */
  Status: { params: Record<string, never>; result: { readonly runtimeReady: boolean; readonly networkReady: boolean; readonly boots: number } };
  UpdateRuntimeConfig: { params: { readonly podCidr: string }; result: null };
  RunPodSandbox: { params: PodSandboxConfig; result: { readonly id: string } };
  StopPodSandbox: { params: { readonly id: string }; result: null };
  RemovePodSandbox: { params: { readonly id: string }; result: null };
  PodSandboxStatus: { params: { readonly id: string }; result: SandboxStatus };
  ListPodSandbox: { params: Record<string, never>; result: readonly SandboxStatus[] };
  CreateContainer: { params: { readonly sandboxId: string; readonly config: ContainerConfig }; result: { readonly id: string } };
  StartContainer: { params: { readonly id: string }; result: null };
  StopContainer: { params: { readonly id: string; readonly timeoutUs: number }; result: null };
  RemoveContainer: { params: { readonly id: string }; result: null };
  ListContainers: { params: Record<string, never>; result: readonly ContainerStatus[] };
  ContainerStatus: { params: { readonly id: string }; result: ContainerStatus };
  ExecSync: {
    params: { readonly id: string; readonly command: readonly string[]; readonly timeoutUs: number; readonly stdin?: string };
    result: { readonly stdout: string; readonly stderr: string; readonly exitCode: number };
  };
  PullImage: { params: { readonly image: string }; result: { readonly imageRef: string; readonly sizeBytes: number } };
  ImageStatus: { params: { readonly image: string }; result: ImageInfo | null };
  ListImages: { params: Record<string, never>; result: readonly ImageInfo[] };
  RemoveImage: { params: { readonly image: string }; result: null };
  /** Not CRI: the kubelet reads log files itself. */
  ReadLogs: { params: { readonly id: string; readonly query: LogQuery }; result: { readonly text: string } };
  ListContainerStats: { params: Record<string, never>; result: readonly ContainerUsage[] };
  /** Not CRI: cAdvisor and the kubelet's own look at the node. */
  NodeStats: { params: Record<string, never>; result: NodeStats };
  /** Not CRI: the kubelet's volume plugins work on the node's disk. */
  MountVolume: { params: { readonly path: string; readonly content: VolumeContent }; result: null };
  UnmountVolume: { params: { readonly path: string }; result: null };
  VolumeUsage: { params: { readonly path: string }; result: { readonly bytes: number } };
}

export type CriMethod = keyof CriCalls;
