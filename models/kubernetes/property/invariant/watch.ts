/**
 * What a watch delivers is the store's history from where it began, with nothing left out, nothing twice, nothing out of order.
 *
 * Judged at the API server's door: what it sends into each stream, against what etcd committed. Streams that select by fields or
 * labels are held to order and truth; those that select nothing (nearly all informers) to completeness as well.
 */
import type { Message, Peer } from '../../../../src/index.ts';
import type { Property, Verdicts } from '../../../../src/property/property.ts';
import type { ApiRequest, ApiWatchEvents, WatchEvent } from '../../api/message.ts';
import { kindOf } from '../../api-server/registry/kinds.ts';
import type { StreamNetwork } from '../../fault/network.ts';
import { OBJECT_FACTS, type ObjectView } from '../object-view.ts';

interface Stream {
  readonly resource: string;
  readonly prefix: string;
  /** Whether it is to see every change below its prefix. */
  readonly isWhole: boolean;
  /** The revision up to which it has seen everything; undefined until the first events came. */
  seen: number | undefined;
  /** Where it is in the resource's history. */
  position: number;
}

interface Committed {
  readonly rev: number;
  readonly key: string;
}

/** All watches of a run, by `server client id`. */
class Streams {
  private readonly streams = new Map<string, Stream>();
  private readonly history = new Map<string, Committed[]>();
  private wrong: string | undefined;
  private delivered = 0;

  see(from: Peer, to: Peer, message: Message): void {
    if (message.kind === 'api.request') {
      if ((message as ApiRequest & Message).verb === 'watch') this.open(`${to.id} ${from.id} ${(message as ApiRequest & Message).id}`, message as ApiRequest & Message);
    } else if (message.kind === 'api.watch') {
      const { id, events } = message as ApiWatchEvents & Message;
      const name = `${from.id} ${to.id} ${id}`;
      const stream = this.streams.get(name);
      if (stream !== undefined) this.deliver(name, stream, events);
    }
  }

  committed(resource: string, rev: number, key: string): void {
    const list = this.history.get(resource);
    if (list === undefined) this.history.set(resource, [{ rev, key }]);
    else list.push({ rev, key });
  }

  judge(verdicts: Verdicts): void {
    if (this.delivered > 0) verdicts.hit();
    this.delivered = 0;
    if (this.wrong !== undefined) verdicts.violated(this.wrong);
    this.wrong = undefined;
  }

  private open(name: string, { group, resource, namespace, query = {} }: ApiRequest): void {
    const info = kindOf(group, resource);
    if (info === undefined || info.virtual === true) return;
    const isWhole = !query['fieldSelector'] && !query['labelSelector'];
    const prefix = `/registry/${info.keyPrefix}/${namespace === undefined || !info.namespaced ? '' : `${namespace}/`}`;
    const begins = query['sendInitialEvents'] === 'true' || !query['resourceVersion'] || query['resourceVersion'] === '0' ? undefined : Number(query['resourceVersion']);
    this.streams.set(name, { resource: info.keyPrefix, prefix, isWhole, seen: begins, position: 0 });
  }

  private deliver(name: string, stream: Stream, events: readonly WatchEvent[]): void {
    if (events.some(({ type }) => type === 'ERROR')) {
      this.streams.delete(name);
      return;
    }
    if (stream.seen === undefined) {
      // The first state: everything that was there at one revision, which is at least the latest that it shows.
      stream.seen = Math.max(0, ...events.map(({ object }) => Number(object.metadata.resourceVersion)));
      if (events.some(({ type }) => type === 'BOOKMARK')) return;
      // Without a bookmark nobody knows how far the state reaches; the next event says so.
      stream.seen = -stream.seen;
      return;
    }
    for (const event of events) this.wrong ??= this.next(name, stream, event);
  }

  private next(name: string, stream: Stream, { type, object }: WatchEvent): string | undefined {
    const rev = Number(object.metadata.resourceVersion);
    const since = stream.seen ?? 0;
    if (type === 'BOOKMARK') {
      const missed = this.missed(stream, rev + 1);
      stream.seen = rev;
      return missed === undefined ? undefined : `the watch ${name} got a bookmark at ${rev} without having seen ${missed}`;
    }
    this.delivered++;
    if (rev <= Math.abs(since)) return `the watch ${name} got revision ${rev} after revision ${Math.abs(since)}`;
    const missed = since < 0 ? undefined : this.missed(stream, rev);
    const history = this.history.get(stream.resource) ?? [];
    stream.seen = rev;
    if (missed !== undefined) return `the watch ${name} never got ${missed}: it went from revision ${since} to ${rev}`;
    for (; stream.position < history.length && (history[stream.position] as Committed).rev < rev; stream.position++);
    const found = history[stream.position];
    return found?.rev === rev ? undefined : `the watch ${name} got revision ${rev}, which was never written`;
  }

  /** The first change below the stream's prefix after what it has seen and before `rev`. */
  private missed(stream: Stream, rev: number): string | undefined {
    const history = this.history.get(stream.resource) ?? [];
    const since = Math.abs(stream.seen ?? 0);
    for (; stream.position < history.length; stream.position++) {
      const change = history[stream.position] as Committed;
      if (change.rev >= rev) return undefined;
      if (stream.isWhole && change.rev > since && change.key.startsWith(stream.prefix)) return `revision ${change.rev} of ${change.key}`;
    }
    return undefined;
  }
}

/** The law, for runs over `network`. */
export function watchersSeePrefix(network: StreamNetwork, objects: ObjectView): Property {
  return {
    name: 'every watcher sees a prefix of the history of the store',
    start() {
      const streams = new Streams();
      network.tap((from, to, message) => streams.see(from, to, message));
      return {
        observe(record, _fact, verdicts) {
          for (const fact of record.facts) {
            if (!OBJECT_FACTS.includes(fact.kind as (typeof OBJECT_FACTS)[number])) continue;
            const change = objects.take(fact);
            if (change !== undefined) streams.committed(change.resource, change.rev, change.key);
          }
          streams.judge(verdicts);
        },
      };
    },
  };
}
