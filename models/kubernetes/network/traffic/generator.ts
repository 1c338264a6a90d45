/**
 * The actor `traffic/<name>`: sends requests at a fixed rate and counts what comes of them.
 *
 * It is the user of a Service: it resolves the name (when it is one), opens a connection for each request or keeps some
 * open, and notes errors by kind and latencies. Requests start on time whatever became of earlier ones (an open loop), so
 * slow answers do not hide. The counts are facts in the log: a summary at the end, each failure as it happens.
 */
import type { ActorSpec, Json } from '../../../../src/index.ts';
import { DNS_PORT } from '../../api/dns.ts';
import type { DnsAnswer } from '../../api/dns.ts';
import type { NetConnect, NetEndpoint, NetResult } from '../../api/net.ts';
import { processBehavior, suspend } from '../../client/process.ts';
import type { Process, Task } from '../../client/process.ts';
import { parseIP } from '../../object/ip.ts';
import { searchNames } from '../../object/resolv-conf.ts';
import type { ResolvConf } from '../../object/resolv-conf.ts';
import { LatencyHistogram } from './latency-histogram.ts';

const SECOND = 1_000_000;

export interface TrafficOptions {
  readonly name: string;
  /** Address of the client; with `node` it becomes a pod on that node, without it the client is outside. */
  readonly fromIp: string;
  readonly node?: string;
  /** An address or a name. */
  readonly to: string;
  readonly port: number;
  /** Requests a second. */
  readonly rate: number;
  /** How many connections are kept open and used in turn; 0 opens one for each request. */
  readonly keepAlive?: number;
  readonly path?: string;
  readonly host?: string;
  /** When to begin and for how long, µs. */
  readonly start?: number;
  readonly duration: number;
  /** How long to wait for an answer, µs; default 5 s. */
  readonly timeout?: number;
  /** Needed when `to` is a name. */
  readonly resolver?: ResolvConf;
}

/** What came of all requests. */
export interface TrafficSummary {
  readonly sent: number;
  readonly succeeded: number;
  /** By kind: `refused`, `timeout`, `reset`, `unreachable`, `dns`, or `http 503` and the like. */
  readonly errors: Readonly<Record<string, number>>;
  /** µs. */
  readonly latency: {
    readonly min: number;
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Successful requests by backend. */
  readonly backends: Readonly<Record<string, number>>;
}

class TrafficGenerator {
  readonly #process: Process;
  readonly #options: TrafficOptions;
  readonly #waiting = new Map<number, (result: NetResult) => void>();
  readonly #latency = new LatencyHistogram();
  readonly #errors = new Map<string, number>();
  readonly #backends = new Map<string, number>();
  #nextId: number;
  #sent = 0;
  #done = 0;

  constructor(process: Process, options: TrafficOptions) {
    this.#process = process;
    this.#nextId = process.firstId;
    this.#options = options;
    const { node = '', fromIp: ip } = options;
    const endpoint: NetEndpoint = { kind: 'net.endpoint', node, ip, up: true, owner: process.self };
    process.send('network', endpoint);
    process.on<NetResult>('net.result', (result) => {
      const settle = this.#waiting.get(result.id);
      this.#waiting.delete(result.id);
      settle?.(result);
    });
  }

  *run(): Task {
    const { start = 0, rate, duration } = this.#options;
    if (start > 0) yield* this.#process.sleep('traffic.start', start);
    const total = Math.floor((rate * duration) / SECOND);
    const begin = this.#process.now;
    for (let i = 0; i < total; i++) {
      const due = begin + Math.floor((i * SECOND) / rate);
      if (due > this.#process.now) yield* this.#process.sleep('traffic.next', due - this.#process.now);
      this.#process.go(this.#request(i, total));
    }
    if (total === 0) this.#finish();
  }

  *#request(index: number, total: number): Task {
    this.#sent += 1;
    const begin = this.#process.now;
    const { keepAlive = 0, port, path = '/', to, host = to, timeout = 5 * SECOND } = this.#options;
    const toIp = yield* this.#resolve();
    if (toIp === undefined) this.#fail('dns', index);
    else {
      const request: Json = { method: 'GET', path, headers: { Host: host } };
      const kept = keepAlive > 0 ? { keepAlive: String(index % keepAlive) } : {};
      const result = yield* this.#connect({ toIp, port, protocol: 'TCP', request, timeoutUs: timeout, ...kept });
      const status = (result.response as { status?: number } | null | undefined)?.status;
      if (result.error !== undefined) this.#fail(result.error, index, result.backend);
      else if (status !== undefined && status >= 500) this.#fail(`http ${status}`, index, result.backend);
      else {
        this.#latency.add(this.#process.now - begin);
        const backend = result.backend ?? '';
        this.#backends.set(backend, (this.#backends.get(backend) ?? 0) + 1);
      }
    }
    this.#done += 1;
    if (this.#done === total) this.#finish();
  }

  /** The first address of the target's name, by the resolver's search list. */
  *#resolve(): Task<string | undefined> {
    const { to, resolver } = this.#options;
    if (parseIP(to) !== undefined) return to;
    const server = resolver?.nameservers[0];
    if (resolver === undefined || server === undefined) return undefined;
    for (const name of searchNames(to, resolver)) {
      const request: Json = { name, type: 'A' };
      const result = yield* this.#connect({
        toIp: server,
        port: DNS_PORT,
        protocol: 'UDP',
        request,
        timeoutUs: 5 * SECOND,
      });
      const address = (result.response as unknown as DnsAnswer | undefined)?.answers?.find(
        (record) => record.type === 'A',
      );
      if (address !== undefined) return address.data;
    }
    return undefined;
  }

  *#connect(
    request: Pick<NetConnect, 'toIp' | 'port' | 'protocol' | 'request' | 'timeoutUs' | 'keepAlive'>,
  ): Task<NetResult> {
    const id = this.#nextId++;
    const { node = '', fromIp } = this.#options;
    const message: NetConnect = { kind: 'net.connect', id, node, fromIp, ...request };
    return yield* suspend<NetResult>((resume) => {
      this.#waiting.set(id, resume);
      this.#process.send('network', message);
    });
  }

  #fail(error: string, index: number, backend = ''): void {
    this.#errors.set(error, (this.#errors.get(error) ?? 0) + 1);
    this.#process.record('traffic.error', { name: this.#options.name, request: index, error, backend });
  }

  #finish(): void {
    const summary = this.summary();
    this.#process.record('traffic.summary', { name: this.#options.name, ...summary } as unknown as Json);
  }

  summary(): TrafficSummary {
    const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> => {
      return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
    };
    const latency = this.#latency;
    return {
      sent: this.#sent,
      succeeded: latency.count,
      errors: sorted(this.#errors),
      latency: {
        min: latency.min,
        p50: latency.quantile(50),
        p90: latency.quantile(90),
        p99: latency.quantile(99),
        max: latency.max,
      },
      backends: sorted(this.#backends),
    };
  }
}

/** An actor that sends traffic. `seen` is called with a function that gives the counts so far. */
export function traffic(options: TrafficOptions, seen?: (summary: () => TrafficSummary) => void): ActorSpec {
  return {
    id: `traffic/${options.name}`,
    type: 'traffic',
    behavior: processBehavior((process) => {
      const generator = new TrafficGenerator(process, options);
      seen?.(() => generator.summary());
      process.go(generator.run());
    }),
  };
}
