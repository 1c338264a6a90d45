/**
 * Faults of the store: a watch cache that lags, history that is compacted away, writes that fail or whose answer is lost, and
 * somebody else who writes first.
 */
import type { Kernel, LogRecord, Message } from '../../../src/index.ts';
import { apiServerIds } from '../cluster/actor-ids.ts';
import type { EtcdTxn, EtcdTxnResult } from '../etcd/message.ts';
import type { Store } from '../etcd/store.ts';
import { reset, tell } from './connection.ts';
import { chosen, OWNERS_MADE, type Arguments, type FaultKind } from './kind.ts';
import type { StreamNetwork } from './network.ts';

const MILLION = 1_000_000;

/** The store as it is; undefined while etcd is down. */
export function storeOf(kernel: Kernel): Store | undefined {
  return (kernel.state('etcd') as { readonly store: Store } | undefined)?.store;
}

/** One API server sees no change until it ends: its watch cache shows the past. */
export const laggingCache: FaultKind = {
  name: 'lagging-cache',
  what: 'one API server sees no changes of the store for a while, so that its watch cache shows the past',
  args: { server: 'which API server (drawn)' },
  lasts: true,
  longest: 20 * MILLION,
  moments: OWNERS_MADE,
  action: ({ config, network }) => (_kernel, args, draw, until) => {
    const server = chosen(args, 'server', apiServerIds(config.apiServers), draw);
    if (server === undefined) return undefined;
    return network.hold({ from: 'etcd', to: server, messages: ['etcd.events'] }, until);
  },
};

/** When nothing has changed for so long, there is nothing that a server could miss: the fault is over. */
const CHANGE_WITHIN = 4 * MILLION;

/** etcd forgets its history while an API server has not seen the end of it, so that it has to read the store anew. */
export const compaction: FaultKind = {
  name: 'compaction',
  what: 'at the next change (within 4 s) an API server loses its connection to etcd, which forgets all history: it has to read anew, and old positions are gone (410)',
  args: { server: 'which API server (drawn)' },
  lasts: false,
  action: ({ config, network }) => (kernel, args, draw) => {
    const server = chosen(args, 'server', apiServerIds(config.apiServers), draw);
    if (server === undefined) return;
    let isBroken = false;
    // Nothing more comes on a connection that has broken; the server's next watch is on a new one.
    const release = network.lose((from, to, { kind }) => {
      if (isBroken && kind === 'etcd.watch' && from.id === server) release();
      if (kind !== 'etcd.events' || to.id !== server) return false;
      if (!isBroken) kernel.host(kernel.now, () => {
        const store = storeOf(kernel);
        if (store !== undefined) tell(kernel, 'etcd', { kind: 'etcd.compact', id: 0, revision: store.revision } as Message);
        reset(kernel, server, 'etcd');
      });
      isBroken = true;
      return true;
    });
    kernel.host(kernel.now + CHANGE_WITHIN, () => {
      if (!isBroken) release();
    });
  },
};

/** Does a transaction concern the resource that the arguments name? */
function concerns({ key }: { readonly key: string }, { resource }: Arguments): boolean {
  return resource === undefined || key.startsWith(`/registry/${String(resource)}/`);
}

const COUNT = { count: 'how many (1)', resource: 'only keys of this resource, such as pods (all)' };

/** Loses the next messages that `sees` picks, and breaks the connection between an API server and etcd at that moment. */
function breakAt(kernel: Kernel, network: StreamNetwork, args: Arguments, sees: (message: Message) => boolean, serverOf: (from: string, to: string) => string): () => void {
  let left = typeof args['count'] === 'number' ? args['count'] : 1;
  return network.lose((from, to, message) => {
    if (left === 0 || !sees(message)) return false;
    left--;
    kernel.host(kernel.now, () => reset(kernel, serverOf(from.id, to.id), 'etcd'));
    return true;
  });
}

/** A write gets no answer and does not happen. */
export const failedWrite: FaultKind = {
  name: 'failed-write',
  what: 'a write to etcd is lost before it happens: the API server answers 500, and nothing is stored',
  args: COUNT,
  lasts: true,
  action: ({ network }) => (kernel, args) =>
    breakAt(kernel, network, args, (message) => message.kind === 'etcd.txn' && concerns(message as EtcdTxn, args), (from) => from),
};

/** A write happens, and its answer is lost. */
export const lostResponse: FaultKind = {
  name: 'lost-response',
  what: 'a write to etcd is committed and its answer is lost: the API server answers 500 although everything is stored',
  args: COUNT,
  lasts: true,
  action: ({ network }) => (kernel, args) =>
    breakAt(
      kernel,
      network,
      args,
      (message) => {
        const { kind, succeeded, kv } = message as EtcdTxnResult;
        return kind === 'etcd.txn.result' && succeeded && kv !== undefined && concerns(kv, args);
      },
      (_from, to) => to,
    ),
};

/** Somebody else writes the same object first. */
export const writeConflict: FaultKind = {
  name: 'write-conflict',
  what: 'after a write somebody else touches the object, so that whoever writes what he read before gets a conflict (409)',
  args: { ppm: 'how many of a million writes (500000)', resource: 'only keys of this resource, such as pods (all)' },
  lasts: true,
  longest: 10 * MILLION,
  action: () => (kernel, args, draw) => {
    const ppm = typeof args['ppm'] === 'number' ? args['ppm'] : MILLION / 2;
    const own = new Set<number>();
    const subscription = kernel.committed$.subscribe((record: LogRecord) => {
      for (const { kind, data } of record.facts) {
        if (kind !== 'etcd.put') continue;
        const { key, rev } = data as unknown as { key: string; rev: number };
        if (own.delete(rev - 1) || isUntouchable(key) || !concerns({ key }, args)) continue;
        kernel.host(kernel.now, () => {
          if (draw('touch', MILLION) < ppm && touch(kernel, key)) own.add(rev);
        });
      }
    });
    return () => subscription.unsubscribe();
  },
};

/** Nobody but their owner ever writes these. */
function isUntouchable(key: string): boolean {
  return key.startsWith('/registry/events/') || key.startsWith('/registry/leases/') || key.startsWith('/registry/ranges/') || key.startsWith('/registry/services/specs/default/kubernetes');
}

/** Writes the same value again: only its version changes. */
function touch(kernel: Kernel, key: string): boolean {
  const found = storeOf(kernel)?.get(key);
  if (found === undefined) return false;
  tell(kernel, 'etcd', { kind: 'etcd.txn', id: 0, key, expect: found.modRevision, put: found.object } as EtcdTxn as Message);
  return true;
}
