/**
 * The pod garbage collector: deletes pods that nobody else will.
 *
 * Safety: only pods that have ended (beyond a threshold), whose node is gone for 40 s and live, that are being deleted without ever
 * having had a node, or that are being deleted on a node marked out of service. Pods that have not ended are marked Failed first.
 * Liveness: such pods go within a period of 20 s plus the quarantine. Source: pkg/controller/podgc/gc_controller.go.
 */
import type { Client } from '../../client/client.ts';
import { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { NODES, PODS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { isConditionTrue, isTerminating, namespacedName } from '../../object/meta.ts';
import type { Node, Pod } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { withDisruptionTarget } from '../pod/disruption-target.ts';
import { isPodTerminal } from '../pod/pod-state.ts';

const SECOND = 1_000_000;
/** gc_controller.go: gcCheckPeriod, quarantineTime; `--terminated-pod-gc-threshold`. */
const PERIOD = 20 * SECOND;
const QUARANTINE = 40 * SECOND;
const THRESHOLD = 12_500;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
const BY_NODE = 'spec.nodeName';

export class PodGCController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly pods: SharedInformer<Pod>;
  private readonly nodes: SharedInformer<Node>;
  /** Node names that the cache lacks, with the time from which on that counts. */
  private readonly quarantine = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('pod-garbage-collector');
    this.pods = context.factory.informer<Pod>(PODS);
    this.nodes = context.factory.informer<Node>(NODES);
    this.pods.addIndexers({ [BY_NODE]: (pod) => [pod.spec.nodeName ?? ''] });
    const informers = [this.pods, this.nodes];
    this.loop = context.loop({ name: 'pod-garbage-collector-controller', workers: 1, client: this.client, sync: () => this.collect() }, informers);
    context.whenSynced(informers, () => context.every('podgc', PERIOD, () => this.tick()));
  }

  private *tick(): Task {
    this.loop.queue.add('pass');
  }

  private *collect(): Task<Err> {
    const pods = this.pods.lister.list();
    const nodes = new Map(this.nodes.lister.list().map((node) => [node.metadata.name, node]));
    const threshold = this.context.options.terminatedPodGCThreshold ?? THRESHOLD;
    if (threshold > 0) yield* this.collectTerminated(pods, threshold);
    for (const pod of pods) {
      const node = isTerminating(pod) ? nodes.get(pod.spec.nodeName ?? '') : undefined;
      const isOut = node !== undefined && !isConditionTrue(node.status.conditions, 'Ready') && node.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE);
      if (isOut === true) yield* this.remove(pod);
    }
    yield* this.collectOrphans(nodes);
    for (const pod of pods) if (isTerminating(pod) && !pod.spec.nodeName) yield* this.remove(pod);
    return undefined;
  }

  /** Ended pods beyond the threshold, those that a kubelet evicted first, then the oldest. */
  private *collectTerminated(pods: readonly Pod[], threshold: number): Task {
    const ended = pods.filter(({ status }) => !['Pending', 'Running', 'Unknown'].includes(status?.phase ?? 'Pending'));
    const excess = ended.length - threshold;
    if (excess <= 0) return;
    const rank = (pod: Pod): string => `${pod.status.reason === 'Evicted' ? 0 : 1} ${pod.metadata.creationTimestamp} ${namespacedName(pod)}`;
    const sorted = ended.map((pod) => ({ pod, key: rank(pod) })).sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { pod } of sorted.slice(0, excess)) yield* this.remove(pod);
  }

  /** Pods of nodes that do not exist: first a quarantine, then a live look. */
  private *collectOrphans(nodes: ReadonlyMap<string, Node>): Task {
    const { now } = this.context.process;
    const missing = new Set<string>();
    for (const pod of this.pods.indexer.values()) if (pod.spec.nodeName && !nodes.has(pod.spec.nodeName)) missing.add(pod.spec.nodeName);
    for (const name of this.quarantine.keys()) if (!missing.has(name)) this.quarantine.delete(name);
    for (const name of missing) {
      const since = this.quarantine.get(name);
      if (since === undefined) this.quarantine.set(name, now);
      if (since === undefined || now - since < QUARANTINE) continue;
      this.quarantine.delete(name);
      if (!isNotFound(yield* this.client.get(NODES, undefined, name))) continue;
      for (const pod of this.pods.indexer.byIndex(BY_NODE, name)) yield* this.remove(pod, 'PodGC: node no longer exists');
    }
  }

  /** Marks a pod that has not ended as Failed, and deletes it at once; finalizers still hold it. */
  private *remove(pod: Pod, reason?: string): Task<Err> {
    const { namespace, name, uid } = pod.metadata;
    if (!isPodTerminal(pod)) {
      const marked = reason === undefined ? undefined : (withDisruptionTarget(pod, 'DeletionByPodGC', reason, this.context.clock) as { status: object } | undefined);
      const body = { metadata: { uid }, status: { ...marked?.status, phase: 'Failed' } };
      const patched = yield* this.client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', body, { subresource: 'status' });
      if (!patched.ok) return isNotFound(patched) ? undefined : failureOf(patched);
    }
    const result = yield* this.client.delete(PODS, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 });
    return isNotFound(result) ? undefined : failureOf(result);
  }
}
