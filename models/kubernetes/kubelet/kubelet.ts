/**
 * The kubelet: makes the containers of its node what the pods bound to it ask for, and tells the API how they are.
 *
 * Promises: a pod's containers are only ever touched by its worker; statuses go out in the order in which they were computed;
 * a crash of the kubelet leaves containers running, and the next one finds them through the runtime. The loop reacts to pods
 * from the API, to events of the PLEG and to probes, and does nothing in between.
 * Source: pkg/kubelet/kubelet.go (`syncLoopIteration`, `SyncPod`), cmd/kubelet/app/server.go.
 */
import type { ActorSpec } from '../../../src/index.ts';
import type { CriEvent } from '../api/cri.ts';
import type { KubeletRequest } from '../api/kubelet.ts';
import { Client } from '../client/client.ts';
import { EventRecorder, referenceTo } from '../client/event-recorder.ts';
import { processBehavior, type Process } from '../client/process.ts';
import { NODES, PODS, SERVICES } from '../client/resources.ts';
import { SharedInformerFactory, type SharedInformer } from '../client/shared-informer.ts';
import type { core, Node, Pod, Service } from '../object/types.ts';
import { Images } from './container/images.ts';
import { KubeRuntime } from './container/kuberuntime.ts';
import { CriClient } from './cri-client.ts';
import { answerRequest } from './kubelet-server.ts';
import { admit, type Rejection } from './node/admission.ts';
import { renewLease } from './node/lease.ts';
import { matchesNode, tolerates } from './node/node-match.ts';
import { NodeStatus } from './node/node-status.ts';
import { KUBELET_VERSION, type KubeletOptions } from './options.ts';
import { Pleg, type PlegEvent } from './pleg.ts';
import { PodSync } from './pod-sync.ts';
import { PodWorkers } from './pod-workers.ts';
import { httpHook, NodeClient } from './probe/probe.ts';
import { Prober, type ProbeKind, type ProbeResult } from './probe/prober.ts';
import { withTransition } from './status/api-status.ts';
import { StatusManager } from './status/status-manager.ts';
import { ApiSources } from './volume/api-sources.ts';
import { VolumeManager } from './volume/volume-manager.ts';

/** kubeletconfig/v1beta1: kubeAPIQPS, kubeAPIBurst. */
const QPS = 50;
const BURST = 100;
/** kubelet.go: housekeepingPeriod. */
const HOUSEKEEPING_US = 2_000_000;

/** Makes the actor. */
export function kubelet(options: KubeletOptions): ActorSpec {
  return { id: `kubelet/${options.node}`, type: 'kubelet', behavior: processBehavior((process) => void new Kubelet(process, options)) };
}

class Kubelet {
  private readonly process: Process;
  private readonly options: KubeletOptions;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly cri: CriClient;
  private readonly pleg: Pleg;
  private readonly prober: Prober;
  private readonly statuses: StatusManager;
  private readonly workers: PodWorkers;
  private readonly sync: PodSync;
  private readonly nodeStatus: NodeStatus;
  private readonly pods: SharedInformer<Pod>;
  private readonly services: SharedInformer<Service>;
  private readonly hostIps: readonly string[];
  /** Pods as their source shows them, by uid. */
  private readonly desired = new Map<string, Pod>();
  private readonly startedUs: number;
  private isHousekeepingDue = false;

