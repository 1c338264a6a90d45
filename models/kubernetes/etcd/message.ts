/**
 * What the API server and etcd say to each other: the part of etcd's v3 API that kube-apiserver uses.
 */
import type { KubeObject } from '../object/types.ts';

/** A stored value. `object.metadata.resourceVersion` is the key's mod revision: see fidelity.md, "etcd stamps". */
export interface KeyValue {
  readonly key: string;
  readonly object: KubeObject;
  readonly modRevision: number;
  readonly createRevision: number;
}

/** Compare-and-swap of one key, as kube-apiserver's transactions are. */
export interface EtcdTxn {
  readonly kind: 'etcd.txn';
  readonly id: number;
  readonly key: string;
  /** The mod revision that the key must have; 0: it must not exist. */
  readonly expect: number;
  /** The new value; absent: delete the key. */
  readonly put?: KubeObject;
  /** The value expires after this many seconds. */
  readonly ttlSeconds?: number;
}

export interface EtcdTxnResult {
  readonly kind: 'etcd.txn.result';
  readonly id: number;
  readonly succeeded: boolean;
  /** The store's revision after the transaction. */
  readonly revision: number;
  /** What is stored after a put; what was deleted, stamped with the delete revision; after a failed compare, what is there. */
  readonly kv?: KeyValue;
}

/** Reads one key (`key` without a trailing slash) or all keys below a prefix (with one), in key order. */
export interface EtcdRange {
  readonly kind: 'etcd.range';
  readonly id: number;
  readonly key: string;
  /** Read as of this revision; 0 or absent: now. */
  readonly revision?: number;
}

export interface EtcdRangeResult {
  readonly kind: 'etcd.range.result';
  readonly id: number;
  readonly revision: number;
  readonly kvs: readonly KeyValue[];
  /** The revision asked for is compacted, or lies in the future. */
  readonly error?: 'compacted' | 'future';
  readonly compactRevision?: number;
}

/** Sends every later change below `prefix`, from revision `from` on. */
export interface EtcdWatch {
  readonly kind: 'etcd.watch';
  readonly id: number;
  readonly prefix: string;
  readonly from: number;
}

/** One change. `object` of a delete is the last value, stamped with the delete revision. */
export interface EtcdEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

export interface EtcdEvents {
  readonly kind: 'etcd.events';
  readonly id: number;
  readonly revision: number;
  readonly events: readonly EtcdEvent[];
  /** The watch cannot start: its revision is compacted. */
  readonly error?: 'compacted';
}

/** Forgets history up to and including `revision`. */
export interface EtcdCompact {
  readonly kind: 'etcd.compact';
  readonly id: number;
  readonly revision: number;
}

export interface EtcdCompactResult {
  readonly kind: 'etcd.compact.result';
  readonly id: number;
  readonly revision: number;
}

export type EtcdRequest = EtcdTxn | EtcdRange | EtcdWatch | EtcdCompact;
export type EtcdReply = EtcdTxnResult | EtcdRangeResult | EtcdEvents | EtcdCompactResult;
