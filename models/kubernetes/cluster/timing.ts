/**
 * How long things take: profiles of link latencies and of work that takes time in the real world.
 *
 * `realistic` follows the recordings of a real three-node cluster (`models/kubernetes/fidelity.md`, Timing); `fast` keeps the
 * order of magnitude between components but not the waiting; `zero` has no latency at all, so that only timers move time.
 */
import { PlainNetwork, type LatencyTable, type Message, type Peer, type Routing } from '../../../src/index.ts';

export type TimingProfile = 'realistic' | 'fast' | 'zero';

const MILLISECOND = 1000;

/** Link latencies by profile, in µs. */
export const LATENCIES: Readonly<Record<TimingProfile, LatencyTable>> = {
  realistic: {
    default: { min: 300, max: 900 },
    links: {
      'kube-apiserver>etcd': { min: 200, max: 600 },
      'etcd>kube-apiserver': { min: 200, max: 600 },
      'kube-apiserver>*': { min: 300, max: 1200 },
      '*>kube-apiserver': { min: 300, max: 1200 },
      'network>*': { min: 10, max: 50 },
      '*>network': { min: 10, max: 50 },
      'kubelet>container-runtime': { min: 100, max: 300 },
      'container-runtime>kubelet': { min: 100, max: 300 },
    },
  },
  fast: {
    default: { min: 20, max: 60 },
    links: {},
  },
  zero: { default: { min: 0, max: 0 } },
};

/** How long etcd takes to make a write durable (fsync), in µs. From the recordings: a request that writes is seen by watchers after 4 to 15 ms, most after 6 to 9. */
export const COMMIT_TIME: Readonly<Record<TimingProfile, { readonly min: number; readonly max: number }>> = {
  realistic: { min: 1 * MILLISECOND, max: 7 * MILLISECOND },
  fast: { min: 100, max: 300 },
  zero: { min: 0, max: 0 },
};

/** How long a provisioner takes to make or delete storage, in µs. The local path provisioner runs a helper pod for it. */
export const STORAGE_TIME: Readonly<Record<TimingProfile, { readonly min: number; readonly max: number }>> = {
  realistic: { min: 1_500 * MILLISECOND, max: 3_000 * MILLISECOND },
  fast: { min: 1_000, max: 3_000 },
  zero: { min: 0, max: 0 },
};

/** How long a cloud takes to make, change or delete a load balancer, in µs. */
export const CLOUD_TIME: Readonly<Record<TimingProfile, { readonly ensureMin: number; readonly ensureMax: number }>> = {
  realistic: { ensureMin: 2_000 * MILLISECOND, ensureMax: 8_000 * MILLISECOND },
  fast: { ensureMin: 1_000, ensureMax: 3_000 },
  zero: { ensureMin: 0, ensureMax: 0 },
};

/** How much longer a change takes through etcd's watch and the watch cache than the answer to its writer, in µs. */
export const WATCH_LAG: Readonly<Record<TimingProfile, number>> = { realistic: 500, fast: 20, zero: 0 };

/** Answers travel on a stream of their own each: they wait for nothing, and overtake the watch events of the same write. */
const ANSWERS: ReadonlySet<string> = new Set(['api.response', 'etcd.txn.result', 'etcd.range.result']);

/** The links of a cluster: latencies by profile, and watches that lag behind answers. */
export class ClusterNetwork extends PlainNetwork {
  private readonly watchLag: number;

  constructor(profile: TimingProfile) {
    super(LATENCIES[profile]);
    this.watchLag = WATCH_LAG[profile];
  }

  override delay(from: Peer, to: Peer, message: Message, routing: Routing): number {
    const delay = super.delay(from, to, message, routing);
    return message.kind === 'etcd.events' && this.watchLag > 0 ? delay + routing.choose(from.id, 'watch', this.watchLag + 1) : delay;
  }

  ordered(_from: Peer, _to: Peer, message: Message): boolean {
    return !ANSWERS.has(message.kind);
  }
}
