/**
 * Single-decree Paxos as a register: servers that agree on one value, and clients that write a value and then read.
 *
 * A calibration model: with two clients and three servers, on a network that reorders but does not duplicate, it has 16,668
 * reachable states (Stateright's `examples/paxos.rs`). A proposer counts its own vote at once instead of sending it to itself.
 * A deliberately broken variant forgets that an accepted value of an earlier ballot must be kept.
 */
import { ActorModel, canonical, type Envelope, type ModelActor, type Reaction } from '../../src/explore/actors.ts';
import { called, isLinearizable, returned, type RegisterHistory } from './register-history.ts';

/** Round, and the server that began it: compared in this order. */
type Ballot = readonly [round: number, server: number];
type Proposal = readonly [request: number, client: number, value: string];
type Accepted = readonly [ballot: Ballot, proposal: Proposal];

export type PaxosMessage =
  | { readonly kind: 'put'; readonly request: number; readonly value: string }
  | { readonly kind: 'get' | 'put-ok'; readonly request: number }
  | { readonly kind: 'get-ok'; readonly request: number; readonly value: string }
  | { readonly kind: 'prepare' | 'accepted'; readonly ballot: Ballot }
  | { readonly kind: 'prepared'; readonly ballot: Ballot; readonly last: Accepted | null }
  | { readonly kind: 'accept' | 'decided'; readonly ballot: Ballot; readonly proposal: Proposal };

type Server = {
  readonly ballot: Ballot;
  /** As leader: what it proposes, who answered its prepare with what, who accepted. */
  readonly proposal: Proposal | null;
  readonly prepares: readonly (readonly [server: number, last: Accepted | null])[];
  readonly accepts: readonly number[];
  /** As acceptor. */
  readonly accepted: Accepted | null;
  readonly isDecided: boolean;
};

type Client = { readonly awaiting: number | null; readonly operations: number };
export type PaxosLocal = Server | Client;

export interface PaxosOptions {
  readonly clients: number;
  readonly servers: number;
  /** The planted bug: a new leader proposes its own value even when a quorum member has accepted another. */
  readonly isForgetful?: boolean;
}

/** The register's value before anybody wrote. */
const UNSET = '';

/** The model. Servers are actors 0…servers-1, clients the ones after. */
export function paxos(options: PaxosOptions): ActorModel<PaxosLocal, PaxosMessage, RegisterHistory> {
  const { clients, servers, isForgetful = false } = options;
  const verdicts = new WeakMap<RegisterHistory, boolean>();
  return new ActorModel({
    name: isForgetful ? 'paxos-forgetful' : 'paxos',
    actors: [
      ...Array.from({ length: servers }, () => server(servers, isForgetful)),
      ...Array.from({ length: clients }, () => client(servers)),
    ],
    history: Array.from({ length: clients }, () => []) as RegisterHistory,
    sent: (history, { from, body }) =>
      body.kind === 'put'
        ? called(history, from - servers, 'write', body.value)
        : body.kind === 'get'
          ? called(history, from - servers, 'read', UNSET)
          : history,
    arrived: (history, { to, body }) =>
      body.kind === 'put-ok' || body.kind === 'get-ok'
        ? returned(history, to - servers, body.kind === 'get-ok' ? body.value : undefined)
        : history,
    properties: [
      {
        kind: 'always',
        name: 'one value is decided',
        holds: ({ locals }) => {
          const decided = locals.slice(0, servers).flatMap((local) => ((local as Server).isDecided ? ((local as Server).accepted?.[1][2] ?? []) : []));
          return decided.every((value) => value === decided[0]);
        },
      },
      {
        kind: 'always',
        name: 'linearizable',
        holds({ history }) {
          let verdict = verdicts.get(history);
          if (verdict === undefined) verdicts.set(history, (verdict = isLinearizable(history, UNSET)));
          return verdict;
        },
      },
      {
        kind: 'sometimes',
        name: 'value chosen',
        holds: ({ flights }) => flights.some(({ body }) => body.kind === 'get-ok' && body.value !== UNSET),
      },
    ],
    describe: ({ from, to, body }: Envelope<PaxosMessage>) => `${from}→${to} ${canonical(body)}`,
  });
}

function client(servers: number): ModelActor<PaxosLocal, PaxosMessage> {
  return {
    start(self) {
      const value = String.fromCharCode(65 + self - servers);
      return {
        state: { awaiting: self, operations: 1 },
        sends: [{ to: self % servers, body: { kind: 'put', request: self, value } }],
      };
    },
    receive(self, local, _from, body) {
      const state = local as Client;
      if (!('request' in body) || body.request !== state.awaiting) return undefined;
      const operations = state.operations + 1;
      if (body.kind === 'get-ok') return { state: { awaiting: null, operations }, sends: [] };
      if (body.kind !== 'put-ok') return undefined;
      const request = operations * self;
      return {
        state: { awaiting: request, operations },
        sends: [{ to: (self + state.operations) % servers, body: { kind: 'get', request } }],
      };
    },
  };
}

