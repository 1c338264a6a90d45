/**
 * The kubelet: makes the containers of its node what the pods bound to it ask for, and tells the API how they are.
 *
 * Promises: a pod's containers are only ever touched by its worker; statuses go out in the order in which they were computed;
 * a crash of the kubelet leaves containers running, and the next one finds them through the runtime. The loop reacts to pods
 * from its sources, to events of the PLEG and to probes, and does nothing in between.
 * Source: pkg/kubelet/kubelet.go (`syncLoopIteration`, `SyncPod`), cmd/kubelet/app/server.go.
 */
import { parseDuration } from '../../../src/cli/duration.ts';
import type { ActorSpec } from '../../../src/index.ts';
import type { CriDoubt, CriEvent, CriUsage, SystemOom } from '../api/cri.ts';
import type { NodeShutdown, StaticPodFiles } from '../api/node-operation.ts';
import { Client } from '../client/client.ts';
import { EventRecorder, referenceTo } from '../client/event-recorder.ts';
import { processBehavior, type Process, type Task } from '../client/process.ts';
import { NODES, PODS, SERVICES } from '../client/resources.ts';
import { SharedInformerFactory, type SharedInformer } from '../client/shared-informer.ts';
import { NEW } from '../object/new.ts';
import type { core, Node, Pod, Service } from '../object/types.ts';
import { type Checkpoints, ContainerManager, resourceManagers } from './cm/container-manager.ts';
import { formatCPUSet } from './cm/cpuset.ts';
import { isStatic, Mirrors, staticPod } from './config/static-pods.ts';
import { Garbage } from './container/garbage.ts';
import { ImageGarbage } from './container/image-garbage.ts';
import { Images } from './container/images.ts';
import { KubeRuntime, type RuntimeHooks } from './container/kuberuntime.ts';
import { CriClient } from './cri-client.ts';
import { EvictionManager } from './eviction/eviction.ts';
import { KubeletServer } from './kubelet-server.ts';
import { CSINodeInfo } from './node/csi-node.ts';
import { renewLease } from './node/lease.ts';
import { NodeStatus } from './node/node-status.ts';
import { RuntimeHealth } from './node/runtime-health.ts';
import { ShutdownManager } from './node/shutdown.ts';
import { KUBELET_VERSION, type KubeletOptions } from './options.ts';
import { Pleg } from './pleg.ts';
import { PodSync } from './pod-sync.ts';
import { PodWorkers } from './pod-workers.ts';
import { httpHook, NodeClient } from './probe/probe.ts';
import { Prober } from './probe/prober.ts';
import { type Condition } from './status/generate.ts';
import { withCondition, withContainer, withTransition } from './status/api-status.ts';
import { StatusManager } from './status/status-manager.ts';
import { SyncLoop } from './sync-loop.ts';
import { ApiSources } from './volume/api-sources.ts';
import { VolumeManager } from './volume/volume-manager.ts';

/** kubeletconfig/v1beta1: kubeAPIQPS, kubeAPIBurst. */
const QPS = 50;
const BURST = 100;
/** The client of leases and node status: its own, without a limit; the least of nodeStatusUpdateFrequency and the lease (cmd/kubelet/app/server.go). */
const HEARTBEAT_TIMEOUT = 10_000_000;
/** config/apiserver.go: WaitForAPIServerSyncPeriod. */
const NODE_SYNC_US = 1_000_000;

interface WithContainers {
  containers?: ContainerManager;
}

/** Makes the actor. Only where resources are managed does a kubelet leave something behind that its next life needs. */
export function kubelet(options: KubeletOptions): ActorSpec {
  const plan = resourceManagers(options);
  const behavior =
    plan === undefined
      ? processBehavior((process) => void new Kubelet(process, options, undefined))
      : processBehavior(
          (process, kept) => {
            const containers = new ContainerManager(plan, kept as Checkpoints | undefined);
            (process as Process & WithContainers).containers = containers;
            new Kubelet(process, options, containers);
          },
          (process) => (process as Process & WithContainers).containers?.checkpoints,
        );
  return { id: `kubelet/${options.node}`, type: 'kubelet', behavior };
}

