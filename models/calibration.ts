/**
 * The calibration models as entries of the catalogue: small models with published numbers of states, each with a deliberately broken
 * variant that a search must find.
 */
import { actorCampaign } from '../src/campaign/actors.ts';
import type { Searchable } from '../src/campaign/catalogue.ts';
import { plainFaults } from '../src/fault/makers.ts';
import { counterActors } from './counter/actors.ts';
import { counter } from './counter/counter.ts';
import { paxos } from './paxos/paxos.ts';
import { twoPhaseActors } from './two-phase-commit/actors.ts';
import { twoPhaseCommit } from './two-phase-commit/two-phase-commit.ts';

const WORKERS = { workers: { default: 3, min: 1, max: 8, about: 'how many workers count' } };
const MANAGERS = { managers: { default: 3, min: 1, max: 8, about: 'how many resource managers take part' } };
const PAXOS = {
  clients: { default: 2, min: 1, max: 4, about: 'how many clients write and read' },
  servers: { default: 3, min: 1, max: 5, about: 'how many servers agree' },
};

function counters(name: string, isRacy: boolean, about: string): Searchable {
  // A duplicated write would be applied once and refused once; a worker that misses the first answer would count twice.
  const { loss, delay, partition, crash, pause, slow } = plainFaults({ links: [{ from: '*', to: '*' }], actors: ['register', 'worker'] });
  return {
    name,
    about,
    parameters: WORKERS,
    states: ({ workers = 3 }) => counter({ workers, isRacy }),
    actors: ({ workers = 3 }) => counterActors({ workers, isRacy }),
    campaign: ({ workers = 3 }) => actorCampaign(counterActors({ workers, isRacy }), {
      idOf: (self) => (self === 0 ? 'register' : `worker/${self}`),
      faults: { loss, delay, partition, crash, pause, slow },
    }),
  };
}

function commits(name: string, isHasty: boolean, about: string): Searchable {
  return {
    name,
    about,
    parameters: MANAGERS,
    states: ({ managers = 3 }) => twoPhaseCommit({ managers, isHasty }),
    actors: ({ managers = 3 }) => twoPhaseActors({ managers, isHasty }),
    campaign: ({ managers = 3 }) => actorCampaign(twoPhaseActors({ managers, isHasty }), {
      idOf: (self) => (self === managers ? 'transaction-manager' : `resource-manager/${self}`),
      faults: plainFaults({ links: [{ from: '*', to: '*' }], actors: ['transaction-manager', 'resource-manager'] }),
    }),
  };
}

function registers(name: string, isForgetful: boolean, about: string): Searchable {
  return {
    name,
    about,
    parameters: PAXOS,
    states: ({ clients = 2, servers = 3 }) => paxos({ clients, servers, isForgetful }),
    actors: ({ clients = 2, servers = 3 }) => paxos({ clients, servers, isForgetful }),
    campaign: ({ clients = 2, servers = 3 }) => actorCampaign(paxos({ clients, servers, isForgetful }), {
      idOf: (self) => (self < servers ? `server/${self}` : `client/${self - servers}`),
      faults: plainFaults({ links: [{ from: '*', to: 'server' }, { from: 'server', to: 'client' }], actors: ['server', 'client'] }),
    }),
  };
}

/** In the order in which they are listed. */
export const CALIBRATION: readonly Searchable[] = [
  counters('counter', false, 'workers add one to a register, by compare and swap'),
  counters('counter-racy', true, 'the counter whose register writes without comparing: it loses increments'),
  commits('two-phase-commit', false, 'Gray and Lamport: a transaction manager and its resource managers'),
  commits('two-phase-commit-hasty', true, 'two-phase commit that commits when one answer is still missing'),
  registers('paxos', false, 'single-decree Paxos as a register that clients write and read'),
  registers('paxos-forgetful', true, 'Paxos whose new leader forgets what was accepted before'),
];
