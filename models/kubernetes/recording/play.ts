/**
 * Plays a recording's requests to a simulated cluster, in process and in virtual time, and records what a watcher sees.
 *
 * The same as sending the requests over HTTP to a served simulation, without the waiting: requests enter through the gateway,
 * and the watcher is the gateway's own watches.
 */
import { type Addon, DEFAULT_CONFIG, DEFAULT_EPOCH } from '../cluster/config.ts';
import { PROVISIONED_BY } from '../object/claim.ts';
import { parseTime } from '../object/time.ts';
import { createCluster, type Simulation } from '../cluster/simulation.ts';
import type { ApiRequest, ServerToClient } from '../api/message.ts';
import { queryOf, requestInfo, segmentsOf } from '../api-server/request/request-info.ts';
import type { Process } from '../client/process.ts';
import { GATEWAY, gatewayState } from '../cluster/gateway.ts';
import type { Endpoints, KubeObject } from '../object/types.ts';
import { COLLECTIONS, itemsOf, withoutManagedFields, type FaultLine, type HeaderLine, type Line, type ObjectList, type RequestLine, type WatchLine } from './format.ts';

/** How long a cluster settles before the scenario starts, in µs, unless the recorded one was younger: nodes register, accounts appear. */
const SETTLE = 60_000_000;
/** The shortest time in which that is done. */
const SETTLE_MIN = 3_000_000;
const MILLISECOND = 1000;
const METHODS: Readonly<Record<string, string>> = { GET: 'GET', POST: 'POST', PUT: 'PUT', PATCH: 'PATCH', DELETE: 'DELETE' };

/** Plays `recording` on a cluster with these nodes; the result has the recording's format. */
export function play(recording: readonly Line[], nodes: readonly KubeObject[], seed = '1'): Line[] {
  return new Player(recording, nodes, seed).run();
}

class Player {
  private readonly cluster: Simulation;
  private readonly recording: readonly Line[];
  private readonly header: HeaderLine;
  private readonly watched: WatchLine[] = [];
  private readonly responders = new Map<number, (message: ServerToClient) => void>();
  private nextId = 1;
  private readonly settle: number;
  private start = 0;

  constructor(recording: readonly Line[], nodes: readonly KubeObject[], seed: string) {
    this.recording = recording;
    this.header = recording.find((line): line is HeaderLine => line.rec === 'header') as HeaderLine;
    this.settle = settleOf(recording);
    this.cluster = createCluster({ seed, nodes, addons: addonsOf(recording), ...portOf(recording), epoch: epochOf(recording, this.settle), gateway: true, freeze: false, guard: false });
  }

  run(): Line[] {
    this.cluster.runFor(this.settle);
    const initial = COLLECTIONS.flatMap((path) => this.open(path));
    this.start = this.cluster.now;
    const lines: Line[] = [];
    for (const step of this.recording) {
      if (step.rec !== 'request' && step.rec !== 'fault') continue;
      this.runTo(step.t);
      if (step.rec === 'fault') this.fault(step);
      else lines.push(this.send(step));
      if (step.rec === 'fault') lines.push(step);
    }
    this.runTo(this.header.seconds * 1000);
    const t = this.elapsed();
    const objects = COLLECTIONS.flatMap((path) => itemsOf(this.call('GET', path).body as ObjectList));
    const body = [...lines, ...this.watched].sort((x, y) => (x as { t: number }).t - (y as { t: number }).t);
    return [{ ...this.header }, { rec: 'initial', objects: initial }, ...body, { t, rec: 'final', objects }];
  }

  /** Lists a collection and watches it from there. */
  private open(path: string): KubeObject[] {
    const list = this.call('GET', path).body as ObjectList;
    this.submit('GET', `${path}?watch=1&resourceVersion=${list.metadata.resourceVersion}&timeoutSeconds=100000`, undefined, undefined, (message) => {
      if (message.kind !== 'api.watch' || this.start === 0) return;
      for (const { type, object } of message.events) {
        if (type !== 'BOOKMARK') this.watched.push({ t: this.elapsed(), rec: 'watch', type, object: withoutManagedFields(object) });
      }
    });
    return path.endsWith('/events') ? [] : itemsOf(list);
  }

  private send({ method, path, body, contentType }: RequestLine): RequestLine {
    const t = this.elapsed();
    const answer = this.call(method, path, body, contentType);
    return {
      t,
      rec: 'request',
      method,
      path,
      ...(contentType === undefined ? {} : { contentType }),
      ...(body === undefined ? {} : { body }),
      status: answer.code,
      response: cleanBody(answer.body),
    };
  }

  private fault({ fault, node }: FaultLine): void {
    this.cluster.kernel.control({ kind: fault === 'kubelet-stop' ? 'crash' : 'restart', actor: `kubelet/${node}`, reason: fault }, this.cluster.now, true);
  }