class Kubelet {
  private readonly process: Process;
  private readonly options: KubeletOptions;
  private readonly client: Client;
  private readonly heartbeats: Client;
  private readonly recorder: EventRecorder;
  private readonly cri: CriClient;
  private readonly pleg: Pleg;
  private readonly health: RuntimeHealth;
  private readonly prober: Prober;
  private readonly statuses: StatusManager;
  private readonly workers: PodWorkers;
  private readonly sync: PodSync;
  private readonly loop: SyncLoop;
  private readonly nodeStatus: NodeStatus;
  private readonly eviction: EvictionManager;
  private readonly shutdown: ShutdownManager;
  private readonly mirrors: Mirrors;
  private readonly csiNode: CSINodeInfo;
  private readonly pods: SharedInformer<Pod>;
  private readonly services: SharedInformer<Service>;
  private readonly nodes: SharedInformer<Node>;
  private readonly hostIps: readonly string[];
  /** What the first list brings, until it is complete. */
  private initial: Pod[] | undefined = [];
  private staticPods: readonly Pod[] = [];

  constructor(process: Process, options: KubeletOptions, containers: ContainerManager | undefined) {
    this.process = process;
    this.options = options;
    const { node, servers, epoch, template } = options;
    const runtimeActor = `container-runtime/${node}`;
    const user = { name: `system:node:${node}`, groups: ['system:nodes', 'system:authenticated'] };
    this.client = new Client(process, { servers, user, userAgent: `kubelet/${KUBELET_VERSION} (linux/amd64) kubernetes`, qps: QPS, burst: BURST });
    this.heartbeats = this.client.named({ qps: -1, timeout: HEARTBEAT_TIMEOUT });
    this.recorder = new EventRecorder(process, this.client, { component: 'kubelet', epoch, host: node });
    this.hostIps = (template.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
    this.cri = new CriClient(process, runtimeActor);
    this.pleg = new Pleg(process, this.cri, options.featureGates?.['EventedPLEG'] === true, (events) => this.loop.plegEvents(events));
    this.health = new RuntimeHealth(process, this.cri, this.pleg, () => this.nodeStatus.changed());
    this.csiNode = new CSINodeInfo(process, this.client);
    this.mirrors = new Mirrors(process, this.client, () => this.nodeStatus.node);
    const net = new NodeClient(process, node, this.hostIps[0] ?? '127.0.0.1');
    this.prober = new Prober(process, this.cri, net, epoch, {
      status: (uid) => this.statuses.get(uid),
      event: (pod, container, type, reason, message) => this.event(pod, container, type, reason, message),
      changed: (pod, kind, containerId, result) => this.loop.probeChanged(pod, kind, containerId, result),
    });
    const sources = new ApiSources(this.client);
    const volumes = new VolumeManager(process, this.cri, sources, (pod, message) => this.event(pod, undefined, 'Warning', 'FailedMount', message), () => this.nodeStatus.changed());
    const runtime = this.makeRuntime(volumes, net, containers);
    this.statuses = new StatusManager(process, this.client, {
      couldRun: (uid) => this.workers.couldRun(uid),
      latest: (uid) => this.loop.pod(uid),
      apiUid: (pod) => (isStatic(pod) ? this.mirrors.of(pod)?.metadata.uid : pod.metadata.uid),
      shown: (uid) => this.loop.shown(uid),
    });
    const factory = new SharedInformerFactory(process, this.client);
    this.pods = factory.informer<Pod>(PODS, { fieldSelector: `spec.nodeName=${node}` });
    this.services = factory.informer<Service>(SERVICES);
    this.nodes = factory.informer<Node>(NODES, { fieldSelector: `metadata.name=${node}` });
    this.nodeStatus = new NodeStatus(
      process,
      { kube: this.client, heartbeat: this.heartbeats },
      options,
      { errors: () => this.nodeErrors(), pressures: () => this.eviction.pressures, boots: () => this.health.boots, volumesInUse: () => volumes.inUse, registered: (object) => process.go(this.csiNode.initialize(object)) },
      (type, reason, message) => this.nodeEvent(type, reason, message),
    );
    this.sync = new PodSync(
      { process, prober: this.prober, statuses: this.statuses, runtime, volumes, sources, mirrors: this.mirrors },
      {
        epoch,
        node,
        runtime: options.runtime ?? 'containerd',
        hostIps: this.hostIps,
        services: () => this.services.lister.list(),
        allocatable: () => (this.nodeStatus.node?.status.allocatable ?? template.status?.allocatable ?? {}) as Record<string, string>,
        event: (pod, type, reason, message) => this.event(pod, undefined, type, reason, message),
        networkErrors: () => this.health.networkErrors(),
        finished: () => this.loop.housekeepLater(),
        pastDeadline: (pod) => this.workers.update({ type: 'sync', pod: this.loop.pod(pod.metadata.uid) ?? pod }),
      },
    );
    this.workers = new PodWorkers(process, this.pleg, this.sync, () => this.health.whenWell());
    const garbage = new Garbage(process, this.cri, this.pleg, runtime, (uid) => !this.workers.couldRun(uid));
    this.loop = new SyncLoop(
      { process, workers: this.workers, statuses: this.statuses, pleg: this.pleg, mirrors: this.mirrors, garbage, containers },
      {
        epoch,
        node: () => this.nodeStatus.node,
        pressures: () => this.eviction.pressures,
        isShuttingDown: () => this.shutdown.isShuttingDown,
        event: (pod, type, reason, message) => this.event(pod, undefined, type, reason, message),
        withReadiness: (pod, status, containerId, ready) => this.withReadiness(pod, status, containerId, ready),
      },
    );
    const kills = {
      activePods: (): readonly Pod[] => this.loop.active,
      withCondition: (status: core.PodStatus, condition: Condition): core.PodStatus => withCondition(status, condition, { epoch, now: process.now }),
    };
    this.eviction = new EvictionManager(process, this.cri, options, {
      ...NEW,
      ...kills,
      podEvent: (pod, type, reason, message) => this.event(pod, undefined, type, reason, message),
      nodeEvent: (type, reason, message) => this.nodeEvent(type, reason, message),
      kill: (pod, grace, status) => this.loop.kill(pod, grace, true, status),
      pressureChanged: () => this.nodeStatus.changed(),
      reclaimDisk: () => garbage.reclaim(),
    });
    this.shutdown = new ShutdownManager(process, {
      ...NEW,
      ...kills,
      event: (reason, message) => this.nodeEvent('Normal', reason, message),
      syncNodeStatus: () => this.nodeStatus.syncNow(),
      kill: (pod, grace, status) => this.loop.kill(pod, grace, false, status),
    }, { total: seconds(options.shutdownGracePeriod), critical: seconds(options.shutdownGracePeriodCriticalPods) });
    this.listen(runtimeActor);
    this.start();
  }

  private makeRuntime(volumes: VolumeManager, net: NodeClient, containers: ContainerManager | undefined): KubeRuntime {
    const { process, options } = this;
    return new KubeRuntime(process, this.cri, new Images(process, this.cri, options.serializeImagePulls !== false), this.prober, {
      event: (pod, container, type, reason, message) => this.event(pod, container, type, reason, message),
      volumePath: (uid, name) => volumes.pathOf(uid, name),
      environment: (pod, container, podIps) => this.sync.environment(pod, container, podIps),
      httpHook: (_pod, container, action, podIp) => httpHook(action, container, podIp, net),
      memoryCapacity: () => (this.nodeStatus.node?.status.capacity as Record<string, string> | undefined)?.['memory'],
      ...(containers === undefined ? {} : lifecycleOf(containers)),
    }, { server: options.clusterDns, domain: options.clusterDomain ?? 'cluster.local' });
  }

  /** What others say: the runtime, the machine, the API server. */
  private listen(runtimeActor: string): void {
    const { process } = this;
    process.on<CriEvent>('cri.event', () => this.pleg.changed());
    const images = new ImageGarbage(process, this.cri, this.options, (type, reason, message) => this.nodeEvent(type, reason, message));
    process.on<CriUsage>('cri.usage', () => {
      this.eviction.usageChanged();
      images.usageChanged();
    });
    process.on<CriDoubt>('cri.doubt', () => this.health.doubt());
    process.on<SystemOom>('node.oom', ({ process: victim, pid }) => this.nodeEvent('Warning', 'SystemOOM', `System OOM encountered, victim process: ${victim}, pid: ${pid}`));
    process.on<NodeShutdown>('node.shutdown', ({ active }) => this.shutdown.prepare(active));
    process.on<StaticPodFiles>('node.static-pods', ({ files }) => this.setStaticPods(files));
    const server = new KubeletServer({ process, cri: this.cri, runtime: runtimeActor, epoch: this.options.epoch, pods: () => this.loop.pods, statusOf: (uid) => this.pleg.get(uid) });
    process.watch(runtimeActor, {
      down: () => {
        this.cri.abort();
        server.abort();
        this.health.doubt();
      },
      up: () => {
        this.cri.restored();
        this.pleg.changed();
        this.health.doubt();
      },
    });
  }

  private start(): void {
    const { process } = this;
    const { node, epoch } = this.options;
    this.pods.addEventHandler({
      add: (pod) => {
        if (this.initial === undefined) this.loop.added([pod]);
        else this.initial.push(pod);
      },
      update: (old, pod) => this.loop.updated(old, pod),
      delete: (pod) => this.loop.removed(pod),
    });
    this.nodes.addEventHandler({ add: (object) => this.nodeStatus.observe(object), update: (_old, object) => this.nodeStatus.observe(object) });
    this.nodeEvent('Normal', 'Starting', 'Starting kubelet.');
    this.health.doubt();
    process.go(this.nodeStatus.run());
    process.go(renewLease(process, this.heartbeats, node, epoch, () => this.nodeStatus.node));
    this.pleg.start(this.options.startSpread ? process.choose('pleg.start', this.options.startSpread) : 0);
    this.nodes.start();
    this.services.start();
    this.pods.whenSynced(() => this.takeInitialPods());
    process.go(this.watchPods());
    this.setStaticPods(this.options.staticPods ?? {});
  }

  /** Pods are not looked for before the node is known, which is asked once a second. */
  private *watchPods(): Task {
    while (!this.nodes.hasSynced()) yield* this.process.sleep('sources.node', NODE_SYNC_US);
    this.pods.start();
  }

  /** Hands over the first list, the oldest pod first. */
  private takeInitialPods(): void {
    const initial = this.initial ?? [];
    this.initial = undefined;
    this.loop.added(initial);
    for (const pod of initial) if (this.workers.phaseOf(pod.metadata.uid) === 'terminating') this.sync.restoreVolumes(pod);
    this.loop.sourcesReady();
  }

  /** The static pod folder changed. */
  private setStaticPods(files: Readonly<Record<string, unknown>>): void {
    const { node, epoch } = this.options;
    const pods = Object.entries(files).filter(([path]) => !path.startsWith('.')).map(([path, manifest]) => staticPod(path, manifest, node, epoch, this.process.now));
    const known = new Set(this.staticPods.map(({ metadata }) => metadata.uid));
    const wanted = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const pod of this.staticPods) if (!wanted.has(pod.metadata.uid)) this.loop.removed(pod);
    this.staticPods = pods;
    this.loop.added(pods.filter(({ metadata }) => !known.has(metadata.uid)));
  }

