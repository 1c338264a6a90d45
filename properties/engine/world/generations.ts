/**
 * A small world for swarm testing: a server whose bug needs one kind of fault and the absence of two others.
 *
 * The server counts its restarts in two bits. After four of them the number is used again, so answers of its first life pass for new
 * ones: that is the bug. A server that was once late (paused or slowed) turns careful for good and asks its clients who they are
 * after each restart, which hides the bug. So it needs four crashes before the first lateness: rare when every run has every kind.
 */
import { Kernel, PlainNetwork, type Context, type Message } from '../../../src/index.ts';
import type { CampaignModel } from '../../../src/campaign/model.ts';
import { plainFaults } from '../../../src/fault/makers.ts';
import { swarmPlan } from '../../../src/fault/swarm.ts';
import { always } from '../../../src/property/property.ts';

interface Server {
  readonly generation: number;
  isCareful: boolean;
  due: number;
}

const HORIZON = 200_000;
const TICK = 1_000;

/** `all`: every run has every kind of fault. */
export function generations(all: boolean): CampaignModel {
  const { crash, pause, slow } = plainFaults({ links: [{ from: '*', to: '*' }], actors: ['server'] });
  return {
    name: `generations (${all ? 'all faults on' : 'swarm'})`,
    plan: (seed) => ({
      seed, schedule: 'time', window: 0, config: {}, workload: [], calm: [],
      faults: swarmPlan(seed, {
        // Short crashes, so that several fit into a run.
        kinds: { crash: (random, name, horizon) => ({ ...crash(random, name, horizon), for: 1 + random.below(10_000) }) as ReturnType<typeof crash>, pause, slow },
        horizon: HORIZON, most: 8, all,
      }),
    }),
    network: () => new PlainNetwork({ default: { min: 100, max: 100 } }),
    build(_plan, options) {
      const kernel = new Kernel(options);
      kernel.spawn({
        id: 'server',
        type: 'server',
        behavior: {
          start(context: Context, durable?: unknown): Server {
            const kept = durable as Server | undefined;
            const generation = kept === undefined ? 0 : (kept.generation + 1) % 4;
            const isCareful = kept?.isCareful === true;
            context.record('server.started', { generation, isCareful, isFirst: kept === undefined });
            context.setTimer('tick', TICK, { kind: 'tick' });
            return { generation, isCareful, due: context.now + TICK };
          },
          step(server: Server, message: Message, context: Context) {
            if (context.now > server.due) server.isCareful = true;
            if (context.now > 2 * HORIZON) return;
            server.due = context.now + TICK;
            context.setTimer('tick', TICK, message);
          },
          durable: (server: Server) => server,
        },
      });
      return {
        kernel,
        properties: [
          always('no generation is used again', {
            state: () => ({}),
            on: {
              'server.started': (_state, { generation, isCareful, isFirst }: { generation: number; isCareful: boolean; isFirst: boolean }) =>
                generation === 0 && !isFirst && !isCareful ? 'generation 0 is used again, and nobody asks who is who' : undefined,
            },
          }),
        ],
      };
    },
  };
}
