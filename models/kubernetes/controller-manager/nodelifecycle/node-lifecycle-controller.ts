/**
 * The node lifecycle controller: notices nodes that fall silent, taints those that are not ready, and marks their pods.
 *
 * Safety: a node's conditions are only ever turned to Unknown here, after the grace period; NoExecute taints come at a limited
 * rate per zone, and not at all while every zone is down. Liveness: the taints of a node that is ready again go at once.
 * Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Task } from '../../client/process.ts';
import { LEASES, NODES, PODS } from '../../client/resources.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { core, KubeObject, Node, Pod } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { conditionOf, noExecuteTaints, noScheduleTaints, NOT_READY, UNREACHABLE } from './node-taints.ts';
import { ZoneQueues } from './zone-queues.ts';

const SECOND = 1_000_000;
const MONITORED: readonly string[] = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
/** controller_utils.go: UpdateTaintBackoff, UpdateLabelBackoff: five steps of 100 ms, and up to as much again. */
const RETRIES = 5;
const RETRY_US = 100_000;
/** Labels whose second name follows the first. */
const SECOND_NAMES = [['kubernetes.io/os', 'beta.kubernetes.io/os'], ['kubernetes.io/arch', 'beta.kubernetes.io/arch']] as const;
const BY_NODE = 'spec.nodeName';

/** What is remembered of a node's heartbeats. */
interface Health {
  /** When the last sign of life was seen, in virtual µs by this process's clock. */
  probedAt: number;
  heartbeat: string | undefined;
  renewTime: string | undefined;
}

