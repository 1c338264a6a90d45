/**
 * The TTL controller: tells kubelets how long they may keep secrets and config maps, by an annotation that follows the cluster's size.
 *
 * Liveness: each node has the annotation for the present number of nodes. Steps up and down overlap, so a size at a border does not
 * rewrite all nodes again and again. Source: pkg/controller/ttl/ttl_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { Node } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';

const TTL = 'node.alpha.kubernetes.io/ttl';

/** ttlBoundaries: cluster sizes from and to which a TTL (s) holds. */
const BOUNDARIES = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Infinity, seconds: 300 },
] as const;

export class TTLController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly nodes: SharedInformer<Node>;
  private count = 0;
  private step = 0;

  constructor(context: ControllerContext) {
    this.client = context.client('ttl-controller');
    this.nodes = context.factory.informer<Node>(NODES);
    const sync = (name: string): Task<Err> => this.sync(name);
    this.loop = context.loop({ name: 'ttl-controller', workers: 5, client: this.client, sync }, [this.nodes]);
    this.nodes.addEventHandler({
      add: ({ metadata }) => {
        this.count++;
        if (this.count > this.boundary.max) this.step++;
        this.loop.queue.add(metadata.name);
      },
      update: (_old, { metadata }) => this.loop.queue.add(metadata.name),
      delete: () => {
        this.count--;
        if (this.count < this.boundary.min) this.step--;
      },
    });
  }

  private get boundary(): (typeof BOUNDARIES)[number] {
    return BOUNDARIES[this.step] as (typeof BOUNDARIES)[number];
  }

  private *sync(name: string): Task<Err> {
    const node = this.nodes.lister.get(undefined, name);
    const wanted = String(this.boundary.seconds);
    if (node === undefined || node.metadata.annotations?.[TTL] === wanted) return undefined;
    const body = { metadata: { annotations: { [TTL]: wanted } } };
    return failureOf(yield* this.client.patch(NODES, undefined, name, 'application/strategic-merge-patch+json', body));
  }
}
