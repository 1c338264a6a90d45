/**
 * Order laws of a store and its watchers: versions only grow, and every watcher sees, from where it began, each change once, in
 * order, with none left out.
 *
 * The laws are stated over three kinds of facts, which a model maps from its own: a change was committed, a watch began at a
 * version, a watch delivered a change. Each costs O(1) amortised.
 */
import type { Fact } from '../../log/record.ts';
import type { Property } from '../property.ts';

/** A change that the store committed. */
export interface Committed {
  readonly version: number;
  readonly key: string;
}

/** Reads a model's facts. Each answers undefined for facts that are of another kind. */
export interface WatchFacts {
  readonly facts: readonly string[];
  committed(fact: Fact): Committed | undefined;
  /** A watch begins: it has seen everything up to and including `version`. */
  opened(fact: Fact): { readonly watch: string; readonly version: number } | undefined;
  delivered(fact: Fact): { readonly watch: string; readonly version: number; readonly key: string } | undefined;
  closed(fact: Fact): { readonly watch: string } | undefined;
  /** Does this watch follow keys like this one? Default: all. */
  selects?(watch: string, key: string): boolean;
}

/** The versions that a store commits only grow. */
export function versionsGrow(name: string, facts: Pick<WatchFacts, 'facts' | 'committed'>): Property {
  return {
    name,
    facts: facts.facts,
    start() {
      let last = -Infinity;
      return {
        observe(_record, fact, verdicts) {
          const change = fact === undefined ? undefined : facts.committed(fact);
          if (change === undefined) return;
          verdicts.hit();
          if (change.version <= last) verdicts.violated(`version ${change.version} of ${change.key} was committed after version ${last}`);
          last = change.version;
        },
      };
    },
  };
}

/** What a watch delivers is a gapless stretch of the store's history, from the version at which it began. */
export function watchersSeePrefix(name: string, facts: WatchFacts): Property {
  return {
    name,
    facts: facts.facts,
    start() {
      const history: Committed[] = [];
      const watches = new Map<string, { position: number; version: number }>();
      const positionAfter = (version: number): number => {
        let low = 0;
        let high = history.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if ((history[middle] as Committed).version <= version) low = middle + 1;
          else high = middle;
        }
        return low;
      };
      const check = (watch: string, version: number, key: string): string | undefined => {
        const at = watches.get(watch);
        if (at === undefined) return `${watch} delivered version ${version} of ${key} before it was opened`;
        if (version <= at.version) return `${watch} delivered version ${version} of ${key} after version ${at.version}`;
        for (; at.position < history.length; at.position++) {
          const change = history[at.position] as Committed;
          if (change.version > version) break;
          if (change.version === version) {
            at.position++;
            at.version = version;
            return undefined;
          }
          if (facts.selects?.(watch, change.key) !== false) {
            return `${watch} never delivered version ${change.version} of ${change.key}: it went from version ${at.version} to ${version}`;
          }
        }
        return `${watch} delivered version ${version} of ${key}, which the store never committed`;
      };
      return {
        observe(_record, fact, verdicts) {
          if (fact === undefined) return;
          const change = facts.committed(fact);
          if (change !== undefined) history.push(change);
          const opened = facts.opened(fact);
          if (opened !== undefined) {
            watches.set(opened.watch, { position: positionAfter(opened.version), version: opened.version });
          }
          const delivered = facts.delivered(fact);
          if (delivered !== undefined) {
            verdicts.hit();
            const wrong = check(delivered.watch, delivered.version, delivered.key);
            if (wrong !== undefined) verdicts.violated(wrong);
          }
          const closed = facts.closed(fact);
          if (closed !== undefined) watches.delete(closed.watch);
        },
      };
    },
  };
}