  /** Sends a request and runs until the answer is there. */
  private call(method: string, path: string, body?: unknown, contentType?: string): { readonly code: number; readonly body: unknown } {
    let answer: { code: number; body: unknown } | undefined;
    this.submit(method, path, body, contentType, (message) => {
      if (message.kind === 'api.response') answer = message;
    });
    for (let tries = 0; answer === undefined && tries < 100_000; tries++) {
      this.cluster.kernel.run({ until: this.cluster.now + MILLISECOND });
      this.deliver();
    }
    if (answer === undefined) throw new Error(`no answer to ${method} ${path}`);
    return answer;
  }

  private submit(method: string, path: string, body: unknown, contentType: string | undefined, respond: (message: ServerToClient) => void): void {
    const [bare = '', search = ''] = path.split('?');
    const query = queryOf(search);
    const info = requestInfo(METHODS[method] ?? method, segmentsOf(bare) ?? [], query);
    if (info === undefined) throw new Error(`the recording asks for ${path}, which is no resource`);
    const id = this.nextId++;
    this.responders.set(id, respond);
    const request: ApiRequest = {
      kind: 'api.request',
      id,
      ...info,
      query,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
      user: { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
      userAgent: 'scenario',
    };
    this.cluster.kernel.input(GATEWAY, { kind: 'gateway.submit', request } as never);
  }

  private runTo(t: number): void {
    const until = this.start + t * MILLISECOND;
    while (this.cluster.now < until) {
      const next = Math.max(this.cluster.kernel.nextTime, this.cluster.now);
      this.cluster.kernel.run({ until: Math.min(until, next) });
      this.deliver();
      if (next >= until) this.cluster.kernel.run({ until });
    }
    this.deliver();
  }

  private deliver(): void {
    const state = gatewayState(this.cluster.kernel.state(GATEWAY) as Process | undefined);
    if (state === undefined || state.outbox.length === 0) return;
    const { outbox } = state;
    state.outbox = [];
    for (const message of outbox) this.responders.get(message.id)?.(message);
  }

  private elapsed(): number {
    return Math.round((this.cluster.now - this.start) / MILLISECOND);
  }
}

/** Wall time of the recording's start, in µs since 1970, as the first object that it creates tells it. */
function startOf(recording: readonly Line[]): number | undefined {
  const first = recording.find((line): line is RequestLine => line.rec === 'request' && line.method === 'POST' && creationOf(line.response) !== undefined);
  return first === undefined ? undefined : (creationOf(first.response) as number) - first.t * MILLISECOND;
}

/** The age of the recorded nodes at the start, if they were young: renewals of leases and other periodic work are as far as they were. */
function settleOf(recording: readonly Line[]): number {
  const start = startOf(recording);
  const nodes = recording.flatMap((line) => (line.rec === 'initial' ? line.objects.filter(({ kind }) => kind === 'Node') : []));
  const born = nodes.map(creationOf).filter((time) => time !== undefined);
  return start === undefined || born.length === 0 ? SETTLE : Math.min(SETTLE, Math.max(SETTLE_MIN, start - Math.max(...born)));
}

/** The port that the recorded API server was reached at. */
function portOf(recording: readonly Line[]): { readonly securePort?: number } {
  const initial = recording.flatMap((line) => (line.rec === 'initial' ? line.objects : []));
  const own = initial.find(({ kind, metadata }) => kind === 'Endpoints' && metadata.namespace === 'default' && metadata.name === 'kubernetes') as Endpoints | undefined;
  const securePort = own?.subsets?.[0]?.ports?.[0]?.port;
  return securePort === undefined ? {} : { securePort };
}

/** Classes of storage are not recorded: a cluster that has made a volume has what makes volumes, and one that has not has nothing. */
function addonsOf(recording: readonly Line[]): readonly Addon[] {
  const objects = recording.flatMap((line) => (line.rec === 'watch' ? [line.object] : line.rec === 'initial' ? line.objects : []));
  return objects.some(({ metadata }) => metadata.annotations?.[PROVISIONED_BY] !== undefined) ? DEFAULT_CONFIG.addons : [];
}

/** Wall time at the simulation's start such that the scenario begins at the recorded wall time: cron jobs go by the clock. */
function epochOf(recording: readonly Line[], settle: number): number {
  const start = startOf(recording);
  return start === undefined ? DEFAULT_EPOCH : (start - settle) / MILLISECOND;
}

function creationOf(object: unknown): number | undefined {
  const created = (object as KubeObject | undefined)?.metadata?.creationTimestamp;
  return created === undefined ? undefined : parseTime(String(created));
}

function cleanBody(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const object = body as KubeObject & { items?: readonly KubeObject[] };
  const items = Array.isArray(object.items) ? { items: object.items.map(withoutManagedFields) } : {};
  return { ...(object.metadata === undefined ? object : withoutManagedFields(object)), ...items };
}
