/**
 * The Node object: registration, status and heartbeats (kubelet_node_status.go, nodestatus/setters.go).
 *
 * The status is computed every ten seconds upstream but only sent when something changed or five minutes have passed. As it
 * changes only for reasons that the kubelet knows of, it is computed when one of them occurs and when a report is due.
 */
import type { Client } from '../../client/client.ts';
import type { Process, Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import { isAlreadyExists } from '../../client/result.ts';
import { hex, sha256 } from '../../object/hash.ts';
import { rfc3339 } from '../../object/time.ts';
import type { core, Node } from '../../object/types.ts';
import { extendedAllocatable } from './extended-resources.ts';
import { KUBELET_VERSION, type KubeletOptions } from '../options.ts';

/** apis/config/v1beta1/defaults.go: nodeStatusUpdateFrequency, nodeStatusReportFrequency; kubelet_node_status.go. */
const UPDATE_US = 10_000_000;
const REPORT_US = 300_000_000;
const FAST_US = 100_000;
const REGISTER_US = 100_000;
const REGISTER_MAX_US = 7_000_000;

export interface NodeHealth {
  /** Errors in the order in which upstream aggregates them. */
  readonly errors: () => readonly string[];
  readonly pressures: () => readonly string[];
  /** How often the machine has been started before: it has another boot id each time. */
  readonly boots: () => number | undefined;
  /** Attachable volumes that must not be detached. */
  readonly volumesInUse: () => readonly string[];
}

/** A node registers with the kubelet's client and reports with that of heartbeats. */
export interface NodeClients {
  readonly kube: Client;
  readonly heartbeat: Client;
}

type EventOf = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

export class NodeStatus {
  readonly #process: Process;
  readonly #clients: NodeClients;
  readonly #options: KubeletOptions;
  readonly #health: NodeHealth;
  readonly #event: EventOf;
  #node: Node | undefined;
  #isReady = false;
  #isPending = false;
  #toldBoot: string | undefined;

  constructor(process: Process, clients: NodeClients, options: KubeletOptions, health: NodeHealth, event: EventOf) {
    this.#process = process;
    this.#clients = clients;
    this.#options = options;
    this.#health = health;
    this.#event = event;
  }

  /** The node as it was last written or read. */
  get node(): Node | undefined {
    return this.#node;
  }

  /** The informer saw a newer version. */
  observe(node: Node): void {
    const before = this.#node?.spec.unschedulable === true;
    const after = node.spec.unschedulable === true;
    if (this.#node !== undefined && before !== after) {
      const reason = after ? 'NodeNotSchedulable' : 'NodeSchedulable';
      this.#event('Normal', reason, `Node ${this.#options.node} status is now: ${reason}`);
    }
    this.#node = node;
    // Upstream computes the status every ten seconds and sends it when it differs from what is stored; only others write Unknown.
    const isOverwritten = (node.status?.conditions ?? []).some(({ status }) => status === 'Unknown');
    if (isOverwritten || Object.keys(extendedAllocatable(node.status)).length > 0) this.changed();
  }

  *register(): Task {
    let delay = REGISTER_US;
    for (;;) {
      yield* this.#process.sleep('node.register', delay);
      const created = yield* this.#clients.kube.create<Node>(NODES, undefined, this.#initial());
      if (created.ok) {
        this.#node = created.object;
        return;
      }
      if (isAlreadyExists(created)) {
        const found = yield* this.#clients.kube.get<Node>(NODES, undefined, this.#options.node);
        if (found.ok) {
          this.#node = found.object;
          yield* this.#reconcileLabels(found.object);
          return;
        }
      }
      delay = Math.min(delay * 2, REGISTER_MAX_US);
    }
  }

  /** An existing node keeps its spec; the kubelet's own labels are brought up to date. */
  *#reconcileLabels(node: Node): Task {
    const wanted = this.#labels();
    const missing = Object.entries(wanted).filter(([key, value]) => node.metadata.labels?.[key] !== value);
    if (missing.length === 0) return;
    const body = { metadata: { labels: Object.fromEntries(missing) } };
    const patched = yield* this.#clients.kube.patch<Node>(NODES, undefined, this.#options.node, 'application/strategic-merge-patch+json', body);
    if (patched.ok) this.#node = patched.object;
  }

  #labels(): Record<string, string> {
    const { node, template } = this.#options;
    const own = { 'beta.kubernetes.io/arch': 'amd64', 'beta.kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': node, 'kubernetes.io/os': 'linux' };
    return { ...own, ...template.metadata.labels };
  }

  #initial(): object {
    const { node, template } = this.#options;
    const { podCIDR, podCIDRs, taints, unschedulable } = template.spec;
    const annotations = { ...template.metadata.annotations, 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } as Record<string, string>;
    // The attach-detach and TTL controllers write theirs themselves.
    delete annotations['node.alpha.kubernetes.io/ttl'];
    const kept = (taints ?? []).filter(({ key }) => !key.startsWith('node.kubernetes.io/'));
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node, labels: this.#labels(), annotations },
      spec: {
        ...(podCIDR === undefined ? {} : { podCIDR, podCIDRs: podCIDRs ?? [podCIDR] }),
        ...(kept.length === 0 ? {} : { taints: kept }),
        ...(unschedulable === true ? { unschedulable } : {}),
      },
      status: this.#status(undefined),
    };
  }

  #status(old: core.NodeStatus | undefined): core.NodeStatus {
    const { template, node, maxPods } = this.#options;
    const given = template.status;
    const capacity = { ...given.capacity, ...(maxPods === undefined ? {} : { pods: String(maxPods) }) };
    return {
      capacity,
      allocatable: { ...(given.allocatable ?? given.capacity), ...(maxPods === undefined ? {} : { pods: String(maxPods) }) },
      conditions: this.#conditions(old?.conditions ?? []),
      addresses: given.addresses ?? [{ type: 'InternalIP', address: '127.0.0.1' }, { type: 'Hostname', address: node }],
      daemonEndpoints: given.daemonEndpoints ?? { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: this.#bootedInfo(given.nodeInfo ?? this.#nodeInfo(), old?.nodeInfo?.bootID),
      ...(given.images === undefined ? {} : { images: given.images }),
    };
  }

  #nodeInfo(): core.NodeSystemInfo {
    const { node, runtime = 'containerd' } = this.#options;
    const id = (what: string): string => uuidOf(`${node}/${what}`);
    return {
      machineID: id('machine').replaceAll('-', ''), systemUUID: id('system'), bootID: id('boot'), kernelVersion: '6.1.0', osImage: 'Debian GNU/Linux 12 (bookworm)', containerRuntimeVersion: `${runtime}://${RUNTIME_VERSIONS[runtime]}`,
      kubeletVersion: KUBELET_VERSION, kubeProxyVersion: KUBELET_VERSION, operatingSystem: 'linux', architecture: 'amd64',
    };
  }

  /** Every start of the machine has a boot id of its own. */
  #bootedInfo(info: core.NodeSystemInfo, old: string | undefined): core.NodeSystemInfo {
    const boots = this.#health.boots();
    if (boots === undefined) return old ? { ...info, bootID: old } : info;
    return boots === 0 ? info : { ...info, bootID: uuidOf(`${info.bootID}/${boots}`) };
  }

  #conditions(old: readonly core.NodeCondition[]): core.NodeCondition[] {
    const pressures = this.#health.pressures();
    const errors = this.#health.errors();
    const pressure = (type: string, bad: [string, string], good: [string, string]): core.NodeCondition => {
      const isOn = pressures.includes(type);
      const [reason, message] = isOn ? bad : good;
      return this.#condition(old, type, isOn ? 'True' : 'False', reason, message);
    };
    const message = errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
    return [
      ...old.filter(({ type }) => !['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].includes(type)),
      pressure('MemoryPressure', ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'], ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available']),
      pressure('DiskPressure', ['KubeletHasDiskPressure', 'kubelet has disk pressure'], ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure']),
      pressure('PIDPressure', ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'], ['KubeletHasSufficientPID', 'kubelet has sufficient PID available']),
      errors.length === 0
        ? this.#condition(old, 'Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
        : this.#condition(old, 'Ready', 'False', 'KubeletNotReady', message),
    ];
  }

  #condition(old: readonly core.NodeCondition[], type: string, status: string, reason: string, message: string): core.NodeCondition {
    const now = rfc3339(this.#options.epoch, this.#process.now);
    const before = old.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  }

  /** Sends the status until the node is ready, then when a report is due. */
  *run(): Task {
    yield* this.register();
    for (let tries = 0; !this.#isReady && tries < 1200; tries++) {
      yield* this.#process.sleep('node.fast', FAST_US);
      if (this.#health.errors().length === 0 || tries === 0) yield* this.#report();
    }
    for (;;) {
      yield* this.#process.sleep('node.report', REPORT_US + this.#process.choose('node.jitter', UPDATE_US));
      yield* this.#report();
    }
  }

  /** Something that the status shows has changed: it is sent at the next computation. */
  changed(): void {
    if (this.#isPending || this.#node === undefined) return;
    this.#isPending = true;
    this.#process.after('node.status', this.#process.choose('node.phase', UPDATE_US), () => {
      this.#isPending = false;
      this.#process.go(this.#report());
    });
  }

  /** Sends the status now, as at a shutdown. */
  syncNow(): void {
    this.#process.go(this.#report());
  }

  *#report(): Task {
    if (this.#node === undefined) return;
    const old = this.#node.status;
    const status = this.#status(old);
    const { bootID } = status.nodeInfo ?? {};
    const isRebooted = old.nodeInfo?.bootID !== undefined && old.nodeInfo.bootID !== '' && old.nodeInfo.bootID !== bootID;
    if (isRebooted && this.#toldBoot !== bootID) {
      this.#toldBoot = bootID;
      this.#event('Warning', 'Rebooted', `Node ${this.#options.node} has been rebooted, boot id: ${bootID}`);
    }
    this.#tellTransitions(old.conditions ?? [], status.conditions ?? []);
    const extended = extendedAllocatable(old);
    const inUse = this.#health.volumesInUse();
    const isSameUse = inUse.join() === (old.volumesInUse ?? []).join();
    const body = {
      status: {
        '$setElementOrder/conditions': (status.conditions ?? []).map(({ type }) => ({ type })),
        conditions: status.conditions,
        ...(isSameUse ? {} : { volumesInUse: inUse.length === 0 ? null : inUse }),
        ...(Object.keys(extended).length === 0 ? {} : { allocatable: extended }),
        ...(old.nodeInfo === undefined || isRebooted ? { nodeInfo: status.nodeInfo, addresses: status.addresses, capacity: status.capacity, allocatable: status.allocatable, daemonEndpoints: status.daemonEndpoints } : {}),
      },
    };
    const patched = yield* this.#clients.heartbeat.patch<Node>(NODES, undefined, this.#options.node, 'application/strategic-merge-patch+json', body, { subresource: 'status' });
    if (patched.ok) {
      this.#node = patched.object;
      this.#isReady = this.#health.errors().length === 0;
    }
  }

  #tellTransitions(old: readonly core.NodeCondition[], next: readonly core.NodeCondition[]): void {
    for (const { type, status } of next) {
      if (old.find((condition) => condition.type === type)?.status === status) continue;
      const reason = NODE_EVENTS[type]?.[status === 'True' ? 0 : 1];
      if (reason !== undefined) this.#event('Normal', reason, `Node ${this.#options.node} status is now: ${reason}`);
    }
  }
}

/** The versions of the runtimes that go with Kubernetes 1.32. */
const RUNTIME_VERSIONS = { containerd: '1.7.27', 'cri-o': '1.32.1', docker: '27.3.1' } as const;

/** A UUID that a text decides. */
function uuidOf(text: string): string {
  const digits = hex(sha256(text));
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}

/** Events for True and False. */
const NODE_EVENTS: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
};
