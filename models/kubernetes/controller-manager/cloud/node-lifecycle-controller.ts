/**
 * The cloud node lifecycle controller: nodes whose machines are gone are deleted, those whose machines are stopped are tainted.
 *
 * Safety: only nodes that are not Ready are asked for in the cloud. Liveness: looked at every 5 s. Source:
 * k8s.io/cloud-provider/controllers/nodelifecycle/node_lifecycle_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { isConditionTrue } from '../../object/meta.ts';
import type { core, Node } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import type { CloudProvider } from './cloud-provider.ts';

/** `--node-monitor-period`. */
const PERIOD = 5_000_000;
const SHUTDOWN = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' } as const;

export class CloudNodeLifecycleController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly cloud: CloudProvider;
  private readonly nodes: SharedInformer<Node>;

  constructor(context: ControllerContext, cloud: CloudProvider) {
    this.cloud = cloud;
    this.client = context.client('node-controller');
    this.recorder = context.recorder(this.client, 'cloud-node-lifecycle-controller');
    this.nodes = context.factory.informer<Node>(NODES);
    this.loop = context.loop({ name: 'cloud-node-lifecycle-controller', workers: 1, client: this.client, sync: () => this.monitor() }, [this.nodes]);
    context.passEvery('cloud-nodes', PERIOD, this.loop, [this.nodes]);
  }

  private *monitor(): Task<Err> {
    for (const node of this.nodes.lister.list()) {
      const error = yield* this.check(node);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  private *check(node: Node): Task<Err> {
    const { name, uid } = node.metadata;
    if (isConditionTrue(node.status.conditions, 'Ready')) return yield* this.taint(node, false);
    const state = this.cloud.state.machines[name];
    if (state === 'stopped') return yield* this.taint(node, true);
    if (state !== 'terminated') return undefined;
    this.recorder.eventFor({ kind: 'Node', apiVersion: 'v1', name, uid }, 'Normal', 'DeletingNode', `Deleting node ${name} because it does not exist in the cloud provider`);
    const removed = yield* this.client.delete(NODES, undefined, name);
    return isNotFound(removed) ? undefined : failureOf(removed);
  }

  private *taint({ metadata: { name }, spec: { taints = [] } }: Node, isWanted: boolean): Task<Err> {
    const others = taints.filter(({ key, effect }) => key !== SHUTDOWN.key || effect !== SHUTDOWN.effect);
    if ((others.length < taints.length) === isWanted) return undefined;
    const next: readonly core.Taint[] = isWanted ? [...others, SHUTDOWN] : others;
    return failureOf(yield* this.client.patch(NODES, undefined, name, 'application/merge-patch+json', { spec: { taints: next } }));
  }
}
