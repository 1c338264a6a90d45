/**
 * A small world for the laws of faults, search and shrinking: a store that keeps a set of entries, and clients that add
 * entries and retry until they are acknowledged. Planted bugs can be switched on one by one.
 */
import {
  assert, Kernel, PlainNetwork, stream, type ActorSpec, type Context, type KernelOptions, type Message, type Network,
} from '../../../src/index.ts';
import type { CampaignModel, Plan, World } from '../../../src/campaign/model.ts';
import type { Budget } from '../../../src/fault/budget.ts';
import type { Fault } from '../../../src/fault/plan.ts';
import { swarmPlan, type FaultMaker } from '../../../src/fault/swarm.ts';
import { always } from '../../../src/property/property.ts';
import { reach } from '../../../src/property/sometimes.ts';

export type Bug = 'none' | 'no-retry' | 'double-count' | 'volatile-store' | 'livelock' | 'flapping' | 'lost-wakeup' | 'third-restart';

interface Add extends Message {
  readonly kind: 'add';
  readonly entry: string;
}
interface Added extends Message {
  readonly kind: 'added';
  readonly entry: string;
}

interface Store {
  entries: Set<string>;
  total: number;
  readonly restarts: number;
}

interface Client {
  readonly waiting: Set<string>;
}

/** µs after which a client asks again. */
const RETRY = 20_000;

function store(bug: Bug): ActorSpec {
  return {
    id: 'store',
    type: 'store',
    behavior: {
      start(context: Context, durable?: unknown): Store {
        const kept = durable as { entries: string[]; total: number; restarts: number } | undefined;
        const restarts = kept === undefined ? 0 : kept.restarts + 1;
        // Two old journals are kept; the third restart rotates the first one away, with what only it has.
        if (bug === 'third-restart' && restarts === 3) return { entries: new Set(kept?.entries.slice(1)), total: kept?.total ?? 0, restarts };
        if (kept !== undefined && bug === 'flapping') context.setTimer('flap', 1000, { kind: 'flap' });
        return { entries: new Set(kept?.entries), total: kept?.total ?? 0, restarts };
      },
      step(state: Store, message: Message, context: Context): void {
        if (message.kind === 'flap') {
          const [first] = state.entries;
          if (first !== undefined && state.entries.size % 2 === 0) state.entries.delete(first);
          else state.entries.add('ghost');
          context.setTimer('flap', 1000, message);
          return;
        }
        const { entry } = message as Add;
        const isNew = !state.entries.has(entry);
        if (isNew || bug === 'double-count') {
          state.entries.add(entry);
          state.total++;
          context.record('ledger.added', { entry, total: state.total });
        }
        const from = entry.slice(0, entry.indexOf(':'));
        context.send(from, { kind: 'added', entry } as Added);
      },
      durable: (state: Store) => (bug === 'volatile-store' ? undefined : { entries: [...state.entries], total: state.total, restarts: state.restarts }),
    },
  };
}

function client(id: string, bug: Bug): ActorSpec {
  return {
    id,
    type: 'client',
    behavior: {
      start: (): Client => ({ waiting: new Set() }),
      step(state: Client, message: Message, context: Context): void {
        if (message.kind === 'added') {
          const { entry } = message as Added;
          state.waiting.delete(entry);
          context.cancelTimer(entry);
          context.record('ledger.acknowledged', { entry });
          if (bug === 'livelock') context.send('store', { kind: 'add', entry } as Add);
          return;
        }
        const { entry } = message as Add;
        const isRetry = state.waiting.has(entry);
        state.waiting.add(entry);
        context.record(isRetry ? 'ledger.retried' : 'ledger.asked', { entry });
        context.send('store', { kind: 'add', entry } as Add);
        if (bug !== 'no-retry' && !(bug === 'lost-wakeup' && isRetry)) {
          context.setTimer(entry, RETRY, { kind: 'retry', entry } as Message);
        }
      },
      durable: (state: Client) => [...state.waiting],
    },
  };
}

/** An entry that a client is to add at a time. */
export interface Work {
  readonly [field: string]: string | number;
  readonly client: string;
  readonly entry: string;
  readonly at: number;
}

