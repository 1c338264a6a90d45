/**
 * Laws over objects in a few lines.
 *
 * An invariant names the resources that it watches and looks at each change of theirs. It answers with a sentence when the law is
 * broken, with `false` when the change did not concern it, and with nothing when all is well; it must cost O(1) a change.
 *
 * @example
 * const keepsItsIP = invariant('a pod keeps its address', ['pods'], ({ object, previous }) => {
 *   const before = previous?.['status']?.podIP;
 *   if (before === undefined) return false;
 *   return object['status'].podIP === before ? undefined : `pod ${object.metadata.name} moved from ${before}`;
 * });
 * const cluster = createCluster();
 * const checker = Checker.attach(cluster.kernel, clusterProperties([keepsItsIP]));
 */
import type { Property } from '../../../src/property/property.ts';
import { OBJECT_FACTS, type Change, type ObjectView } from './object-view.ts';

/** What a law answers; see above. */
export type Verdict = string | false | void;

export interface Invariant<State = unknown> {
  readonly name: string;
  /** Key prefixes: `pods`, `minions` (nodes), `services/specs`. */
  readonly resources: readonly string[];
  /** True when it is fine that nothing was there to judge. */
  readonly mayBeVacuous?: boolean;
  /** What the law remembers in one run. */
  readonly state: () => State;
  /** `time` is the change's, in virtual µs. */
  readonly check: (change: Change, objects: ObjectView, state: State, time: number) => Verdict;
}

/** A law with whatever memory. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each law has a memory of its own.
export type AnyInvariant = Invariant<any>;

/** A law that remembers nothing. */
export function invariant(name: string, resources: readonly string[], check: (change: Change, objects: ObjectView) => Verdict): Invariant<undefined> {
  return { name, resources, state: () => undefined, check };
}

/** The invariant as a property of runs whose objects `objects` shows. */
export function invariantProperty<State>({ name, resources, mayBeVacuous, state, check }: Invariant<State>, objects: ObjectView): Property {
  return {
    name,
    facts: OBJECT_FACTS,
    ...(mayBeVacuous === undefined ? {} : { mayBeVacuous }),
    start() {
      const own = state();
      return {
        observe(record, fact, verdicts) {
          const change = fact === undefined ? undefined : objects.take(fact);
          if (change === undefined || !resources.includes(change.resource)) return;
          const answer = check(change, objects, own, record.time);
          if (answer === false) return;
          verdicts.hit();
          if (typeof answer === 'string') verdicts.violated(answer);
        },
      };
    },
  };
}
