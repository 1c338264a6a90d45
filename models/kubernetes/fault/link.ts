/**
 * Faults of the cluster's links: nothing gets through for a while, and connections that break.
 */
import { apiServerIds } from '../cluster/actor-ids.ts';
import { disconnect, reset } from './connection.ts';
import { actorsOf, chosen, clientsOf, type FaultKind } from './kind.ts';

/** http2's health check ends a connection on which nothing came for so long (client/connection.ts). */
const NOTICED_AFTER = 45_000_000;

/** A client cannot talk to the API servers. */
export const cut: FaultKind = {
  name: 'cut',
  what: 'nothing passes between a client and the API servers, in both directions or one; after 45 s the client notices',
  args: { client: 'the id of a client (drawn)', direction: 'both, to-server or to-client (drawn)' },
  lasts: true,
  action: ({ config, network }) => (kernel, args, draw, until) => {
    const client = chosen(args, 'client', clientsOf(kernel), draw);
    const direction = chosen(args, 'direction', ['both', 'to-server', 'to-client'], draw);
    if (client === undefined) return undefined;
    const servers = apiServerIds(config.apiServers);
    const holds = servers.flatMap((server) => [
      ...(direction === 'to-client' ? [] : [network.hold({ from: client, to: server }, until)]),
      ...(direction === 'to-server' ? [] : [network.hold({ from: server, to: client }, until)]),
    ]);
    let back: readonly (() => void)[] = [];
    const notice = kernel.host(kernel.now + NOTICED_AFTER, () => {
      back = servers.map((server) => disconnect(kernel, client, server));
    });
    return () => {
      notice();
      for (const release of holds) release();
      for (const reconnect of back) reconnect();
    };
  },
};

/** An API server loses etcd for a moment. */
export const etcdReset: FaultKind = {
  name: 'etcd-reset',
  what: 'an API server loses its connection to etcd: writes under way have an unknown outcome, its watch goes on where it was',
  args: { server: 'which API server (drawn)' },
  lasts: false,
  action: () => (kernel, args, draw) => {
    const server = chosen(args, 'server', actorsOf(kernel, 'kube-apiserver'), draw);
    if (server !== undefined) reset(kernel, server, 'etcd');
  },
};
