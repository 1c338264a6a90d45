/**
 * What happens to a node's machine, its runtime or its containers from outside: faults, and a person at the machine.
 *
 * These are inputs (`kernel.input`): the log has them. To `container-runtime/<node>` goes a {@link NodeOperation}; to
 * `kubelet/<node>` a {@link NodeShutdown} or {@link StaticPodFiles}. A power loss is a crash of both actors; what the runtime keeps
 * over a crash is what a reboot keeps (the kubelet then tells a new boot id). A crash of the kubelet alone leaves containers running.
 */

/** To `container-runtime/<node>`. Containers are named by pod (`namespace/name`) and, unless all are meant, by container. */
export type NodeOperation = { readonly kind: 'node.operation' } & (
  | { readonly operation: 'signal'; readonly pod: string; readonly container?: string; readonly signal: 'KILL' | 'TERM' | 'SEGV' | 'ABRT' }
  /** The kernel kills the container for lack of memory. */
  | { readonly operation: 'oom'; readonly pod: string; readonly container?: string }
  /** Its processes get no turn any more: they hold their ports and answer nothing, until `thaw`. */
  | { readonly operation: 'freeze' | 'thaw'; readonly pod: string; readonly container?: string }
  /** The sandbox's pause process dies: the pod's containers with it. */
  | { readonly operation: 'kill-sandbox'; readonly pod: string }
  /** The runtime answers no calls, until `unstall`. Containers go on running. */
  | { readonly operation: 'stall' | 'unstall' }
  /** What the runtime says of itself (CRI `Status`). */
  | { readonly operation: 'status'; readonly runtimeReady?: boolean; readonly networkReady?: boolean }
  /** What everything other than pods uses on the node. */
  | { readonly operation: 'use'; readonly memoryBytes?: number; readonly diskBytes?: number; readonly pids?: number }
);

/** To `kubelet/<node>`: the machine is about to shut down (logind's PrepareForShutdown), or no longer is. */
export interface NodeShutdown {
  readonly kind: 'node.shutdown';
  readonly active: boolean;
}

/** To `kubelet/<node>`: the manifests in its static pod folder are now these, by file name. */
export interface StaticPodFiles {
  readonly kind: 'node.static-pods';
  readonly files: Readonly<Record<string, unknown>>;
}
