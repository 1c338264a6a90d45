/**
 * Faults of what clients see: watches that break, positions that are forgotten, events that come twice, and Sieve's three patterns:
 * a stale read, time travel after a reconnect, and a state that is never observed (Sun and others, OSDI 2022, 3.3).
 */
import type { Message, Peer, Sfc32 } from '../../../src/index.ts';
import type { ApiRequest, ApiWatchEvents } from '../api/message.ts';
import { apiServerIds, controllerManagerIds } from '../cluster/actor-ids.ts';
import { disconnect, reset, tell } from './connection.ts';
import { chosen, clientsOf, OWNERS_MADE, type Arguments, type FaultKind } from './kind.ts';

const MILLION = 1_000_000;
const CLIENT = 'which client: the id of a kube-controller-manager, kube-scheduler, kubelet or kube-proxy (drawn)';

/** Every other time a controller manager: who acts on what it sees has most to lose from seeing it wrongly. */
function halfOfTheTimeAManager(random: Sfc32, controllerManagers: number): Arguments {
  const managers = controllerManagerIds(controllerManagers);
  const client = managers[random.below(2 * managers.length)];
  return client === undefined ? {} : { client };
}

/** How long a cache has lagged when it is read, µs: mostly long enough for what was begun to be done. */
function lagDrawn(random: Sfc32): number {
  return 500_000 + random.below(2 * MILLION);
}

/** Each of Sieve's patterns is two faults that meet, and is drawn as often as two. */
const PATTERN = 2;

/** A client's connections break and can be made again at once. */
export const watchDrop: FaultKind = {
  name: 'watch-drop',
  what: 'all watches and calls of a client break; it takes them up again where it was',
  args: { client: CLIENT },
  lasts: false,
  action: ({ config }) => (kernel, args, draw) => {
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    if (client !== undefined) for (const server of apiServerIds(config.apiServers)) reset(kernel, client, server);
  },
};

/** The server has forgotten the position of the client's watches. */
export const watchExpired: FaultKind = {
  name: 'watch-expired',
  what: 'the watches of a client that get an event end with 410 Expired instead: the client has to list again',
  args: { client: CLIENT, count: 'how many watches (1)' },
  lasts: true,
  action: ({ network }) => (kernel, args, draw) => {
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    let left = typeof args['count'] === 'number' ? args['count'] : 1;
    const ended = new Set<number>();
    return network.lose((_from, to, message) => {
      if (message.kind !== 'api.watch' || to.id !== client) return false;
      const { id, events } = message as ApiWatchEvents & Message;
      if (ended.has(id)) return true;
      if (left === 0 || events.length === 0) return false;
      left--;
      ended.add(id);
      const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'too old resource version', reason: 'Expired', code: 410 };
      kernel.host(kernel.now, () => tell(kernel, to.id, { kind: 'api.watch', id, events: [{ type: 'ERROR', object: status }] } as unknown as Message));
      return true;
    });
  },
};

/** Events arrive twice, as after a watch that starts a little too early. */
export const duplicateEvent: FaultKind = {
  name: 'duplicate-event',
  what: 'a client gets watch events twice',
  args: { client: CLIENT, ppm: 'how many of a million events (500000)' },
  lasts: true,
  action: ({ network }) => (kernel, args, draw) => {
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    const ppm = typeof args['ppm'] === 'number' ? args['ppm'] : MILLION / 2;
    const isInitial = ({ events }: ApiWatchEvents): boolean => events.length !== 1 || events[0]?.type === 'BOOKMARK' || events[0]?.type === 'ERROR';
    return network.repeat((_from, to, message) => message.kind === 'api.watch' && to.id === client && !isInitial(message as ApiWatchEvents & Message) && draw('repeat', MILLION) < ppm);
  },
};

/** The API server that a client goes on with when it loses the others: a client talks to the first that it can reach. */
function otherServer(servers: readonly string[]): string | undefined {
  return servers[servers.length - 1];
}