export class NodeLifecycleController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly nodes: SharedInformer<Node>;
  private readonly leases: SharedInformer<KubeObject>;
  private readonly pods: SharedInformer<Pod>;
  private readonly health = new Map<string, Health>();
  private readonly known = new Set<string>();
  private readonly zones: ZoneQueues;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('node-controller');
    this.recorder = context.recorder(this.client, 'node-controller');
    this.nodes = context.factory.informer<Node>(NODES);
    this.leases = context.factory.informer(LEASES);
    this.pods = context.factory.informer<Pod>(PODS);
    this.pods.addIndexers({ [BY_NODE]: (pod) => [pod.spec.nodeName ?? ''] });
    this.zones = new ZoneQueues(context.process, context.options, (name) => this.taintNoExecute(name));
    this.loop = context.loop({ name: 'node-lifecycle-controller', workers: 8, client: this.client, sync: (name) => this.syncNode(name) }, [this.nodes, this.leases, this.pods]);
    const changed = ({ metadata }: Node): void => this.loop.queue.add(metadata.name);
    this.nodes.addEventHandler({
      add: changed,
      update: (_old, node) => changed(node),
      delete: ({ metadata }) => {
        this.health.delete(metadata.name);
        this.zones.remove(metadata.name);
      },
    });
    this.pods.addEventHandler({
      add: (pod) => this.podBound(pod),
      update: (old, pod) => {
        if (old.spec.nodeName !== pod.spec.nodeName) this.podBound(pod);
      },
    });
    context.whenSynced([this.nodes, this.leases, this.pods], () =>
      context.every('node.monitor', context.options.nodeMonitorPeriod ?? 5 * SECOND, () => this.monitor()),
    );
  }

  /** NoSchedule taints follow the conditions at once, and labels each other. */
  private *syncNode(name: string): Task<undefined> {
    const node = this.nodes.lister.get('', name);
    if (node === undefined) return undefined;
    yield* this.writeTaints(node, noScheduleTaints(node, this.context.clock.text));
    yield* this.reconcileLabels(node);
    return undefined;
  }

  private *reconcileLabels({ metadata: { name, labels = {} } }: Node): Task {
    const wanted = SECOND_NAMES.filter(([first, second]) => labels[first] !== undefined && labels[second] !== labels[first]).map(([first, second]) => [second, labels[first]]);
    if (wanted.length > 0) yield* this.patchNode(name, { metadata: { labels: Object.fromEntries(wanted) } });
  }

  /** Patches a node; whatever fails is tried again, unless somebody else has changed the node or it is gone. */
  private *patchNode(name: string, body: object): Task<boolean> {
    for (let tries = 0; tries < RETRIES; tries++) {
      const written = yield* this.client.patch<Node>(NODES, undefined, name, 'application/strategic-merge-patch+json', body);
      if (written.ok) return true;
      if (written.status.reason === 'Conflict' || written.status.reason === 'NotFound') break;
      yield* this.context.process.sleep('node.retry', this.retryUs());
    }
    this.loop.queue.addAfter(name, this.retryUs());
    return false;
  }

  private retryUs(): number {
    return RETRY_US + this.context.process.choose('node.retry', RETRY_US);
  }

  private *writeTaints(node: Node, taints: readonly core.Taint[]): Task<boolean> {
    if (taints === (node.spec.taints ?? taints) && node.spec.taints !== undefined) return true;
    if (taints.length === 0 && node.spec.taints === undefined) return true;
    const body = { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
    return yield* this.patchNode(node.metadata.name, body);
  }

  /** A pod that lands on a node which is not ready is not ready either. */
  private podBound(pod: Pod): void {
    const node = pod.spec.nodeName === undefined ? undefined : this.nodes.lister.get('', pod.spec.nodeName);
    const ready = node === undefined ? undefined : conditionOf(node, 'Ready');
    if (node !== undefined && ready !== undefined && ready.status !== 'True') this.context.process.go(this.markPods(node, [pod]));
  }

  private *monitor(): Task {
    const nodes = this.nodes.lister.list();
    for (const { metadata } of nodes) {
      if (this.known.has(metadata.name)) continue;
      this.known.add(metadata.name);
      this.nodeEvent(metadata.name, metadata.uid, 'RegisteredNode', `Registered Node ${metadata.name} in Controller`);
    }
    if (this.known.size > nodes.length) this.forgetRemoved();
    for (const node of nodes) {
      const ready = conditionOf(node, 'Ready');
      const before = ready?.status;
      this.decideTaints(node, before);
      if (this.isSilent(node, ready)) yield* this.silenced(node, before);
    }
    if (this.zones.update(this.nodes.lister.list())) for (const entry of this.health.values()) entry.probedAt = this.context.process.now;
  }

  private forgetRemoved(): void {
    for (const name of [...this.known]) {
      if (this.nodes.lister.get('', name) !== undefined) continue;
      this.known.delete(name);
      this.nodeEvent(name, name, 'RemovingNode', `Removing Node ${name} from Controller`);
    }
  }

  /** `before` is what the node's Ready condition was. */
  private *silenced(node: Node, before: string | undefined): Task {
    const next = unknownConditions(node, this.context.clock.text);
    if (next === undefined) return;
    const written = yield* this.client.updateStatus<Node>(NODES, { ...node, status: { ...node.status, conditions: next } });
    if (!written.ok || before !== 'True') return;
    this.nodeEvent(node.metadata.name, node.metadata.uid, 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);
    yield* this.markPods(node, this.pods.indexer.byIndex(BY_NODE, node.metadata.name));
  }

  /** Whether a node has given no sign of life for longer than its grace period. */
  private isSilent(node: Node, ready: core.NodeCondition | undefined): boolean {
    const { now } = this.context.process;
    const { name } = node.metadata;
    const renewTime = this.leases.lister.get('kube-node-lease', name)?.['spec']?.renewTime as string | undefined;
    const heartbeat = ready?.lastHeartbeatTime as string | undefined;
    let entry = this.health.get(name);
    if (entry === undefined) {
      entry = { probedAt: ready === undefined ? now - this.context.clock.since(node.metadata.creationTimestamp) : now, heartbeat, renewTime };
      this.health.set(name, entry);
    } else if (entry.heartbeat !== heartbeat || (renewTime !== undefined && (entry.renewTime === undefined || renewTime > entry.renewTime))) {
      entry.probedAt = now;
      entry.heartbeat = heartbeat;
      entry.renewTime = renewTime;
    }
    const { nodeMonitorGracePeriod = 50 * SECOND, nodeStartupGracePeriod = 60 * SECOND } = this.context.options;
    // Upstream asks whether the period is over, and a pass takes its while: ten passes of five seconds are always over 50 s there.
    return now >= entry.probedAt + (ready === undefined ? nodeStartupGracePeriod : nodeMonitorGracePeriod);
  }

  /** NoExecute taints are decided by the condition as it was read, so they follow a flip one pass later. */
  private decideTaints(node: Node, status: string | undefined): void {
    const { name } = node.metadata;
    if (status === 'True') {
      this.zones.remove(name);
      if (node.spec.taints === undefined) return;
      const cleared = noExecuteTaints(node, undefined, '');
      if (cleared !== (node.spec.taints ?? cleared)) this.context.process.go(this.writeTaints(node, cleared));
      return;
    }
    if (status === undefined) return;
    const key = status === 'False' ? NOT_READY : UNREACHABLE;
    const opposite = (node.spec.taints ?? []).some((taint) => taint.effect === 'NoExecute' && taint.key === (key === NOT_READY ? UNREACHABLE : NOT_READY));
    if (opposite) this.context.process.go(this.writeTaints(node, noExecuteTaints(node, key, this.context.clock.text)));
    else this.zones.add(node);
  }

  private *taintNoExecute(name: string): Task<boolean> {
    const node = this.nodes.lister.get('', name);
    const status = node === undefined ? 'True' : conditionOf(node, 'Ready')?.status;
    if (node === undefined || status === undefined || status === 'True') return true;
    return yield* this.writeTaints(node, noExecuteTaints(node, status === 'False' ? NOT_READY : UNREACHABLE, this.context.clock.text));
  }

  /** Ready=False for pods of a node that is not ready; nothing else of them changes. */
  private *markPods(node: Node, pods: readonly Pod[]): Task {
    for (const pod of pods) {
      const conditions = pod.status.conditions ?? [];
      if (pod.spec.nodeName !== node.metadata.name || !conditions.some(({ type, status }) => type === 'Ready' && status !== 'False')) continue;
      const now = this.context.clock.text;
      const next = conditions.map((each) => (each.type === 'Ready' ? { ...each, status: 'False', lastTransitionTime: now } : each));
      const written = yield* this.client.updateStatus<Pod>(PODS, { ...pod, status: { ...pod.status, conditions: next } });
      if (written.ok) this.recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  }

  private nodeEvent(name: string, uid: string, reason: string, message: string): void {
    this.recorder.eventFor({ kind: 'Node', name, uid, apiVersion: 'v1' }, 'Normal', reason, `Node ${name} event: ${message}`.replace(/^Node \S+ event: (Node \S+ status)/, '$1'));
  }
}

/** The conditions with everything monitored turned to Unknown; undefined when Ready is Unknown already. */
function unknownConditions(node: Node, now: string): core.NodeCondition[] | undefined {
  if (conditionOf(node, 'Ready')?.status === 'Unknown') return undefined;
  const conditions = node.status.conditions ?? [];
  const changed = conditions.map((each) =>
    MONITORED.includes(each.type) && each.status !== 'Unknown'
      ? { ...each, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: now }
      : each,
  );
  const missing = MONITORED.filter((type) => !conditions.some((each) => each.type === type));
  const never = missing.map((type) => ({ type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.', lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: now }));
  return [...changed, ...never];
}
