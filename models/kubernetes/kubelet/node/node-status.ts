/**
 * The Node object: registration, status and heartbeats (pkg/kubelet/kubelet_node_status.go).
 *
 * Upstream computes the status every ten seconds, and sends it when it differs from what its informer holds or when five minutes have
 * passed. Either side of the comparison changes only by something that the kubelet is told: then the next of these points of time is
 * taken, and no other; so nodes that are left alone cost nothing.
 */
import type { Client } from '../../client/client.ts';
import type { Process, Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import { isAlreadyExists } from '../../client/result.ts';
import { hex, sha256 } from '../../object/hash.ts';
import { rfc3339 } from '../../object/time.ts';
import type { core, Node } from '../../object/types.ts';
import { KUBELET_VERSION, type KubeletOptions } from '../options.ts';
import { nodeResources } from './allocatable.ts';
import { registrationPatch } from './registration.ts';
import { type Machine, nextStatus } from './setters.ts';
import { nodeStatusHasChanged, nodeStatusPatch } from './status-change.ts';

/** apis/config/v1beta1/defaults.go: nodeStatusUpdateFrequency, nodeStatusReportFrequency; kubelet_node_status.go. */
const UPDATE_US = 10_000_000;
const REPORT_US = 300_000_000;
const FAST_US = 100_000;
const REGISTER_US = 100_000;
const REGISTER_MAX_US = 7_000_000;
/** kubelet.go: nodeStatusUpdateRetry. */
const TRIES_MAX = 5;
/** `updateNode` puts these back whenever they are gone; other labels are the kubelet's only at registration. */
const REQUIRED_LABELS = ['kubernetes.io/os', 'kubernetes.io/arch'];

export interface NodeHealth {
  /** Errors in the order in which upstream aggregates them. */
  readonly errors: () => readonly string[];
  readonly pressures: () => readonly string[];
  /** How often the machine has been started before: it has another boot id each time. */
  readonly boots: () => number | undefined;
  /** Attachable volumes that must not be detached. */
  readonly volumesInUse: () => readonly string[];
  /** The node is there: what comes with it is made. */
  readonly registered: (node: Node) => void;
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
  readonly #machine: Machine;
  #node: Node | undefined;
  /** The version that the kubelet wrote last; what the watch says about it and older ones is no news. */
  #writtenVersion = 0;
  #reportedUs = 0;
  #isReady = false;
  #isStarted = false;
  #isPending = false;
  #isSyncing = false;
  #toldBoot: string | undefined;
  #wasUnschedulable = false;
  #podCIDRs = '';

  constructor(process: Process, clients: NodeClients, options: KubeletOptions, health: NodeHealth, event: EventOf) {
    this.#process = process;
    this.#clients = clients;
    this.#options = options;
    this.#health = health;
    this.#event = event;
    this.#machine = machineOf(options);
  }

  /** The node as it was last written or read. */
  get node(): Node | undefined {
    return this.#node;
  }

  /** The informer saw a newer version: it is compared at the next computation if it is not what the kubelet wrote. */
  observe(node: Node): void {
    this.#node = node;
    if (Number(node.metadata.resourceVersion) > this.#writtenVersion) this.#compare(node);
  }

  /** Is the node as the kubelet says? What it wrote may lie over a change that it had not seen. */
  #compare(node: Node): void {
    if (!this.#isStarted) return;
    const isTold = this.#wasUnschedulable === (node.spec.unschedulable === true);
    if (!isTold || this.#hasChanged(node, this.#next(node))) this.changed();
  }

  *register(): Task {
    let delay = REGISTER_US;
    for (;;) {
      yield* this.#process.sleep('node.register', delay);
      const initial = this.#initial();
      this.#tell({ ...initial, status: {} }, initial.status);
      const created = yield* this.#clients.kube.create<Node>(NODES, undefined, initial);
      if (created.ok) {
        this.#wrote(created.object);
        return;
      }
      if (isAlreadyExists(created) && (yield* this.#reconcile(initial))) return;
      delay = Math.min(delay * 2, REGISTER_MAX_US);
    }
  }

  /** An existing node keeps its spec; what the kubelet decides about at registration is brought up to date. */
  *#reconcile(initial: Node): Task<boolean> {
    const found = yield* this.#clients.kube.get<Node>(NODES, undefined, this.#options.node);
    if (!found.ok) return false;
    this.#wrote(found.object);
    const body = registrationPatch(initial, found.object);
    if (body === undefined) return true;
    const patched = yield* this.#clients.kube.patch<Node>(NODES, undefined, this.#options.node, 'application/strategic-merge-patch+json', body, { subresource: 'status' });
    if (patched.ok) this.#wrote(patched.object);
    return patched.ok;
  }

  #wrote(node: Node): void {
    this.#node = node;
    this.#writtenVersion = Number(node.metadata.resourceVersion);
  }

  #labels(): Record<string, string> {
    const { node, template } = this.#options;
    const own = { 'beta.kubernetes.io/arch': 'amd64', 'beta.kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': node, 'kubernetes.io/os': 'linux' };
    return { ...own, ...template.metadata.labels };
  }

  #initial(): Node {
    const { node, template } = this.#options;
    const { podCIDR, podCIDRs, taints, unschedulable } = template.spec;
    const annotations = { ...template.metadata.annotations, 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } as Record<string, string>;
    // The attach-detach and TTL controllers write theirs themselves.
    delete annotations['node.alpha.kubernetes.io/ttl'];
    const kept = (taints ?? []).filter(({ key }) => !key.startsWith('node.kubernetes.io/'));
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node, labels: this.#labels(), annotations } as unknown as Node['metadata'],
      spec: {
        ...(podCIDR === undefined ? {} : { podCIDR, podCIDRs: podCIDRs ?? [podCIDR] }),
        ...(kept.length === 0 ? {} : { taints: kept }),
        ...(unschedulable === true ? { unschedulable } : {}),
      },
      status: this.#next(undefined),
    };
  }

  /** setNodeStatus, without its events. */
  #next(node: Node | undefined): core.NodeStatus {
    const boots = this.#health.boots();
    const { bootID = '' } = this.#machine.fields.nodeInfo as core.NodeSystemInfo;
    return nextStatus(node?.status ?? {}, this.#machine, {
      now: rfc3339(this.#options.epoch, this.#process.now),
      errors: this.#health.errors(),
      pressures: this.#health.pressures(),
      volumesInUse: this.#health.volumesInUse(),
      // Every start of the machine has a boot id of its own.
      bootID: boots === undefined ? undefined : boots === 0 ? bootID : uuidOf(`${bootID}/${boots}`),
    });
  }

  #hasChanged(node: Node, next: core.NodeStatus): boolean {
    const { podCIDRs = [] } = node.spec;
    const isMoved = podCIDRs.length > 0 && podCIDRs.join() !== this.#podCIDRs;
    return isMoved || Object.keys(this.#missingLabels(node)).length > 0 || nodeStatusHasChanged(node.status, next);
  }

  #missingLabels({ metadata }: Node): Record<string, string> {
    const wanted = this.#labels();
    return Object.fromEntries(REQUIRED_LABELS.filter((key) => metadata.labels?.[key] !== wanted[key]).map((key) => [key, wanted[key] ?? '']));
  }

  /** Sends the status until the node is ready, then when a report is due. */
  *run(): Task {
    yield* this.register();
    if (this.#node !== undefined) this.#health.registered(this.#node);
    for (let tries = 0; !this.#isReady && tries < 1200; tries++) {
      yield* this.#process.sleep('node.fast', FAST_US);
      if (this.#health.errors().length === 0 || tries === 0) yield* this.#sync(true, 1);
    }
    this.#isStarted = true;
    if (this.#node !== undefined) this.#compare(this.#node);
    for (let isSent = true; ; ) {
      const leftUs = Math.max(0, this.#reportedUs + REPORT_US - this.#process.now);
      yield* this.#process.sleep('node.report', isSent ? leftUs + this.#process.choose('node.jitter', UPDATE_US) : UPDATE_US);
      isSent = this.#process.now - this.#reportedUs < REPORT_US || (yield* this.#sync(true, TRIES_MAX));
    }
  }

  /** Something that the status shows has changed: it is compared with what is stored at the next computation. */
  changed(): void {
    if (!this.#isPending && this.#node !== undefined) this.#syncAfter(this.#process.choose('node.phase', UPDATE_US));
  }

  /** Compares now, as at a shutdown. What could not be sent is tried again ten seconds later. */
  syncNow(): void {
    this.#process.go(this.#syncOnce());
  }

  #syncAfter(delayUs: number): void {
    if (this.#isPending) return;
    this.#isPending = true;
    this.#process.after('node.status', delayUs, () => {
      this.#isPending = false;
      this.syncNow();
    });
  }

  *#syncOnce(): Task {
    if (this.#node === undefined) return;
    if (this.#isSyncing || !(yield* this.#sync(false, TRIES_MAX))) this.#syncAfter(UPDATE_US);
  }

  /** tryUpdateNodeStatus, up to `triesMax` times: from what the informer has, then from the API. False: it could not be sent. */
  *#sync(isDue: boolean, triesMax: number): Task<boolean> {
    this.#isSyncing = true;
    let isDone = false;
    for (let tries = 0; tries < triesMax && !isDone; tries++) {
      if (tries > 0) {
        const found = yield* this.#clients.heartbeat.get<Node>(NODES, undefined, this.#options.node);
        if (!found.ok) continue;
        this.#node = found.object;
      }
      isDone = this.#node === undefined || (yield* this.#update(this.#node, isDue));
    }
    this.#isSyncing = false;
    return isDone;
  }

  *#update(node: Node, isDue: boolean): Task<boolean> {
    const next = this.#next(node);
    this.#tell(node, next);
    const isChanged = this.#hasChanged(node, next);
    this.#podCIDRs = (node.spec.podCIDRs ?? []).join();
    if (!isDue && !isChanged) return true;
    const labels = this.#missingLabels(node);
    const body = { ...(Object.keys(labels).length === 0 ? {} : { metadata: { labels } }), status: nodeStatusPatch(node.status, next) };
    const patched = yield* this.#clients.heartbeat.patch<Node>(NODES, undefined, this.#options.node, 'application/strategic-merge-patch+json', body, { subresource: 'status' });
    if (!patched.ok) return false;
    this.#wrote(patched.object);
    this.#reportedUs = this.#process.now;
    this.#isReady = this.#health.errors().length === 0;
    this.#compare(patched.object);
    return true;
  }

  /** The events of setNodeStatus. */
  #tell({ spec, status: old }: Node, next: core.NodeStatus): void {
    const { node } = this.#options;
    const { bootID } = next.nodeInfo ?? {};
    if (old.nodeInfo?.bootID && old.nodeInfo.bootID !== bootID && this.#toldBoot !== bootID) {
      this.#toldBoot = bootID;
      this.#event('Warning', 'Rebooted', `Node ${node} has been rebooted, boot id: ${bootID}`);
    }
    const reasons = (next.conditions ?? []).map(({ type, status }) => {
      const before = (old.conditions ?? []).find((condition) => condition.type === type);
      // A pressure condition that was not there counts as Unknown; readiness that was not there is no transition.
      if (before?.status === status || (before === undefined && type === 'Ready')) return undefined;
      return NODE_EVENTS[type]?.[status === 'True' ? 0 : 1];
    });
    const isUnschedulable = spec.unschedulable === true;
    if (this.#wasUnschedulable !== isUnschedulable) reasons.push(isUnschedulable ? 'NodeNotSchedulable' : 'NodeSchedulable');
    this.#wasUnschedulable = isUnschedulable;
    for (const reason of reasons) if (reason !== undefined) this.#event('Normal', reason, `Node ${node} status is now: ${reason}`);
  }
}

/** What the template says about the machine, or what one of its kind has. */
function machineOf(options: KubeletOptions): Machine {
  const { template, node, runtime = 'containerd' } = options;
  const given = template.status;
  const { capacity, allocatable } = nodeResources(options, template);
  const id = (what: string): string => uuidOf(`${node}/${what}`);
  const info: core.NodeSystemInfo = given.nodeInfo ?? {
    machineID: id('machine').replaceAll('-', ''), systemUUID: id('system'), bootID: id('boot'), kernelVersion: '6.1.0', osImage: 'Debian GNU/Linux 12 (bookworm)', containerRuntimeVersion: `${runtime}://${RUNTIME_VERSIONS[runtime]}`,
    kubeletVersion: KUBELET_VERSION, kubeProxyVersion: KUBELET_VERSION, operatingSystem: 'linux', architecture: 'amd64',
  };
  const { runtimeHandlers, features } = given as { readonly runtimeHandlers?: unknown; readonly features?: unknown };
  return {
    capacity,
    allocatable,
    fields: {
      addresses: given.addresses ?? [{ type: 'InternalIP', address: '127.0.0.1' }, { type: 'Hostname', address: node }],
      daemonEndpoints: given.daemonEndpoints ?? { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: info,
      images: given.images,
      runtimeHandlers,
      features,
    },
  };
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
