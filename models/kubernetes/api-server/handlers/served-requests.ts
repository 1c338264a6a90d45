/** How many requests a server has taken in, by verb and resource, since it was started. */
import type { ApiRequest } from '../../api/message.ts';

export class ServedRequests {
  private readonly counts = new Map<string, Map<string, number>>();

  count({ verb, resource }: ApiRequest): void {
    let byVerb = this.counts.get(resource);
    if (byVerb === undefined) this.counts.set(resource, (byVerb = new Map()));
    byVerb.set(verb, (byVerb.get(verb) ?? 0) + 1);
  }

  /** Counts by `verb resource`, sorted. */
  list(): readonly (readonly [call: string, count: number])[] {
    const calls = [...this.counts].flatMap(([resource, byVerb]) => [...byVerb].map(([verb, count]): readonly [string, number] => [`${verb} ${resource}`, count]));
    return calls.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