/** Sieve's first pattern: a component starts on an API server whose cache shows the past. */
export const staleRead: FaultKind = {
  name: 'stale-read',
  what: 'Sieve, stale state: an API server stops seeing changes, and a client that restarts reads the past from it',
  args: { client: CLIENT, lag: 'how long the server has lagged when the client restarts, µs (2 s)' },
  lasts: true,
  weight: PATTERN,
  shortest: 3 * MILLION,
  longest: 15 * MILLION,
  sample: (random, { controllerManagers = 1 }) => ({ ...halfOfTheTimeAManager(random, controllerManagers), lag: lagDrawn(random) }),
  moments: OWNERS_MADE,
  action: ({ config, network }) => (kernel, args, draw, until) => {
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    const [server] = apiServerIds(config.apiServers);
    if (client === undefined || server === undefined) return undefined;
    const release = network.hold({ from: 'etcd', to: server, messages: ['etcd.events'] }, until);
    const restart = kernel.host(kernel.now + lagOf(args), () => {
      kernel.control({ kind: 'crash', actor: client, reason: 'stale-read' });
      kernel.control({ kind: 'restart', actor: client, reason: 'stale-read' });
    });
    return () => {
      restart();
      release();
    };
  },
};

/** Sieve's second pattern: a client that knows the present is moved to a server that shows the past. */
export const timeTravel: FaultKind = {
  name: 'time-travel',
  what: 'Sieve, time travel: a client loses its API server and goes on with another one, whose cache shows the past (needs two API servers)',
  args: { client: CLIENT, lag: 'how long the other server has lagged by then, µs (2 s)' },
  lasts: true,
  weight: PATTERN,
  shortest: 3 * MILLION,
  longest: 15 * MILLION,
  sample: (random, { controllerManagers = 1 }) => ({ ...halfOfTheTimeAManager(random, controllerManagers), lag: lagDrawn(random) }),
  moments: OWNERS_MADE,
  action: ({ config, network }) => (kernel, args, draw, until) => {
    const servers = apiServerIds(config.apiServers);
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    const server = otherServer(servers);
    if (client === undefined || server === undefined || servers.length < 2) return undefined;
    const release = network.hold({ from: 'etcd', to: server, messages: ['etcd.events'] }, until);
    let reconnect: (() => void)[] = [];
    const move = kernel.host(kernel.now + lagOf(args), () => {
      reconnect = servers.filter((id) => id !== server).map((id) => disconnect(kernel, client, id));
    });
    return () => {
      move();
      release();
      for (const back of reconnect) back();
    };
  },
};

/** Sieve's third pattern: what happens and is undone while a client is away is never seen by it. */
export const unobservedState: FaultKind = {
  name: 'unobserved-state',
  what: 'Sieve, unobserved state: a client is cut off; what happens and is undone in the meantime it never sees',
  args: { client: CLIENT },
  lasts: true,
  weight: PATTERN,
  longest: 15 * MILLION,
  action: ({ config }) => (kernel, args, draw) => {
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    if (client === undefined) return undefined;
    const back = apiServerIds(config.apiServers).map((server) => disconnect(kernel, client, server));
    return () => back.forEach((reconnect) => reconnect());
  },
};

function lagOf({ lag }: Arguments): number {
  return typeof lag === 'number' ? lag : 2 * MILLION;
}

const WRITES: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Is this a request that writes? */
export function isWriteOf(from: Peer, message: Message, client: string): boolean {
  return from.id === client && message.kind === 'api.request' && WRITES.includes((message as ApiRequest & Message).verb);
}

/** Sieve's intermediate state: a crash after one write and before the next. */
export const crashBetweenWrites: FaultKind = {
  name: 'crash-between-writes',
  what: 'a client crashes right after its nth write from now on has been answered, before it knows, and starts again',
  args: { client: CLIENT, nth: 'which write (1)', down: 'how long it is down, µs (1 s)' },
  lasts: true,
  weight: PATTERN,
  sample: (random, { controllerManagers = 1 }) => ({ nth: 1 + random.below(6), ...halfOfTheTimeAManager(random, controllerManagers) }),
  action: ({ network }) => (kernel, args, draw) => {
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    let left = typeof args['nth'] === 'number' ? args['nth'] : 1;
    const down = typeof args['down'] === 'number' ? args['down'] : MILLION;
    const open = new Set<number>();
    if (client === undefined) return undefined;
    return network.tap((from, to, message) => {
      if (left === 0) return;
      if (isWriteOf(from, message, client)) open.add((message as ApiRequest & Message).id);
      else if (to.id === client && message.kind === 'api.response' && open.delete((message as unknown as { id: number }).id) && --left === 0) {
        kernel.host(kernel.now, () => {
          kernel.control({ kind: 'crash', actor: client, reason: 'crash-between-writes' });
          kernel.control({ kind: 'restart', actor: client, reason: 'crash-between-writes' }, kernel.now + down);
        });
      }
    });
  },
};
