/**
 * Node IPAM: gives each node its ranges of pod addresses. Does nothing without `--allocate-node-cidrs`.
 *
 * Safety: a range is given to one node at a time, and none that a Service can have. Liveness: each node without ranges gets one of each cluster
 * range while there are some left. Ranges that nodes have at the start are taken first.
 * Source: pkg/controller/nodeipam/ipam/range_allocator.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failure, failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { NODES } from '../../client/resources.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { ipFamilyOf } from '../../object/ip.ts';
import type { Node } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { CidrSet } from './cidr-set.ts';

/** range_allocator.go: cidrUpdateWorkers, cidrUpdateRetries; `--node-cidr-mask-size-ipv4`, `-ipv6`. */
const WORKERS = 30;
const RETRIES = 3;
const MASK_IPV4 = 24;
const MASK_IPV6 = 64;

export class RangeAllocator {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly nodes: SharedInformer<Node>;
  private readonly sets: readonly CidrSet[];

  constructor(context: ControllerContext) {
    const { clusterCIDRs = [], serviceCIDRs = [], nodeCIDRMaskSizeIPv4 = MASK_IPV4, nodeCIDRMaskSizeIPv6 = MASK_IPV6 } = context.options;
    this.client = context.client('node-controller');
    this.recorder = context.recorder(this.client, 'cidrAllocator');
    this.nodes = context.factory.informer<Node>(NODES);
    this.sets = clusterCIDRs.map((range) => new CidrSet(range, ipFamilyOf(range) === 'IPv6' ? nodeCIDRMaskSizeIPv6 : nodeCIDRMaskSizeIPv4));
    for (const range of serviceCIDRs) for (const set of this.sets) set.occupy(range);
    const sync = (name: string): Task<Err> => this.sync(name);
    this.loop = context.loop({ name: 'node-ipam-controller', workers: WORKERS, client: this.client, sync }, [this.nodes]);
    this.nodes.addEventHandler({
      add: (node, isInInitialList) => {
        // Ranges that nodes have already are taken before any is given out.
        if (isInInitialList) this.occupy(node);
        this.loop.queue.add(node.metadata.name);
      },
      update: (_old, node) => {
        if ((node.spec.podCIDRs ?? []).length === 0) this.loop.queue.add(node.metadata.name);
      },
      delete: ({ spec }) => (spec.podCIDRs ?? []).forEach((range, at) => this.sets[at]?.release(range)),
    });
  }

  private occupy({ spec }: Node): void {
    (spec.podCIDRs ?? []).forEach((range, at) => this.sets[at]?.occupy(range));
  }

  private *sync(name: string): Task<Err> {
    const node = this.nodes.lister.get(undefined, name);
    if (node === undefined) return undefined;
    if ((node.spec.podCIDRs ?? []).length > 0) {
      this.occupy(node);
      return undefined;
    }
    const given: string[] = [];
    for (const [at, set] of this.sets.entries()) {
      const range = set.allocate();
      if (range === undefined) {
        given.forEach((earlier, index) => this.sets[index]?.release(earlier));
        this.say(node, 'CIDRNotAvailable');
        return failure(`failed to allocate cidr from cluster cidr at idx:${at}: CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range`);
      }
      given.push(range);
    }
    return given.length === 0 ? undefined : yield* this.write(node, given);
  }

  private *write(node: Node, given: readonly string[]): Task<Err> {
    const body = { spec: { podCIDR: given[0], podCIDRs: given } };
    for (let tries = 1; ; tries++) {
      const result = yield* this.client.patch(NODES, undefined, node.metadata.name, 'application/strategic-merge-patch+json', body);
      if (result.ok) return undefined;
      if (tries < RETRIES) continue;
      this.say(node, 'CIDRAssignmentFailed');
      // When nobody knows whether the write arrived, the ranges are given up rather than given twice.
      if (result.status.code !== 0) given.forEach((range, at) => this.sets[at]?.release(range));
      return failureOf(result);
    }
  }

  private say({ metadata: { name, uid } }: Node, reason: string): void {
    this.recorder.eventFor({ kind: 'Node', apiVersion: 'v1', name, uid }, 'Normal', reason, `Node ${name} status is now: ${reason}`);
  }
}
