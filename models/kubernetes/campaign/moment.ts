/**
 * When the faults of a campaign begin.
 *
 * A cluster at rest survives nearly everything: what a fault can spoil is under way for a few milliseconds after somebody did something.
 * So most faults begin shortly after a user's action or after an event that the plan's own workload brings about (`pod.bound`), and only
 * the others at any time. How long after is drawn on a scale of powers of ten: races are decided in milliseconds, back-offs in seconds.
 */
import type { Sfc32 } from '../../../src/index.ts';
import type { Start } from '../../../src/fault/plan.ts';
import type { Action } from './action.ts';

/** Draws when a fault begins; `only` names the events around which it shows most, if there are such. */
export type Moments = (random: Sfc32, horizon: number, only?: readonly string[]) => Start;

/** The kinds of objects that controllers make of one of a kind. */
const MAKES: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['Job'],
  Deployment: ['ReplicaSet'],
  ReplicaSet: ['Pod'],
  StatefulSet: ['Pod'],
  DaemonSet: ['Pod'],
  Job: ['Pod'],
  Service: ['EndpointSlice'],
};

/** The moments in the life of a pod that nobody wants away. */
const LIFE = ['created', 'bound', 'running', 'ready'] as const;
/** The nth pod at most. Of other kinds, the nth that a user made at most. */
const PODS_MOST = 4;

/** After an event or action: at once, or up to so many µs later. */
const AFTER = [1, 10_000, 100_000, 1_000_000, 5_000_000] as const;

/** The moments of a plan with this workload. */
export function momentsOf(workload: readonly Action[]): Moments {
  const events = eventsOf(workload);
  return (random, horizon, only) => {
    const what = random.below(8);
    const action = workload.length === 0 ? undefined : workload[random.below(workload.length)];
    const after = random.below(AFTER[random.below(AFTER.length)] as number);
    const fitting = only === undefined ? events : events.filter(({ facts }) => facts.some((fact) => only.includes(fact)));
    // Faults that show around certain events mostly begin there, and at once.
    if (what >= (only === undefined ? 4 : 1) && fitting.length > 0) {
      const { facts, most } = fitting[random.below(fitting.length)] as Events;
      const fact = facts[random.below(facts.length)] as string;
      // Rather an early one: a later one may not come.
      const nth = 1 + Math.min(random.below(most), random.below(most));
      const later = only === undefined ? after : 0;
      return { when: { fact, ...(nth === 1 ? {} : { nth }), ...(later === 0 ? {} : { after: later }) } };
    }
    if (what >= 2 && action !== undefined && action.at + after < horizon) return { at: action.at + after };
    return { at: random.below(horizon) };
  };
}

/** What happens to objects of one kind. */
interface Events {
  readonly facts: readonly string[];
  /** To so many of them, at most. */
  readonly most: number;
}

/** What happens because of a workload, kind by kind, if all goes well. */
function eventsOf(workload: readonly Action[]): readonly Events[] {
  const made = new Map<string, number>();
  const names = new Set<string>();
  const make = (kind: string): void => {
    made.set(kind, (made.get(kind) ?? 0) + 1);
    MAKES[kind]?.forEach(make);
  };
  for (const action of workload) {
    if (action.do !== 'apply') continue;
    const { kind, metadata } = action.object;
    if (!names.has(`${kind} ${metadata.name}`)) make(kind);
    names.add(`${kind} ${metadata.name}`);
  }
  const isChanged = workload.some((action) => action.do === 'patch' || action.do === 'delete');
  const life = [...LIFE, ...(isChanged ? ['terminating', 'deleted'] : []), ...(made.has('Job') ? ['finished'] : [])];
  return [...made].map(([kind, most]) => (kind === 'Pod' ? { facts: life.map((moment) => `pod.${moment}`), most: PODS_MOST } : { facts: [`${kind.toLowerCase()}.created`], most }));
}