  constructor(process: Process, options: KubeletOptions) {
    this.process = process;
    this.options = options;
    this.startedUs = process.now;
    const { node, servers, epoch, template } = options;
    const user = { name: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] };
    this.client = new Client(process, { servers, user, userAgent: `kubelet/${KUBELET_VERSION} (linux/amd64) kubernetes`, qps: QPS, burst: BURST });
    this.recorder = new EventRecorder(process, this.client, { component: 'kubelet', epoch, host: node });
    this.hostIps = (template.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
    this.cri = new CriClient(process, `container-runtime/${node}`);
    this.pleg = new Pleg(process, this.cri, (events) => this.podEvents(events));
    const net = new NodeClient(process, node, this.hostIps[0] ?? '127.0.0.1');
    this.prober = new Prober(process, this.cri, net, epoch, {
      status: (uid) => this.statuses.get(uid),
      event: (pod, container, type, reason, message) => this.event(pod, container, type, reason, message),
      changed: (pod, kind, containerId, result) => this.probeChanged(pod, kind, containerId, result),
    });
    const sources = new ApiSources(this.client);
    const volumes = new VolumeManager(process, this.cri, sources, (pod, message) => this.event(pod, undefined, 'Warning', 'FailedMount', message));
    const runtime = new KubeRuntime(process, this.cri, new Images(process, this.cri, options.serializeImagePulls !== false), this.prober, {
      event: (pod, container, type, reason, message) => this.event(pod, container, type, reason, message),
      volumePath: (uid, name) => volumes.pathOf(uid, name),
      environment: (pod, container, podIps) => this.sync.environment(pod, container, podIps),
      httpHook: (_pod, container, action, podIp) => httpHook(action, container, podIp, net),
    }, { server: options.clusterDns, domain: options.clusterDomain ?? 'cluster.local' });
    this.statuses = new StatusManager(process, this.client, {
      couldRun: (uid) => this.workers.couldRun(uid),
      latest: (uid) => this.desired.get(uid),
    });
    const factory = new SharedInformerFactory(process, this.client);
    this.pods = factory.informer<Pod>(PODS, { fieldSelector: `spec.nodeName=${node}` });
    this.services = factory.informer<Service>(SERVICES);
    const nodes = factory.informer<Node>(NODES, { fieldSelector: `metadata.name=${node}` });
    this.nodeStatus = new NodeStatus(process, this.client, options, { errors: () => this.nodeErrors(), pressures: () => new Set() }, (type, reason, message) => this.nodeEvent(type, reason, message));
    this.sync = new PodSync(
      { process, cri: this.cri, pleg: this.pleg, prober: this.prober, statuses: this.statuses, runtime, volumes, sources },
      {
        epoch,
        node,
        runtime: options.runtime ?? 'containerd',
        hostIps: this.hostIps,
        services: () => this.services.lister.list(),
        allocatable: () => (this.nodeStatus.node?.status.allocatable ?? template.status?.allocatable ?? {}) as Record<string, string>,
        failMount: (pod, message) => this.event(pod, undefined, 'Warning', 'FailedMount', message),
        finished: () => this.housekeepLater(),
      },
    );
    this.workers = new PodWorkers(process, this.pleg, this.sync);
    this.sync.onDeadline = (pod) => this.workers.update({ type: 'sync', pod: this.desired.get(pod.metadata.uid) ?? pod });
    this.pods.addEventHandler({
      add: (pod) => this.added(pod),
      update: (_old, pod) => this.updated(pod),
      delete: (pod) => this.removed(pod),
    });
    nodes.addEventHandler({ add: (object) => this.nodeStatus.observe(object), update: (_old, object) => this.nodeStatus.observe(object) });
    process.on<CriEvent>('cri.event', () => this.pleg.changed());
    process.on<KubeletRequest>('kubelet.request', (request) => process.go(this.serve(request, process.from)));
    this.nodeEvent('Normal', 'Starting', 'Starting kubelet.');
    process.go(this.nodeStatus.run());
    process.go(renewLease(process, this.client, node, epoch, () => this.nodeStatus.node));
    this.pleg.start(options.startSpread ? process.choose('pleg.start', options.startSpread) : 0);
    factory.start();
  }

  private *serve(request: KubeletRequest, client: string): ReturnType<Process['sleep']> {
    const response = yield* answerRequest(request, { cri: this.cri, epoch: this.options.epoch, pods: () => [...this.desired.values()], statusOf: (uid) => this.pleg.get(uid), now: () => this.process.now });
    this.process.send(client, response);
  }

  /** What keeps the node from being Ready. */
  private nodeErrors(): readonly string[] {
    const stuck = this.pleg.stuckUs;
    return stuck < 180_000_000 ? [] : [`PLEG is not healthy: pleg was last seen active ${Math.floor(stuck / 1_000_000)}s ago; threshold is 3m0s`];
  }

  private event(pod: Pod, container: core.Container | undefined, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const reference = referenceTo({ ...pod, apiVersion: 'v1', kind: 'Pod' });
    this.recorder.eventFor(container === undefined ? reference : { ...reference, fieldPath: fieldPathOf(pod, container) }, type, reason, message);
  }

  private nodeEvent(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { node } = this.options;
    this.recorder.eventFor({ kind: 'Node', name: node, uid: node, apiVersion: '' }, type, reason, message);
  }

  private added(pod: Pod): void {
    this.desired.set(pod.metadata.uid, pod);
    if (!this.workers.isTerminationRequested(pod.metadata.uid)) {
      const rejection = this.reject(pod);
      if (rejection !== undefined) {
        this.event(pod, undefined, 'Warning', rejection.reason, rejection.message);
        const { reason, message } = rejection;
        this.statuses.set(pod, { ...pod.status, phase: 'Failed', reason, message: `Pod was rejected: ${message}` });
        return;
      }
    }
    this.workers.update({ type: 'create', pod });
  }

