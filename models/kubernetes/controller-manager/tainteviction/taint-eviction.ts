/**
 * The taint eviction controller: deletes pods from nodes with NoExecute taints that they do not tolerate, or no longer.
 *
 * Safety: a pod that tolerates for a time is not deleted before that time has passed since it was seen; a deleted pod got the condition
 * DisruptionTarget first. A pending deletion keeps its time when taints change, and is cancelled when they go. Budgets are not asked.
 * Liveness: untolerated pods are deleted. Source: pkg/controller/tainteviction/taint_eviction.go, timed_workers.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task, TimerHandle } from '../../client/process.ts';
import { NODES, PODS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { namespacedName, splitKey } from '../../object/meta.ts';
import { tolerates } from '../../object/taint.ts';
import type { core, Node, Pod } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { withDisruptionTarget } from '../pod/disruption-target.ts';

/** taint_eviction.go: retries, and the time between them. */
const RETRIES = 5;
const RETRY_DELAY = 10_000;
const SECOND = 1_000_000;
const BY_NODE = 'spec.nodeName';
const NODE = 'node:';

interface Eviction {
  readonly uid: string;
  readonly at: number;
  readonly timer: TimerHandle;
}

export class TaintEvictionController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly nodes: SharedInformer<Node>;
  private readonly pods: SharedInformer<Pod>;
  private readonly evictions = new Map<string, Eviction>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('taint-eviction-controller');
    this.recorder = context.recorder(this.client, 'taint-eviction-controller');
    this.nodes = context.factory.informer<Node>(NODES);
    this.pods = context.factory.informer<Pod>(PODS);
    this.pods.addIndexers({ [BY_NODE]: (pod) => [pod.spec.nodeName ?? ''] });
    const options = { name: 'taint-eviction-controller', workers: 8, client: this.client, sync: (key: string) => this.sync(key) };
    this.loop = context.loop(options, [this.nodes, this.pods]);
    const { queue } = this.loop;
    this.pods.addEventHandler({
      add: (pod) => queue.add(namespacedName(pod)),
      update: (old, pod) => {
        if (!semanticEqual(old.spec.tolerations, pod.spec.tolerations) || old.spec.nodeName !== pod.spec.nodeName) queue.add(namespacedName(pod));
      },
      delete: (pod) => queue.add(namespacedName(pod)),
    });
    this.nodes.addEventHandler({
      add: (node) => queue.add(`${NODE}${node.metadata.name}`),
      update: (old, node) => {
        if (!semanticEqual(noExecute(old), noExecute(node))) queue.add(`${NODE}${node.metadata.name}`);
      },
      delete: (node) => queue.add(`${NODE}${node.metadata.name}`),
    });
  }

  private *sync(key: string): Task<Err> {
    if (key.startsWith(NODE)) {
      const name = key.slice(NODE.length);
      const taints = noExecute(this.nodes.lister.get(undefined, name));
      for (const pod of this.pods.indexer.byIndex(BY_NODE, name)) this.judge(pod, taints);
      return undefined;
    }
    const { namespace, name } = splitKey(key);
    const pod = this.pods.lister.get(namespace, name);
    if (pod === undefined) this.cancel(key);
    else if (pod.spec.nodeName) {
      const taints = noExecute(this.nodes.lister.get(undefined, pod.spec.nodeName));
      if (taints.length > 0) this.judge(pod, taints);
    }
    return undefined;
  }

  private judge(pod: Pod, taints: readonly core.Taint[]): void {
    const key = namespacedName(pod);
    if (taints.length === 0) return this.cancel(key);
    const used: core.Toleration[] = [];
    for (const taint of taints) {
      const matching = (pod.spec.tolerations ?? []).find((toleration) => tolerates(toleration, taint));
      if (matching === undefined) {
        this.cancel(key);
        return this.schedule(pod, 0);
      }
      used.push(matching);
    }
    const seconds = used.flatMap(({ tolerationSeconds }) => (tolerationSeconds === undefined ? [] : [Math.max(0, tolerationSeconds)]));
    // Who tolerates all taints without a time stays for ever; a deletion that was planned before keeps its time.
    if (seconds.length === 0 || this.evictions.get(key)?.uid === pod.metadata.uid) return;
    this.cancel(key);
    this.schedule(pod, seconds.reduce((least, value) => Math.min(least, value)) * SECOND);
  }

  private schedule(pod: Pod, delay: number): void {
    const key = namespacedName(pod);
    if (delay === 0) return this.context.process.go(this.evict(pod));
    const timer = this.context.process.after('taint-eviction', delay, () => {
      this.evictions.delete(key);
      this.context.process.go(this.evict(pod));
    });
    this.evictions.set(key, { uid: pod.metadata.uid, at: this.context.process.now + delay, timer });
  }

  private cancel(key: string): void {
    const eviction = this.evictions.get(key);
    if (eviction === undefined) return;
    this.evictions.delete(key);
    eviction.timer.stop();
    this.say(key, `Cancelling deletion of Pod ${key}`);
  }

  private say(key: string, message: string): void {
    const { namespace, name } = splitKey(key);
    this.recorder.eventFor({ kind: 'Pod', apiVersion: 'v1', namespace, name }, 'Normal', 'TaintManagerEviction', message);
  }

  private *evict(pod: Pod): Task {
    this.say(namespacedName(pod), `Marking for deletion Pod ${namespacedName(pod)}`);
    for (let tries = 0; tries < RETRIES; tries++) {
      if ((yield* this.markAndDelete(pod)) === undefined) return;
      yield* this.context.process.sleep('taint-eviction.retry', RETRY_DELAY);
    }
  }

  private *markAndDelete(pod: Pod): Task<Err> {
    const { namespace, name } = pod.metadata;
    const live = yield* this.client.get<Pod>(PODS, namespace, name);
    if (!live.ok) return live.status.reason === 'NotFound' ? undefined : failureOf(live);
    const patch = withDisruptionTarget(live.object, 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint', this.context.clock);
    if (patch !== undefined) {
      const marked = yield* this.client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', patch, { subresource: 'status' });
      if (!marked.ok) return failureOf(marked);
    }
    const result = yield* this.client.delete(PODS, namespace, name);
    return !result.ok && result.status.reason === 'NotFound' ? undefined : failureOf(result);
  }
}

function noExecute(node: Node | undefined): readonly core.Taint[] {
  return (node?.spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}