function server(servers: number, isForgetful: boolean): ModelActor<PaxosLocal, PaxosMessage> {
  const majority = Math.floor(servers / 2) + 1;
  return {
    start: () => ({
      state: { ballot: [0, 0], proposal: null, prepares: [], accepts: [], accepted: null, isDecided: false },
      sends: [],
    }),
    receive(self, local, from, body) {
      const state = local as Server;
      const toPeers = (message: PaxosMessage): Reaction<PaxosLocal, PaxosMessage>['sends'] =>
        Array.from({ length: servers }, (_, to) => ({ to, body: message })).filter(({ to }) => to !== self);
      if (state.isDecided) {
        if (body.kind !== 'get') return undefined;
        const [, proposal] = state.accepted as Accepted;
        return { state, sends: [{ to: from, body: { kind: 'get-ok', request: body.request, value: proposal[2] } }] };
      }
      switch (body.kind) {
        case 'put': {
          if (state.proposal !== null) return undefined;
          const ballot: Ballot = [state.ballot[0] + 1, self];
          const proposal: Proposal = [body.request, from, body.value];
          const prepares = [[self, state.accepted]] as const;
          return { state: { ...state, ballot, proposal, prepares, accepts: [] }, sends: toPeers({ kind: 'prepare', ballot }) };
        }
        case 'prepare':
          if (compare(state.ballot, body.ballot) >= 0) return undefined;
          return {
            state: { ...state, ballot: body.ballot },
            sends: [{ to: from, body: { kind: 'prepared', ballot: body.ballot, last: state.accepted } }],
          };
        case 'prepared':
          return compare(body.ballot, state.ballot) === 0 ? prepared(self, state, from, body.last, majority, isForgetful, toPeers) : undefined;
        case 'accept':
          if (compare(state.ballot, body.ballot) > 0) return undefined;
          return {
            state: { ...state, ballot: body.ballot, accepted: [body.ballot, body.proposal] },
            sends: [{ to: from, body: { kind: 'accepted', ballot: body.ballot } }],
          };
        case 'accepted':
          return compare(body.ballot, state.ballot) === 0 ? accepted(state, from, majority, toPeers) : undefined;
        case 'decided':
          return { state: { ...state, ballot: body.ballot, accepted: [body.ballot, body.proposal], isDecided: true }, sends: [] };
        default:
          return undefined;
      }
    },
  };
}

type ToPeers = (message: PaxosMessage) => Reaction<PaxosLocal, PaxosMessage>['sends'];

/** A promise arrives. With a quorum of them, the leader proposes the value of the highest ballot that any of them accepted. */
function prepared(
  self: number,
  state: Server,
  from: number,
  last: Accepted | null,
  majority: number,
  isForgetful: boolean,
  toPeers: ToPeers,
): Reaction<PaxosLocal, PaxosMessage> {
  const others = state.prepares.filter(([server]) => server !== from);
  const prepares = [...others, [from, last] as const].sort(([x], [y]) => x - y);
  if (prepares.length !== majority) return { state: { ...state, prepares }, sends: [] };
  let highest: Accepted | null = null;
  for (const [, one] of prepares) {
    if (one !== null && (highest === null || compare(one[0], highest[0]) > 0)) highest = one;
  }
  const proposal = (isForgetful ? null : highest?.[1]) ?? (state.proposal as Proposal);
  const { ballot } = state;
  return {
    state: { ...state, prepares, proposal, accepted: [ballot, proposal], accepts: insert(state.accepts, self) },
    sends: toPeers({ kind: 'accept', ballot, proposal }),
  };
}

/** A vote arrives. With a quorum of them, the value is decided, and its client hears of it. */
function accepted(state: Server, from: number, majority: number, toPeers: ToPeers): Reaction<PaxosLocal, PaxosMessage> {
  const accepts = insert(state.accepts, from);
  if (accepts.length !== majority) return { state: { ...state, accepts }, sends: [] };
  const proposal = state.proposal as Proposal;
  const [request, client] = proposal;
  return {
    state: { ...state, accepts, isDecided: true },
    sends: [...toPeers({ kind: 'decided', ballot: state.ballot, proposal }), { to: client, body: { kind: 'put-ok', request } }],
  };
}

function compare(x: Ballot, y: Ballot): number {
  return x[0] - y[0] || x[1] - y[1];
}

function insert(set: readonly number[], value: number): readonly number[] {
  return set.includes(value) ? set : [...set, value].sort((x, y) => x - y);
}