  /** Admission happens once, when the kubelet first sees a pod that has not run anywhere. */
  private reject(pod: Pod): Rejection | undefined {
    const node = this.nodeStatus.node;
    const { phase } = pod.status;
    const isActive = phase !== 'Failed' && phase !== 'Succeeded' && pod.metadata.deletionTimestamp === undefined;
    if (node === undefined || !isActive || (pod.status.containerStatuses?.length ?? 0) > 0) return undefined;
    const others = [...this.desired.values()].filter(({ metadata, status }) => metadata.uid !== pod.metadata.uid && status.phase !== 'Failed' && status.phase !== 'Succeeded' && !this.workers.isTerminationRequested(metadata.uid));
    return admit(pod, { node, others, pressures: [], isShuttingDown: false, matchesNode, tolerates });
  }

  private updated(pod: Pod): void {
    const { uid } = pod.metadata;
    const before = this.desired.get(uid);
    if (before === undefined) {
      this.added(pod);
      return;
    }
    this.desired.set(uid, pod);
    if (this.workers.phaseOf(uid) === undefined && pod.metadata.deletionTimestamp === undefined) return;
    // What the kubelet itself wrote tells it nothing new (config/config.go, `checkAndUpdatePod`).
    if (!isMeaningful(before, pod)) return;
    this.workers.update({ type: 'update', pod });
  }

  private removed(pod: Pod): void {
    this.desired.delete(pod.metadata.uid);
    this.workers.remove(pod);
    this.housekeepLater();
  }

  private podEvents(events: readonly PlegEvent[]): void {
    const touched = new Set(events.filter(({ type }) => type !== 'ContainerRemoved').map(({ uid }) => uid));
    for (const uid of touched) {
      const pod = this.desired.get(uid) ?? this.workers.podOf(uid);
      if (pod !== undefined && this.workers.phaseOf(uid) !== undefined) this.workers.update({ type: 'sync', pod });
    }
  }

  private probeChanged(pod: Pod, kind: ProbeKind, containerId: string, result: ProbeResult): void {
    const { uid } = pod.metadata;
    const current = this.desired.get(uid) ?? pod;
    if (kind === 'readiness') {
      this.statuses.setReady(current, containerId, (status) => this.withReadiness(current, status, containerId, result === 'Success'));
    }
    if (kind === 'liveness' && result !== 'Failure') return;
    if (this.workers.phaseOf(uid) !== undefined) this.workers.update({ type: 'sync', pod: current });
  }

  /** The status with one container's readiness changed (status_manager.go, `SetContainerReadiness`). */
  private withReadiness(pod: Pod, status: core.PodStatus, containerId: string, ready: boolean): core.PodStatus {
    const containers = (status.containerStatuses ?? []).map((each) => (each.containerID?.endsWith(containerId) === true ? { ...each, ready } : each));
    return this.sync.withReadyConditions(pod, { ...status, containerStatuses: containers }, (condition, old) =>
      withTransition(condition, old, { epoch: this.options.epoch, now: this.process.now }),
    );
  }

  private housekeepLater(): void {
    if (this.isHousekeepingDue) return;
    this.isHousekeepingDue = true;
    const passed = (this.process.now - this.startedUs) % HOUSEKEEPING_US;
    this.process.after('housekeeping', HOUSEKEEPING_US - passed, () => {
      this.isHousekeepingDue = false;
      this.process.go(this.housekeep());
    });
  }

  /** Forgets finished pods that are gone and removes what they left in the runtime. */
  private *housekeep(): ReturnType<Process['sleep']> {
    const gone = [...this.workers.uids].filter((uid) => this.workers.phaseOf(uid) === 'finished' && !this.desired.has(uid));
    for (const pod of this.workers.collect((uid) => this.desired.has(uid))) this.workers.update({ type: 'create', pod });
    this.statuses.removeOrphans((uid) => this.desired.has(uid) || this.workers.phaseOf(uid) !== undefined);
    for (const uid of gone) yield* this.sync.removeContent(uid);
  }
}

/** `spec.containers{name}`, as events of containers carry it. */
function fieldPathOf({ spec }: Pod, { name }: core.Container): string {
  if ((spec.initContainers ?? []).some((container) => container.name === name)) return `spec.initContainers{${name}}`;
  if ((spec.ephemeralContainers ?? []).some((container) => container.name === name)) return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}

/** Whether more than the status changed, or the readiness of a pod that others decide about, too (`NeedToReconcilePodReadiness`). */
function isMeaningful(before: Pod, pod: Pod): boolean {
  const { metadata: old } = before;
  const { metadata } = pod;
  return (
    before.spec !== pod.spec ||
    old.labels !== metadata.labels ||
    old.annotations !== metadata.annotations ||
    old.deletionTimestamp !== metadata.deletionTimestamp ||
    old.deletionGracePeriodSeconds !== metadata.deletionGracePeriodSeconds ||
    ((pod.spec.readinessGates ?? []).length > 0 && before.status.conditions !== pod.status.conditions)
  );
}
