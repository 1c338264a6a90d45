/**
 * One queue of nodes to taint per zone, emptied at a rate that depends on how much of the zone is down.
 * Source: pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go, node_lifecycle_controller.go (`ComputeZoneState`,
 * `handleDisruption`).
 */
import type { Process, Task } from '../../client/process.ts';
import type { Node } from '../../object/types.ts';
import type { ControllerManagerOptions } from '../options.ts';
import { conditionOf } from './node-taints.ts';

type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

interface Zone {
  state: ZoneState;
  /** Nodes per second; 0: none at all. */
  rate: number;
  /** Waiting for their taint, in order. */
  readonly queue: string[];
  /** In the queue or tainted already: a node is tainted once until it recovers. */
  readonly members: Set<string>;
  nextAt: number;
}

/** nodeEvictionPeriod: how often the queues are looked at. */
const TICK_US = 100_000;
const MIN_NOT_READY = 3;

export class ZoneQueues {
  private readonly process: Process;
  private readonly options: ControllerManagerOptions;
  private readonly taint: (name: string) => Task<boolean>;
  private readonly zones = new Map<string, Zone>();
  private readonly zoneOf = new Map<string, string>();
  private isTicking = false;
  private allDown = false;

  constructor(process: Process, options: ControllerManagerOptions, taint: (name: string) => Task<boolean>) {
    this.process = process;
    this.options = options;
    this.taint = taint;
  }

  add(node: Node): void {
    const { name } = node.metadata;
    const key = zoneKey(node);
    this.zoneOf.set(name, key);
    const zone = this.zone(key);
    if (zone.members.has(name)) return;
    zone.members.add(name);
    zone.queue.push(name);
    this.tickLater();
  }

  /** The node has recovered or is gone. */
  remove(name: string): void {
    const zone = this.zones.get(this.zoneOf.get(name) ?? '');
    if (zone === undefined || !zone.members.delete(name)) return;
    const at = zone.queue.indexOf(name);
    if (at >= 0) zone.queue.splice(at, 1);
  }

  /** Computes the states of all zones anew. True when the cluster has just left the state in which every zone is down. */
  update(nodes: readonly Node[]): boolean {
    const byZone = new Map<string, Members>();
    for (const node of nodes) {
      if (node.metadata.labels?.['node.kubernetes.io/exclude-disruption'] === 'true') continue;
      const key = zoneKey(node);
      let members = byZone.get(key);
      if (members === undefined) byZone.set(key, (members = { total: 0, ready: 0 }));
      members.total++;
      if (conditionOf(node, 'Ready')?.status === 'True') members.ready++;
    }
    const { largeClusterSizeThreshold = 50, unhealthyZoneThreshold = 0.55, nodeEvictionRate = 0.1, secondaryNodeEvictionRate = 0.01 } = this.options;
    let areAllDown = byZone.size > 0;
    for (const [key, members] of byZone) {
      const zone = this.zone(key);
      zone.state = stateOf(members, unhealthyZoneThreshold);
      zone.rate = zone.state !== 'PartialDisruption' ? nodeEvictionRate : members.total > largeClusterSizeThreshold ? secondaryNodeEvictionRate : 0;
      areAllDown &&= zone.state === 'FullDisruption';
    }
    const wereAllDown = this.allDown;
    this.allDown = areAllDown;
    return wereAllDown && !areAllDown;
  }

  private zone(key: string): Zone {
    let zone = this.zones.get(key);
    if (zone === undefined) this.zones.set(key, (zone = { state: 'Normal', rate: this.options.nodeEvictionRate ?? 0.1, queue: [], members: new Set(), nextAt: 0 }));
    return zone;
  }

  private tickLater(): void {
    if (this.isTicking) return;
    this.isTicking = true;
    this.process.after('node.eviction', TICK_US, () => {
      this.isTicking = false;
      this.process.go(this.tick());
    });
  }

  private *tick(): Task {
    for (const zone of this.zones.values()) {
      const [name] = zone.queue;
      if (name === undefined || this.allDown || zone.rate === 0 || this.process.now < zone.nextAt) continue;
      zone.nextAt = this.process.now + Math.round(1_000_000 / zone.rate);
      zone.queue.shift();
      if (!(yield* this.taint(name))) zone.queue.push(name);
    }
    if ([...this.zones.values()].some(({ queue }) => queue.length > 0)) this.tickLater();
  }
}

/** Region and zone; beta labels win (component-helpers/node/topology/helpers.go, `GetZoneKey`). */
function zoneKey({ metadata }: Node): string {
  const labels = metadata.labels ?? {};
  const zone = labels['failure-domain.beta.kubernetes.io/zone'] ?? labels['topology.kubernetes.io/zone'] ?? '';
  const region = labels['failure-domain.beta.kubernetes.io/region'] ?? labels['topology.kubernetes.io/region'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`;
}

/** How many nodes a zone has, and how many of them are ready. */
interface Members {
  total: number;
  ready: number;
}

function stateOf({ total, ready }: Members, threshold: number): ZoneState {
  const notReady = total - ready;
  if (ready === 0 && notReady > 0) return 'FullDisruption';
  return notReady >= MIN_NOT_READY && notReady / total >= threshold ? 'PartialDisruption' : 'Normal';
}