/** Fault makers of all kinds that act on this world. */
export const FAULTS: Readonly<Record<string, FaultMaker>> = {
  loss: (random, name, horizon) => ({
    name, kind: 'loss', start: { at: random.below(horizon) }, for: random.below(horizon), ppm: random.below(500_000) + 1,
    link: { from: 'client*', to: 'store', both: true },
  }),
  duplicate: (random, name, horizon) => ({
    name, kind: 'duplicate', start: { at: random.below(horizon) }, for: random.below(horizon), ppm: random.below(1_000_000) + 1,
    link: { from: '*', to: 'store' },
  }),
  partition: (random, name, horizon) => ({
    name, kind: 'partition', start: { at: random.below(horizon) }, for: random.below(horizon), stable: 5_000,
    link: { from: `client-${random.below(3)}`, to: 'store', both: random.below(2) === 1 },
  }),
  crash: (random, name, horizon) => ({
    name, kind: 'crash', start: { at: random.below(horizon) }, for: random.below(horizon), target: 'store',
  }),
  pause: (random, name, horizon): Fault => ({
    name, kind: 'pause', start: { at: random.below(horizon) }, for: random.below(horizon), target: 'client*',
  }),
};

export interface LedgerOptions {
  readonly bug?: Bug;
  readonly faults?: Readonly<Record<string, FaultMaker>>;
  readonly most?: number;
  readonly all?: boolean;
  readonly clients?: number;
  readonly works?: number;
  readonly budget?: Budget;
}

const HORIZON = 300_000;

/** The world as a model of campaigns. */
export function ledger(options: LedgerOptions = {}): CampaignModel {
  const bug = options.bug ?? 'none';
  return {
    name: `ledger (${bug})`,
    plan(seed): Plan {
      const random = stream(seed, 'workload');
      const clients = options.clients ?? 3;
      const workload = Array.from({ length: options.works ?? 6 }, (_, i): Work => {
        const id = `client-${random.below(clients)}`;
        return { client: id, entry: `${id}:${i}`, at: random.below(HORIZON) };
      });
      const faults = swarmPlan(seed, {
        kinds: options.faults ?? FAULTS,
        horizon: HORIZON,
        most: options.most ?? 4,
        ...(options.all === undefined ? {} : { all: options.all }),
        ...(options.budget === undefined ? {} : { budget: options.budget }),
      });
      return { seed, schedule: 'time', window: 0, config: { clients }, workload, faults, calm: [] };
    },
    network: (): Network => new PlainNetwork({ default: { min: 100, max: 5_000 } }),
    build: (plan, kernelOptions) => build(plan, kernelOptions, bug),
  };
}

function build(plan: Plan, options: KernelOptions, bug: Bug): World {
  const kernel = new Kernel(options);
  const clients = plan.config['clients'] as number;
  kernel.spawn(store(bug));
  for (let i = 0; i < clients; i++) kernel.spawn(client(`client-${i}`, bug));
  const works = (plan.workload as readonly Work[]).filter(({ client: id }) => Number(id.slice(7)) < clients);
  for (const { client: id, entry, at } of works) {
    assert(entry.startsWith(id), 'an entry names its client');
    kernel.input(id, { kind: 'add', entry } as Add, at);
  }
  const pending = (): string[] => {
    const held = kernel.state('store') as Store | undefined;
    if (held === undefined) return ['the store is down'];
    const missing = works.filter(({ entry }) => !held.entries.has(entry)).map(({ entry }) => `entry ${entry} is not in the store`);
    if (bug === 'livelock' && kernel.pending > 0) missing.push('clients still ask');
    if (held.entries.has('ghost')) missing.push('entry ghost should not be in the store');
    return missing;
  };
  return {
    kernel,
    properties: [
      always('each entry is counted once', {
        state: () => new Set<string>(),
        on: {
          'ledger.added': (seen, { entry, total }: { entry: string; total: number }) => {
            if (seen.has(entry) && bug !== 'volatile-store') return `entry ${entry} was added again (total ${total})`;
            seen.add(entry);
            return undefined;
          },
        },
      }),
      always('what was acknowledged stays', {
        state: () => ({}),
        on: {
          'ledger.acknowledged': (_state, { entry }: { entry: string }) => {
            const held = kernel.state('store') as Store | undefined;
            return held !== undefined && !held.entries.has(entry)
              ? `entry ${entry} was acknowledged, and the store does not have it`
              : undefined;
          },
        },
      }),
    ],
    marks: [reach('a client asked again', 'ledger.retried')],
    goal: { name: 'all entries arrive', pending, within: 1_000_000, stay: 200_000 },
  };
}