  /** What keeps the node from being Ready, in upstream's order. */
  private nodeErrors(): readonly string[] {
    return [...this.health.errors(), ...this.health.networkErrors(), ...this.csiNode.errors(), ...(this.shutdown.isShuttingDown ? ['node is shutting down'] : [])];
  }

  private event(pod: Pod, container: core.Container | undefined, type: 'Normal' | 'Warning', reason: string, message: string): void {
    // Events about a static pod are about its mirror, as far as anybody can see.
    const uid = isStatic(pod) ? (this.mirrors.of(pod)?.metadata.uid ?? pod.metadata.uid) : pod.metadata.uid;
    const reference = referenceTo({ ...pod, metadata: { ...pod.metadata, uid }, apiVersion: 'v1', kind: 'Pod' });
    this.recorder.eventFor(container === undefined ? reference : { ...NEW, ...reference, fieldPath: fieldPathOf(pod, container) }, type, reason, message);
  }

  private nodeEvent(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { node } = this.options;
    this.recorder.eventFor({ kind: 'Node', name: node, uid: node, apiVersion: '' }, type, reason, message);
  }

  /** The status with one container's readiness changed (status_manager.go, `SetContainerReadiness`). */
  private withReadiness(pod: Pod, status: core.PodStatus, containerId: string, ready: boolean): core.PodStatus {
    return this.sync.withReadyConditions(pod, withContainer(status, containerId, { ready }), (condition, old) => withTransition(condition, old, { epoch: this.options.epoch, now: this.process.now }));
  }
}

/** internal_container_lifecycle_linux.go. */
function lifecycleOf(containers: ContainerManager): Pick<RuntimeHooks, 'affinity' | 'starting'> {
  return {
    affinity: (pod, container) => {
      const { cpus, memoryNodes } = containers.affinityOf(pod, container);
      return { ...(cpus === undefined ? {} : { cpusetCpus: formatCPUSet(cpus) }), ...(memoryNodes === undefined ? {} : { cpusetMems: formatCPUSet(memoryNodes) }) };
    },
    starting: (pod, container) => containers.starting(pod, container),
  };
}

/** Whole seconds of a duration; 0 if there is none. */
const seconds = (text: string | undefined): number => Math.floor((parseDuration(text ?? '') ?? 0) / 1_000_000);

/** `spec.containers{name}`, as events of containers carry it. */
function fieldPathOf({ spec }: Pod, { name }: core.Container): string {
  if ((spec.initContainers ?? []).some((container) => container.name === name)) return `spec.initContainers{${name}}`;
  if ((spec.ephemeralContainers ?? []).some((container) => container.name === name)) return `spec.ephemeralContainers{${name}}`;
  return `spec.containers{${name}}`;
}

