/** Pod sandboxes: each owns a network namespace with an IP, and the PID namespace if the pod shares one. */
import type { PodSandboxConfig, SandboxStatus } from '../api/cri.ts';
import { cidrContains, parseCIDR, parseIP } from '../object/ip.ts';
import { definitionOf } from './image/catalogue.ts';
import type { Host } from './process/host.ts';
import { type ContainerScope, createPidNamespace, type PidNamespace } from './process/process.ts';
import { FileTree } from './file-system/tree.ts';
import { pause } from './program/pause.ts';
import { createNetworkNamespace, type NetworkNamespace } from './process/socket.ts';

export interface Sandbox {
  readonly config: PodSandboxConfig;
  status: SandboxStatus;
  readonly network: NetworkNamespace;
  /** With shareProcessNamespace: what all containers see. PID 1 is the pause process. */
  readonly sharedPids: PidNamespace | undefined;
  /** Where the pause process runs, if it is to be seen. */
  pause: ContainerScope | undefined;
  /** Processor and network accounting is per sandbox; containers by id in order of creation. */
  readonly containerIds: Set<string>;
}

/** Addresses of one node's pods: taken in turn, as the CNI plugin host-local does, so that a freed one is not reused at once. */
export class AddressPool {
  #prefix: string;
  #size: number;
  #last = 1;
  readonly #used = new Set<string>();

  constructor(cidr: string) {
    ({ prefix: this.#prefix, size: this.#size } = range(cidr));
  }

  /** kubelet learned the node's podCIDR. */
  setCidr(cidr: string): void {
    const next = range(cidr);
    if (next.prefix === this.#prefix) return;
    this.#prefix = next.prefix;
    this.#size = next.size;
    this.#last = 1;
  }

  /** The next free address, or undefined when all are taken. `.1` is the bridge's. */
  take(): string | undefined {
    for (let tries = 0; tries < this.#size; tries++) {
      this.#last = this.#last + 1 >= this.#size ? 2 : this.#last + 1;
      const ip = this.#address(this.#last);
      if (this.#used.has(ip)) continue;
      this.#used.add(ip);
      return ip;
    }
    return undefined;
  }

  #address(index: number): string {
    const [a = 0, b = 0, c = 0, d = 0] = this.#prefix.split('.').map(Number);
    const value = ((a * 256 + b) * 256 + c) * 256 + d + index;
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  }

  free(ip: string): void {
    this.#used.delete(ip);
  }
}

/** First address and number of addresses of an IPv4 range. */
function range(cidr: string): { prefix: string; size: number } {
  const parsed = parseCIDR(cidr);
  const [text = '10.244.0.0', bits = '24'] = cidr.split('/');
  const words = parseIP(text);
  const isValid = parsed !== undefined && words !== undefined && cidrContains(parsed, words);
  return { prefix: isValid ? text : '10.244.0.0', size: 2 ** (32 - Number(bits)) - 1 };
}

export function createSandbox(id: string, config: PodSandboxConfig, ips: readonly string[], hostNetwork: NetworkNamespace, nowUs: number): Sandbox {
  return {
    config,
    status: {
      id,
      metadata: config.metadata,
      state: 'READY',
      createdAt: nowUs,
      ips: config.hostNetwork ? [] : ips,
      hostNetwork: config.hostNetwork,
      labels: config.labels,
    },
    network: config.hostNetwork ? hostNetwork : createNetworkNamespace(id, ips),
    sharedPids: config.sharedPids ? createPidNamespace() : undefined,
    pause: undefined,
    containerIds: new Set(),
  };
}

/** Starts the pause process of a shared PID namespace; its end is the end of every process of the pod. */
export function startPause(sandbox: Sandbox, host: Host, epochMs: number): void {
  const { sharedPids: pids, network } = sandbox;
  if (pids === undefined) return;
  const image = definitionOf({ repository: 'registry.k8s.io/pause', tag: '', digest: '' });
  const user = Number(image.user);
  sandbox.pause = { id: sandbox.status.id, tree: new FileTree(image.tree), network, pids, hostname: sandbox.config.hostname, epochMs, programs: () => undefined, processes: new Set() };
  host.start({
    scope: sandbox.pause, program: pause, argv: ['/pause'], environment: new Map(), directory: '/', credentials: { uid: user, gid: user, groups: [] }, descriptors: new Map(),
  });
}
