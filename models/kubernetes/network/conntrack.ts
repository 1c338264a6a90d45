/**
 * One node's connection tracking: what the first packet's rules decided holds for the rest of the flow.
 *
 * So an established TCP connection keeps its endpoint whatever happens to the rules, and a UDP client with a fixed port
 * stays with its endpoint until the entry expires or kube-proxy deletes it. Entries expire when they are looked at.
 * Source: Linux nf_conntrack (timeouts), pkg/proxy/conntrack/cleanup.go (which entries kube-proxy deletes).
 */
import type { NetRules } from '../api/net.ts';
import type { Protocol } from '../api/netfilter.ts';

/** nf_conntrack_udp_timeout, nf_conntrack_udp_timeout_stream (Linux defaults). */
const UDP_UNREPLIED_US = 30_000_000;
const UDP_STREAM_US = 120_000_000;
/** kube-proxy's conntrack.tcpEstablishedTimeout default, 24 h. */
const TCP_ESTABLISHED_US = 86_400_000_000;

export interface FlowTuple {
  readonly protocol: Protocol;
  readonly sourceIP: string;
  readonly sourcePort: number;
  readonly destinationIP: string;
  readonly destinationPort: number;
}

export interface ConntrackEntry extends FlowTuple {
  /** Destination after translation: where replies come from. */
  readonly replySourceIP: string;
  readonly replySourcePort: number;
  /** Source after translation: where replies go to. */
  readonly replyDestinationIP: string;
  readonly isReplied: boolean;
  readonly expires: number;
}

function flowKey(flow: FlowTuple): string {
  return `${flow.protocol} ${flow.sourceIP} ${flow.sourcePort} ${flow.destinationIP} ${flow.destinationPort}`;
}

export class Conntrack {
  readonly #entries = new Map<string, ConntrackEntry>();

  /** The live entry of a flow; looking keeps it alive, as a packet would. */
  find(flow: FlowTuple, now: number): ConntrackEntry | undefined {
    const key = flowKey(flow);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expires <= now) {
      this.#entries.delete(key);
      return undefined;
    }
    this.add(entry, entry.isReplied, now);
    return entry;
  }

  /** Adds or refreshes an entry. */
  add(entry: Omit<ConntrackEntry, 'expires' | 'isReplied'>, isReplied: boolean, now: number): void {
    const timeout = entry.protocol === 'UDP' ? (isReplied ? UDP_STREAM_US : UDP_UNREPLIED_US) : TCP_ESTABLISHED_US;
    this.#entries.set(flowKey(entry), { ...entry, isReplied, expires: now + timeout });
  }

  remove(flow: FlowTuple): void {
    this.#entries.delete(flowKey(flow));
  }

  /** Live entries in the order in which they were made. */
  entries(): readonly ConntrackEntry[] {
    return [...this.#entries.values()];
  }

  get size(): number {
    return this.#entries.size;
  }

  copy(): Conntrack {
    const copy = new Conntrack();
    for (const [key, entry] of this.#entries) copy.#entries.set(key, entry);
    return copy;
  }

  /** Deletes UDP entries to the given destinations whose endpoint does not serve any more. */
  purge(stale: NonNullable<NetRules['staleUDP']>): void {
    if (this.#entries.size === 0 || stale.length === 0) return;
    const serving = new Map<string, ReadonlySet<string>>();
    for (const target of stale) serving.set(`${target.ip ?? ''} ${target.port}`, new Set(target.serving));
    for (const [key, entry] of this.#entries) {
      if (entry.protocol !== 'UDP') continue;
      const allowed =
        serving.get(`${entry.destinationIP} ${entry.destinationPort}`) ?? serving.get(` ${entry.destinationPort}`);
      if (allowed !== undefined && !allowed.has(entry.replySourceIP)) this.#entries.delete(key);
    }
  }
}
