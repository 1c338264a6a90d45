/**
 * A simulated cloud: load balancers with addresses, and machines that may vanish or stop.
 *
 * It is not part of the process that uses it: what it holds outlives a crash. Calls take time. Upstream's interface:
 * k8s.io/cloud-provider/cloud.go (LoadBalancer, InstancesV2).
 */
import type { Process, Task } from '../../client/process.ts';

export interface CloudOptions {
  /** Addresses of load balancers, given out in order; a load balancer that is deleted gives its own back. */
  readonly loadBalancerIPs: readonly string[];
  /** How long the cloud takes to make, change or delete a load balancer, µs: from and below. */
  readonly ensureMin?: number;
  readonly ensureMax?: number;
}

/** What the cloud holds; plain data that is kept over crashes. */
export interface CloudState {
  /** Addresses by the UID of the Service. */
  readonly balancers: Record<string, string>;
  /** Machines that are gone or stopped, by the name of their node; all others run. */
  readonly machines: Record<string, 'terminated' | 'stopped'>;
}

/** Tells the cloud what becomes of a machine; an input to the cloud controller manager. */
export interface CloudMachine {
  readonly kind: 'cloud.machine';
  readonly node: string;
  readonly state: 'running' | 'stopped' | 'terminated';
}

const SECOND = 1_000_000;

export class CloudProvider {
  readonly state: CloudState;
  private readonly process: Process;
  private readonly options: CloudOptions;

  constructor(process: Process, options: CloudOptions, kept: CloudState | undefined) {
    this.process = process;
    this.options = options;
    this.state = kept ?? { balancers: {}, machines: {} };
    process.on<CloudMachine>('cloud.machine', ({ node, state }) => {
      if (state === 'running') delete this.state.machines[node];
      else this.state.machines[node] = state;
    });
  }

  hasLoadBalancer(uid: string): boolean {
    return this.state.balancers[uid] !== undefined;
  }

  /** The load balancer's address, made where it is missing; or why there is none. */
  *ensureLoadBalancer(uid: string): Task<{ readonly ip: string } | { readonly problem: string }> {
    yield* this.work();
    const known = this.state.balancers[uid];
    if (known !== undefined) return { ip: known };
    const taken = new Set(Object.values(this.state.balancers));
    const free = this.options.loadBalancerIPs.find((ip) => !taken.has(ip));
    if (free === undefined) return { problem: 'no address is left for a load balancer' };
    this.state.balancers[uid] = free;
    this.process.record('cloud.loadbalancer', { uid, ip: free });
    return { ip: free };
  }

  /** Tells the load balancer about other nodes. */
  *updateLoadBalancer(): Task {
    yield* this.work();
  }

  *deleteLoadBalancer(uid: string): Task {
    yield* this.work();
    delete this.state.balancers[uid];
    this.process.record('cloud.loadbalancer.deleted', { uid });
  }

  private *work(): Task {
    const { ensureMin = SECOND, ensureMax = 5 * SECOND } = this.options;
    yield* this.process.sleep('cloud', ensureMin + this.process.choose('cloud', Math.max(1, ensureMax - ensureMin)));
  }
}
